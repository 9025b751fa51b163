//! The gradient itself: the derivative of a logit by every weight of the last layer.

use super::{
    Deeper,
    matrix::Matrix,
    picture::Legend,
    select::{ClassSelect, Select},
    spatial::Spatial,
};
use crate::{say, state::State};
use leptos::prelude::*;
use protocol::{
    gradient::{Contrast, Order, Ordered, Part},
    insight::Gradient,
    numbers::precise,
    palette::extent,
    viewport::{Entry, Size},
};

/// What the parts of this section share: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Shown {
    /// `ω ∘ d` in the order that was set.
    pub rows: Memo<Ordered>,
    /// `y` in the order that was set.
    pub columns: Memo<Ordered>,
    /// The matrix's size.
    pub size: Memo<Size>,
    /// The entry that the formula is of, if one was pointed at.
    pub cursor: RwSignal<Option<Entry>>,
    /// What the gradient is of.
    pub contrast: Memo<Option<Contrast>>,
}

impl Shown {
    fn new(state: State) -> Self {
        let contrast = Memo::new(move |_| state.contrast());
        let of = move |make: &dyn Fn(&Gradient, Contrast) -> Ordered| {
            let contrast = contrast.get()?;
            state.insights.gradient.with(|told| Some(make(&told.as_ref()?.what, contrast)))
        };
        let order = state.settings;
        let rows =
            Memo::new(move |_| of(&|gradient, contrast| gradient.rows(contrast, order.rows.get())).unwrap_or_default());
        let columns = Memo::new(move |_| of(&|gradient, _| gradient.columns(order.columns.get())).unwrap_or_default());
        let size = Memo::new(move |_| Size {
            rows: rows.with(|rows| rows.numbers.len()),
            columns: columns.with(|columns| columns.numbers.len()),
        });
        let cursor = RwSignal::new(None);
        // Another order has another entry in the same place.
        Effect::new(move |_| {
            order.rows.track();
            order.columns.track();
            cursor.set(None);
        });
        Self { rows, columns, size, cursor, contrast }
    }

    /// The entry that the formula is of: the strongest one until one is pointed at.
    pub fn entry(self) -> Entry {
        self.cursor.get().unwrap_or_else(|| Entry {
            row: self.rows.with(Ordered::strongest),
            column: self.columns.with(Ordered::strongest),
        })
    }

    /// The largest magnitude of the whole matrix.
    pub fn extent(self) -> f32 {
        self.rows.with(|rows| extent(&rows.numbers)) * self.columns.with(|columns| extent(&columns.numbers))
    }

    /// The entry with its parts.
    pub fn part(self, state: State) -> Option<Part> {
        let (contrast, entry) = (self.contrast.get()?, self.entry());
        state.insights.gradient.with(|told| {
            let gradient = &told.as_ref()?.what;
            self.rows.with(|rows| self.columns.with(|columns| gradient.part(contrast, rows, columns, entry)))
        })
    }
}

/// The section.
#[component]
pub fn GradientView() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = Shown::new(state);
    let told_of = move || state.insights.gradient.with(|told| Some(told.as_ref()?.of.key()));
    let is_there = Memo::new(move |_| shown.size.get().rows > 0);
    let settings = state.settings;
    let row_orders = [(Order::Stored, say::order_stored().to_owned()), (Order::Value, say::order_value().to_owned())];
    let column_orders = [
        (Order::Stored, say::order_channel().to_owned()),
        (Order::Position, say::order_position().to_owned()),
        (Order::Value, say::order_value().to_owned()),
    ];
    view! {
        <section class="gradient" id="gradient" aria-labelledby="gradient-title" data-testid="gradient" data-for=told_of>
            <h2 id="gradient-title">{say::gradient_title()}</h2>
            <p class="lead" inner_html=say::gradient_lead()></p>
            <Deeper text=say::gradient_deeper() />
            <div class="controls">
                <ClassSelect testid="gradient-class" against_testid="gradient-against" />
                <Select label=say::gradient_rows() testid="gradient-rows" setting=settings.rows options=row_orders />
                <Select label=say::gradient_columns() testid="gradient-columns" setting=settings.columns options=column_orders />
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
    let state = expect_context::<State>();
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
                "∂logit"<sub>{move || shown.contrast.get().map(contrast_name)}</sub>" / ∂"<var>"W"</var><sub>"5"</sub>
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

/// What the gradient is of, in words.
pub fn contrast_name(Contrast { class, against }: Contrast) -> String {
    match against {
        None => say::class(class),
        Some(against) => format!("{} − {}", say::class(class), say::class(against)),
    }
}
