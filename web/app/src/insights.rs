//! What the engine tells of the chosen image beyond its predictions.

use crate::choice::Choice;
use leptos::prelude::*;
use protocol::{
    check::Check,
    insight::{Drawn, Gradient, Insight, Layout, Line, Maps, Similar},
    messages::Draw,
};

/// The newest of each: a handle, to be copied at will.
#[derive(Clone, Copy, Default)]
pub struct Insights {
    /// The gradient of the logits.
    pub gradient: RwSignal<Option<Told<Gradient>>>,
    /// What each layer makes of the image.
    pub maps: RwSignal<Option<Told<Vec<Maps>>>>,
    /// The logits as θ2 moves along w2.
    pub line: RwSignal<Option<Told<Line>>>,
    /// How alike it is to the gallery's images.
    pub similar: RwSignal<Option<Told<Similar>>>,
    /// Where it and the gallery's images are on a map.
    pub layout: RwSignal<Option<Told<Layout>>>,
    /// What the check of the page has found.
    pub check: RwSignal<Option<Told<Check>>>,
    /// The picture that was drawn last.
    pub drawn: RwSignal<Option<Drawn>>,
    /// Whether a picture is being drawn.
    pub drawing: StoredValue<bool>,
    /// What to draw after it.
    pub to_draw: StoredValue<Option<Draw>>,
}

/// An insight, and the image that it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<T> {
    /// The image.
    pub of: Choice,
    /// The insight.
    pub what: T,
}

impl Insights {
    /// Takes in what the engine tells of an image.
    pub fn hear(self, of: Choice, insight: Insight) {
        match insight {
            Insight::Gradient(what) => self.gradient.set(Some(Told { of, what })),
            Insight::Line(what) => self.line.set(Some(Told { of, what })),
            Insight::Similar(what) => self.similar.set(Some(Told { of, what })),
            Insight::Layout(what) => self.layout.set(Some(Told { of, what })),
            Insight::Check(what) => self.check.set(Some(Told { of, what })),
            Insight::Maps(what) => self.maps.set(Some(Told { of, what })),
        }
    }
    /// A check that is not done will not be, as another image was chosen or the engine has stopped.
    pub fn drop_unfinished(self) {
        self.check.update(|told| *told = told.take().filter(|told| told.what.done == told.what.pieces));
    }
}
