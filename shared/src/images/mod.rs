//! Images as this program holds them: planar RGB bytes, `[N, 3, 32, 32]`.

use burn::tensor::{Device, Tensor, TensorData};
use image::{
    AnimationDecoder, DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits, Rgb,
    RgbImage,
    codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder},
    imageops::{self, FilterType},
    metadata::Orientation,
};
use std::io::Cursor;
use vocabulary::{ImageNote, InputRange};

pub use vocabulary::SIDE;

/// Pixels of one colour plane.
pub const PLANE: usize = SIDE * SIDE;
/// Bytes of one image: red, green and blue plane, each row by row.
pub const IMAGE_BYTES: usize = 3 * PLANE;
/// The longest side that is decoded, in pixels: an image can claim any size, and memory is finite.
pub const MAX_SIDE: u32 = 16_384;
/// The most memory that decoding one image may take, in bytes.
pub const MAX_DECODE_BYTES: u64 = 512 << 20;

/// Why bytes are not an image that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// It claims more pixels than are read.
    #[error(
        "the image is too large with its {width} × {height} pixels: at most {MAX_SIDE} on a side and {} MB in all are \
         read; make it smaller",
        MAX_DECODE_BYTES >> 20
    )]
    TooLarge {
        /// Claimed.
        width: u32,
        /// Claimed.
        height: u32,
    },
}

/// A picture that was read from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Planar bytes `[3, 32, 32]`.
    pub pixels: Vec<u8>,
    /// What was done to it that its owner may not expect.
    pub notes: Vec<ImageNote>,
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

/// Reads an encoded image (PNG, JPEG, WebP, GIF, BMP).
///
/// A 32×32 image is taken pixel for pixel. Another is cropped to the square at its centre and resized. Rotation
/// by EXIF is applied, transparency is laid over white, and an animation gives its first frame; each is noted.
///
/// ```
/// use gradient_features::images::{self, IMAGE_BYTES, ImageError};
///
/// let picture = images::decode(include_bytes!("../../examples/ship.png"))?;
/// assert_eq!((picture.pixels.len(), picture.notes.len()), (IMAGE_BYTES, 0));
/// assert!(matches!(images::decode(b"not an image"), Err(ImageError::UnknownFormat)));
/// # Ok::<(), ImageError>(())
/// ```
///
/// # Errors
/// When the bytes are no image, are damaged, or claim a size beyond [`MAX_SIDE`].
pub fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    let format = image::guess_format(bytes).ok().filter(ImageFormat::reading_enabled);
    let format = format.ok_or(ImageError::UnknownFormat)?;
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions()?;
    if width.max(height) > MAX_SIDE {
        return Err(ImageError::TooLarge { width, height });
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder()?;
    // `DynamicImage::from_decoder` would take whatever memory the header claims.
    limits().reserve(decoder.total_bytes()).map_err(|_| ImageError::TooLarge { width, height })?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let square = centre(&picture)?;
    let notes = [
        (ImageNote::FirstFrame, is_animated(bytes, format)?),
        (ImageNote::Turned, orientation != Orientation::NoTransforms),
        (ImageNote::Cropped, width != height),
        (ImageNote::OverWhite, is_transparent(&square)),
        (ImageNote::BrokenOff, format == ImageFormat::Jpeg && breaks_off(bytes)),
    ];
    let notes = notes.into_iter().filter(|(_, applies)| *applies).map(|(note, _)| note).collect();
    Ok(Picture { pixels: to_planar(&square), notes })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    limits
}

/// Whether there is more than one frame.
fn is_animated(bytes: &[u8], format: ImageFormat) -> ImageResult<bool> {
    let bytes = Cursor::new(bytes);
    match format {
        ImageFormat::Png => PngDecoder::with_limits(bytes, limits())?.is_apng(),
        ImageFormat::WebP => Ok(WebPDecoder::new(bytes)?.has_animation()),
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(bytes)?;
            decoder.set_limits(limits())?;
            // A damaged file has no end of frames that cannot be read.
            Ok(decoder.into_frames().nth(1).is_some_and(|frame| frame.is_ok()))
        }
        _ => Ok(false),
    }
}

/// Whether a JPEG has no end after the start of its last scan; within a scan the mark of an end cannot be.
fn breaks_off(jpeg: &[u8]) -> bool {
    const SCAN: [u8; 2] = [0xFF, 0xDA];
    const END: [u8; 2] = [0xFF, 0xD9];
    let scan = jpeg.windows(2).rposition(|mark| mark == SCAN).unwrap_or_default();
    !jpeg[scan..].windows(2).any(|mark| mark == END)
}

/// The square at the centre of a picture.
fn centre(picture: &DynamicImage) -> Result<DynamicImage, ImageError> {
    let (width, height) = picture.dimensions();
    match width.min(height) {
        0 => Err(ImageError::Empty(width, height)),
        side => Ok(picture.crop_imm((width - side) / 2, (height - side) / 2, side, side)),
    }
}

fn is_transparent(picture: &DynamicImage) -> bool {
    picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX)
}

/// Resizes a square and lays it out as planar bytes `[3, 32, 32]`.
fn to_planar(square: &DynamicImage) -> Vec<u8> {
    let target = SIDE as u32;
    // White comes in before resizing, or the hidden colours of transparent pixels would bleed into their neighbours.
    let mut square = over_white(square);
    if square.width() != target {
        square = imageops::resize(&square, target, target, FilterType::Triangle);
    }
    let mut planar = vec![0; IMAGE_BYTES];
    for (position, pixel) in square.pixels().enumerate() {
        for (channel, value) in pixel.0.into_iter().enumerate() {
            planar[channel * PLANE + position] = value;
        }
    }
    planar
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
