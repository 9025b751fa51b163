//! The similarity section's state.

use crate::{
    engine::Engine,
    gallery::{Gallery, Tile},
    insight::{Newest, newest},
    logit::Logit,
    sections::appendix::Appendix,
    selection::Selection,
    setting::kept,
};
use leptos::prelude::*;
use protocol::{
    insight::{Gradient, Insight, Layout, Similar},
    messages::{Compare, ToEngine},
};
use serde::Deserialize;
use std::{fmt, str::FromStr};

/// What images are alike by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// By their gradients.
    #[default]
    Gradient,
    /// By their activations.
    Activation,
}

impl Measure {
    const ALL: [Self; 2] = [Self::Gradient, Self::Activation];

    const fn name(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Activation => "activation",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Measure {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|measure| measure.name() == text).ok_or(())
    }
}

/// How often the nearest images are of the same class, over the whole gallery, as `web/e2e/similar.bench.js` measured.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Measured {
    /// How many images were compared with all others.
    pub images: usize,
    /// How many of the nearest were looked at.
    pub nearest: usize,
    /// The share of the same class, by activations.
    pub activation: f64,
    /// By gradients.
    pub gradient: f64,
    /// Of images drawn by chance.
    pub chance: f64,
}

/// A handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct SimilarState {
    /// Whether the image is compared with the gallery's.
    pub on: RwSignal<bool>,
    /// How alike it is to the gallery's images.
    pub similar: Newest<Similar>,
    /// Where it and the gallery's images are on a map.
    pub layout: Newest<Layout>,
    /// What the map goes by.
    pub map: RwSignal<Measure>,
    /// What was measured over the whole gallery.
    pub measured: RwSignal<Option<Measured>>,
    appendix: Appendix,
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
        let appendix = expect_context::<Appendix>();
        let measured = appendix.file("similar.json");
        Self { on: kept("compare", false), similar, layout, map: kept("map", Measure::default()), measured, appendix }
    }

    /// Has the images compared whenever the chosen one, its logit or the gallery changes, once that can be seen.
    pub fn follow(self, engine: Engine, gallery: Gallery, logit: Logit, gradient: Newest<Gradient>) {
        let tiles = Memo::new(move |_| gallery.open_tiles());
        Effect::new(move |_| {
            let (true, Some(contrast)) = (self.on.get() && self.appendix.open.get(), logit.contrast()) else { return };
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
