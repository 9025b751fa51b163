//! Pictures by which one sees what a generative recipe has learnt: reconstructions, samples, interpolations.

use super::random::{self, Purpose};
use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};
use image::{ImageFormat, Rgb, RgbImage};
use shared::images::{IMAGE_BYTES, PLANE, SIDE};
use std::io::Cursor;

/// Images in a row.
const COLUMNS: usize = 16;
/// Rows of interpolations.
const PATHS: usize = 8;
/// Samples.
const SAMPLES: usize = 64;
/// Pixels between images.
const GAP: usize = 2;

/// A picture with its name and what it shows.
pub struct Picture {
    /// For the file.
    pub name: &'static str,
    /// For people.
    pub caption: &'static str,
    /// The picture.
    pub image: RgbImage,
}

impl Picture {
    /// The picture as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut bytes = Cursor::new(vec![]);
        self.image.write_to(&mut bytes, ImageFormat::Png).context("a picture cannot be written as PNG")?;
        Ok(bytes.into_inner())
    }
}

/// A network that makes images from latents, and finds the latents of images.
pub trait Latent {
    /// Numbers of a latent.
    fn size(&self) -> usize;

    /// The mean latent of each image: bytes `[N, 3, 32, 32]` → `[N, size]`.
    fn encode(&self, pixels: &[u8], device: &Device) -> Tensor<2>;

    /// Images `[N, 3, 32, 32]` in `[0, 1]` of latents `[N, size]`.
    fn decode(&self, latents: Tensor<2>) -> Tensor<4>;
}

/// The pictures of a network, from some images `[N, 3, 32, 32]` of the data.
pub fn of_latents(net: &impl Latent, originals: &[u8], seed: u64, device: &Device) -> Vec<Picture> {
    let codes = net.encode(originals, device);
    let made = bytes(net.decode(codes.clone()));
    let mut random = random::generator(seed, Purpose::Pictures, 0);
    let samples = random::normal([SAMPLES, net.size()], 1.0, &mut random, device);
    let paths = |blend: Blend| bytes(net.decode(interpolated(&codes, blend)));
    vec![
        Picture {
            name: "reconstructions",
            caption: "Training images (odd rows), and below each its reconstruction from μ (even rows).",
            image: grid(&in_turns(originals, &made), COLUMNS),
        },
        Picture {
            name: "samples",
            caption: "Images of latents drawn from the prior, the same latents throughout the run.",
            image: grid(&bytes(net.decode(samples)), COLUMNS),
        },
        Picture {
            name: "interpolation-linear",
            caption: "From one training image (left) to another (right), on the straight line between their latents.",
            image: grid(&paths(linear), COLUMNS),
        },
        Picture {
            name: "interpolation-spherical",
            caption: "The same, on the great circle between the latents' directions.",
            image: grid(&paths(spherical), COLUMNS),
        },
    ]
}

/// Rows of the first images and rows of the second in turn.
fn in_turns(first: &[u8], second: &[u8]) -> Vec<u8> {
    let row = COLUMNS * IMAGE_BYTES;
    first.chunks(row).zip(second.chunks(row)).flat_map(|(a, b)| a.iter().chain(b)).copied().collect()
}

type Blend = fn(&[f32], &[f32], f32) -> Vec<f32>;

/// Latents on the way between neighbouring ones of `codes [N, size]`: `[PATHS · COLUMNS, size]`.
fn interpolated(codes: &Tensor<2>, blend: Blend) -> Tensor<2> {
    let [count, size] = codes.dims();
    let values = codes.to_data().try_to_vec::<f32>().expect("latents are 32-bit floats");
    let code = |index: usize| &values[index % count * size..][..size];
    let steps = (0..PATHS * COLUMNS).flat_map(|at| {
        let (path, column) = (at / COLUMNS, at % COLUMNS);
        blend(code(2 * path), code(2 * path + 1), column as f32 / (COLUMNS - 1) as f32)
    });
    random::tensor(steps, [PATHS * COLUMNS, size], &codes.device())
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
fn bytes(images: Tensor<4>) -> Vec<u8> {
    let values = images.to_data().try_to_vec::<f32>().expect("images are 32-bit floats");
    values.into_iter().map(|value| (value * 255.0).round().clamp(0.0, 255.0) as u8).collect()
}

/// Planar images side by side.
fn grid(pixels: &[u8], columns: usize) -> RgbImage {
    let rows = (pixels.len() / IMAGE_BYTES).div_ceil(columns);
    let extent = |count: usize| u32::try_from(count * (SIDE + GAP) - GAP).unwrap_or(u32::MAX);
    let mut picture = RgbImage::from_pixel(extent(columns), extent(rows.max(1)), Rgb([255; 3]));
    for (index, image) in pixels.chunks_exact(IMAGE_BYTES).enumerate() {
        let (left, top) = (index % columns * (SIDE + GAP), index / columns * (SIDE + GAP));
        for at in 0..PLANE {
            let pixel = Rgb([image[at], image[PLANE + at], image[2 * PLANE + at]]);
            picture.put_pixel((left + at % SIDE) as u32, (top + at / SIDE) as u32, pixel);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_every_image_in_its_place() {
        let pixels: Vec<u8> = (0..3 * IMAGE_BYTES).map(|at| (at / IMAGE_BYTES * 100) as u8).collect();
        let picture = grid(&pixels, 2);
        assert_eq!(picture.dimensions(), (66, 66));
        assert_eq!(picture.get_pixel(0, 0), &Rgb([0; 3]));
        assert_eq!(picture.get_pixel(34, 31), &Rgb([100; 3]));
        assert_eq!(picture.get_pixel(31, 34), &Rgb([200; 3]));
        assert_eq!(picture.get_pixel(40, 40), &Rgb([255; 3]), "there is no fourth");
    }

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
