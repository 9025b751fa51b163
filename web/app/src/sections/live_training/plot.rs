//! The plots of live training: accuracy on the images held out, and the loss.

use crate::{
    parts::modes::title,
    say,
    sections::live_training::{lesson::Lesson, state::LiveTraining},
};
use leptos::prelude::*;
use protocol::{
    course::{Course, path},
    lesson::{CurvePoint, Summary, band, heights, held},
};
use std::ops::Range;
use vocabulary::Mode;

/// Points of a loss curve.
const POINTS: usize = 100;

/// Held-out accuracy by step: the lesson's means with their intervals, and this run on top.
#[component]
pub fn Accuracies() -> impl IntoView {
    let (training, Lesson(summary)) = (expect_context::<LiveTraining>(), expect_context());
    let course = training.course;
    let right = right(training);
    let range = Memo::new(move |_| {
        summary.with(|summary| course.with(|course| heights(course, summary.as_ref(), right.get() as usize)))
    });
    let with_curve = move |mode: Mode, draw: fn(&[CurvePoint], f32, &Range<f32>) -> String| {
        summary.with(|summary| {
            let curve = summary.as_ref().and_then(|summary| summary.models.get(&mode)).map(|model| &model.curve[..]);
            draw(curve.unwrap_or_default(), right.get(), &range.get())
        })
    };
    let lesson = |mode: Mode| {
        let (band, mean) = (move || with_curve(mode, band), move || with_curve(mode, mean));
        view! {
            <path class=format!("band {}", mode.name()) d=band />
            <path class=format!("mean {}", mode.name()) d=mean />
        }
    };
    let run = |(at, mode): (usize, &Mode)| {
        let drawn = move || course.with(|course| path(held(course, at), right.get(), &range.get()));
        let shares = move || course.with(|course| spelt(course, at));
        view! { <path class=format!("run {}", mode.name()) d=drawn data-shares=shares /> }
    };
    let marks = move || {
        let Range { start, end } = range.get();
        [end, f32::midpoint(start, end), start].map(tick)
    };
    view! {
        <figure class="accuracies" data-testid="train-accuracies">
            <figcaption>{say::train_accuracies()}</figcaption>
            <Key />
            <div class="curve">
                {ticks(marks)}
                <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=say::train_accuracies_label()>
                    <path class="grid" d="M0 0H1000M0 500H1000" />
                    {Mode::ALL.iter().copied().map(lesson).collect_view()}
                    {Mode::ALL.iter().enumerate().map(run).collect_view()}
                </svg>
            </div>
            <Steps right />
            <p class="note" hidden=move || summary.with(Option::is_none)>
                {move || summary.with(|summary| summary.as_ref().map(|Summary { seeds, .. }| say::train_band(seeds)))}
            </p>
        </figure>
    }
}

/// The loss by step.
#[component]
pub fn Losses() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    let course = training.course;
    let right = right(training);
    let top = Memo::new(move |_| {
        course.with(|course| {
            (0..4).flat_map(|mode| course.losses(mode, POINTS)).fold(0.1, |top: f32, (_, loss)| top.max(loss))
        })
    });
    let curve = |(at, mode): (usize, &Mode)| {
        let drawn = move || {
            let losses = course.with(|course| course.losses(at, POINTS));
            path(losses.into_iter().map(|(step, loss)| (step as f32, loss)), right.get(), &(0.0..top.get()))
        };
        view! { <path class=format!("run {}", mode.name()) d=drawn /> }
    };
    view! {
        <figure class="losses" data-testid="train-losses">
            <figcaption>{say::train_losses()}</figcaption>
            <div class="curve">
                {ticks(move || [format!("{:.1}", top.get()), "0".to_owned()])}
                <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=say::train_losses_label()>
                    {Mode::ALL.iter().enumerate().map(curve).collect_view()}
                </svg>
            </div>
            <Steps right />
        </figure>
    }
}

/// Which line is which model's.
#[component]
fn Key() -> impl IntoView {
    let key = |mode: Mode| view! { <span><i class=format!("swatch {}", mode.name())></i>{title(mode)}</span> };
    view! { <div class="legend">{Mode::ALL.iter().copied().map(key).collect_view()}</div> }
}

/// The numbers below a plot.
#[component]
fn Steps(right: Memo<f32>) -> impl IntoView {
    view! {
        <div class="ticks" aria-hidden="true">
            <span>"0"</span>
            <span>{move || say::train_end_steps(right.get() as u32)}</span>
        </div>
    }
}

/// Where the curves end: at the steps of the run, or those that are asked for.
fn right(training: LiveTraining) -> Memo<f32> {
    Memo::new(move |_| {
        let steps = training.course.with(|course| course.steps);
        if steps == 0 { training.steps.get() as f32 } else { steps as f32 }
    })
}

fn mean(curve: &[CurvePoint], right: f32, range: &Range<f32>) -> String {
    path(curve.iter().map(|point| (point.step as f32, point.mean)), right, range)
}

/// A run's accuracies with their steps, for whoever reads the page's attributes.
fn spelt(course: &Course, mode: usize) -> String {
    let shares: Vec<String> = held(course, mode).map(|(step, share)| format!("{step}:{share}")).collect();
    shares.join(" ")
}

/// A share at an axis, in percent; the middle of two steps of 5 % has a half.
fn tick(share: f32) -> String {
    let percent = (1000.0 * share).round() / 10.0;
    format!("{percent}\u{a0}%")
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
