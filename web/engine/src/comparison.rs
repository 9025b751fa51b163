//! The gallery as the network sees it, to be compared with the chosen image.

use crate::map::Map;
use gradient_features::kernel::RankOne;
use protocol::{
    insight::{Layout, Similar},
    messages::{Compare, Source},
};
use std::{collections::HashMap, rc::Rc};

/// Images that are taken in at a time.
const PIECE: usize = 10;

/// What is known, and what is wanted.
#[derive(Default)]
pub struct Comparison {
    known: HashMap<Source, Rc<RankOne>>,
    current: Option<(u32, RankOne)>,
    wanted: Option<Compare>,
    map: Option<Map>,
    /// Whether there is something that was not sent yet.
    unsent: bool,
    /// Whether a job for it waits already.
    pub queued: bool,
}

impl Comparison {
    /// Another image is to be compared, that of a request.
    pub fn look_at(&mut self, id: u32, features: RankOne) {
        self.current = Some((id, features));
        self.unsent = true;
    }

    /// Another comparison is wanted, in place of an earlier one.
    pub fn want(&mut self, compare: Compare) {
        self.wanted = Some(compare);
        self.unsent = true;
    }

    /// The next few images that are not known yet, in the order in which they are wanted.
    pub fn missing(&self) -> Vec<Source> {
        let tiles = self.wanted.iter().flat_map(|compare| &compare.tiles);
        tiles.filter(|tile| !self.known.contains_key(tile)).take(PIECE).cloned().collect()
    }

    /// Images are known from now on.
    pub fn learn(&mut self, images: impl IntoIterator<Item = (Source, RankOne)>) {
        self.known.extend(images.into_iter().map(|(source, features)| (source, Rc::new(features))));
        self.unsent = true;
    }

    /// Goes on for a while with the map of what is wanted and known; whether there is more to do.
    pub fn lay_out(&mut self) -> bool {
        let Some(wanted) = &self.wanted else { return false };
        let images = || wanted.tiles.iter().map_while(|tile| self.known.get(tile)).cloned().collect();
        let map = match self.map.take().filter(|map| map.of == *wanted) {
            Some(map) => self.map.insert(map),
            None => self.map.insert(Map::new(wanted.clone(), images())),
        };
        if map.is_whole() {
            return false;
        }
        map.go_on();
        self.unsent |= map.is_whole();
        !map.is_whole()
    }

    /// What there is to tell that was not sent or is to be sent `again`, and of which request's image: how alike the images are that are known,
    /// up to the first that is not, and their map once it is whole.
    pub fn news(&mut self, again: bool) -> Option<(u32, Similar, Option<Layout>)> {
        if !std::mem::take(&mut self.unsent) && !again {
            return None;
        }
        let (id, similar) = self.similar()?;
        let map = self.map.as_ref().filter(|map| Some(&map.of) == self.wanted.as_ref());
        let layout = map.and_then(|map| map.layout(&similar));
        Some((id, similar, layout))
    }

    fn similar(&self) -> Option<(u32, Similar)> {
        let (Compare { omega, tiles }, (id, current)) = (self.wanted.as_ref()?, self.current.as_ref()?);
        let known: Vec<&Rc<RankOne>> = tiles.iter().map_while(|tile| self.known.get(tile)).collect();
        // The interface shows two decimals.
        let similar = Similar {
            by_activation: known.iter().map(|other| current.activation_cosine(other) as f32).collect(),
            by_gradient: known.iter().map(|other| current.gradient_cosine(other, omega) as f32).collect(),
            trouble: None,
        };
        Some((*id, similar))
    }
}
