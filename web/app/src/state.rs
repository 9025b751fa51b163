//! What the interface knows, and the only functions that change it.

use crate::{
    ablation::Ablation,
    baked::Baked,
    browser,
    choice::{Choice, Outcome},
    engine_link::Link,
    gallery::{Index, Tile},
    insights::Insights,
    later::{self, Program},
    say,
    settings::{SCOPES, Settings},
    training::Training,
    url_state, words,
};
use leptos::{prelude::*, task::spawn_local};
use protocol::{
    ablation::ToAblation,
    gradient::Contrast,
    insight::{Drawn, Insight},
    loading::{Progress, Ready},
    messages::{Compare, Draw, FromEngine, Source},
    numbers::best,
    recovery::Recovery,
    terms::Terms,
    training::ToTrainer,
    trouble::Trouble,
};
use vocabulary::{ImageNote, Mode, Scope};
use web_sys::File;

/// The largest file that is read as an image, in bytes.
const LARGEST_FILE: f64 = 64e6;

/// The page's state: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct State {
    /// The gallery's index.
    pub gallery: RwSignal<Gallery>,
    /// How many of the gallery's sheets are on show.
    pub open_sheets: RwSignal<usize>,
    /// The image that was chosen.
    pub choice: RwSignal<Option<Choice>>,
    /// Why the last file was not taken.
    pub upload_error: RwSignal<Option<String>>,
    /// What comes behind the first look, once it is there.
    pub later: RwSignal<Option<&'static Program>>,
    /// The engine.
    pub engine: RwSignal<Engine>,
    /// The predictions on show.
    pub shown: RwSignal<Option<Outcome>>,
    /// Why there are no predictions for the chosen image.
    pub trouble: RwSignal<Option<String>>,
    /// What else there is to see of the chosen image.
    pub insights: Insights,
    /// What the visitor has set.
    pub settings: Settings,
    /// The lesson.
    pub training: Training,
    /// The ablation.
    pub ablation: Ablation,
    wanted: RwSignal<u32>,
    coming: RwSignal<Option<Outcome>>,
    baked: StoredValue<Baked>,
    offered: StoredValue<Option<Offered>>,
    /// Whether a file is being read that is not yet the choice.
    offering: RwSignal<bool>,
    link: StoredValue<Link, LocalStorage>,
}

/// The gallery's index, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gallery {
    /// On its way.
    Loading,
    /// Here.
    Ready(Index),
    /// Not to be had, and why.
    Failed(String),
}

/// A file that the engine has yet to read as an image.
struct Offered {
    id: u32,
    name: String,
    bytes: Vec<u8>,
}

/// The engine, as it is shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Engine {
    /// Where it stands.
    pub phase: Phase,
    /// The file that it waits for.
    pub progress: Option<Progress>,
    /// What went wrong on the way here.
    pub note: Option<String>,
}

/// Where the engine stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Phase {
    /// It loads.
    #[default]
    Loading,
    /// It predicts.
    Ready(Ready),
    /// It has given up, and why.
    Failed(String),
}

impl State {
    /// Starts the page: the engine and the gallery at once, and the image that the address names.
    pub fn start() -> Self {
        let state = Self {
            gallery: RwSignal::new(Gallery::Loading),
            open_sheets: RwSignal::new(1),
            choice: RwSignal::new(None),
            upload_error: RwSignal::new(None),
            later: RwSignal::new(None),
            engine: RwSignal::new(Engine::default()),
            shown: RwSignal::new(None),
            trouble: RwSignal::new(None),
            insights: Insights::default(),
            settings: Settings::from_address(),
            training: Training::default(),
            ablation: Ablation::default(),
            wanted: RwSignal::new(0),
            coming: RwSignal::new(None),
            baked: StoredValue::default(),
            offered: StoredValue::new(None),
            offering: RwSignal::new(false),
            link: StoredValue::new_local(Link::default()),
        };
        state.start_engine();
        state.load_gallery();
        state.load_baked();
        state.follow_scope();
        state
    }

