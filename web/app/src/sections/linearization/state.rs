//! The section's state beyond the clouds.

use crate::{
    engine::Engine,
    insight::{Newest, newest},
    selection::Selection,
    setting::kept_within,
};
use leptos::prelude::*;
use protocol::{
    insight::{Insight, Linearization},
    messages::FromEngine,
};

/// The largest r.
pub const FARTHEST: f32 = 2.0;

/// A handle, to be copied at will.
#[derive(Clone, Copy)]
pub struct LinearizationState {
    /// The chosen image's logits as θ2 moves along w2.
    pub line: Newest<Linearization>,
    /// How far θ2 moves along w2.
    pub r: RwSignal<f32>,
}

impl LinearizationState {
    /// As the address says.
    pub fn new(engine: Engine, selection: Selection) -> Self {
        let line = newest(engine, selection, |insight| match insight {
            Insight::Linearization(line) => Some(line),
            _ => None,
        });
        engine.listen(move |message| {
            // It is the last that the engine does for an image by itself.
            if let FromEngine::Insight { id, insight: Insight::Linearization(_) } = message
                && selection.is_wanted(*id)
            {
                engine.proved();
            }
        });
        Self { line, r: kept_within("r", 1.0, 0.0..=FARTHEST) }
    }
}

/// Sets r to a number within its range, of two decimals as the controls show it.
pub fn set(r: RwSignal<f32>, value: f32) {
    let value = (value.clamp(0.0, FARTHEST) * 100.0).round() / 100.0;
    if value != r.get_untracked() {
        r.set(value);
    }
}
