//! Self-check: whether what the page computes is right, and how fast it is here.

use crate::{
    choice::Choice,
    engine::{Engine, Phase},
    insight::{Newest, OfImage, newest},
    parts::{deeper::Deeper, modes::title, section::Section},
    say,
    selection::Selection,
    words,
};
use leptos::prelude::*;
use protocol::{
    insight::Insight,
    loading::Backend,
    messages::{FromEngine, ToEngine},
    numbers::{megabytes, precise, rough},
    self_check::median,
    self_check::{Agreement, Check, Quantity, Quotient, Timing},
};

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <SelfCheckView /> }.into_any() };

fn set_up() {
    provide_context(SelfCheck::new(expect_context::<Engine>(), expect_context::<Selection>()));
}

/// The section's state: a handle, to be copied at will.
#[derive(Clone, Copy)]
struct SelfCheck {
    /// What was found.
    found: Newest<Check>,
    engine: Engine,
}

impl SelfCheck {
    fn new(engine: Engine, selection: Selection) -> Self {
        let found = newest(engine, selection, |insight| match insight {
            Insight::Check(check) => Some(check),
            _ => None,
        });
        let state = Self { found, engine };
        engine.listen(move |message| {
            if matches!(message, FromEngine::Broken(_)) {
                state.drop_unfinished();
            }
        });
        // Another image ends the check of the one before it.
        Effect::new(move |_| {
            selection.wanted();
            state.drop_unfinished();
        });
        state
    }

    /// Has the page checked on the chosen image.
    fn start(self) {
        if let Some(request) = self.engine.request() {
            self.engine.send(&ToEngine::Check(request));
        }
    }

    /// A check that is not done will not be.
    fn drop_unfinished(self) {
        let is_unfinished =
            |found: &Option<_>| found.as_ref().is_some_and(|found: &OfImage<Check>| !found.value.is_done());
        if self.found.with_untracked(is_unfinished) {
            self.found.set(None);
        }
    }
}

#[component]
fn SelfCheckView() -> impl IntoView {
    let state = expect_context::<SelfCheck>();
    let (found, engine) = (state.found, state.engine);
    let check = Memo::new(move |_| found.with(|found| Some(found.as_ref()?.value.clone())));
    let of = move || found.with(|found| Some(found.as_ref()?.image.key()));
    let part = move |part: fn(&Check) -> AnyView| move || check.with(|check| check.as_ref().map(part));
    view! {
        <section
            class="check"
            id="check"
            aria-labelledby="check-title"
            data-testid="check"
            data-for=of
            data-state=move || check.with(state_name)
        >
            <h2 id="check-title">{say::check_title()}</h2>
            <p class="lead">{say::check_lead()}</p>
            <Deeper text=say::check_deeper() />
            <button class="compare primary" data-testid="check-start" disabled=move || !engine.is_ready() on:click=move |_| state.start()>
                {say::check_start()}
            </button>
            <p class="note" role="status" data-testid="check-progress">
                {move || found.with(|found| found.as_ref().map(|found| progress(&found.image, &found.value)))}
            </p>
            {part(|check| check.trouble.as_ref().map(|trouble| view! { <p class="error" role="alert">{say::sentence(words::trouble(trouble))}</p> }).into_any())}
            {part(|check| quotients_view(check).into_any())}
            {move || check.with(|check| check.as_ref().map(|check| agreements_view(engine, &check.agreements)))}
            {part(|check| timings_view(&check.timings).into_any())}
            {move || check.with(|check| check.as_ref().map(|check| facts(engine, check)))}
        </section>
    }
}

fn state_name(check: &Option<Check>) -> &'static str {
    match check {
        None => "idle",
        Some(Check { trouble: Some(_), .. }) => "failed",
        Some(check) if check.done < check.pieces => "running",
        Some(_) => "done",
    }
}

fn progress(of: &Choice, check: &Check) -> String {
    let image = match of {
        Choice::Tile(tile) => say::check_image(tile.index, say::class(tile.label)),
        Choice::Upload { name, .. } => name.clone(),
    };
    say::check_progress(image, check.done, check.pieces)
}

/// The derivative against differences, as numbers and as a plot.
fn quotients_view(check: &Check) -> impl IntoView + use<> {
    let row = |quotient: &Quotient| {
        view! {
            <tr data-testid="check-quotient" data-h=quotient.h data-error=quotient.error>
                <th scope="row">{rough(quotient.h)}</th>
                <td class="number">{rough(quotient.error)}</td>
                <td class="number">{rough(check.rounding / quotient.h)}</td>
            </tr>
        }
    };
    view! {
        <h3>{say::check_quotients()}</h3>
        <p class="note">{say::check_quotients_note()}</p>
        <div class="check-quotients">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"h"</th>
                        <th scope="col" class="number">{say::check_error()}</th>
                        <th scope="col" class="number">{say::check_rounding()}</th>
                    </tr>
                </thead>
                <tbody>{check.quotients.iter().map(row).collect_view()}</tbody>
            </table>
            {plot(check)}
        </div>
    }
}

/// Decades of the plot: h from 10⁻⁵ to 1, errors from 10⁻⁸ to 10².
const LEFT: f32 = 5.0;
const BELOW: f32 = 8.0;
const ABOVE: f32 = 2.0;

