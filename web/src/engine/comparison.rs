//! The gallery as the network sees it, to be compared with the chosen image.

use std::collections::HashMap;
use web::{
    messages::{Compare, Similar, Source},
    similarity::Features,
};

/// Images that are taken in at a time.
const PIECE: usize = 10;

/// What is known, and what is wanted.
#[derive(Default)]
pub struct Comparison {
    known: HashMap<Source, Features>,
    current: Option<(u32, Features)>,
    wanted: Option<Compare>,
    /// Whether a job for it waits already.
    pub queued: bool,
}

impl Comparison {
    /// Another image is to be compared, that of a request.
    pub fn look_at(&mut self, id: u32, features: Features) {
        self.current = Some((id, features));
    }

    /// Another comparison is wanted, in place of an earlier one.
    pub fn want(&mut self, compare: Compare) {
        self.wanted = Some(compare);
    }

    /// The next few images that are not known yet, in the order in which they are wanted.
    pub fn missing(&self) -> Vec<Source> {
        let tiles = self.wanted.iter().flat_map(|compare| &compare.tiles);
        tiles.filter(|tile| !self.known.contains_key(tile)).take(PIECE).cloned().collect()
    }

    /// Images are known from now on.
    pub fn learn(&mut self, images: impl IntoIterator<Item = (Source, Features)>) {
        self.known.extend(images);
    }

    /// How alike the images are that are known, up to the first that is not; and to which request's image.
    pub fn similar(&self) -> Option<(u32, Similar)> {
        let (Compare { omega, tiles }, (id, current)) = (self.wanted.as_ref()?, self.current.as_ref()?);
        let known: Vec<&Features> = tiles.iter().map_while(|tile| self.known.get(tile)).collect();
        // The interface shows two decimals.
        let similar = Similar {
            by_activation: known.iter().map(|other| current.by_activation(other) as f32).collect(),
            by_gradient: known.iter().map(|other| current.by_gradient(other, omega) as f32).collect(),
            trouble: None,
        };
        Some((*id, similar))
    }
}
