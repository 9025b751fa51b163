use serde::{Deserialize, Serialize};
use std::fmt;

/// Side of an image as the networks see it, in pixels.
pub const SIDE: usize = 32;

/// What was done to a picture on the way from its file that its owner may not expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageNote {
    /// It is animated, and one image is wanted: its first frame.
    FirstFrame,
    /// It is turned, as its EXIF data say.
    Turned,
    /// It was not square, and is cropped to the square at its centre.
    Cropped,
    /// Some of it was transparent, and lies over white.
    OverWhite,
    /// Its file is not whole, and its format allows for that.
    BrokenOff,
}

impl fmt::Display for ImageNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstFrame => "it is animated, and this is its first frame",
            Self::Turned => "it is turned as its EXIF data say",
            Self::Cropped => "it is cropped to the square at its centre",
            Self::OverWhite => "what is transparent lies over white",
            Self::BrokenOff => "its file breaks off, and what is missing was filled",
        })
    }
}
