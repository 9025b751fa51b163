//! What every model reaches: on average in the lesson, and in this run.

use crate::{
    parts::modes::{formula, title},
    say,
    sections::live_training::{lesson::Lesson, state::LiveTraining},
};
use leptos::prelude::*;
use protocol::{
    lesson::{Difference, Outcome},
    numbers::{interval_text, percent, points},
    training::{Mark, Step},
};
use vocabulary::Mode;

/// What the lesson shows, in a sentence.
#[component]
pub fn Finding() -> impl IntoView {
    let Lesson(summary) = expect_context();
    let sentence = move || {
        summary.with(|summary| {
            let summary = summary.as_ref()?;
            let above = |mode| summary.models.get(&mode)?.above_activation.map(difference);
            Some(say::train_finding(summary.seeds, above(Mode::Gradient)?, above(Mode::Full)?))
        })
    };
    view! { <p class="lead finding" data-testid="train-finding">{sentence}</p> }
}

/// Points with their 95 % interval.
fn difference(Difference { mean, low, high }: Difference) -> String {
    say::train_interval(points(mean), points(low), points(high))
}

/// What every model reaches, in numbers.
#[component]
pub fn Models() -> impl IntoView {
    let Lesson(summary) = expect_context();
    let no_summary = move || summary.with(Option::is_none);
    let seeds = move || summary.with(|summary| summary.as_ref().map(|summary| say::train_column_mean(summary.seeds)));
    let rows = (0..4).map(|mode| view! { <Model mode /> }).collect_view();
    view! {
        <div class="table" tabindex="0" role="region" aria-label=say::train_table()>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{say::train_column_model()}</th>
                        <th scope="col" hidden=no_summary>{seeds}</th>
                        <th scope="col">{say::train_column_held()}</th>
                        <th scope="col">{say::train_column_fitted()}</th>
                        <th scope="col">{say::train_column_seconds()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// One row.
#[component]
fn Model(mode: usize) -> impl IntoView {
    let (training, Lesson(summary)) = (expect_context::<LiveTraining>(), expect_context());
    let course = training.course;
    let name = Mode::ALL[mode];
    let share = move |number: fn(&Mark) -> [f32; 4]| {
        course.with(|course| course.marks.last().map(|mark| number(mark)[mode])).filter(|share| share.is_finite())
    };
    let (fitted, held) = (move || share(|mark| mark.fitted), move || share(|mark| mark.held));
    let last =
        move |number: fn(&Step) -> [f32; 4]| course.with(|course| course.taken.last().map(|step| number(step)[mode]));
    let (loss, seconds) = (move || last(|step| step.losses), move || last(|step| step.seconds));
    let outcome = Memo::new(move |_| summary.with(|summary| summary.as_ref()?.models.get(&name).cloned()));
    let held_out = move || {
        held().map(|share| {
            let interval = interval_text(f64::from(share), training.held_out.get());
            view! { <strong>{percent(f64::from(share))}</strong>" "<span class="subtitle">{interval}</span> }
        })
    };
    view! {
        <tr
            data-testid="train-model"
            data-mode=name.name()
            data-fitted=move || fitted().map(|share| share.to_string())
            data-held=move || held().map(|share| share.to_string())
            data-loss=move || loss().map(|loss| loss.to_string())
            data-seconds=move || seconds().map(|seconds| seconds.to_string())
        >
            <th scope="row">{title(name)}" "<span class="subtitle">{formula(name)}</span></th>
            <td hidden=move || outcome.with(Option::is_none)>
                {move || outcome.with(|outcome| outcome.as_ref().map(|Outcome { mean, .. }| percent(*mean)))}
            </td>
            <td>{move || held_out().map_or_else(|| "–".into_any(), IntoAny::into_any)}</td>
            <td>{move || fitted().map_or_else(|| "–".to_owned(), |share| percent(f64::from(share)))}</td>
            <td>{move || seconds().map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.1}"))}</td>
        </tr>
    }
}
