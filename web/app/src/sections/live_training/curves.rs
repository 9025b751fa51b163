//! The curves of live training.

use crate::{parts::modes::title, say, sections::live_training::state::LiveTraining};
use leptos::prelude::*;
use protocol::training::{Course, path};
use vocabulary::Mode;

/// Points of a loss curve.
const POINTS: usize = 100;

/// What the curves run along.
#[derive(Clone, Copy, PartialEq)]
enum Axis {
    Steps,
    Seconds,
}

/// Loss and held-out accuracy, by step or by second.
#[component]
pub fn Curves() -> impl IntoView {
    let LiveTraining { course, steps, .. } = expect_context();
    let axis = RwSignal::new(Axis::Steps);
    let button = move |value, name, testid| {
        let pressed = move || (axis.get() == value).to_string();
        view! { <button data-testid=testid aria-pressed=pressed on:click=move |_| axis.set(value)>{name}</button> }
    };
    let right = Memo::new(move |_| course.with(|course| right(course, axis.get(), steps.get())));
    let end = move || match axis.get() {
        Axis::Steps => say::train_end_steps(right.get() as u32),
        Axis::Seconds => say::train_end_seconds(right.get().ceil() as u32),
    };
    let top = Memo::new(move |_| {
        course.with(|course| {
            (0..4).flat_map(|mode| course.losses(mode, POINTS)).fold(0.1, |top: f32, (_, loss)| top.max(loss))
        })
    });
    let loss = move |mode: usize| {
        course
            .with(|course| path(along(course, axis.get(), mode, &course.losses(mode, POINTS)), right.get(), top.get()))
    };
    let held = move |mode: usize| {
        course.with(|course| {
            let points: Vec<(usize, f32)> = course.marks.iter().map(|mark| (mark.step, mark.held[mode])).collect();
            path(along(course, axis.get(), mode, &points), right.get(), 1.0)
        })
    };
    let paths = |path: Box<dyn Fn(usize) -> String + Send + Sync>| {
        let path = std::sync::Arc::new(path);
        (0..4)
            .map(|mode| {
                let path = path.clone();
                view! { <path class=Mode::ALL[mode].name() d=move || path(mode) /> }
            })
            .collect_view()
    };
    let key = |mode: Mode| view! { <span><i class=format!("swatch {}", mode.name())></i>{title(mode)}</span> };
    view! {
        <div class="curves-head">
            <div class="legend">{Mode::ALL.iter().copied().map(key).collect_view()}</div>
            <div class="zoom" role="group" aria-label=say::train_axis()>
                {button(Axis::Steps, say::train_by_steps(), "train-by-steps")}
                {button(Axis::Seconds, say::train_by_seconds(), "train-by-seconds")}
            </div>
        </div>
        <div class="curves">
            <figure>
                <figcaption>{say::train_losses()}</figcaption>
                <div class="curve">
                    {ticks(move || [format!("{:.1}", top.get()), "0".to_owned()])}
                    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=say::train_losses_label()>
                        {paths(Box::new(loss))}
                    </svg>
                </div>
                <div class="ticks" aria-hidden="true"><span>"0"</span><span>{end}</span></div>
            </figure>
            <figure>
                <figcaption>{say::train_accuracies()}</figcaption>
                <div class="curve">
                    {ticks(|| [100, 50, 0].map(|share| format!("{share}\u{a0}%")))}
                    <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=say::train_accuracies_label()>
                        <path class="grid" d="M0 250H1000M0 500H1000M0 750H1000" />
                        {paths(Box::new(held))}
                    </svg>
                </div>
                <div class="ticks" aria-hidden="true"><span>"0"</span><span>{end}</span></div>
            </figure>
        </div>
    }
}

/// Numbers beside a curve, from the top down, evenly spaced.
fn ticks<const N: usize>(numbers: impl Fn() -> [String; N] + Send + 'static) -> impl IntoView {
    let ticks = move || {
        let place = |at: usize| format!("top:{}%", 100 * at / (N - 1));
        numbers()
            .into_iter()
            .enumerate()
            .map(|(at, number)| view! { <span style=place(at)>{number}</span> })
            .collect_view()
    };
    view! { <div class="plot-ticks" aria-hidden="true">{ticks}</div> }
}

/// Where the curves end; `steps` are those that were asked for.
fn right(course: &Course, axis: Axis, steps: usize) -> f32 {
    match axis {
        Axis::Steps if course.steps == 0 => steps as f32,
        Axis::Steps => course.steps as f32,
        Axis::Seconds => (0..4).map(|mode| course.seconds(course.taken.len(), mode)).fold(1e-3, f32::max),
    }
}

/// Points by step, along an axis.
fn along(course: &Course, axis: Axis, mode: usize, points: &[(usize, f32)]) -> impl Iterator<Item = (f32, f32)> {
    points.iter().map(move |&(step, value)| match axis {
        Axis::Steps => (step as f32, value),
        Axis::Seconds => (course.seconds(step, mode), value),
    })
}
