//! The lesson that the section opens with: what it came to over many seeds, before anything is trained here.

use crate::{browser, sections::live_training::state::LiveTraining, setting::SCOPES};
use leptos::{prelude::*, task::spawn_local};
use protocol::{
    lesson::{self, Summary},
    training::Classes,
};

/// The file, in the models' folder.
const FILE: &str = "cifar10-rotation/lesson.json";

/// The summary, while the settings are the lesson's.
#[derive(Clone, Copy)]
pub struct Lesson(pub Memo<Option<Summary>>);

impl Lesson {
    /// Begins to load it.
    pub fn new(training: LiveTraining) -> Self {
        let summary = RwSignal::new(None);
        spawn_local(async move {
            // Without it the page shows what is trained here alone.
            summary.set(browser::fetch_json(&format!("{}/{FILE}", browser::published("models"))).await.ok());
        });
        Self(Memo::new(move |_| summary.get().filter(|_| is_set(training))))
    }
}

/// Whether the settings are those of the lesson, whatever the seed.
fn is_set(training: LiveTraining) -> bool {
    (training.classes.get(), training.scope.get()) == (Classes::default(), SCOPES[0])
        && (training.images.get(), training.held.get()) == (lesson::IMAGES, lesson::HELD)
        && training.steps.get() == lesson::STEPS
        && training.own.with(Vec::is_empty)
}
