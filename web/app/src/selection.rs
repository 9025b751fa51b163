//! The chosen image and what the models predict for it.

use crate::{
    browser,
    choice::{Choice, Outcome},
    engine::Engine,
    gallery::{Gallery, Index, Loaded, Tile},
    precomputed::Precomputed,
    say,
    setting::{SCOPES, kept_scope},
    url_state, words,
};
use leptos::{prelude::*, task::spawn_local};
use protocol::{
    messages::{FromEngine, Source},
    terms::Terms,
    trouble::Trouble,
};
use vocabulary::{ImageNote, Mode, Scope};
use web_sys::File;

/// The largest file that is read as an image, in bytes.
const LARGEST_FILE: f64 = 64e6;

/// The chosen image: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Selection {
    /// The image.
    pub choice: RwSignal<Option<Choice>>,
    /// The scope of the models that predict it.
    pub scope: RwSignal<Scope>,
    /// Why the last file was not taken.
    pub upload_error: RwSignal<Option<String>>,
    /// The predictions on show.
    pub shown: RwSignal<Option<Outcome>>,
    /// Why there are no predictions for the chosen image.
    pub trouble: RwSignal<Option<String>>,
    /// What is known before the engine is there.
    pub precomputed: RwSignal<Option<Precomputed>>,
    engine: Engine,
    wanted: RwSignal<u32>,
    coming: RwSignal<Option<Outcome>>,
    offered: StoredValue<Option<Offered>>,
    /// Whether a file is being read that is not yet the choice.
    offering: RwSignal<bool>,
}

/// A file that the engine has yet to read as an image.
struct Offered {
    id: u32,
    name: String,
    bytes: Vec<u8>,
}

impl Selection {
    /// Nothing is chosen yet; once the gallery is there, the image that the address names, or else the one that the page
    /// opens on.
    pub fn new(engine: Engine, gallery: Gallery) -> Self {
        let selection = Self {
            choice: RwSignal::new(None),
            scope: kept_scope("scope"),
            upload_error: RwSignal::new(None),
            shown: RwSignal::new(None),
            trouble: RwSignal::new(None),
            precomputed: Precomputed::load(),
            engine,
            wanted: RwSignal::new(0),
            coming: RwSignal::new(None),
            offered: StoredValue::new(None),
            offering: RwSignal::new(false),
        };
        selection.choose_first(gallery);
        selection.follow_scope();
        selection
    }

    /// From now on takes in what the engine says of images.
    pub fn listen(self) {
        self.engine.listen(move |message| match message {
            FromEngine::Seen { id, pixels, notes } => self.seen(*id, pixels, notes),
            FromEngine::Refused { id, trouble } => self.refused(*id, trouble),
            FromEngine::Predicted { id, mode, terms } => self.predicted(*id, *mode, terms),
            _ => {}
        });
    }

    /// Asks again for the chosen image whenever the scope is another.
    fn follow_scope(self) {
        let scope = Memo::new(move |_| self.scope.get());
        Effect::new(move |before: Option<Scope>| {
            let scope = scope.get();
            if before.is_some_and(|before| before != scope) {
                self.retry();
            }
            scope
        });
    }

    /// Chooses an image as soon as the gallery and the precomputed predictions are there, unless there is one.
    fn choose_first(self, gallery: Gallery) {
        Effect::new(move |_| {
            let tile = gallery.index.with(|index| match index {
                Loaded::Ready(index) => self.precomputed.with(|known| first(index, known.as_ref()?)),
                _ => None,
            });
            match tile {
                Some(tile) if self.choice.with_untracked(Option::is_none) => {
                    untrack(|| self.choose(Choice::Tile(tile)));
                }
                // Somebody was faster than the file.
                _ => self.show_precomputed(),
            }
        });
    }

    /// Shows what was precomputed for the chosen image, for as long as the engine is not there.
    fn show_precomputed(self) {
        let is_ready = untrack(|| self.engine.is_ready());
        let is_known = self.scope.get_untracked() == SCOPES[0];
        let Some(Choice::Tile(tile)) = self.choice.get_untracked().filter(|_| is_known && !is_ready) else { return };
        if let Some(terms) = self.precomputed.with_untracked(|known| known.as_ref()?.terms(tile.index)) {
            let expected = self.coming.get_untracked();
            self.shown.set(expected.map(|outcome| Outcome { is_precomputed: true, terms, ..outcome }));
        }
    }

    /// Chooses an image of the gallery, and says so in the address.
    pub fn choose_tile(self, tile: Tile) {
        url_state::set_image(Some(tile.index));
        self.upload_error.set(None);
        self.choose(Choice::Tile(tile));
    }

    /// Whether a model is right on an image of the gallery, where that was precomputed.
    pub fn is_right(self, tile: &Tile, mode: Mode) -> Option<bool> {
        self.precomputed.with(|known| Some(known.as_ref()?.class(tile.index, mode)? == tile.label))
    }

    /// Whether this is the number of the newest request.
    pub fn is_wanted(self, id: u32) -> bool {
        id == self.wanted.get_untracked()
    }

    /// The number of the newest request.
    pub fn wanted(self) -> u32 {
        self.wanted.get()
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

    /// One model's terms on show.
    pub fn shown_terms(self, mode: Mode) -> Memo<Option<Vec<Terms>>> {
        Memo::new(move |_| self.shown.with(|shown| shown.as_ref()?.terms.get(&mode).cloned()))
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
        self.engine.predict(source, self.scope.get_untracked())
    }

    fn expect(self, id: u32, choice: Choice) {
        self.trouble.set(None);
        self.wanted.set(id);
        self.coming.set(Some(Outcome::new(id, &choice, self.scope.get_untracked())));
        self.choice.set(Some(choice));
        self.show_precomputed();
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

    /// The engine has read an image: an offered file is now the choice.
    fn seen(self, id: u32, pixels: &[u8], notes: &[ImageNote]) {
        let Some(Offered { name, bytes, .. }) = self.take_offered(id) else { return };
        url_state::set_image(None);
        self.expect(id, Choice::Upload { name, bytes, pixels: pixels.to_vec(), notes: notes.to_vec() });
    }

    fn refused(self, id: u32, trouble: &Trouble) {
        match self.take_offered(id) {
            Some(offered) => {
                self.upload_error.set(Some(say::upload_refused(offered.name, words::trouble(trouble))));
                // The offer took the place of what was wanted before.
                if untrack(|| self.is_busy()) {
                    self.retry();
                }
            }
            None if self.is_wanted(id) => self.trouble.set(Some(say::sentence(words::trouble(trouble)))),
            None => {}
        }
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
    fn predicted(self, id: u32, mode: Mode, terms: &[Terms]) {
        let Some(mut outcome) = self.coming.get_untracked().filter(|outcome| outcome.id == id) else { return };
        outcome.terms.insert(mode, terms.to_vec());
        if outcome.is_complete() {
            self.engine.answered(id);
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

/// The image that the address names, or else one that shows the claim. An image that the gallery does not have is taken
/// out of the address.
fn first(index: &Index, known: &Precomputed) -> Option<Tile> {
    let named = index.named();
    if named.is_none() {
        url_state::set_image(None);
    }
    let opening = || index.find(known.first_gained(|image| index.label(image))?);
    named.or_else(opening).or_else(|| index.tiles(0).into_iter().next())
}
