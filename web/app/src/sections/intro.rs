//! What the page is about, and how the engine is.

use crate::{
    later::{CONTENTS, Link},
    parts::modes::{activation_term, gradient_term},
    say,
    sections::{engine_status, tour::button::TourButton},
};
use leptos::prelude::*;

/// The headline, the idea in one paragraph, its formula, and the engine's state.
#[component]
pub fn Intro() -> impl IntoView {
    view! {
        <header class="intro">
            <h1>{say::title()}</h1>
            <p class="idea" inner_html=say::intro_idea()></p>
            <p class="source">
                "Mu, Liang, Li: "
                <a href="https://arxiv.org/abs/2004.05529">
                    <cite>"Gradients as Features for Deep Representation Learning"</cite>
                </a>
                ", ICLR 2020"
            </p>
            <Equation />
            <engine_status::EngineView />
            <TourButton />
            <Contents />
        </header>
    }
}

/// The formula (Eq. 2) and what its letters stand for.
#[component]
fn Equation() -> impl IntoView {
    view! {
        <div class="equation">
            <p
                role="math"
                aria-label=say::intro_equation()
            >
                <span class="formula" aria-hidden="true">
                    "logits(" <var>"x"</var> ") = " {activation_term()} " + " {gradient_term()}
                </span>
            </p>
            <dl>
                <dt><var>"f"</var></dt>
                <dd>{say::intro_f()}</dd>
                <dt><var>"J"</var></dt>
                <dd>{say::intro_j()}</dd>
                <dt><var>"w"</var><sub>"1"</sub>", "<var>"w"</var><sub>"2"</sub></dt>
                <dd>{say::intro_w()}</dd>
                <dt><var>"ω̄"</var></dt>
                <dd inner_html=say::intro_omega()></dd>
            </dl>
        </div>
    }
}

/// The sections, in the order of the data.
#[component]
fn Contents() -> impl IntoView {
    let link = |(id, name): Link| view! { <a href=format!("#{id}") data-testid=format!("to-{id}")>{name()}</a> };
    view! { <nav class="contents" aria-label=say::sections()>{CONTENTS.map(link).collect_view()}</nav> }
}
