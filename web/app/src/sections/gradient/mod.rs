//! One number, then all: the slope of a logit when one weight moves, and the same for every weight of the last layer.

mod advanced;
mod matrix;
mod nudge;
mod shown;
pub mod state;
mod weight_name;

use self::{
    advanced::Advanced, matrix::Matrix, nudge::NudgeView, shown::Shown, state::GradientState, weight_name::weight_name,
};
use crate::{
    engine::Engine,
    logit::{self, Logit},
    parts::{deeper::Deeper, logit_select::LogitSelect, picture::Legend, section::Section},
    say,
    selection::Selection,
    setting::SCOPES,
    words::feature_size,
};
use leptos::prelude::*;
use protocol::{gradient::Part, numbers::precise};

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <GradientView /> }.into_any() };

fn set_up() {
    provide_context(GradientState::new(expect_context::<Engine>(), expect_context::<Selection>()));
}

#[component]
fn GradientView() -> impl IntoView {
    let (state, scope) = (expect_context::<GradientState>(), expect_context::<Selection>().scope);
    let shown = Shown::new(state, expect_context::<Logit>());
    let of = move || state.gradient.with(|gradient| Some(gradient.as_ref()?.image.key()));
    let is_there = Memo::new(move |_| shown.size.get().rows > 0);
    view! {
        <section class="gradient" id="gradient" aria-labelledby="gradient-title" data-testid="gradient" data-for=of>
            <h2 id="gradient-title">{move || say::gradient_title(feature_size(scope.get()))}</h2>
            <p class="lead" data-testid="gradient-lead">
                {move || say::gradient_lead(scope.get(), feature_size(scope.get()))}
            </p>
            <Deeper text=Signal::derive(move || say::gradient_deeper(feature_size(scope.get()))) />
            <div class="controls">
                <LogitSelect testid="gradient-class" against_testid="gradient-against" />
            </div>
            <Show when=move || is_there.get() fallback=|| view! { <p class="note">{say::comes_after_predictions()}</p> }>
                <NudgeView shown />
                <Every shown />
            </Show>
            <Advanced />
        </section>
    }
}

/// The slopes of all weights of the last layer.
#[component]
fn Every(shown: Shown) -> impl IntoView {
    let scope = expect_context::<Selection>().scope;
    let last = SCOPES[0];
    let lead = move || {
        let size = shown.size.get();
        say::gradient_every_lead(last, size.rows, size.columns)
    };
    let wider = move || {
        let scope = Some(scope.get()).filter(|&scope| scope != last)?;
        Some(
            view! { <p class="note" data-testid="gradient-wider">{say::gradient_wider(scope, feature_size(scope), last)}</p> },
        )
    };
    view! {
        <h3>{say::gradient_every()}</h3>
        <p class="lead" inner_html=lead></p>
        {wider}
        <Matrix shown />
        <div class="beside">
            <Formula shown />
            <Legend extent=Signal::derive(move || shown.extent()) what=say::gradient_colours() />
        </div>
    }
}

/// The entry under the cursor: which weight it belongs to, and how it is made.
#[component]
fn Formula(shown: Shown) -> impl IntoView {
    let part = Memo::new(move |_| shown.part());
    let attribute = move |number: fn(Part) -> String| move || part.get().map(number);
    view! {
        <div
            class="entry"
            data-testid="gradient-entry"
            aria-live="polite"
            data-output=attribute(|part| part.weight.output.to_string())
            data-channel=attribute(|part| part.channel.to_string())
            data-y=attribute(|part| part.position.0.to_string())
            data-x=attribute(|part| part.position.1.to_string())
            data-omega=attribute(|part| part.omega.to_string())
            data-derivative=attribute(|part| part.derivative.to_string())
            data-input=attribute(|part| part.input.to_string())
            data-value=attribute(|part| part.product().to_string())
        >
            <p class="formula">
                "∂logit"<sub>{move || shown.contrast.get().map(logit::name)}</sub>" / ∂"
                {move || part.get().map(|part| weight_name(part.weight.output, part.channel, part.position))}
            </p>
            <p class="formula">
                " = "<var>"ω"</var>" · "<var>"d"</var>" · "<var>"y"</var>
                {move || part.get().map(|part| format!(
                    " = {} · {} · {} ", bracketed(part.omega), part.derivative, bracketed(part.input),
                ))}
                <span class="whole">"= "<strong>{move || part.get().map(|part| precise(part.product()))}</strong></span>
            </p>
            <p class="note">{move || if shown.cursor.get().is_none() { say::gradient_strongest() } else { "" }}</p>
        </div>
    }
}

/// A factor: a negative one in brackets.
fn bracketed(factor: f32) -> String {
    if factor < 0.0 { format!("({})", precise(factor)) } else { precise(factor) }
}
