//! Linearization: the network itself as its weights move, against the tangent line that the gradient term is.

use crate::{
    engine::Engine,
    insight::{Newest, newest},
    logit::{self, Logit},
    parts::{deeper::Deeper, logit_select::LogitSelect, section::Section},
    say,
    selection::Selection,
    setting::kept_within,
};
use leptos::prelude::*;
use protocol::{
    insight::{Insight, Linearization},
    linearization::Point,
    messages::FromEngine,
    numbers::signed,
};

/// The range of r.
const FARTHEST: f32 = 2.0;
const STEP: f32 = 0.05;

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <LinearizationView /> }.into_any() };

fn set_up() {
    provide_context(LinearizationState::new(expect_context::<Engine>(), expect_context::<Selection>()));
}

/// The section's state: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct LinearizationState {
    /// The logits as θ2 moves along w2.
    pub line: Newest<Linearization>,
    /// How far θ2 moves along w2.
    pub r: RwSignal<f32>,
}

impl LinearizationState {
    /// As the address says.
    fn new(engine: Engine, selection: Selection) -> Self {
        let line = newest(engine, selection, |insight| match insight {
            Insight::Linearization(line) => Some(line),
            _ => None,
        });
        engine.listen(move |message| {
            // It is the last that the engine does for an image by itself.
            if let FromEngine::Insight { id, insight: Insight::Linearization(_) } = message
                && selection.is_wanted(*id)
            {
                engine.proved();
            }
        });
        Self { line, r: kept_within("r", 1.0, 0.0..=FARTHEST) }
    }
}

#[component]
fn LinearizationView() -> impl IntoView {
    let (LinearizationState { line, r }, logit) = (expect_context(), expect_context::<Logit>());
    let of = move || line.with(|line| Some(line.as_ref()?.image.key()));
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
        <section class="line" id="line" aria-labelledby="line-title" data-testid="line" data-for=of>
            <h2 id="line-title">{say::line_title()}</h2>
            <p class="lead" inner_html=say::line_lead()></p>
            <Deeper text=say::line_deeper() />
            <div class="controls">
                <LogitSelect testid="line-class" against_testid="line-against" />
            </div>
            <Show when=move || is_there.get() fallback=|| view! { <p class="note">{say::comes_after_predictions()}</p> }>
                <Plot curve point name=Signal::derive(move || contrast.get().map(logit::name).unwrap_or_default()) />
                <Slider r point />
                <Reading point />
            </Show>
        </section>
    }
}

/// Both curves, and where r is.
#[component]
fn Plot(curve: Memo<Vec<Point>>, point: Memo<Option<Point>>, #[prop(into)] name: Signal<String>) -> impl IntoView {
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
            <div class="plot-area">
                <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                    <path class="grid" d="M0 0H100M0 50H100M0 100H100M50 0V100" />
                    <path class="tangent" d=path(|point| point.tangent) />
                    <path class="network" d=path(|point| point.network) />
                </svg>
                <i class="gap" style=gap></i>
                <i class="dot tangent" style=dot(|point| point.tangent)></i>
                <i class="dot network" style=dot(|point| point.network)></i>
            </div>
        </div>
    }
}

#[component]
fn Slider(r: RwSignal<f32>, point: Memo<Option<Point>>) -> impl IntoView {
    let moved = move |event| {
        if let Ok(value) = event_target_value(&event).parse::<f32>() {
            // The slider's steps are not exact in binary.
            r.set((value * 100.0).round() / 100.0);
        }
    };
    view! {
        <label class="slider">
            <span><var>"r"</var></span>
            <input
                type="range"
                min="0"
                max=FARTHEST.to_string()
                step=STEP.to_string()
                data-testid="line-r"
                prop:value=move || r.get().to_string()
                aria-valuetext=move || point.get().map(|point| sentence(&point))
                on:input=moved
            />
            <span class="ends" aria-hidden="true"><span>"0"</span><span>"1"</span><span>"2"</span></span>
        </label>
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
