//! What the page is about, and how the engine is.

use super::{activation_term, engine, gradient_term, tour::TourButton};
use leptos::prelude::*;

/// The headline, the idea in one paragraph, its formula, and the engine's state.
#[component]
pub fn Intro() -> impl IntoView {
    view! {
        <header class="intro">
            <h1>"Gradients as features"</h1>
            <p class="idea">
                "A network that learned without labels turns an image into activations " <var>"f"</var>
                ". How its output would change if its weights moved, the Jacobian " <var>"J"</var>
                ", is a second description of the same image. A linear classifier that reads both comes close to \
                 training the network further, and no weight of the network moves."
            </p>
            <p class="source">
                "Mu, Liang, Li: "
                <a href="https://arxiv.org/abs/2004.05529">
                    <cite>"Gradients as Features for Deep Representation Learning"</cite>
                </a>
                ", ICLR 2020"
            </p>
            <Equation />
            <engine::EngineView />
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
                aria-label="logits of x = w1 transposed times f, plus omega-bar transposed times J times w2"
            >
                <span class="formula" aria-hidden="true">
                    "logits(" <var>"x"</var> ") = " {activation_term()} " + " {gradient_term()}
                </span>
            </p>
            <dl>
                <dt><var>"f"</var></dt>
                <dd>"the network’s 512 activations"</dd>
                <dt><var>"J"</var></dt>
                <dd>"their derivatives by the 2.1 million weights of its last layer"</dd>
                <dt><var>"w"</var><sub>"1"</sub>", "<var>"w"</var><sub>"2"</sub></dt>
                <dd>"what is trained: one weight a feature"</dd>
                <dt><var>"ω̄"</var></dt>
                <dd>"a classifier on "<var>"f"</var>", trained once and then fixed"</dd>
            </dl>
        </div>
    }
}

/// The sections, in the order of the data.
#[component]
fn Contents() -> impl IntoView {
    let sections = [
        ("network", "The network"),
        ("gradient", "The gradient"),
        ("predictions", "The predictions"),
        ("line", "The tangent"),
        ("similar", "Similar images"),
        ("train", "Train it here"),
        ("ablation", "Random or trained"),
        ("check", "Self-check"),
    ];
    let link = |(id, name)| view! { <a href=format!("#{id}") data-testid=format!("to-{id}")>{name}</a> };
    view! { <nav class="contents" aria-label="Sections">{sections.map(link).collect_view()}</nav> }
}
