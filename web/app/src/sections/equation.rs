//! The formula of a logit as a sum of two terms.

use crate::{
    parts::modes::{activation_term, gradient_term},
    say,
};
use leptos::prelude::*;

/// The formula (Eq. 2) and what its letters stand for.
#[component]
pub fn Equation() -> impl IntoView {
    view! {
        <div class="equation">
            <p role="math" aria-label=say::equation_label()>
                <span class="formula" aria-hidden="true">
                    "logits(" <var>"x"</var> ") = " {activation_term()} " + " {gradient_term()}
                </span>
            </p>
            <dl>
                <dt><var>"f"</var></dt>
                <dd>{say::equation_f()}</dd>
                <dt><var>"J"</var></dt>
                <dd>{say::equation_j()}</dd>
                <dt><var>"w"</var><sub>"1"</sub>", "<var>"w"</var><sub>"2"</sub></dt>
                <dd>{say::equation_w()}</dd>
                <dt><var>"ω̄"</var></dt>
                <dd inner_html=say::equation_omega()></dd>
            </dl>
        </div>
    }
}
