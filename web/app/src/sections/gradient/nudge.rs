//! One weight, moved by hand: the logit before and after, and the slope that is one feature.

use crate::{
    logit, say,
    sections::gradient::{shown::Shown, state::GradientState, weight_name::weight_name},
};
use leptos::prelude::*;
use protocol::{
    nudge::{Nudge, STEPS, Weight, WeightChoice},
    numbers::{precise, signed},
};

/// What is said and drawn of a move.
#[derive(Clone, Copy, PartialEq)]
struct Moved {
    nudge: Nudge,
    delta: f32,
}

/// The weight, its slider, what it does in numbers, and the same as a plot.
#[component]
pub fn NudgeView(shown: Shown) -> impl IntoView {
    let state = expect_context::<GradientState>();
    let moved =
        Memo::new(move |_| shown.nudge.get().map(|nudge| Moved { nudge, delta: nudge.delta(state.steps.get()) }));
    let name = Signal::derive(move || shown.contrast.get().map(logit::name).unwrap_or_default());
    let weight = move |number: fn(Weight) -> usize| move || shown.weight.get().map(|weight| number(weight).to_string());
    view! {
        <div
            class="nudge"
            data-testid="nudge"
            data-output=weight(|weight| weight.output)
            data-column=weight(|weight| weight.column)
        >
            <div>
                <h3>{say::nudge_title()}</h3>
                <p class="nudge-weight">
                    {move || weight_label(shown, state)}
                    <Show when=move || state.weight.get().0.is_some()>
                        <button data-testid="nudge-strongest" on:click=move |_| state.weight.set(WeightChoice(None))>
                            {say::nudge_strongest()}
                        </button>
                    </Show>
                </p>
                <Slider moved name />
                <Reading moved name />
            </div>
            <Plot moved name />
        </div>
    }
}

fn weight_label(shown: Shown, state: GradientState) -> impl IntoView {
    let Weight { output, column } = shown.weight.get()?;
    let place = state.gradient.with(|gradient| Some(gradient.as_ref()?.value.place(column)));
    place.map(|(channel, position)| view! { <span class="formula">{weight_name(output, channel, position)}</span> })
}

#[component]
fn Slider(moved: Memo<Option<Moved>>, name: Signal<String>) -> impl IntoView {
    let state = expect_context::<GradientState>();
    let set = move |event| {
        if let Ok(steps) = event_target_value(&event).parse() {
            state.steps.set(steps);
        }
    };
    let end = move |side: f32| move || moved.get().map(|moved| precise(side * moved.nudge.reach()));
    view! {
        <label class="nudge-slider">
            <span>{say::nudge_slider()}</span>
            <input
                type="range"
                min=(-STEPS).to_string()
                max=STEPS.to_string()
                step="1"
                data-testid="nudge-delta"
                prop:value=move || state.steps.get().to_string()
                aria-valuetext=move || moved.get().map(|moved| reading(moved, &name.get()))
                on:input=set
            />
            <span class="ends" aria-hidden="true"><span>{end(-1.0)}</span><span>"0"</span><span>{end(1.0)}</span></span>
        </label>
    }
}

#[component]
fn Reading(moved: Memo<Option<Moved>>, name: Signal<String>) -> impl IntoView {
    let attribute = move |number: fn(Moved) -> f32| move || moved.get().map(|moved| number(moved).to_string());
    view! {
        <div
            class="reading"
            data-testid="nudge-reading"
            data-delta=attribute(|moved| moved.delta)
            data-before=attribute(|moved| moved.nudge.logit)
            data-after=attribute(|moved| moved.nudge.network(moved.delta))
            data-tangent=attribute(|moved| moved.nudge.tangent(moved.delta))
            data-feature=attribute(|moved| moved.nudge.feature)
        >
            <p>{move || moved.get().map(|moved| reading(moved, &name.get()))}</p>
            <p inner_html=move || moved.get().map(|moved| say::nudge_feature(precise(moved.nudge.feature)))></p>
            <p class="note" data-testid="nudge-kink">{move || moved.get().and_then(kink)}</p>
        </div>
    }
}

