//! Images as this program holds them: planar RGB bytes, `[N, 3, 32, 32]`.

mod bmp;
mod decode;
mod gif;
mod jpeg;
mod png;
mod square;

use burn::tensor::{Device, Tensor, TensorData};
use vocabulary::{ImageNote, InputRange};

pub use decode::decode;
pub use vocabulary::SIDE;

/// Pixels of one colour plane.
pub const PLANE: usize = SIDE * SIDE;
/// Bytes of one image: red, green and blue plane, each row by row.
pub const IMAGE_BYTES: usize = 3 * PLANE;
/// The longest side that is decoded, in pixels: an image can claim any size, and memory is finite.
pub const MAX_SIDE: u32 = 16_384;
/// The most memory that reading one image may take, in bytes; a page has less of it than a program.
pub const MAX_DECODE_BYTES: u64 = if cfg!(target_family = "wasm") { 160 << 20 } else { 400 << 20 };

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
        "the image is too large with its {width} × {height} pixels: it may have {MAX_SIDE} on a side and take {} MB of \
         memory to read; make it smaller",
        MAX_DECODE_BYTES >> 20
    )]
    TooLarge {
        /// Claimed.
        width: u32,
        /// Claimed.
        height: u32,
    },
    /// The system does not give the memory that it takes.
    #[error("there is too little memory to read the image: it takes {} MB", .0.div_ceil(1 << 20))]
    NoMemory(u64),
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
