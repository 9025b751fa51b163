//! The gradient itself: the derivative of a logit by every weight of the last layer.

mod matrix;
mod shown;
mod spatial;
pub mod state;

use self::{matrix::Matrix, shown::Shown, spatial::Spatial, state::GradientState};
use crate::{
    engine::Engine,
    logit::{self, Logit},
    parts::{deeper::Deeper, logit_select::LogitSelect, picture::Legend, section::Section, select::Select},
    say,
    selection::Selection,
};
use leptos::prelude::*;
use protocol::{
    gradient::{Order, Part},
    numbers::precise,
};

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <GradientView /> }.into_any() };

fn set_up() {
    provide_context(GradientState::new(expect_context::<Engine>(), expect_context::<Selection>()));
}

#[component]
fn GradientView() -> impl IntoView {
    let state = expect_context::<GradientState>();
    let shown = Shown::new(state, expect_context::<Logit>());
    let of = move || state.gradient.with(|gradient| Some(gradient.as_ref()?.image.key()));
    let is_there = Memo::new(move |_| shown.size.get().rows > 0);
    let row_orders = [(Order::Stored, say::order_stored().to_owned()), (Order::Value, say::order_value().to_owned())];
    let column_orders = [
        (Order::Stored, say::order_channel().to_owned()),
        (Order::Position, say::order_position().to_owned()),
        (Order::Value, say::order_value().to_owned()),
    ];
    view! {
        <section class="gradient" id="gradient" aria-labelledby="gradient-title" data-testid="gradient" data-for=of>
            <h2 id="gradient-title">{say::gradient_title()}</h2>
            <p class="lead" inner_html=say::gradient_lead()></p>
            <Deeper text=say::gradient_deeper() />
            <div class="controls">
                <LogitSelect testid="gradient-class" against_testid="gradient-against" />
                <Select label=say::gradient_rows() testid="gradient-rows" setting=state.rows options=row_orders />
                <Select label=say::gradient_columns() testid="gradient-columns" setting=state.columns options=column_orders />
            </div>
            <Show when=move || is_there.get() fallback=|| view! { <p class="note">{say::comes_after_predictions()}</p> }>
                <Matrix shown />
                <div class="beside">
                    <Formula shown />
                    <Legend extent=Signal::derive(move || shown.extent()) what=say::gradient_colours() />
                </div>
                <Spatial shown />
            </Show>
        </section>
    }
}

/// The entry under the cursor: which weight it belongs to, and how it is made.
#[component]
fn Formula(shown: Shown) -> impl IntoView {
    let state = expect_context::<GradientState>();
    let part = Memo::new(move |_| shown.part(state));
    let attribute = move |number: fn(Part) -> String| move || part.get().map(number);
    view! {
        <div
            class="entry"
            data-testid="gradient-entry"
            aria-live="polite"
            data-output=attribute(|part| part.output.to_string())
            data-channel=attribute(|part| part.channel.to_string())
            data-y=attribute(|part| part.position.0.to_string())
            data-x=attribute(|part| part.position.1.to_string())
            data-omega=attribute(|part| part.omega.to_string())
            data-derivative=attribute(|part| part.derivative.to_string())
            data-input=attribute(|part| part.input.to_string())
            data-value=attribute(|part| part.product().to_string())
        >
            <p class="formula">
                "∂logit"<sub>{move || shown.contrast.get().map(logit::name)}</sub>" / ∂"<var>"W"</var><sub>"5"</sub>
                {move || part.get().map(|Part { output, channel, position: (row, column), .. }| view! {
                    <span class="whole">
                        "["<var>"o"</var>{format!(" = {output}, ")}<var>"c"</var>{format!(" = {channel}, ")}<var>"i"</var>
                        {format!(" = {row}, ")}<var>"j"</var>{format!(" = {column}]")}
                    </span>
                })}
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
