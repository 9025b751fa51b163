//! Images with their classes, divided into those to fit on and those to hold out.

use crate::{gallery::Tile, say};
use protocol::{
    holdout::{HoldoutSplit, split},
    messages::Source,
    training::Classes,
};
use vocabulary::classes::CIFAR10;

/// One class's images.
pub struct Class {
    /// Its name.
    pub name: String,
    /// Those that may be fitted on.
    pub images: Vec<Source>,
    /// Those that are held out in any case.
    pub held: Vec<Source>,
}

/// Classes, and their images divided into those to fit on and those to hold out.
pub struct Examples {
    /// The classes' names.
    pub classes: Vec<String>,
    /// The images, each with its class: those to fit on come first.
    pub images: Vec<(Source, u8)>,
    /// How many are to be fitted on.
    pub fitted: usize,
}

impl Examples {
    /// Divides every class's images by the seed: `wanted` of each to fit on, and of the rest at most `most_held` to hold
    /// out.
    pub fn split(sources: Vec<Class>, wanted: usize, most_held: usize, seed: u32) -> Result<Self, String> {
        let (mut classes, mut fitted, mut held) = (Vec::new(), Vec::new(), Vec::new());
        for Class { name, images, held: others } in sources {
            let HoldoutSplit { fitted: own, held: rest } = split(images, others, wanted, seed);
            if own.is_empty() {
                return Err(say::train_empty(name));
            }
            // There are fewer classes than a byte counts: see below.
            let labelled = |source| (source, classes.len() as u8);
            fitted.extend(own.into_iter().map(labelled));
            held.extend(rest.into_iter().take(most_held).map(labelled));
            classes.push(name);
        }
        if !(2..=usize::from(u8::MAX)).contains(&classes.len()) {
            return Err(say::train_two().to_owned());
        }
        let count = fitted.len();
        Ok(Self { classes, images: [fitted, held].concat(), fitted: count })
    }
}

/// The classes of CIFAR-10 that are chosen: their images among `images` may be fitted on, those among `held` not.
pub fn of_classes(chosen: Classes, images: &[Tile], held: &[Tile]) -> Vec<Class> {
    let of = |label: usize, tiles: &[Tile]| tiles.iter().filter(|tile| tile.label == label).map(Tile::source).collect();
    let class =
        |label: usize| Class { name: CIFAR10[label].to_owned(), images: of(label, images), held: of(label, held) };
    chosen.labels().map(class).collect()
}