fn plot(check: &Check) -> impl IntoView + use<> {
    let place = |h: f32, error: f32| {
        let height = error.max(f32::MIN_POSITIVE).log10().clamp(-BELOW, ABOVE);
        (100.0 * (1.0 + h.log10() / LEFT), 100.0 * (ABOVE - height) / (ABOVE + BELOW))
    };
    let path = |error: &dyn Fn(&Quotient) -> f32| {
        let points = check.quotients.iter().map(|quotient| {
            let (x, y) = place(quotient.h, error(quotient));
            format!("{x:.2} {y:.2}")
        });
        format!("M{}", points.collect::<Vec<_>>().join("L"))
    };
    let largest = check.quotients.first().map_or(0.0, |first| first.error / first.h);
    let rounding = check.rounding;
    let best = check.quotients.iter().map(|quotient| quotient.error).fold(f32::INFINITY, f32::min);
    let label = say::check_plot(precise(best));
    let dots = check.quotients.iter().map(|quotient| {
        let (x, y) = place(quotient.h, quotient.error);
        view! { <i class="dot network" style=format!("left:{x:.2}%;top:{y:.2}%")></i> }
    });
    let tick = |power: &str, share: f32| view! { <span style=format!("top:{share}%")>"10"<sup>{power.to_owned()}</sup></span> };
    view! {
        <div>
            <div class="legend">
                <span><i class="swatch network"></i>{say::check_error()}</span>
                <span><i class="swatch in-h"></i>{say::check_in_h()}</span>
                <span><i class="swatch rounding"></i>{say::check_in_one_over_h()}</span>
            </div>
            <div class="plot" role="img" aria-label=label data-testid="check-plot">
                <div class="plot-ticks" aria-hidden="true">
                    {tick("2", 0.0)} {tick("−3", 50.0)} {tick("−8", 100.0)}
                </div>
                <div class="plot-area">
                    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                        <path class="grid" d="M0 0H100M0 50H100M0 100H100" />
                        <path class="in-h" d=path(&|quotient| largest * quotient.h) />
                        <path class="rounding" d=path(&|quotient| rounding / quotient.h) />
                        <path class="network" d=path(&|quotient| quotient.error) />
                    </svg>
                    {dots.collect_view()}
                </div>
                <div class="ends" aria-hidden="true"><span>"h = 10"<sup>"−5"</sup></span><span>"1"</span></div>
            </div>
        </div>
    }
}

/// The GPU against the CPU.
fn agreements_view(engine: Engine, agreements: &[Agreement]) -> impl IntoView + use<> {
    let on_gpu = engine
        .status
        .with(|status| matches!(&status.phase, Phase::Ready(ready) if ready.processor.backend == Backend::Webgpu));
    let row = |Agreement { what, difference, size }: &Agreement| {
        view! {
            <tr data-testid="check-agreement" data-difference=difference.to_string() data-size=size.to_string()>
                <th scope="row">{quantity(*what)}</th>
                <td class="number">{precise(*difference)}</td>
                <td class="number">{precise(*size)}</td>
            </tr>
        }
    };
    let rows = agreements.iter().map(row).collect_view();
    let table = || {
        view! {
            <table>
                <thead>
                    <tr>
                        <th scope="col">{say::check_numbers()}</th>
                        <th scope="col" class="number">{say::check_difference()}</th>
                        <th scope="col" class="number">{say::check_size()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
    };
    view! {
        <h3>{say::check_agreements()}</h3>
        {match agreements.is_empty() {
            true => {
                let why = if on_gpu { say::check_to_come() } else { say::check_cpu_only() };
                view! { <p class="note">{why}</p> }.into_any()
            }
            false => table().into_any(),
        }}
    }
}

/// What was compared.
fn quantity(what: Quantity) -> String {
    match what {
        Quantity::Activations => say::check_activations().to_owned(),
        Quantity::Logits(mode) => say::check_logits(title(mode).to_lowercase()),
    }
}

fn timings_view(timings: &[Timing]) -> impl IntoView + use<> {
    let row = |timing: &Timing| {
        let (plain, with_jvp) = (median(&timing.plain)?, median(&timing.with_jvp)?);
        Some(view! {
            <tr data-testid="check-timing" data-backend=timing.backend.name() data-runs=timing.plain.len() data-plain=plain data-jvp=with_jvp>
                <th scope="row">{backend_name(timing.backend)}</th>
                <td class="number">{format!("{plain:.1} ms")}</td>
                <td class="number">{format!("{with_jvp:.1} ms")}</td>
                <td class="number">{format!("{:.2}", with_jvp / plain.max(f32::MIN_POSITIVE))}</td>
                <td class="number">{timing.plain.len()}</td>
            </tr>
        })
    };
    view! {
        <h3>{say::check_timings()}</h3>
        <table>
            <thead>
                <tr>
                    <th scope="col">{say::check_on()}</th>
                    <th scope="col" class="number">{say::check_plain()}</th>
                    <th scope="col" class="number">{say::check_jvp()}</th>
                    <th scope="col" class="number">{say::check_ratio()}</th>
                    <th scope="col" class="number">{say::check_median()}</th>
                </tr>
            </thead>
            <tbody>{timings.iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn backend_name(backend: Backend) -> &'static str {
    match backend {
        Backend::Webgpu => say::check_gpu(),
        Backend::Cpu => say::check_cpu(),
    }
}

/// What all this ran on.
fn facts(engine: Engine, check: &Check) -> impl IntoView + use<> {
    let on = engine.status.with(|status| match &status.phase {
        Phase::Ready(ready) => {
            [backend_name(ready.processor.backend), &ready.processor.adapter].join(" ").trim().to_owned()
        }
        _ => String::new(),
    });
    let facts = [
        (say::check_processor(), on),
        (say::check_browser(), window().navigator().user_agent().unwrap_or_default()),
        (say::check_program(), format!("gradfeat {}", env!("CARGO_PKG_VERSION"))),
        (say::check_network(), format!("SHA-256 {} …", check.digest)),
        (say::check_memory(), say::check_megabytes(megabytes(check.memory))),
    ];
    let fact = |(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> };
    view! { <dl data-testid="check-facts" data-memory=check.memory>{facts.map(fact).collect_view()}</dl> }
}
