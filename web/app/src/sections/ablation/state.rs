//! The ablation's state.

use crate::{
    engine::Engine,
    examples::{Examples, of_classes},
    gallery::Gallery,
    say,
    sections::appendix::Appendix,
    setting::{MOST_SEED, SCOPES, kept_within},
    words,
};
use leptos::prelude::*;
use protocol::{
    ablation::{FromAblation, Measured, ROWS, Row, ToAblation},
    messages::{FromEngine, ToEngine},
    training::{Classes, Plan},
};

/// Steps of each model, in whole passes.
pub const STEPS: usize = 40;

/// The most images a class that its control offers.
pub const MOST_IMAGES: usize = 50;

/// The ablation: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Ablation {
    /// Images a class that it fits on.
    pub images: RwSignal<usize>,
    /// Where its randomness comes from.
    pub seed: RwSignal<u32>,
    /// The share that is done, while it goes on.
    pub progress: RwSignal<Option<f32>>,
    /// The rows so far.
    pub rows: RwSignal<Vec<Row>>,
    /// Images that were held out.
    pub held: RwSignal<usize>,
    /// Why there is no more.
    pub trouble: RwSignal<Option<String>>,
    /// What was measured beforehand: shown until something is measured here.
    pub measured: RwSignal<Option<Measured>>,
    engine: Engine,
    gallery: Gallery,
    id: StoredValue<u32>,
}

impl Ablation {
    /// As the address says.
    pub fn new(engine: Engine, gallery: Gallery) -> Self {
        let ablation = Self {
            images: kept_within("ablationimages", 20, 1..=MOST_IMAGES),
            seed: kept_within("ablationseed", 1, 0..=MOST_SEED),
            progress: RwSignal::new(None),
            rows: RwSignal::new(Vec::new()),
            held: RwSignal::new(0),
            trouble: RwSignal::new(None),
            measured: expect_context::<Appendix>().file("ablation.json"),
            engine,
            gallery,
            id: StoredValue::new(0),
        };
        engine.listen(move |message| match message {
            FromEngine::Ablated(message) => ablation.take(message),
            FromEngine::Ready(_) => ablation.engine_ready(),
            _ => {}
        });
        ablation
    }

    /// Begins anew.
    pub fn start(self) {
        self.forget();
        match self.plan() {
            Ok(plan) => {
                self.held.set(plan.images.len() - plan.fitted);
                self.progress.set(Some(0.0));
                self.engine.send(&ToEngine::Ablate(ToAblation::Begin(plan)));
            }
            Err(message) => self.trouble.set(Some(message)),
        }
    }

    /// Stops; the rows stay.
    pub fn stop(self) {
        self.id.update_value(|id| *id += 1);
        self.progress.set(None);
        self.engine.send(&ToEngine::Ablate(ToAblation::Stop));
    }

    /// Forgets what was found.
    pub fn forget(self) {
        self.id.update_value(|id| *id += 1);
        self.progress.set(None);
        self.rows.set(Vec::new());
        self.trouble.set(None);
    }

    /// Whether nothing was measured here yet, so that what was measured beforehand is shown.
    pub fn is_idle(self) -> bool {
        self.rows.with(Vec::is_empty) && self.progress.with(Option::is_none) && self.trouble.with(Option::is_none)
    }

    /// The rows on show.
    pub fn shown(self) -> Vec<Row> {
        let beforehand = || self.measured.with(|measured| measured.as_ref().map(Measured::mean));
        if self.is_idle() { beforehand().unwrap_or_default() } else { self.rows.get() }
    }

    /// How many images were held out for the rows on show.
    pub fn shown_held(self) -> usize {
        let beforehand = || self.measured.with(|measured| measured.as_ref().map(|measured| measured.held));
        if self.is_idle() { beforehand().unwrap_or_default() } else { self.held.get() }
    }

    /// All ten classes of the gallery, divided by the seed as for live training.
    fn plan(self) -> Result<Plan, String> {
        let (wanted, seed) = (self.images.get_untracked().max(1), self.seed.get_untracked());
        let sources = of_classes(Classes([true; 10]), &self.gallery.all_tiles()?, &[]);
        let Examples { classes, images, fitted } = Examples::split(sources, wanted, usize::MAX, seed)?;
        let id = self.id.get_value();
        Ok(Plan {
            id,
            scope: SCOPES[0],
            classes,
            images,
            fitted,
            steps: STEPS,
            seed,
            is_regularised: false,
            from: None,
        })
    }

    /// Another engine is ready, which knows nothing of this.
    fn engine_ready(self) {
        if self.progress.get_untracked().is_some() {
            self.progress.set(None);
            self.trouble.set(Some(say::ablation_anew().to_owned()));
        }
    }

    /// Takes in what the engine says.
    fn take(self, message: &FromAblation) {
        let wanted = self.id.get_value();
        match *message {
            FromAblation::Progress(id, share) if id == wanted => self.progress.set(Some(share)),
            FromAblation::Row(id, row) if id == wanted => {
                self.rows.update(|rows| rows.push(row));
                if self.rows.with_untracked(|rows| rows.len() == ROWS) {
                    self.progress.set(None);
                }
            }
            FromAblation::Failed(id, ref trouble) if id == wanted => {
                self.progress.set(None);
                self.trouble.set(Some(say::sentence(words::trouble(trouble))));
            }
            _ => {}
        }
    }
}
