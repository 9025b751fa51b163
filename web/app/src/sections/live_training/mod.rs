//! Live training: the four models side by side on a few images, with the visitor's own classes if there are any.

mod controls;
mod curves;
mod models;
mod own_classes;
pub mod state;

use self::{
    controls::{Classes, Controls, Settings},
    curves::Curves,
    models::Models,
    own_classes::OwnClasses,
    state::{LiveTraining, Phase},
};
use crate::{
    engine::Engine,
    gallery::Gallery,
    parts::{deeper::Deeper, section::Section},
    say,
};
use leptos::prelude::*;

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <LiveTrainingView /> }.into_any() };

fn set_up() {
    provide_context(LiveTraining::new(expect_context::<Engine>(), expect_context::<Gallery>()));
}

#[component]
fn LiveTrainingView() -> impl IntoView {
    let training = expect_context::<LiveTraining>();
    reset_on_change(training);
    let step = move || training.course.with(|course| course.taken.len().to_string());
    let steps = move || training.course.with(|course| course.steps.to_string());
    view! {
        <section
            class="train"
            id="train"
            aria-labelledby="train-title"
            data-testid="train"
            data-phase=move || training.phase.with(Phase::name)
            data-step=step
            data-steps=steps
            data-playing=move || training.playing.get().to_string()
        >
            <h2 id="train-title">{say::train_title()}</h2>
            <p class="lead" inner_html=say::train_lead()></p>
            <Deeper text=say::train_deeper() />
            <Classes />
            <OwnClasses />
            <Settings />
            <Controls />
            <Curves />
            <Models />
            <p class="note">{say::train_note()}</p>
        </section>
    }
}

/// When the settings change, training starts anew.
fn reset_on_change(training: LiveTraining) {
    let set = Memo::new(move |_| {
        let numbers = (training.images.get(), training.steps.get(), training.seed.get());
        (training.classes.get(), training.scope.get(), numbers, training.own.get())
    });
    Effect::new(move |before: Option<()>| {
        // A memo that nobody reads is never computed.
        set.with(|_| ());
        if before.is_some() {
            untrack(|| training.reset());
        }
    });
}
