//! The formula (Eq. 2) and what its letters stand for.

use crate::{
    parts::modes::{activation_term, gradient_term},
    say,
    selection::Selection,
    words::feature_size,
};
use leptos::prelude::*;

/// The formula, for the scope that is chosen.
#[component]
pub fn Equation() -> impl IntoView {
    let scope = expect_context::<Selection>().scope;
    view! {
        <div class="equation">
            <p role="math" aria-label=say::equation_label()>
                <span class="formula" aria-hidden="true">
                    "logits(" <var>"x"</var> ") = " {activation_term()} " + " {gradient_term()}
                </span>
            </p>
            <dl>
                <div><dt><var>"f"</var></dt><dd>{say::equation_f()}</dd></div>
                <div>
                    <dt><var>"J"</var></dt>
                    <dd data-testid="equation-j">{move || say::equation_j(feature_size(scope.get()), scope.get())}</dd>
                </div>
                <div><dt><var>"w"</var><sub>"1"</sub>", "<var>"w"</var><sub>"2"</sub></dt><dd>{say::equation_w()}</dd></div>
                <div><dt><var>"ω̄"</var></dt><dd inner_html=say::equation_omega()></dd></div>
            </dl>
        </div>
    }
}