    /// Asks again for the chosen image whenever the scope is another.
    fn follow_scope(self) {
        let scope = Memo::new(move |_| self.settings.scope.get());
        Effect::new(move |before: Option<Scope>| {
            let scope = scope.get();
            if before.is_some_and(|before| before != scope) {
                self.retry();
            }
            scope
        });
    }

    /// Loads what comes behind the first look, unless it is there, and has it start the engine.
    pub fn start_engine(self) {
        self.engine.set(Engine::default());
        spawn_local(async move {
            match later::program().await {
                Ok(program) => {
                    self.later.set(Some(program));
                    (program.start_engine)(self);
                }
                Err(_) => self.engine_failed(say::later_failed().to_owned()),
            }
        });
    }

    /// Launches the engine as for the first time.
    pub fn launch_first(self) {
        self.launch(Recovery::new(url_state::cpu_only()));
    }

    /// Loads the gallery's index, and then chooses an image unless there is one.
    pub fn load_gallery(self) {
        self.gallery.set(Gallery::Loading);
        spawn_local(async move {
            match Index::load().await {
                Ok(index) => self.open_gallery(index),
                Err(error) => self.gallery.set(Gallery::Failed(error)),
            }
        });
    }

    fn load_baked(self) {
        spawn_local(async move {
            self.baked.set_value(Baked::load().await);
            self.show_baked();
        });
    }

    /// Shows what was computed beforehand for the chosen image, for as long as the engine is not there.
    fn show_baked(self) {
        let is_ready = self.engine.with_untracked(|engine| matches!(engine.phase, Phase::Ready(_)));
        let is_known = self.settings.scope.get_untracked() == SCOPES[0];
        let Some(Choice::Tile(tile)) = self.choice.get_untracked().filter(|_| is_known && !is_ready) else { return };
        if let Some(terms) = self.baked.with_value(|baked| baked.terms(tile.index)) {
            let expected = self.coming.get_untracked();
            self.shown.set(expected.map(|outcome| Outcome { is_baked: true, terms, ..outcome }));
        }
    }

    fn open_gallery(self, index: Index) {
        let named = url_state::image().and_then(|image| index.find(image));
        let first = index.tiles(0).into_iter().next();
        self.gallery.set(Gallery::Ready(index));
        if let Some(tile) = &named {
            self.open_sheets.set(tile.sheet + 1);
        }
        if self.choice.with_untracked(Option::is_none)
            && let Some(tile) = named.or(first)
        {
            self.choose(Choice::Tile(tile));
        }
    }

    /// Chooses an image of the gallery, and says so in the address.
    pub fn choose_tile(self, tile: Tile) {
        url_state::set_image(Some(tile.index));
        self.upload_error.set(None);
        self.choose(Choice::Tile(tile));
    }

