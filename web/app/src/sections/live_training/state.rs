//! Live training's state: it asks for a few steps, shows their result, and asks again once that is drawn. The engine
//! never runs ahead, and training continues in another engine from the last snapshot.

mod files;
mod own_classes;

pub use own_classes::OwnClass;

use crate::{
    engine::Engine,
    examples::{Class, Examples, of_classes},
    gallery::{Gallery, Tile},
    say,
    setting::{MOST_SEED, kept, kept_scope, kept_within},
    words,
};
use leptos::prelude::*;
use protocol::{
    course::Course,
    lesson,
    messages::{FromEngine, Source, ToEngine},
    training::{Classes, Fitted, FromTrainer, MOST_IMAGES, Plan, Snapshot, ToTrainer},
};
use std::collections::HashSet;
use vocabulary::Scope;
use web_sys::Blob;

/// The most steps that the controls offer.
pub const MOST_STEPS: usize = 2000;
/// The most steps a drawn frame.
pub const MOST_SPEED: usize = 50;

/// Images that the models can be tried on.
const OFFERED: usize = 10;

/// Live training: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct LiveTraining {
    /// The classes of CIFAR-10.
    pub classes: RwSignal<Classes>,
    /// Images a class to fit on.
    pub images: RwSignal<usize>,
    /// Images a class to hold out, at most.
    pub held: RwSignal<usize>,
    /// Which layers the gradient is taken by.
    pub scope: RwSignal<Scope>,
    /// About how many steps there are.
    pub steps: RwSignal<usize>,
    /// Where the randomness comes from.
    pub seed: RwSignal<u32>,
    /// Steps a drawn frame.
    pub speed: RwSignal<usize>,
    /// The visitor's own classes.
    pub own: RwSignal<Vec<OwnClass>>,
    /// Where training stands.
    pub phase: RwSignal<Phase>,
    /// How it went so far.
    pub course: RwSignal<Course>,
    /// Images that are held out.
    pub held_out: RwSignal<usize>,
    /// Images of the gallery that are held out, to try the models on.
    pub offered: RwSignal<Vec<Tile>>,
    /// What was loaded from files, until training begins anew.
    pub loaded: RwSignal<Option<Fitted>>,
    /// Whether it goes on by itself.
    pub playing: RwSignal<bool>,
    /// What there is to say of the last thing asked for.
    pub note: RwSignal<Option<String>>,
    engine: Engine,
    gallery: Gallery,
    id: StoredValue<u32>,
    plan: StoredValue<Option<Plan>, LocalStorage>,
    snapshot: StoredValue<Option<Snapshot>, LocalStorage>,
    /// What to do once training has begun or the steps under way are done.
    next: StoredValue<Next, LocalStorage>,
    /// Whether the engine has yet to answer.
    waiting: StoredValue<bool>,
    /// Images that are being read, and the classes that they are for.
    reading: StoredValue<Vec<String>>,
    /// The files of what was loaded, for another engine.
    files: StoredValue<Vec<Blob>, LocalStorage>,
    /// Whether training is to begin once it is reset.
    again: StoredValue<bool>,
}

/// Where training stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Phase {
    /// Not begun.
    #[default]
    Idle,
    /// Its images are read and ω̄ is fitted: the share that is done.
    Preparing(f32),
    /// The models learn.
    Learning,
    /// It is over: all steps are done.
    Done,
    /// It cannot go on, and why.
    Failed(String),
}

/// What was asked for while the engine was at something else.
#[derive(Default)]
enum Next {
    #[default]
    Nothing,
    Step,
}

impl Phase {
    /// The one spelling in the page's attributes.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Preparing(_) => "preparing",
            Self::Learning => "learning",
            Self::Done => "done",
            Self::Failed(_) => "failed",
        }
    }
}

