//! The lesson as the interface knows it: it asks for a few steps, shows what comes of them, and asks again once that is
//! drawn. The engine never runs ahead, and a lesson goes on in another engine where the last snapshot was.

use crate::{
    say,
    state::{Gallery, State},
    words,
};
use leptos::prelude::*;
use protocol::{
    messages::Source,
    training::{Classes, Course, Division, FromTrainer, Plan, Snapshot, ToTrainer, divide},
    trouble::Trouble,
};
use vocabulary::Mode;
use vocabulary::classes::CIFAR10;
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlAnchorElement, Url};

/// The lesson: a handle, to be copied at will.
#[derive(Clone, Copy, Default)]
pub struct Training {
    /// The visitor's own classes.
    pub own: RwSignal<Vec<OwnClass>>,
    /// Where the lesson stands.
    pub phase: RwSignal<Phase>,
    /// How it went so far.
    pub course: RwSignal<Course>,
    /// Whether it goes on by itself.
    pub playing: RwSignal<bool>,
    /// What there is to say of the last thing asked for.
    pub note: RwSignal<Option<String>>,
    id: StoredValue<u32>,
    plan: StoredValue<Option<Plan>, LocalStorage>,
    snapshot: StoredValue<Option<Snapshot>, LocalStorage>,
    /// What to do once the lesson has begun or the steps under way are done.
    next: StoredValue<Next, LocalStorage>,
    /// Whether the engine has yet to answer.
    waiting: StoredValue<bool>,
    /// Images that are being read, and the classes that they are for.
    reading: StoredValue<Vec<String>>,
}

/// Where the lesson stands.
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
    Load(Blob),
}

/// A class of the visitor's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnClass {
    /// Its name.
    pub name: String,
    /// Its images, planar.
    pub images: Vec<Vec<u8>>,
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

impl Training {
    /// Goes on by itself, from the beginning if need be.
    pub fn play(self, state: State) {
        self.playing.set(true);
        self.go(state);
    }

    /// Stops after the steps that are under way.
    pub fn pause(self) {
        self.playing.set(false);
    }

    /// Takes one step.
    pub fn step(self, state: State) {
        self.playing.set(false);
        self.next.set_value(Next::Step);
        self.go(state);
    }

    /// Takes a model from a file.
    pub fn load(self, state: State, file: Blob) {
        self.playing.set(false);
        self.next.set_value(Next::Load(file));
        self.go(state);
    }

    /// Forgets the lesson.
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

    /// Has a model's file made.
    pub fn save(self, state: State, mode: Mode) {
        state.train(ToTrainer::Save { id: self.id.get_value(), mode });
    }

    /// Does what is next, unless the engine is at something already.
    fn go(self, state: State) {
        if self.waiting.get_value() {
            return;
        }
        if matches!(self.phase.get_untracked(), Phase::Idle | Phase::Failed(_)) {
            return self.begin(state);
        }
        let id = self.id.get_value();
        match self.next.try_update_value(std::mem::take).unwrap_or_default() {
            Next::Load(file) => self.ask(state, ToTrainer::Load { id, file }),
            _ if self.phase.get_untracked() == Phase::Done => self.playing.set(false),
            Next::Step => self.ask(state, ToTrainer::Advance { id, steps: 1 }),
            Next::Nothing if self.playing.get_untracked() => {
                self.ask(state, ToTrainer::Advance { id, steps: state.settings.speed.get_untracked().max(1) });
            }
            Next::Nothing => {}
        }
    }

    fn ask(self, state: State, message: ToTrainer) {
        self.waiting.set_value(true);
        state.train(message);
    }

    fn begin(self, state: State) {
        let (playing, next) = (self.playing.get_untracked(), self.next.try_update_value(std::mem::take));
        self.reset();
        match self.plan(state) {
            Ok(plan) => {
                self.playing.set(playing);
                self.next.set_value(next.unwrap_or_default());
                self.phase.set(Phase::Preparing(0.0));
                self.plan.set_value(Some(plan.clone()));
                self.ask(state, ToTrainer::Begin(plan));
            }
            Err(message) => self.note.set(Some(message)),
        }
    }

