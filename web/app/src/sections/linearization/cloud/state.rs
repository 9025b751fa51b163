//! The clouds' state: what is loaded for them, and the images in them.

use crate::{
    gallery::{Gallery, Loaded as GalleryLoaded, Tile},
    precomputed::Precomputed,
    sections::linearization::{cloud::file, state::FARTHEST},
    selection::Selection,
};
use leptos::{prelude::*, task::spawn_local};
use protocol::{
    cloud::{Dot, Square},
    last_layer::LastLayer,
    terms::Terms,
};
use vocabulary::Mode;

/// A handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct CloudState {
    /// What the clouds are made from.
    pub loaded: RwSignal<Loaded>,
    /// Their images: the gallery's first sheet.
    pub tiles: Memo<Vec<Tile>>,
    /// The place of the image that is pointed at.
    pub looked_at: RwSignal<Option<usize>>,
    /// The linearized model across, the moved network up.
    pub moving: Cloud,
    /// The full model across, the fine-tuned model up.
    pub fixed: Cloud,
}

/// Images by the margins of two models: a handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct Cloud {
    /// The images, in the gallery's order.
    pub dots: Memo<Vec<Dot>>,
    /// Where they are drawn.
    pub square: Memo<Square>,
}

/// What the clouds are made from, as far as it has come.
pub enum Loaded {
    /// Not asked for.
    No,
    /// On its way.
    Coming,
    /// Here.
    Here(LastLayer),
    /// It could not be loaded, and why.
    Failed(String),
}

impl CloudState {
    /// Nothing is loaded yet.
    pub fn new(gallery: Gallery, selection: Selection, r: RwSignal<f32>) -> Self {
        let loaded = RwSignal::new(Loaded::No);
        let tiles = Memo::new(move |_| {
            gallery.index.with(|index| match index {
                GalleryLoaded::Ready(index) => index.tiles(0),
                _ => Vec::new(),
            })
        });
        let drawn = by_frame(r);
        let moving = move |rs: &[f32]| {
            let labels = tiles.with(|tiles| tiles.iter().map(|tile| tile.label).collect::<Vec<_>>());
            loaded.with(|loaded| match loaded {
                Loaded::Here(layer) => rs.iter().flat_map(|&r| layer.dots(&labels, r)).collect(),
                _ => Vec::new(),
            })
        };
        let fixed = Memo::new(move |_| {
            selection.precomputed.with(|precomputed| match precomputed {
                Some(precomputed) => tiles.with(|tiles| fine_tuning(tiles, precomputed)),
                None => Vec::new(),
            })
        });
        // The square holds the images wherever they go, so that it can stay as it is.
        let whole = move || moving(&[0.0, 0.25, 0.5, 0.75, 1.0].map(|share| share * FARTHEST));
        Self {
            loaded,
            tiles,
            looked_at: RwSignal::new(None),
            moving: Cloud {
                dots: Memo::new(move |_| moving(&[drawn.get()])),
                square: Memo::new(move |_| Square::around(whole().iter())),
            },
            fixed: Cloud { dots: fixed, square: Memo::new(move |_| fixed.with(|dots| Square::around(dots.iter()))) },
        }
    }

    /// Loads what the clouds are made from, unless it is there or on its way.
    pub fn load(self) {
        if self.loaded.with_untracked(|loaded| matches!(loaded, Loaded::Coming | Loaded::Here(_))) {
            return;
        }
        self.loaded.set(Loaded::Coming);
        spawn_local(async move {
            let found = file::load().await;
            self.loaded.set(match found {
                Ok(layer) => Loaded::Here(layer),
                Err(why) => Loaded::Failed(why),
            });
        });
    }
}

/// The full model's precomputed logits across, the fine-tuned model's up.
fn fine_tuning(tiles: &[Tile], precomputed: &Precomputed) -> Vec<Dot> {
    let dot = |tile: &Tile| {
        let terms = precomputed.terms(tile.index)?;
        let logits = |mode| Some(terms.get(&mode)?.iter().copied().map(Terms::total).collect::<Vec<_>>());
        Dot::new(tile.label, [&logits(Mode::Full)?, &logits(Mode::Finetune)?])
    };
    tiles.iter().filter_map(dot).collect()
}

/// A signal's newest value, but once a frame at most: what is drawn by it takes longer than an event.
fn by_frame(signal: RwSignal<f32>) -> ReadSignal<f32> {
    let (drawn, draw) = RwSignal::new(signal.get_untracked()).split();
    let waits = StoredValue::new(false);
    Effect::new(move |_| {
        signal.track();
        if waits.try_update_value(|waits| std::mem::replace(waits, true)) == Some(false) {
            request_animation_frame(move || {
                waits.set_value(false);
                draw.set(signal.get_untracked());
            });
        }
    });
    drawn
}