impl LiveTraining {
    /// As the address says.
    pub fn new(engine: Engine, gallery: Gallery) -> Self {
        let training = Self {
            classes: kept("classes", Classes::default()),
            images: kept_within("images", lesson::IMAGES, 1..=MOST_IMAGES),
            held: kept_within("held", lesson::HELD, 1..=lesson::HELD),
            scope: kept_scope("trainscope"),
            steps: kept_within("steps", lesson::STEPS, 1..=MOST_STEPS),
            seed: kept_within("seed", 1, 0..=MOST_SEED),
            speed: kept_within("speed", 4, 1..=MOST_SPEED),
            own: RwSignal::default(),
            phase: RwSignal::default(),
            course: RwSignal::default(),
            held_out: RwSignal::new(0),
            offered: RwSignal::default(),
            loaded: RwSignal::default(),
            playing: RwSignal::new(false),
            note: RwSignal::new(None),
            engine,
            gallery,
            id: StoredValue::new(0),
            plan: StoredValue::new_local(None),
            snapshot: StoredValue::new_local(None),
            next: StoredValue::new_local(Next::Nothing),
            waiting: StoredValue::new(false),
            reading: StoredValue::default(),
            files: StoredValue::new_local(Vec::new()),
            again: StoredValue::new(false),
        };
        gallery.load_more();
        engine.listen(move |message| match message {
            FromEngine::Trained(message) => training.take(message),
            FromEngine::Ready(_) => training.engine_ready(),
            _ => {}
        });
        training
    }

    /// Goes on by itself, from the beginning if need be.
    pub fn play(self) {
        self.playing.set(true);
        self.go();
    }

    /// Stops after the steps that are under way.
    pub fn pause(self) {
        self.playing.set(false);
    }

    /// Takes one step.
    pub fn step(self) {
        self.playing.set(false);
        self.next.set_value(Next::Step);
        self.go();
    }

    /// Begins anew with other images, those of the next seed.
    pub fn play_again(self) {
        self.again.set_value(true);
        self.seed.update(|seed| *seed = (*seed + 1) % (MOST_SEED + 1));
    }

    /// The settings are others: training starts anew.
    pub fn settings_changed(self) {
        self.reset();
        if self.again.try_update_value(std::mem::take).unwrap_or_default() {
            self.play();
        }
    }

    /// Whether there are models to predict with.
    pub fn has_models(self) -> bool {
        let is_begun = self.phase.with(|phase| matches!(phase, Phase::Learning | Phase::Done));
        is_begun && self.course.with(|course| !course.marks.is_empty()) || self.loaded.with(Option::is_some)
    }

    /// Has an image predicted by the models as they are now.
    pub fn predict(self, id: u32, source: Source) {
        self.send(ToTrainer::Predict { id, source });
    }

    /// Forgets all of it, and what was loaded.
    pub fn forget(self) {
        self.reset();
        self.forget_loaded();
    }

    fn forget_loaded(self) {
        self.loaded.set(None);
        self.files.update_value(Vec::clear);
    }

    /// Forgets how training went.
    pub fn reset(self) {
        self.id.update_value(|id| *id += 1);
        self.playing.set(false);
        self.waiting.set_value(false);
        self.plan.set_value(None);
        self.snapshot.set_value(None);
        self.next.set_value(Next::Nothing);
        self.note.set(None);
        self.phase.set(Phase::Idle);
        self.course.set(Course::default());
    }

    /// Does what is next, unless the engine is at something already.
    fn go(self) {
        if self.waiting.get_value() {
            return;
        }
        if matches!(self.phase.get_untracked(), Phase::Idle | Phase::Failed(_)) {
            return self.begin();
        }
        let id = self.id.get_value();
        match self.next.try_update_value(std::mem::take).unwrap_or_default() {
            _ if self.phase.get_untracked() == Phase::Done => self.playing.set(false),
            Next::Step => self.ask(ToTrainer::Advance { id, steps: 1 }),
            Next::Nothing if self.playing.get_untracked() => {
                self.ask(ToTrainer::Advance { id, steps: self.speed.get_untracked().max(1) });
            }
            Next::Nothing => {}
        }
    }

    /// Sends a message; whether there is an engine that is ready for it.
    fn send(self, message: ToTrainer) -> bool {
        self.engine.send(&ToEngine::Train(message))
    }

    fn ask(self, message: ToTrainer) {
        self.waiting.set_value(true);
        self.send(message);
    }

    fn begin(self) {
        let (playing, next) = (self.playing.get_untracked(), self.next.try_update_value(std::mem::take));
        let plan = self.plan();
        self.reset();
        match plan {
            Ok(plan) => {
                self.forget_loaded();
                let plan = Plan { id: self.id.get_value(), ..plan };
                self.held_out.set(plan.images.len() - plan.fitted);
                self.offer(&plan);
                self.playing.set(playing);
                self.next.set_value(next.unwrap_or_default());
                self.phase.set(Phase::Preparing(0.0));
                self.plan.set_value(Some(plan.clone()));
                self.ask(ToTrainer::Begin(plan));
            }
            Err(message) => self.note.set(Some(message)),
        }
    }

