//! The similarity section's state.

use crate::{
    engine::Engine,
    gallery::{Gallery, Tile},
    insight::{Newest, newest},
    logit::Logit,
    selection::Selection,
    setting::kept,
};
use leptos::prelude::*;
use protocol::{
    insight::{Gradient, Insight, Layout, Similar},
    messages::{Compare, ToEngine},
};

/// A handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct SimilarState {
    /// Whether the image is compared with the gallery's.
    pub on: RwSignal<bool>,
    /// How alike it is to the gallery's images.
    pub similar: Newest<Similar>,
    /// Where it and the gallery's images are on a map.
    pub layout: Newest<Layout>,
}

impl SimilarState {
    /// As the address says.
    pub fn new(engine: Engine, selection: Selection) -> Self {
        let similar = newest(engine, selection, |insight| match insight {
            Insight::Similar(similar) => Some(similar),
            _ => None,
        });
        let layout = newest(engine, selection, |insight| match insight {
            Insight::Layout(layout) => Some(layout),
            _ => None,
        });
        Self { on: kept("compare", false), similar, layout }
    }

    /// Has the images compared whenever the chosen one, its logit or the gallery changes.
    pub fn follow(self, engine: Engine, gallery: Gallery, logit: Logit, gradient: Newest<Gradient>) {
        let tiles = Memo::new(move |_| gallery.open_tiles());
        Effect::new(move |_| {
            let (true, Some(contrast)) = (self.on.get(), logit.contrast()) else { return };
            gradient.with(|gradient| {
                if let Some(gradient) = gradient {
                    let tiles = tiles.with(|tiles| tiles.iter().map(Tile::source).collect());
                    let omega = gradient.value.omega(contrast);
                    engine.send(&ToEngine::Compare(Compare { omega, tiles }));
                }
            });
        });
    }
}
