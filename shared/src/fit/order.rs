//! The order in which images are visited.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// The order in which a pass visits `count` images.
pub fn order(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(epoch as u64));
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random);
    order
}