    /// The training that is set.
    fn plan(self) -> Result<Plan, String> {
        let (wanted, seed) = (self.images.get_untracked().max(1), self.seed.get_untracked());
        let held = self.held.get_untracked();
        let Examples { classes, images, fitted } = Examples::split(self.sources()?, wanted, held, seed)?;
        Ok(Plan {
            id: 0,
            scope: self.scope.get_untracked(),
            classes,
            images,
            fitted,
            steps: self.steps.get_untracked().max(1),
            seed,
            is_regularised: true,
            from: None,
        })
    }

    /// Offers a few of the gallery's images that are held out.
    fn offer(self, plan: &Plan) {
        let held: HashSet<&Source> = plan.images[plan.fitted..].iter().map(|(source, _)| source).collect();
        let tiles = self.gallery.all_tiles().unwrap_or_default().into_iter();
        self.offered.set(tiles.filter(|tile| held.contains(&tile.source())).take(OFFERED).collect());
    }

    /// Every class with its images.
    fn sources(self) -> Result<Vec<Class>, String> {
        let chosen = self.classes.get_untracked();
        let of_cifar10 = match chosen.labels().next() {
            Some(_) => of_classes(chosen, &self.gallery.all_tiles()?, &self.gallery.more_tiles()?),
            None => Vec::new(),
        };
        let own = self.own.get_untracked().into_iter().map(|OwnClass { name, images }| Class {
            name,
            images: images.into_iter().map(Source::Pixels).collect(),
            held: vec![],
        });
        Ok(of_cifar10.into_iter().chain(own).collect())
    }

    /// Another engine is ready: training continues from the last snapshot.
    fn engine_ready(self) {
        self.reading.update_value(Vec::clear);
        for file in self.files.get_value() {
            self.send_file(&file);
        }
        let Some(plan) = self.plan.get_value() else { return };
        let from = self.snapshot.get_value();
        let step = from.as_ref().map_or(0, |snapshot| snapshot.step);
        if self.phase.get_untracked() != Phase::Preparing(0.0) {
            self.note.set(Some(say::train_resumed(step)));
        }
        self.course.update(|course| course.cut(step));
        self.phase.set(Phase::Preparing(0.0));
        self.ask(ToTrainer::Begin(Plan { from, ..plan }));
    }

    /// Takes in what the engine says.
    fn take(self, message: &FromTrainer) {
        match message {
            FromTrainer::Read { image, .. } => self.read(image),
            FromTrainer::Loaded { fitted, .. } => self.take_loaded(fitted),
            FromTrainer::Predicted { .. } => {}
            FromTrainer::Refused { trouble, .. } => self.note.set(Some(say::sentence(words::trouble(trouble)))),
            _ if message.id() == self.id.get_value() => self.take_own(message),
            _ => {}
        }
    }

    /// Takes in what is said of the training that goes on.
    fn take_own(self, message: &FromTrainer) {
        match message {
            FromTrainer::Preparing { share, .. } => self.phase.set(Phase::Preparing(*share)),
            FromTrainer::Report(report) => {
                if !report.taken.is_empty() {
                    self.engine.proved();
                }
                let is_done = report.step >= report.steps;
                self.course.update(|course| course.add(report.clone()));
                self.phase.set(if is_done { Phase::Done } else { Phase::Learning });
                self.answered();
            }
            FromTrainer::Snapshot { snapshot, .. } => self.snapshot.set_value(Some(snapshot.clone())),
            FromTrainer::Saved { mode, file, .. } => files::download(*mode, file),
            FromTrainer::Failed { trouble, .. } => {
                self.reset();
                self.phase.set(Phase::Failed(say::sentence(words::trouble(trouble))));
            }
            _ => {}
        }
    }

    /// The engine has done what it was asked for: goes on after the next frame is drawn.
    fn answered(self) {
        let id = self.id.get_value();
        request_animation_frame(move || {
            if id == self.id.get_value() {
                self.waiting.set_value(false);
                self.go();
            }
        });
    }
}
