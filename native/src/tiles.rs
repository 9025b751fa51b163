//! Small pictures side by side.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use gradient_features::{
    images::{IMAGE_BYTES, PLANE, SIDE},
    model::encoder::Encoder,
};
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// Tiles in a row.
pub const COLUMNS: usize = 16;
/// Pixels between tiles.
const GAP: usize = 2;
/// Pixels that one of a filter's becomes, in each direction.
const ZOOM: usize = 6;

/// Square pictures in rows; `pixel(tile, y, x)` paints them.
fn grid(count: usize, side: usize, pixel: impl Fn(usize, usize, usize) -> [u8; 3]) -> RgbImage {
    let extent = |tiles: usize| u32::try_from(tiles * (side + GAP) - GAP).unwrap_or(u32::MAX);
    let (columns, rows) = (COLUMNS.min(count).max(1), count.div_ceil(COLUMNS).max(1));
    let mut picture = RgbImage::from_pixel(extent(columns), extent(rows), Rgb([255; 3]));
    for tile in 0..count {
        let (left, top) = (tile % COLUMNS * (side + GAP), tile / COLUMNS * (side + GAP));
        for at in 0..side * side {
            let (y, x) = (at / side, at % side);
            picture.put_pixel((left + x) as u32, (top + y) as u32, Rgb(pixel(tile, y, x)));
        }
    }
    picture
}

/// Planar images `[N, 3, 32, 32]`.
pub fn images(pixels: &[u8]) -> RgbImage {
    let images: Vec<&[u8]> = pixels.chunks_exact(IMAGE_BYTES).collect();
    grid(images.len(), SIDE, |tile, y, x| [0, 1, 2].map(|plane| images[tile][plane * PLANE + y * SIDE + x]))
}

/// The first layer's filters, each from its least (black) to its greatest number (white); none where they are single
/// pixels.
pub fn filters(encoder: &Encoder) -> Option<RgbImage> {
    let weight = encoder.parameters()[0].weight.val();
    let [count, channels, side, _] = weight.dims();
    if side == 1 || channels != 3 {
        return None;
    }
    let numbers = weight.into_data().try_to_vec::<f32>().ok()?;
    Some(grid(count, side * ZOOM, |tile, y, x| {
        let filter = &numbers[tile * 3 * side * side..][..3 * side * side];
        let least = filter.iter().copied().fold(f32::INFINITY, f32::min);
        let range = filter.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
        let at = y / ZOOM * side + x / ZOOM;
        [0, 1, 2].map(|channel| ((filter[channel * side * side + at] - least) / range.max(1e-12) * 255.0) as u8)
    }))
}

/// A picture as PNG.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(vec![]);
    picture.write_to(&mut bytes, ImageFormat::Png).context("a picture cannot be written as PNG")?;
    Ok(bytes.into_inner())
}

/// A picture that stands in a page.
pub fn data_url(picture: &RgbImage) -> Result<String> {
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(png(picture)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_in_its_place() {
        let pixels: Vec<u8> = (0..18 * IMAGE_BYTES).map(|at| (at / IMAGE_BYTES * 10) as u8).collect();
        let picture = images(&pixels);
        assert_eq!(picture.dimensions(), (16 * 34 - 2, 66));
        assert_eq!(picture.get_pixel(0, 0), &Rgb([0; 3]));
        assert_eq!(picture.get_pixel(34, 31), &Rgb([10; 3]));
        assert_eq!(picture.get_pixel(31, 34), &Rgb([160; 3]));
        assert_eq!(picture.get_pixel(80, 40), &Rgb([255; 3]), "there is no nineteenth");
    }
}
