//! The chosen image alone: the network's logit as its weights move, against its tangent.

use crate::{
    logit::{self, Logit},
    parts::logit_select::LogitSelect,
    say,
    sections::linearization::{
        gesture::Gesture,
        state::{FARTHEST, LinearizationState, set},
    },
};
use leptos::{ev::PointerEvent, prelude::*};
use protocol::{linearization::Point, numbers::signed};

/// The curve, and which logit it is of.
#[component]
pub fn CurveView() -> impl IntoView {
    let (LinearizationState { line, r }, logit) = (expect_context(), expect_context::<Logit>());
    let contrast = Memo::new(move |_| logit.contrast());
    let curve = Memo::new(move |_| {
        let contrast = contrast.get();
        line.with(|line| Some(line.as_ref()?.value.curve(contrast?))).unwrap_or_default()
    });
    let point = Memo::new(move |_| {
        let (r, contrast) = (r.get(), contrast.get());
        line.with(|line| line.as_ref()?.value.at(r, contrast?))
    });
    let is_there = Memo::new(move |_| point.with(Option::is_some));
    view! {
        <details class="one-image" data-testid="line-one-image">
            <summary>{say::line_one_image()}</summary>
            <div class="controls">
                <LogitSelect testid="line-class" against_testid="line-against" />
            </div>
            <Show when=move || is_there.get() fallback=|| view! { <p class="note">{say::comes_after_predictions()}</p> }>
                <Plot curve point name=Signal::derive(move || contrast.get().map(logit::name).unwrap_or_default()) />
                <Reading point />
            </Show>
        </details>
    }
}

/// Both curves, and where r is.
#[component]
fn Plot(curve: Memo<Vec<Point>>, point: Memo<Option<Point>>, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let (gesture, LinearizationState { r, .. }) = (Gesture::new(), expect_context());
    let range = Memo::new(move |_| curve.with(|curve| Range::of(curve)));
    let path = move |value: fn(&Point) -> f32| move || curve.with(|curve| path(curve, range.get(), value));
    let dot = move |value: fn(&Point) -> f32| {
        move || {
            point.get().map(|point| format!("left:{:.2}%;top:{:.2}%", across(point.r), range.get().down(value(&point))))
        }
    };
    let gap = move || point.get().map(|point| gap_style(&point, range.get()));
    let tick = move |share: f32| {
        let value = move || range.get().low + share * (range.get().high - range.get().low);
        view! { <span style=format!("top:{}%", 100.0 * (1.0 - share))>{move || signed(value())}</span> }
    };
    view! {
        <div class="legend">
            <span><i class="swatch network"></i>{move || say::line_network(name.get())}</span>
            <span><i class="swatch tangent"></i>{say::line_tangent()}</span>
            <span><i class="swatch gap"></i>{say::line_error()}</span>
        </div>
        <div class="plot" role="img" aria-label=move || curve.with(|curve| summary(curve, &name.get()))>
            <div class="plot-ticks" aria-hidden="true">{[0.0, 0.5, 1.0].map(tick).collect_view()}</div>
            <div
                class="plot-area draggable"
                data-testid="line-plot"
                node_ref=gesture.node
                on:pointerdown=move |event| gesture.press(&event)
                on:pointermove=move |event| if gesture.drags(&event) { go_to(r, gesture, &event) }
                on:pointerup=move |event| if gesture.lift() { go_to(r, gesture, &event) }
                on:pointercancel=move |_| gesture.cancel()
            >
                <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d="M0 0H100M0 50H100M0 100H100M50 0V100" />
                    <path class="tangent" d=path(|point| point.tangent) />
                    <path class="network" d=path(|point| point.network) />
                </svg>
                <i class="gap" style=gap></i>
                <i class="dot tangent" style=dot(|point| point.tangent)></i>
                <i class="dot network" style=dot(|point| point.network)></i>
            </div>
            <div class="ends" aria-hidden="true"><span><var>"r"</var>" = 0"</span><span>"1"</span><span>"2"</span></div>
        </div>
    }
}

/// Sets r to where the pointer is.
fn go_to(r: RwSignal<f32>, gesture: Gesture, event: &PointerEvent) {
    if let Some([x, _]) = gesture.place(event) {
        set(r, FARTHEST * x);
    }
}

#[component]
fn Reading(point: Memo<Option<Point>>) -> impl IntoView {
    let attribute = move |number: fn(&Point) -> f32| move || point.get().map(|point| number(&point).to_string());
    view! {
        <p
            class="reading"
            data-testid="line-reading"
            data-r=attribute(|point| point.r)
            data-network=attribute(|point| point.network)
            data-tangent=attribute(|point| point.tangent)
            data-error=attribute(Point::error)
        >
            {move || point.get().map(|point| sentence(&point))}
        </p>
    }
}

/// From the lowest to the highest number of a plot.
#[derive(Clone, Copy, PartialEq)]
struct Range {
    low: f32,
    high: f32,
}

impl Range {
    fn of(curve: &[Point]) -> Self {
        let values = || curve.iter().flat_map(|point| [point.network, point.tangent]);
        let (low, high) = (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
        // A flat curve runs through the middle.
        let margin = (0.05 * (high - low)).max(1e-3);
        Self { low: low - margin, high: high + margin }
    }

    /// How far below the upper edge, in percent.
    fn down(self, value: f32) -> f32 {
        100.0 * (self.high - value) / (self.high - self.low)
    }
}

/// How far right of the left edge, in percent.
fn across(r: f32) -> f32 {
    100.0 * r / FARTHEST
}

fn path(curve: &[Point], range: Range, value: fn(&Point) -> f32) -> String {
    let places = curve.iter().map(|point| format!("{:.2} {:.2}", across(point.r), range.down(value(point))));
    format!("M{}", places.collect::<Vec<_>>().join("L"))
}

/// The line between both curves at one place.
fn gap_style(point: &Point, range: Range) -> String {
    let (a, b) = (range.down(point.network), range.down(point.tangent));
    format!("left:{:.2}%;top:{:.2}%;height:{:.2}%", across(point.r), a.min(b), (a - b).abs())
}

fn sentence(point: &Point) -> String {
    say::line_reading(format!("{:.2}", point.r), signed(point.network), signed(point.tangent), signed(point.error()))
}

/// The plot in words.
fn summary(curve: &[Point], name: &str) -> String {
    let at = |part: usize| curve.get(part * curve.len().saturating_sub(1) / 4).map(sentence).unwrap_or_default();
    let places: Vec<String> = (0..=4).map(at).collect();
    say::line_summary(name, places.join(" "))
}