fn reading(Moved { nudge, delta }: Moved, name: &str) -> String {
    say::nudge_reading(precise(delta), name, signed(nudge.logit), signed(nudge.network(delta)))
}

/// How far the tangent line is right.
fn kink(Moved { nudge, delta }: Moved) -> Option<String> {
    let (tangent, kink) = (signed(nudge.tangent(delta)), precise(nudge.kink()?));
    Some(match nudge.is_beyond(delta) {
        false => say::nudge_agrees(tangent, kink),
        true => say::nudge_parts(tangent, kink, precise(nudge.slope_beyond())),
    })
}

/// The network's logit and the tangent line over the slider.
#[component]
fn Plot(moved: Memo<Option<Moved>>, name: Signal<String>) -> impl IntoView {
    let frame = Memo::new(move |_| moved.get().map(|moved| Frame::of(&moved.nudge)));
    let line = move |curve: fn(&Nudge) -> Vec<(f32, f32)>| {
        move || frame.get().zip(moved.get()).map(|(frame, moved)| frame.path(&curve(&moved.nudge)))
    };
    let dot = move |value: fn(&Nudge, f32) -> f32| {
        move || {
            frame.get().zip(moved.get()).map(|(frame, Moved { nudge, delta })| frame.dot(delta, value(&nudge, delta)))
        }
    };
    let label = move || {
        let moved = moved.get()?;
        Some(say::nudge_plot(name.get(), reading(moved, &name.get()), kink(moved).unwrap_or_default()))
    };
    view! {
        <figure>
            <div class="plot-area" role="img" aria-label=label data-testid="nudge-plot">
                <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                    <g class="plot">
                        <path class="grid" d="M0 0H100M0 100H100M50 0V100" />
                        <path class="network" d=line(Nudge::curve) />
                        <path class="tangent" d=line(|nudge| [-nudge.reach(), nudge.reach()].map(|delta| (delta, nudge.tangent(delta))).to_vec()) />
                    </g>
                </svg>
                <i class="dot tangent" style=dot(Nudge::tangent)></i>
                <i class="dot network" style=dot(Nudge::network)></i>
            </div>
            <figcaption class="legend">
                <span><i class="swatch network"></i>{say::nudge_network()}</span>
                <span><i class="swatch tangent"></i>{say::nudge_tangent()}</span>
            </figcaption>
        </figure>
    }
}

/// What a plot of a nudge shows: from `-reach` to `reach`, from the lowest to the highest number.
#[derive(Clone, Copy, PartialEq)]
struct Frame {
    reach: f32,
    low: f32,
    high: f32,
}

impl Frame {
    fn of(nudge: &Nudge) -> Self {
        let reach = nudge.reach();
        let tangent = [-reach, reach].map(|delta| nudge.tangent(delta));
        let values = || nudge.curve().into_iter().map(|place| place.1).chain(tangent);
        let (low, high) = (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
        // A flat curve runs through the middle.
        let margin = (0.08 * (high - low)).max(1e-3);
        Self { reach, low: low - margin, high: high + margin }
    }

    /// From the left and from above, in percent.
    fn place(self, delta: f32, value: f32) -> [f32; 2] {
        [50.0 + 50.0 * delta / self.reach, 100.0 * (self.high - value) / (self.high - self.low)]
    }

    fn path(self, curve: &[(f32, f32)]) -> String {
        let place = |&(delta, value): &(f32, f32)| {
            let [left, top] = self.place(delta, value);
            format!("{left:.2} {top:.2}")
        };
        format!("M{}", curve.iter().map(place).collect::<Vec<_>>().join("L"))
    }

    fn dot(self, delta: f32, value: f32) -> String {
        let [left, top] = self.place(delta, value);
        format!("left:{left:.2}%;top:{top:.2}%")
    }
}
