//! Why something that was asked for cannot be.

use crate::loading::Part;
use serde::{Deserialize, Serialize};

/// Why something that was asked for cannot be: the interface has the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// A file is no image of a known format.
    Format,
    /// It begins like an image, and then is wrong.
    Damaged(String),
    /// It has no pixels.
    Empty {
        /// As it claims.
        width: u32,
        /// As it claims.
        height: u32,
    },
    /// It has too many.
    Large {
        /// As it claims.
        width: u32,
        /// As it claims.
        height: u32,
        /// The longest side that is read.
        side: u32,
        /// The most megabytes that decoding may take.
        megabytes: u32,
    },
    /// The network does not answer to a file's request.
    Unreachable(String),
    /// The server answers to it with another status than that all is well.
    Status(String, u16),
    /// The file broke off.
    BrokenOff(String),
    /// The file of a part, beside the page, that cannot be used, and why.
    Model(Part, String),
    /// A model's file of the visitor's that cannot be used, and why.
    File(String),
    /// What visitors do not meet unless something is wrong with the page itself, in English.
    Other(String),
}
