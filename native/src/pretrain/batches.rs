//! Which images each step is of.

use super::random::{self, Purpose};
use rand::seq::SliceRandom;

/// The images of each step: every image once an epoch, in a new order each time. The order follows from the seed and
/// the epoch alone, so a resumed run sees the same images as an unbroken one.
pub struct Batches {
    count: usize,
    size: usize,
    seed: u64,
    /// The epoch that `order` is of.
    epoch: Option<usize>,
    order: Vec<usize>,
}

impl Batches {
    /// Batches of `size` images out of `count`, which are at least as many.
    pub fn new(count: usize, size: usize, seed: u64) -> Self {
        Self { count, size, seed, epoch: None, order: vec![] }
    }

    /// Steps of an epoch; the images that are left over are not seen in it.
    pub fn steps_an_epoch(&self) -> usize {
        self.count / self.size
    }

    /// The indices of the images of step `step`, from 0. All images are shuffled once an epoch.
    pub fn indices(&mut self, step: usize) -> &[usize] {
        let (epoch, step) = (step / self.steps_an_epoch(), step % self.steps_an_epoch());
        if self.epoch != Some(epoch) {
            self.order = shuffled(self.count, self.seed, epoch);
            self.epoch = Some(epoch);
        }
        &self.order[step * self.size..][..self.size]
    }
}

/// The order of `count` images in an epoch.
fn shuffled(count: usize, seed: u64, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random::generator(seed, Purpose::Order, epoch));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference: shuffles anew in every step.
    fn batch(count: usize, size: usize, seed: u64, step: usize) -> Vec<usize> {
        let steps_an_epoch = count / size;
        let order = shuffled(count, seed, step / steps_an_epoch);
        order[step % steps_an_epoch * size..][..size].to_vec()
    }

    #[test]
    fn an_epoch_has_every_image_once() {
        let mut batches = Batches::new(12, 4, 5);
        let mut seen: Vec<usize> = (0..3).flat_map(|step| batches.indices(step).to_vec()).collect();
        assert_ne!(seen, (0..12).collect::<Vec<_>>(), "they are shuffled");
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
        let mut whole = Batches::new(12, 12, 5);
        assert_ne!(whole.indices(0).to_vec(), whole.indices(1), "a new epoch has a new order");
    }

    #[test]
    fn the_order_is_that_of_the_reference_wherever_a_run_begins() {
        let mut batches = Batches::new(13, 4, 5);
        for step in [0, 1, 2, 3, 4, 7, 8, 2, 30] {
            assert_eq!(batches.indices(step), batch(13, 4, 5, step), "step {step}");
        }
    }

    /// An order that was tampered with stays until the next epoch: nothing was shuffled in between.
    #[test]
    fn images_are_shuffled_once_an_epoch() {
        let mut batches = Batches::new(12, 4, 5);
        batches.indices(0);
        batches.order = vec![99; 12];
        assert_eq!(batches.indices(1), [99; 4]);
        assert_eq!(batches.indices(2), [99; 4]);
        assert_eq!(batches.indices(3), batch(12, 4, 5, 3));
    }
}
