//! Randomness that follows from the seed, a purpose and a position alone: a resumed run sees what an unbroken one
//! would, and so does a run on another device.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal, Uniform};

/// What random numbers are for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// The order of the images in an epoch; the position is the epoch.
    Order = 0,
    /// Everything that is random in a step; the position is the step.
    Step = 1,
    /// The parameters at the start.
    Start = 2,
    /// The latents of the pictures, the same for the whole run.
    Pictures = 3,
}

/// A generator of its own for each purpose and position.
pub fn generator(seed: u64, purpose: Purpose, position: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (part, value) in key.chunks_exact_mut(8).zip([seed, purpose as u64, position as u64]) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// The images of step `step`, `size` of `count`: each once an epoch, in a new order every time.
pub fn batch(count: usize, size: usize, seed: u64, step: usize) -> Vec<usize> {
    let steps_an_epoch = count / size;
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut generator(seed, Purpose::Order, step / steps_an_epoch));
    order[step % steps_an_epoch * size..][..size].to_vec()
}

/// Standard normal numbers times `deviation`.
pub fn normal<const D: usize>(shape: [usize; D], deviation: f32, random: &mut impl Rng, device: &Device) -> Tensor<D> {
    let values = StandardNormal.sample_iter(random).map(|value: f32| value * deviation);
    tensor(values, shape, device)
}

/// Numbers uniform in `[low, high)`.
///
/// # Panics
/// When `low` is not below `high`.
pub fn uniform<const D: usize>(
    shape: [usize; D],
    [low, high]: [f32; 2],
    random: &mut impl Rng,
    device: &Device,
) -> Tensor<D> {
    tensor(Uniform::new(low, high).expect("the bounds are in order").sample_iter(random), shape, device)
}

/// A tensor of the first of some numbers.
pub fn tensor<const D: usize>(values: impl Iterator<Item = f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    let values: Vec<f32> = values.take(shape.iter().product()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_every_image_once() {
        let mut seen: Vec<usize> = (0..3).flat_map(|step| batch(12, 4, 5, step)).collect();
        assert_ne!(seen, (0..12).collect::<Vec<_>>(), "they are shuffled");
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
        assert_ne!(batch(12, 12, 5, 0), batch(12, 12, 5, 1), "a new epoch has a new order");
    }
}
