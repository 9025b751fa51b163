//! The one form in which images are stored: the record format of CIFAR-10's binary archive, a label byte, then 3072
//! planar bytes.

use gradient_features::images::IMAGE_BYTES;
use std::fmt::{self, Display, Formatter};

/// A label byte and an image.
pub const RECORD: usize = 1 + IMAGE_BYTES;
/// Bytes that are read or written at once.
pub const BUFFER: usize = 1 << 20;

/// How many classes and images a data set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Labels are below it.
    pub classes: u8,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
}

/// One of a data set's two splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// What is learnt from.
    Train,
    /// What is only measured on.
    Test,
}

impl Split {
    /// Both, training images first.
    pub const BOTH: [Self; 2] = [Self::Train, Self::Test];

    /// The name of its file of records.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Train => "train.bin",
            Self::Test => "test.bin",
        }
    }
}

impl Display for Split {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Train => "training",
            Self::Test => "test",
        })
    }
}

impl Sizes {
    /// How many images a split has.
    pub const fn of(self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Test => self.test,
        }
    }

    /// How many images there are in all.
    pub const fn total(self) -> usize {
        self.train + self.test
    }
}