    /// The lesson that is set.
    fn plan(self, state: State) -> Result<Plan, String> {
        let settings = state.settings;
        let (wanted, seed) = (settings.images.get_untracked().max(1), settings.seed.get_untracked());
        let Dealt { classes, images, fitted } = dealt(self.sources(state)?, wanted, seed)?;
        Ok(Plan {
            id: self.id.get_value(),
            scope: settings.train_scope.get_untracked(),
            classes,
            images,
            fitted,
            steps: settings.steps.get_untracked().max(1),
            seed,
            from: None,
        })
    }

    /// Every class with its images.
    fn sources(self, state: State) -> Result<Vec<(String, Vec<Source>)>, String> {
        let of_the_gallery = of_the_gallery(state, state.settings.classes.get_untracked())?;
        let own = self.own.get_untracked().into_iter();
        let own = own.map(|class| (class.name, class.images.into_iter().map(Source::Pixels).collect()));
        Ok(of_the_gallery.into_iter().chain(own).collect())
    }

    /// Adds a class of the visitor's own, unless there is one of that name.
    pub fn add_class(self, name: &str) {
        let name = name.trim().to_owned();
        let is_taken = CIFAR10.contains(&name.as_str())
            || self.own.with_untracked(|own| own.iter().any(|class| class.name == name));
        match (name.is_empty(), is_taken) {
            (true, _) => self.note.set(Some(say::train_no_name().to_owned())),
            (_, true) => self.note.set(Some(say::train_taken(name))),
            _ => self.own.update(|own| own.push(OwnClass { name, images: Vec::new() })),
        }
    }

    /// Removes a class of the visitor's own.
    pub fn remove_class(self, name: &str) {
        self.own.update(|own| own.retain(|class| class.name != name));
    }

    /// Gives one of the visitor's own classes another image, once the engine has read it.
    pub fn add_image(self, state: State, class: String, source: Source) {
        let id = self.id.get_value();
        self.reading.update_value(|reading| reading.push(class));
        if !state.train(ToTrainer::Read { id, source }) {
            self.reading.update_value(Vec::clear);
            self.note.set(Some(say::engine_not_ready().to_owned()));
        }
    }

    /// Another engine is ready: it takes the lesson up where the last snapshot was.
    pub fn engine_ready(self, state: State) {
        self.reading.update_value(Vec::clear);
        let Some(plan) = self.plan.get_value() else { return };
        let from = self.snapshot.get_value();
        let step = from.as_ref().map_or(0, |snapshot| snapshot.step);
        if self.phase.get_untracked() != Phase::Preparing(0.0) {
            self.note.set(Some(say::train_resumed(step)));
        }
        self.course.update(|course| course.cut(step));
        self.phase.set(Phase::Preparing(0.0));
        self.ask(state, ToTrainer::Begin(Plan { from, ..plan }));
    }

    /// Takes in what the engine says.
    pub fn hear(self, state: State, message: FromTrainer) {
        if let FromTrainer::Read { image, .. } = message {
            return self.read(image);
        }
        match (message.id() == self.id.get_value(), message) {
            (true, FromTrainer::Preparing { share, .. }) => self.phase.set(Phase::Preparing(share)),
            (true, FromTrainer::Report(report)) => {
                if !report.taken.is_empty() {
                    state.engine_proved();
                }
                let is_done = report.step >= report.steps;
                self.course.update(|course| course.add(report));
                self.phase.set(if is_done { Phase::Done } else { Phase::Learning });
                self.answered(state);
            }
            (true, FromTrainer::Snapshot { snapshot, .. }) => self.snapshot.set_value(Some(snapshot)),
            (true, FromTrainer::Saved { mode, file, .. }) => download(mode, &file),
            (true, FromTrainer::Loaded { mode, mark, .. }) => {
                self.course.update(|course| course.marks.push(mark));
                self.note.set(Some(say::train_loaded(mode.name())));
                self.answered(state);
            }
            (true, FromTrainer::Failed { trouble, .. }) => {
                self.reset();
                self.phase.set(Phase::Failed(say::sentence(words::trouble(&trouble))));
            }
            (true, FromTrainer::Refused { trouble, .. }) => {
                self.note.set(Some(say::sentence(words::trouble(&trouble))));
                self.answered(state);
            }
            _ => {}
        }
    }

