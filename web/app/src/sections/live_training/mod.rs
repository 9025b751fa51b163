//! Live training: the four models side by side on a few images, with the visitor's own classes if there are any.

mod controls;
mod files;
mod lesson;
mod models;
mod own_classes;
mod plot;
pub mod state;
mod trial;

use self::{
    controls::{Classes, Controls, Play, Settings},
    files::Files,
    lesson::Lesson,
    models::{Finding, Models},
    own_classes::OwnClasses,
    plot::{Accuracies, Losses},
    state::{LiveTraining, Phase},
    trial::{Trial, TrialView},
};
use crate::{
    engine::Engine,
    gallery::Gallery,
    parts::{deeper::Deeper, section::Section},
    say,
    selection::Selection,
    words,
};
use leptos::prelude::*;

/// The section.
pub const SECTION: Section = Section { set_up, view: || view! { <LiveTrainingView /> }.into_any() };

fn set_up() {
    let engine = expect_context::<Engine>();
    let training = LiveTraining::new(engine, expect_context::<Gallery>());
    provide_context(training);
    provide_context(Lesson::new(training));
    provide_context(Trial::new(engine, training, expect_context::<Selection>()));
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
            data-held-out=move || training.held_out.get().to_string()
            data-playing=move || training.playing.get().to_string()
        >
            <h2 id="train-title">{say::train_title()}</h2>
            <p class="lead">{move || lead(training)}</p>
            <Finding />
            <Play />
            <div class="run">
                <Accuracies />
                <Models />
            </div>
            <TrialView />
            <details class="deeper advanced" data-testid="train-advanced">
                <summary>{say::train_advanced()}</summary>
                <Classes />
                <OwnClasses />
                <Settings />
                <Controls />
                <Files />
                <Losses />
                <p class="note">{say::train_note()}</p>
            </details>
            <Deeper text=say::train_deeper() />
        </section>
    }
}

/// What is learned, and from what.
fn lead(training: LiveTraining) -> String {
    let known = training.classes.get().labels().map(say::class);
    let own = training.own.get().into_iter().map(|class| class.name);
    say::train_lead(words::list(known.chain(own).collect()).unwrap_or_default(), training.images.get())
}

/// When the settings change, training starts anew.
fn reset_on_change(training: LiveTraining) {
    let set = Memo::new(move |_| {
        let numbers = (training.images.get(), training.held.get(), training.steps.get(), training.seed.get());
        (training.classes.get(), training.scope.get(), numbers, training.own.get())
    });
    Effect::new(move |before: Option<()>| {
        // A memo that nobody reads is never computed.
        set.with(|_| ());
        if before.is_some() {
            untrack(|| training.settings_changed());
        }
    });
}
