//! Random numbers that follow from the seed, a purpose and a position alone, so that a resumed run and a run on another
//! device draw the same ones.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, SeedableRng};
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

/// The generator of a purpose and a position. No two of them share it.
pub fn generator(seed: u64, purpose: Purpose, position: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (part, value) in key.chunks_exact_mut(8).zip([seed, purpose as u64, position as u64]) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
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
