//! What every model reaches in live training.

use crate::{
    parts::modes::{formula, title},
    say,
    sections::live_training::state::LiveTraining,
};
use leptos::prelude::*;
use protocol::{
    numbers::percent,
    training::{Mark, Step},
};
use vocabulary::Mode;

/// What every model reaches, in numbers.
#[component]
pub fn Models() -> impl IntoView {
    let rows = (0..4).map(|mode| view! { <Model mode /> }).collect_view();
    view! {
        <div class="table" tabindex="0" role="region" aria-label=say::train_table()>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{say::train_column_model()}</th>
                        <th scope="col">{say::train_column_fitted()}</th>
                        <th scope="col">{say::train_column_held()}</th>
                        <th scope="col">{say::train_column_loss()}</th>
                        <th scope="col">{say::train_column_seconds()}</th>
                        <th scope="col"><span class="visually-hidden">{say::train_column_file()}</span></th>
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
    let training = expect_context::<LiveTraining>();
    let course = training.course;
    let share = move |number: fn(&Mark) -> [f32; 4]| {
        course.with(|course| course.marks.last().map(|mark| number(mark)[mode])).filter(|share| share.is_finite())
    };
    let shown = |share: Option<f32>| share.map_or_else(|| "–".to_owned(), |share| percent(f64::from(share)));
    let (fitted, held) = (move || share(|mark| mark.fitted), move || share(|mark| mark.held));
    let last =
        move |number: fn(&Step) -> [f32; 4]| course.with(|course| course.taken.last().map(|step| number(step)[mode]));
    let (loss, seconds) = (move || last(|step| step.losses), move || last(|step| step.seconds));
    let text =
        |number: Option<f32>, digits| number.map_or_else(|| "–".to_owned(), |number| format!("{number:.digits$}"));
    let name = Mode::ALL[mode];
    let nothing = move || course.with(|course| course.marks.is_empty());
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
            <td>{move || shown(fitted())}</td>
            <td><strong>{move || shown(held())}</strong></td>
            <td>{move || text(loss(), 3)}</td>
            <td>{move || text(seconds(), 1)}</td>
            <td>
                <button
                    data-testid="train-save"
                    data-mode=name.name()
                    aria-label=say::train_save_model(title(name))
                    prop:disabled=nothing
                    on:click=move |_| training.save(name)
                >
                    {say::train_save()}
                </button>
            </td>
        </tr>
    }
}