    /// Whether the predictions on show are not yet all there are of the chosen image.
    pub fn is_busy(self) -> bool {
        let wanted = self.wanted.get();
        let pending = self.offering.get();
        pending
            || self.trouble.with(Option::is_none)
                && !self.shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.id == wanted && shown.is_live()))
    }

    /// Whose predictions are on show and whole, if they are still what was asked for last: an index, or "upload".
    pub fn shown_for(self) -> Option<String> {
        if self.offering.get() {
            return None;
        }
        self.shown.with(|shown| shown.as_ref().filter(|shown| shown.is_complete()).map(|shown| shown.key.clone()))
    }

    fn choose(self, choice: Choice) {
        // A file that is still being read comes too late to be the choice.
        self.offered.set_value(None);
        self.offering.set(false);
        let id = self.ask(choice.source());
        self.expect(id, choice);
    }

    /// Asks again for the chosen image.
    pub fn retry(self) {
        if let Some(choice) = self.choice.get_untracked() {
            self.choose(choice);
        }
    }

    fn ask(self, source: Source) -> u32 {
        let scope = self.settings.scope.get_untracked();
        self.link.try_update_value(|link| link.predict(source, scope)).unwrap_or_default()
    }

    fn expect(self, id: u32, choice: Choice) {
        self.insights.drop_unfinished();
        self.trouble.set(None);
        self.wanted.set(id);
        self.coming.set(Some(Outcome::new(id, &choice, self.settings.scope.get_untracked())));
        self.choice.set(Some(choice));
        self.show_baked();
    }

    /// Offers a file to the engine; it becomes the choice if it is an image.
    pub fn offer(self, file: File) {
        self.upload_error.set(None);
        let name = file.name();
        if file.size() > LARGEST_FILE {
            return self.upload_error.set(Some(say::upload_large(name, LARGEST_FILE / 1e6)));
        }
        self.offering.set(true);
        spawn_local(async move {
            match browser::read_file(&file).await {
                Ok(_) if !self.offering.get_untracked() => {}
                Ok(bytes) => {
                    let id = self.ask(Source::File(bytes.clone()));
                    self.offered.set_value(Some(Offered { id, name, bytes }));
                }
                Err(_) => {
                    self.offering.set(false);
                    self.upload_error.set(Some(say::upload_unreadable(name)));
                }
            }
        });
    }

    /// Takes in what the engine says.
    pub fn hear(self, message: FromEngine) {
        match message {
            FromEngine::Listening => self.link.update_value(Link::listening),
            FromEngine::Progress(progress) => self.engine.update(|engine| engine.progress = Some(progress)),
            FromEngine::Ready(ready) => self.engine_ready(ready),
            FromEngine::Failed(trouble) => self.engine_failed(say::engine_failed(words::trouble(&trouble))),
            FromEngine::Broken(message) => self.engine_broke(message),
            FromEngine::Seen { id, pixels, notes } => self.seen(id, pixels, notes),
            FromEngine::Refused { id, trouble } => self.refused(id, &trouble),
            FromEngine::Predicted { id, mode, terms } => self.predicted(id, mode, terms),
            FromEngine::Told { id, insight } if id == self.wanted.get_untracked() => self.told(insight),
            FromEngine::Told { .. } => {}
            FromEngine::Drawn(drawn) => self.drawn(drawn),
            FromEngine::Trained(message) => self.training.hear(self, message),
            FromEngine::Ablated(message) => self.ablation.hear(message),
        }
    }

    fn told(self, insight: Insight) {
        self.engine.update(|engine| engine.progress = None);
        // It is the last that the engine does for an image by itself.
        if matches!(insight, Insight::Line(_)) {
            self.engine_proved();
        }
        if let Some(choice) = self.choice.get_untracked() {
            self.insights.hear(choice, insight);
        }
    }

    /// The class whose logit is looked into: the one that was set, or else the one that the full model predicts.
    pub fn contrast(self) -> Option<Contrast> {
        let predicted = || self.shown.with(|shown| Some(best(shown.as_ref()?.terms.get(&Mode::Full)?)?.0));
        let class = self.settings.class.get().0.or_else(predicted)?;
        Some(Contrast { class, against: self.settings.against.get().0.filter(|&against| against != class) })
    }

    /// Asks for a picture, now or as soon as the one that is being drawn is there.
    pub fn draw(self, draw: Draw) {
        match self.insights.drawing.get_value() {
            true => self.insights.to_draw.set_value(Some(draw)),
            false => {
                let sent = self.link.try_update_value(|link| link.draw(draw)).unwrap_or_default();
                self.insights.drawing.set_value(sent);
            }
        }
    }

    /// Asks for a comparison of the chosen image with others.
    pub fn compare(self, compare: Compare) {
        self.link.with_value(|link| link.compare(compare));
    }

    /// Has the page checked on the chosen image.
    pub fn check(self) {
        self.link.with_value(Link::check);
    }

    /// Has something done for training; whether there is an engine to do it.
    pub fn train(self, message: ToTrainer) -> bool {
        self.link.try_with_value(|link| link.train(message)).unwrap_or_default()
    }

    /// Begins or stops an ablation.
    pub fn ablate(self, message: ToAblation) {
        self.link.with_value(|link| link.ablate(message));
    }

    fn drawn(self, drawn: Drawn) {
        self.insights.drawn.set(Some(drawn));
        self.insights.drawing.set_value(false);
        if let Some(draw) = self.insights.to_draw.try_update_value(Option::take).flatten() {
            self.draw(draw);
        }
    }

    /// The engine has done all of something.
    pub fn engine_proved(self) {
        self.link.update_value(Link::proved);
    }

    fn engine_ready(self, ready: Ready) {
        self.link.update_value(Link::ready);
        self.training.engine_ready(self);
        self.ablation.engine_ready();
        self.insights.drawing.set_value(false);
        self.engine.update(|engine| {
            engine.progress = None;
            engine.phase = Phase::Ready(ready);
        });
    }

    /// The engine has given up, and a visitor may want to try again.
    pub fn engine_failed(self, message: String) {
        self.engine.set(Engine { phase: Phase::Failed(message), ..Engine::default() });
    }

    /// The engine has stopped by itself: starts another, or gives up.
    pub fn engine_broke(self, message: String) {
        let Some(broken) = self.link.try_update_value(Link::broken).flatten() else { return };
        self.insights.drop_unfinished();
        match broken.next {
            Some(next) => {
                let note = if next.cpu_only { say::engine_again_cpu(message) } else { say::engine_again_gpu(message) };
                self.engine.set(Engine { note: Some(note), ..Engine::default() });
                self.launch(next);
            }
            None if broken.had_loaded => self.engine_failed(say::engine_stopped(message)),
            None => self.engine_failed(say::engine_not_loaded().to_owned()),
        }
    }

    fn launch(self, recovery: Recovery) {
        self.link.update_value(|link| link.start(self, recovery));
    }

    /// The engine has read an image: an offered file is now the choice.
    fn seen(self, id: u32, pixels: Vec<u8>, notes: Vec<ImageNote>) {
        let Some(Offered { name, bytes, .. }) = self.take_offered(id) else { return };
        url_state::set_image(None);
        self.expect(id, Choice::Upload { name, bytes, pixels, notes });
    }

    fn refused(self, id: u32, trouble: &Trouble) {
        match self.take_offered(id) {
            Some(offered) => {
                self.upload_error.set(Some(say::upload_refused(offered.name, words::trouble(trouble))));
                // The offer took the place of what was wanted before.
                if self.is_busy_untracked() {
                    self.retry();
                }
            }
            None if id == self.wanted.get_untracked() => {
                self.engine.update(|engine| engine.progress = None);
                self.trouble.set(Some(say::sentence(words::trouble(trouble))));
            }
            None => {}
        }
    }

    fn is_busy_untracked(self) -> bool {
        untrack(|| self.is_busy())
    }

    fn take_offered(self, id: u32) -> Option<Offered> {
        let is_it = self.offered.with_value(|offered| offered.as_ref().is_some_and(|offered| offered.id == id));
        if !is_it {
            return None;
        }
        self.offering.set(false);
        self.offered.try_update_value(Option::take).flatten()
    }

    /// One model's prediction has come. What is on show is replaced as a whole, unless it is itself incomplete.
    fn predicted(self, id: u32, mode: Mode, terms: Vec<Terms>) {
        self.engine.update(|engine| engine.progress = None);
        let Some(mut outcome) = self.coming.get_untracked().filter(|outcome| outcome.id == id) else { return };
        outcome.terms.insert(mode, terms);
        if outcome.is_complete() {
            self.link.update_value(|link| link.answered(id));
        }
        let may_show = outcome.is_complete()
            || !self.shown.with_untracked(|shown| shown.as_ref().is_some_and(Outcome::is_complete));
        if may_show {
            self.shown.set(Some(outcome.clone()));
        }
        if outcome.is_complete() {
            browser::announce_settled();
        }
        self.coming.set(Some(outcome));
    }
}
