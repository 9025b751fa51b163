//! Which of a class's images are fitted on, and which are held out.

/// Of so many images of a class that are the visitor's own, at least one is held out.
const ONE_HELD_OF: usize = 5;

/// One class's images: those that are fitted on, and those held out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldoutSplit<T> {
    /// To fit on.
    pub fitted: Vec<T>,
    /// To measure on.
    pub held: Vec<T>,
}

/// Deals a class's images out, in an order of the seed: as many as are wanted to fit on, the rest held out. Where no
/// others are held out beside them, that is one of five at least.
pub fn split<T>(mut images: Vec<T>, others: Vec<T>, wanted: usize, seed: u32) -> HoldoutSplit<T> {
    shuffle(&mut images, seed);
    let spared = if others.is_empty() { images.len() / ONE_HELD_OF } else { 0 };
    let mut held = images.split_off(wanted.min(images.len() - spared));
    held.extend(others);
    HoldoutSplit { fitted: images, held }
}

/// Fisher and Yates's, by xorshift: a handful of images needs no more, and the interface no crate for it.
fn shuffle<T>(items: &mut [T], seed: u32) {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize
    };
    // The first numbers of small seeds are small.
    (0..8).for_each(|_| _ = next());
    for last in (1..items.len()).rev() {
        items.swap(last, next() % (last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_dealt_once_and_the_rest_is_held_out() {
        let HoldoutSplit { fitted, held } = split((0..100).collect(), vec![], 50, 1);
        assert_eq!((fitted.len(), held.len()), (50, 50));
        let mut all = [fitted.clone(), held].concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_ne!(fitted, split((0..100).collect(), vec![], 50, 2).fitted, "another seed, other images");
        assert_eq!(fitted, split((0..100).collect(), vec![], 50, 1).fitted);
    }

    #[test]
    fn others_are_held_out_beside_the_rest() {
        let HoldoutSplit { fitted, held } = split((0..5).collect(), vec![7, 8], 4, 1);
        assert_eq!((fitted.len(), held.len()), (4, 3));
        assert!(!fitted.contains(&7) && held.contains(&7) && held.contains(&8));
        assert_eq!(split((0..5).collect(), vec![7], 9, 1).fitted.len(), 5, "none needs to be spared");
    }

    #[test]
    fn of_few_images_one_of_five_is_held_out() {
        let sizes = |count: u32, wanted| {
            let HoldoutSplit { fitted, held } = split((0..count).collect(), vec![], wanted, 1);
            (fitted.len(), held.len())
        };
        assert_eq!([sizes(5, 50), sizes(4, 50), sizes(12, 5), sizes(0, 5)], [(4, 1), (4, 0), (5, 7), (0, 0)]);
    }
}
