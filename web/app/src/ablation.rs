//! The ablation as the interface knows it.

use crate::{
    say,
    settings::SCOPES,
    state::State,
    training::{Dealt, dealt, of_the_gallery},
    words,
};
use leptos::prelude::*;
use protocol::{
    ablation::{FromAblation, ROWS, Row, ToAblation},
    training::{Classes, Plan},
};

/// Steps of each model, in whole passes.
pub const STEPS: usize = 40;

/// The ablation: a handle, to be copied at will.
#[derive(Clone, Copy, Default)]
pub struct Ablation {
    /// The share that is done, while it goes on.
    pub progress: RwSignal<Option<f32>>,
    /// The rows so far.
    pub rows: RwSignal<Vec<Row>>,
    /// Images that were held out.
    pub held: RwSignal<usize>,
    /// Why there is no more.
    pub trouble: RwSignal<Option<String>>,
    id: StoredValue<u32>,
}

impl Ablation {
    /// Begins anew.
    pub fn start(self, state: State) {
        self.forget();
        match self.plan(state) {
            Ok(plan) => {
                self.held.set(plan.images.len() - plan.fitted);
                self.progress.set(Some(0.0));
                state.ablate(ToAblation::Begin(plan));
            }
            Err(message) => self.trouble.set(Some(message)),
        }
    }

    /// Stops; the rows stay.
    pub fn stop(self, state: State) {
        self.id.update_value(|id| *id += 1);
        self.progress.set(None);
        state.ablate(ToAblation::Stop);
    }

    /// Forgets what was found.
    pub fn forget(self) {
        self.id.update_value(|id| *id += 1);
        self.progress.set(None);
        self.rows.set(Vec::new());
        self.trouble.set(None);
    }

    /// All ten classes of the gallery, dealt out by the seed as for a lesson.
    fn plan(self, state: State) -> Result<Plan, String> {
        let settings = state.settings;
        let (wanted, seed) = (settings.ablation_images.get_untracked().max(1), settings.ablation_seed.get_untracked());
        let Dealt { classes, images, fitted } = dealt(of_the_gallery(state, Classes([true; 10]))?, wanted, seed)?;
        let id = self.id.get_value();
        Ok(Plan { id, scope: SCOPES[0], classes, images, fitted, steps: STEPS, seed, from: None })
    }

    /// Another engine is ready, which knows nothing of this.
    pub fn engine_ready(self) {
        if self.progress.get_untracked().is_some() {
            self.progress.set(None);
            self.trouble.set(Some(say::ablation_anew().to_owned()));
        }
    }

    /// Takes in what the engine says.
    pub fn hear(self, message: FromAblation) {
        let wanted = self.id.get_value();
        match message {
            FromAblation::Progress(id, share) if id == wanted => self.progress.set(Some(share)),
            FromAblation::Row(id, row) if id == wanted => {
                self.rows.update(|rows| rows.push(row));
                if self.rows.with_untracked(|rows| rows.len() == ROWS) {
                    self.progress.set(None);
                }
            }
            FromAblation::Failed(id, trouble) if id == wanted => {
                self.progress.set(None);
                self.trouble.set(Some(say::sentence(words::trouble(&trouble))));
            }
            _ => {}
        }
    }
}