    /// The engine has done what it was asked for: goes on after the next frame is drawn.
    fn answered(self, state: State) {
        let id = self.id.get_value();
        request_animation_frame(move || {
            if id == self.id.get_value() {
                self.waiting.set_value(false);
                self.go(state);
            }
        });
    }

    fn read(self, image: Result<Vec<u8>, Trouble>) {
        // The engine answers in the order in which it is asked.
        let class = self.reading.try_update_value(|reading| (!reading.is_empty()).then(|| reading.remove(0))).flatten();
        match (class, image) {
            (Some(class), Ok(pixels)) => self.own.update(|own| {
                if let Some(class) = own.iter_mut().find(|own| own.name == class) {
                    class.images.push(pixels);
                }
            }),
            (_, Err(trouble)) => self.note.set(Some(say::sentence(words::trouble(&trouble)))),
            (None, Ok(_)) => {}
        }
    }
}

/// The classes of CIFAR-10 that are chosen, with the gallery's images of them.
pub fn of_the_gallery(state: State, chosen: Classes) -> Result<Vec<(String, Vec<Source>)>, String> {
    let tiles = state.gallery.with_untracked(|gallery| match gallery {
        Gallery::Ready(index) => Ok((0..index.sheets()).flat_map(|sheet| index.tiles(sheet)).collect::<Vec<_>>()),
        _ => Err(say::gallery_missing().to_owned()),
    })?;
    let class = |label: usize| {
        let images = tiles.iter().filter(|tile| tile.label == label).map(|tile| tile.source());
        (CIFAR10[label].to_owned(), images.collect())
    };
    Ok((0..CIFAR10.len()).filter(|&label| chosen.0[label]).map(class).collect())
}

/// Classes, and their images divided into those to fit on and those to hold out.
pub struct Dealt {
    /// The classes' names.
    pub classes: Vec<String>,
    /// The images, each with its class: those to fit on come first.
    pub images: Vec<(Source, u8)>,
    /// How many are to be fitted on.
    pub fitted: usize,
}

/// Divides every class's images by the seed: `wanted` of each to fit on, the rest to hold out.
pub fn dealt(sources: Vec<(String, Vec<Source>)>, wanted: usize, seed: u32) -> Result<Dealt, String> {
    let (mut classes, mut fitted, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for (name, images) in sources {
        let Division { fitted: own, held: rest } = divide(images, wanted, seed);
        if own.is_empty() {
            return Err(say::train_empty(name));
        }
        // There are fewer classes than a byte counts: see below.
        let labelled = |source| (source, classes.len() as u8);
        fitted.extend(own.into_iter().map(labelled));
        held.extend(rest.into_iter().map(labelled));
        classes.push(name);
    }
    if !(2..=usize::from(u8::MAX)).contains(&classes.len()) {
        return Err(say::train_two().to_owned());
    }
    let count = fitted.len();
    Ok(Dealt { classes, images: [fitted, held].concat(), fitted: count })
}

/// Gives the visitor a file.
fn download(mode: Mode, file: &Blob) {
    let anchor = document().create_element("a").ok().map(JsCast::unchecked_into::<HtmlAnchorElement>);
    let (Some(anchor), Ok(address)) = (anchor, Url::create_object_url_with_blob(file)) else { return };
    anchor.set_href(&address);
    anchor.set_download(&format!("gradfeat-{}.safetensors", mode.name()));
    anchor.click();
    // The browser has taken hold of the file by then.
    let _ = Url::revoke_object_url(&address);
}
