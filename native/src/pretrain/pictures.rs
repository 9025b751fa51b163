//! Pictures that show what a generative recipe has learnt: reconstructions, samples, interpolations.

use super::random::{self, Purpose};
use crate::draw::tiles::{self, COLUMNS};
use anyhow::Result;
use burn::tensor::{Device, Tensor};
use gradient_features::{images::IMAGE_BYTES, numbers_blocking};
use image::RgbImage;

/// Rows of interpolations.
const PATHS: usize = 8;
/// Samples.
const SAMPLES: usize = 64;

/// A picture with its name and what it shows.
pub struct Picture {
    /// For the file.
    pub name: &'static str,
    /// For people.
    pub caption: &'static str,
    /// The picture.
    pub image: RgbImage,
}

/// A network that generates images from latents, and encodes images as latents.
pub trait Latent {
    /// Numbers of a latent.
    fn size(&self) -> usize;

    /// The mean latent of each image: bytes `[N, 3, 32, 32]` → `[N, size]`.
    fn encode(&self, pixels: &[u8], device: &Device) -> Tensor<2>;

    /// Images `[N, 3, 32, 32]` in `[0, 1]` of latents `[N, size]`.
    fn decode(&self, latents: Tensor<2>) -> Tensor<4>;
}

/// The pictures of a network, from some images `[N, 3, 32, 32]` of the data.
///
/// # Errors
/// When the device cannot be read.
pub fn of_latents(net: &impl Latent, originals: &[u8], seed: u64, device: &Device) -> Result<Vec<Picture>> {
    let codes = net.encode(originals, device);
    let reconstructions = bytes(net.decode(codes.clone()))?;
    let mut random = random::generator(seed, Purpose::Pictures, 0);
    let samples = random::normal([SAMPLES, net.size()], 1.0, &mut random, device);
    let paths = |blend: Blend| bytes(net.decode(interpolated(&codes, blend)?));
    Ok(vec![
        Picture {
            name: "reconstructions",
            caption: "Training images (odd rows), and below each its reconstruction from μ (even rows).",
            image: tiles::images(&in_turns(originals, &reconstructions)),
        },
        Picture {
            name: "samples",
            caption: "Images of latents drawn from the prior, the same latents throughout the run.",
            image: tiles::images(&bytes(net.decode(samples))?),
        },
        Picture {
            name: "interpolation-linear",
            caption: "From one training image (left) to another (right), on the straight line between their latents.",
            image: tiles::images(&paths(linear)?),
        },
        Picture {
            name: "interpolation-spherical",
            caption: "The same, on the great circle between the latents' directions.",
            image: tiles::images(&paths(spherical)?),
        },
    ])
}

/// Rows of the first images and rows of the second in turn.
fn in_turns(first: &[u8], second: &[u8]) -> Vec<u8> {
    let row = COLUMNS * IMAGE_BYTES;
    first.chunks(row).zip(second.chunks(row)).flat_map(|(a, b)| a.iter().chain(b)).copied().collect()
}

type Blend = fn(&[f32], &[f32], f32) -> Vec<f32>;

/// Interpolations between neighbouring latents of `codes [N, size]`: `[PATHS · COLUMNS, size]`.
fn interpolated(codes: &Tensor<2>, blend: Blend) -> Result<Tensor<2>> {
    let [count, size] = codes.dims();
    let values = numbers_blocking(codes.clone())?;
    let code = |index: usize| &values[index % count * size..][..size];
    let steps = (0..PATHS * COLUMNS).flat_map(|at| {
        let (path, column) = (at / COLUMNS, at % COLUMNS);
        blend(code(2 * path), code(2 * path + 1), column as f32 / (COLUMNS - 1) as f32)
    });
    Ok(random::tensor(steps, [PATHS * COLUMNS, size], &codes.device()))
}

fn linear(a: &[f32], b: &[f32], share: f32) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a * (1.0 - share) + b * share).collect()
}

/// Shoemake's slerp; the straight line where the two are nearly parallel.
fn spherical(a: &[f32], b: &[f32], share: f32) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let angle = (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-12)).clamp(-1.0, 1.0).acos();
    if angle.sin() < 1e-4 {
        return linear(a, b, share);
    }
    let (of_a, of_b) = (((1.0 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin());
    a.iter().zip(b).map(|(a, b)| a * of_a + b * of_b).collect()
}

/// Planar bytes of images in `[0, 1]`.
fn bytes(images: Tensor<4>) -> Result<Vec<u8>> {
    let values = numbers_blocking(images)?;
    Ok(values.into_iter().map(|value| (value * 255.0).round().clamp(0.0, 255.0) as u8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolations_begin_and_end_at_the_two() {
        let (a, b) = ([1.0, 0.0, 2.0], [0.0, -3.0, 1.0]);
        for blend in [linear as Blend, spherical] {
            for (share, expected) in [(0.0, a), (1.0, b)] {
                let found = blend(&a, &b, share);
                assert!(found.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-5), "{found:?}");
            }
        }
        let middle = spherical(&[1.0, 0.0], &[0.0, 1.0], 0.5);
        assert!((middle[0] - 0.5_f32.sqrt()).abs() < 1e-6 && (middle[1] - 0.5_f32.sqrt()).abs() < 1e-6);
    }
}
