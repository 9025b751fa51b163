//! The image that is looked at, and what the models say of it.

use crate::gallery::Tile;
use protocol::{messages::Source, terms::Terms};
use std::collections::BTreeMap;
use vocabulary::{ImageNote, Mode, Scope};

/// An image to predict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One of the gallery.
    Tile(Tile),
    /// The visitor's own.
    Upload {
        /// The file's name.
        name: String,
        /// The file.
        bytes: Vec<u8>,
        /// The image as the network sees it, planar.
        pixels: Vec<u8>,
        /// What was done to it on the way.
        notes: Vec<ImageNote>,
    },
}

impl Choice {
    /// How the choice is named in the page's attributes: its index, or `upload`.
    pub fn key(&self) -> String {
        match self {
            Self::Tile(tile) => tile.index.to_string(),
            Self::Upload { .. } => "upload".to_owned(),
        }
    }

    /// The true class, where it is known.
    pub fn label(&self) -> Option<usize> {
        match self {
            Self::Tile(tile) => Some(tile.label),
            Self::Upload { .. } => None,
        }
    }

    /// Where the engine finds it.
    pub fn source(&self) -> Source {
        match self {
            Self::Tile(tile) => tile.source(),
            Self::Upload { bytes, .. } => Source::File(bytes.clone()),
        }
    }
}

/// The predictions for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The request.
    pub id: u32,
    /// Whether it was precomputed, and not computed here.
    pub is_precomputed: bool,
    /// Which image: its index, or `upload`.
    pub key: String,
    /// Which layers the models' gradients are taken by.
    pub scope: Scope,
    /// The true class, where it is known.
    pub label: Option<usize>,
    /// The terms of every class's logit, by model.
    pub terms: BTreeMap<Mode, Vec<Terms>>,
}

impl Outcome {
    /// Nothing yet, for a request of an image by the models of a scope.
    pub fn new(id: u32, choice: &Choice, scope: Scope) -> Self {
        Self { id, is_precomputed: false, key: choice.key(), scope, label: choice.label(), terms: BTreeMap::new() }
    }

    /// Whether every model has predicted here.
    pub fn is_live(&self) -> bool {
        self.is_complete() && !self.is_precomputed
    }

    /// Whether every model has predicted.
    pub fn is_complete(&self) -> bool {
        self.terms.len() == Mode::ALL.len()
    }
}
