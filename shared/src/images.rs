//! Images as this program holds them: planar RGB bytes, `[N, 3, 32, 32]`.

use crate::config::InputRange;
use burn::tensor::{Device, Tensor, TensorData};
use image::{
    DynamicImage, GenericImageView, ImageReader, Rgb, RgbImage,
    imageops::{self, FilterType},
};
use std::io::Cursor;

/// Side of an image, in pixels.
pub const SIDE: usize = 32;
/// Pixels of one colour plane.
pub const PLANE: usize = SIDE * SIDE;
/// Bytes of one image: red, green and blue plane, each row by row.
pub const IMAGE_BYTES: usize = 3 * PLANE;
/// The longest side that is decoded, in pixels: an image can claim any size, and memory is finite.
pub const MAX_SIDE: u32 = 16_384;
/// The most memory that decoding one image may take, in bytes.
const MAX_DECODE_BYTES: u64 = 512 << 20;

/// The names of CIFAR-10's classes, in the order of its labels.
pub const CIFAR10_CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Why bytes are not an image that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The bytes are of no known format.
    #[error("this is not an image in a known format (PNG, JPEG, WebP, GIF or BMP)")]
    UnknownFormat,
    /// The bytes begin like an image, and then are wrong.
    #[error("the image cannot be read: {0}")]
    Damaged(#[from] image::ImageError),
    /// There are no pixels in it.
    #[error("the image has no pixels ({0} × {1})")]
    Empty(u32, u32),
}

/// Labelled images of one size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageSet {
    /// `[N, 3, 32, 32]`, row-major.
    pub pixels: Vec<u8>,
    /// `[N]`, each a class index.
    pub labels: Vec<u8>,
}

impl ImageSet {
    /// How many images there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bytes of image `index`, `[3, 32, 32]`.
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * IMAGE_BYTES..(index + 1) * IMAGE_BYTES]
    }

    /// The same images, left and right exchanged.
    pub fn mirrored(&self) -> Self {
        let pixels = self.pixels.chunks_exact(SIDE).flat_map(|row| row.iter().rev()).copied().collect();
        Self { pixels, labels: self.labels.clone() }
    }

    /// The bytes of the images of `indices`, one after the other, `[len, 3, 32, 32]`.
    pub fn gather(&self, indices: &[usize]) -> Vec<u8> {
        indices.iter().flat_map(|&index| self.image(index)).copied().collect()
    }
}

/// Turns planar bytes `[N, 3, 32, 32]` into a network's input of the same shape.
pub fn to_tensor(pixels: &[u8], range: InputRange, device: &Device) -> Tensor<4> {
    let (scale, shift) = match range {
        InputRange::Unit => (1.0 / 255.0, 0.0),
        InputRange::Symmetric => (2.0 / 255.0, -1.0),
    };
    let values: Vec<f32> = pixels.iter().map(|&byte| f32::from(byte) * scale + shift).collect();
    let count = pixels.len() / IMAGE_BYTES;
    Tensor::from_data(TensorData::new(values, [count, 3, SIDE, SIDE]), device)
}

/// Reads an encoded image (PNG, JPEG, WebP, GIF, BMP) into planar bytes `[3, 32, 32]`.
///
/// A 32×32 image is taken pixel for pixel. Another is cropped to the square at its centre and resized. Rotation
/// by EXIF is applied, transparency is laid over white, and an animation gives its first frame.
///
/// # Errors
/// When the bytes are no image, are damaged, or claim a size beyond [`MAX_SIDE`].
pub fn decode(bytes: &[u8]) -> Result<Vec<u8>, ImageError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(image::ImageError::IoError)?;
    if reader.format().is_none() {
        return Err(ImageError::UnknownFormat);
    }
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // `DynamicImage::from_decoder` would take whatever memory the header claims.
    limits.reserve(image::ImageDecoder::total_bytes(&decoder))?;
    let orientation = image::ImageDecoder::orientation(&mut decoder)?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    to_planar(&picture)
}

/// Crops, resizes and lays out a decoded picture as planar bytes `[3, 32, 32]`.
fn to_planar(picture: &DynamicImage) -> Result<Vec<u8>, ImageError> {
    let (width, height) = picture.dimensions();
    let side = width.min(height);
    if side == 0 {
        return Err(ImageError::Empty(width, height));
    }
    let target = SIDE as u32;
    // White comes in before resizing, or the hidden colours of transparent pixels would bleed into their neighbours.
    let square = over_white(&picture.crop_imm((width - side) / 2, (height - side) / 2, side, side));
    let square = if side == target { square } else { imageops::resize(&square, target, target, FilterType::Triangle) };
    let mut planar = vec![0; IMAGE_BYTES];
    for (position, pixel) in square.pixels().enumerate() {
        for (channel, value) in pixel.0.into_iter().enumerate() {
            planar[channel * PLANE + position] = value;
        }
    }
    Ok(planar)
}

fn over_white(picture: &DynamicImage) -> RgbImage {
    let picture = picture.to_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        Rgb([red, green, blue].map(|value| mixed_with_white(value, alpha)))
    })
}

fn mixed_with_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    // Rounded to the nearest; the result is at most 255 because both weights are and they sum to 255.
    u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}
