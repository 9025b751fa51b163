//! The square at the centre of a decoded picture, read where it is: no copy of a large picture is made.

use super::SIDE;
use image::{
    DynamicImage, GenericImageView, Rgb, RgbImage,
    imageops::{self, FilterType},
    metadata::Orientation,
};
use std::ops::Range;

/// From this side on, a square is made smaller by means of blocks before it is resized.
const LARGE: u32 = 2048;
/// The side that it has after that.
const REDUCED: u32 = 1024;

/// The square at the centre of a picture that is turned as its orientation says.
pub struct Square<'a> {
    picture: &'a DynamicImage,
    orientation: Orientation,
    side: u32,
    left: u32,
    top: u32,
    /// Whether transparency is passed over.
    pub is_opaque: bool,
}

impl<'a> Square<'a> {
    /// Of a picture that has pixels.
    pub fn new(picture: &'a DynamicImage, orientation: Orientation) -> Self {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        let (width, height) = match orientation {
            Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH => (picture.height(), picture.width()),
            _ => picture.dimensions(),
        };
        let side = width.min(height);
        let is_opaque = !picture.color().has_alpha();
        Self { picture, orientation, side, left: (width - side) / 2, top: (height - side) / 2, is_opaque }
    }

    /// Whether some of it lets through what is behind.
    pub fn is_transparent(&self) -> bool {
        !self.is_opaque && self.pixels().any(|pixel| pixel[3] < u8::MAX)
    }

    /// Whether nothing of it can be seen.
    pub fn is_invisible(&self) -> bool {
        !self.is_opaque && self.pixels().all(|pixel| pixel[3] == 0)
    }

    /// The square of 32 × 32 pixels, over white.
    pub fn resized(&self) -> RgbImage {
        let target = SIDE as u32;
        let square = self.reduced(if self.side < LARGE { self.side } else { REDUCED });
        match square.width() == target {
            true => square,
            false => imageops::resize(&square, target, target, FilterType::Triangle),
        }
    }

    /// The same over white, each pixel the mean of a block.
    fn reduced(&self, side: u32) -> RgbImage {
        // At most the square's side.
        let edge = |index: u32| (u64::from(index) * u64::from(self.side) / u64::from(side)) as u32;
        RgbImage::from_fn(side, side, |x, y| self.mean(edge(x)..edge(x + 1), edge(y)..edge(y + 1)))
    }

    fn mean(&self, across: Range<u32>, down: Range<u32>) -> Rgb<u8> {
        let count = (across.len() * down.len()) as u32;
        let mut sums = [0_u32; 3];
        for y in down {
            for x in across.clone() {
                // White comes in before the mean, or the hidden colours of transparent pixels would bleed into others.
                for (sum, value) in sums.iter_mut().zip(self.over_white(x, y)) {
                    *sum += u32::from(value);
                }
            }
        }
        // A mean of bytes is a byte.
        Rgb(sums.map(|sum| ((sum + count / 2) / count) as u8))
    }

    fn over_white(&self, x: u32, y: u32) -> [u8; 3] {
        let [red, green, blue, alpha] = self.pixel(x, y);
        match self.is_opaque {
            true => [red, green, blue],
            false => [red, green, blue].map(|value| mixed_with_white(value, alpha)),
        }
    }

    fn pixels(&self) -> impl Iterator<Item = [u8; 4]> {
        (0..self.side).flat_map(move |y| (0..self.side).map(move |x| self.pixel(x, y)))
    }

    /// The pixel of the turned picture.
    fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let (x, y) = (self.left + x, self.top + y);
        let (right, bottom) = (self.picture.width() - 1, self.picture.height() - 1);
        let (x, y) = match self.orientation {
            Orientation::NoTransforms => (x, y),
            Orientation::FlipHorizontal => (right - x, y),
            Orientation::Rotate180 => (right - x, bottom - y),
            Orientation::FlipVertical => (x, bottom - y),
            Orientation::Rotate90FlipH => (y, x),
            Orientation::Rotate90 => (y, bottom - x),
            Orientation::Rotate270FlipH => (right - y, bottom - x),
            Orientation::Rotate270 => (right - y, x),
        };
        self.picture.get_pixel(x, y).0
    }
}

fn mixed_with_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    // Rounded to the nearest; the result is at most 255 because both weights are and they sum to 255.
    u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}
