//! Decoding: from a file's bytes to a picture of 32 × 32 pixels, in limited memory.

use super::{IMAGE_BYTES, ImageError, MAX_DECODE_BYTES, MAX_SIDE, PLANE, Picture, bmp, gif, jpeg, png, square::Square};
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits, RgbImage, codecs::webp::WebPDecoder,
    metadata::Orientation,
};
use std::{borrow::Cow, hint, io::Cursor};
use vocabulary::ImageNote;

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
/// When the bytes are no image, are damaged, or claim a size beyond [`MAX_SIDE`] or [`MAX_DECODE_BYTES`].
pub fn decode(bytes: &[u8]) -> Result<Picture, ImageError> {
    let format = image::guess_format(bytes).ok().filter(ImageFormat::reading_enabled);
    let format = format.ok_or(ImageError::UnknownFormat)?;
    let bytes = if format == ImageFormat::Bmp { bmp::usual(bytes) } else { Cow::Borrowed(bytes) };
    let decoded = match (read(&bytes, format), format) {
        (Err(error @ ImageError::Damaged(_)), ImageFormat::Png) => match png::mended(&bytes) {
            Some(mended) => read(&mended, format)?,
            None => return Err(error),
        },
        (decoded, _) => decoded?,
    };
    picture(&decoded, &bytes, format)
}

/// A picture in the form of its file.
struct Decoded {
    picture: DynamicImage,
    orientation: Orientation,
}

fn read(bytes: &[u8], format: ImageFormat) -> Result<Decoded, ImageError> {
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions()?;
    if width.max(height) > MAX_SIDE {
        return Err(ImageError::TooLarge { width, height });
    }
    if width.min(height) == 0 {
        return Err(ImageError::Empty(width, height));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder()?;
    let needed = decoder.total_bytes().saturating_add(beside(bytes, format, &decoder)?);
    if needed > MAX_DECODE_BYTES {
        return Err(ImageError::TooLarge { width, height });
    }
    check_memory(needed)?;
    let orientation = decoder.orientation()?;
    Ok(Decoded { picture: DynamicImage::from_decoder(decoder)?, orientation })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    limits
}

/// Bytes that a decoder takes beside the picture that it makes.
fn beside(bytes: &[u8], format: ImageFormat, decoder: &impl ImageDecoder) -> ImageResult<u64> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    Ok(match format {
        ImageFormat::Jpeg => bytes.len() as u64 + jpeg::coefficient_bytes(bytes),
        // A frame that does not fill the picture is decoded apart.
        ImageFormat::Gif => gif::frames(bytes).next().map_or(0, |frame| match (frame.width, frame.height) {
            whole if whole == (width, height) => 0,
            (width, height) => 4 * u64::from(width) * u64::from(height),
        }),
        // An animation has its canvas and a frame in full colour. The others have colours in halves, and transparency
        // or a picture in full colour of its own.
        ImageFormat::WebP if WebPDecoder::new(Cursor::new(bytes))?.has_animation() => 10 * pixels,
        ImageFormat::WebP if decoder.color_type().has_alpha() => 7 * pixels,
        ImageFormat::WebP => 4 * pixels,
        _ => 0,
    })
}

/// Asks the system for the memory, and gives it back: a decoder that is refused memory would end the program.
fn check_memory(bytes: u64) -> Result<(), ImageError> {
    let mut memory = Vec::<u8>::new();
    let length = usize::try_from(bytes).map_err(|_| ImageError::NoMemory(bytes))?;
    memory.try_reserve_exact(length).map_err(|_| ImageError::NoMemory(bytes))?;
    hint::black_box(&memory);
    Ok(())
}

/// The picture of 32 × 32 pixels, with the notes.
fn picture(decoded: &Decoded, bytes: &[u8], format: ImageFormat) -> Result<Picture, ImageError> {
    let Decoded { picture, orientation } = decoded;
    let mut square = Square::new(picture, *orientation);
    // A BMP may have room for transparency that nobody has filled in.
    square.is_opaque |= format == ImageFormat::Bmp && square.is_invisible();
    let notes = [
        (ImageNote::FirstFrame, is_animated(bytes, format)?),
        (ImageNote::Turned, *orientation != Orientation::NoTransforms),
        (ImageNote::Cropped, picture.width() != picture.height()),
        (ImageNote::OverWhite, square.is_transparent()),
        (ImageNote::BrokenOff, format == ImageFormat::Jpeg && jpeg::breaks_off(bytes)),
    ];
    let notes = notes.into_iter().filter(|(_, applies)| *applies).map(|(note, _)| note).collect();
    Ok(Picture { pixels: to_planar(&square.resized()), notes })
}

/// Whether there is more than one frame.
fn is_animated(bytes: &[u8], format: ImageFormat) -> ImageResult<bool> {
    Ok(match format {
        ImageFormat::Png => png::is_animated(bytes),
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(bytes))?.has_animation(),
        ImageFormat::Gif => gif::frames(bytes).nth(1).is_some(),
        _ => false,
    })
}

/// Lays a square of 32 × 32 pixels out as planar bytes `[3, 32, 32]`.
fn to_planar(square: &RgbImage) -> Vec<u8> {
    let mut planar = vec![0; IMAGE_BYTES];
    for (position, pixel) in square.pixels().enumerate() {
        for (channel, value) in pixel.0.into_iter().enumerate() {
            planar[channel * PLANE + position] = value;
        }
    }
    planar
}
