//! A data set's images, in memory or on the disk.

use super::records::RECORD;
use anyhow::{Context, Result};
use gradient_features::images::{IMAGE_BYTES, ImageSet};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    path::PathBuf,
};

/// A data set in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSets {
    /// The training images.
    pub train: ImageSet,
    /// The test images.
    pub test: ImageSet,
}

/// Images that features are computed of.
pub trait Images {
    /// `[N]`.
    fn labels(&self) -> &[u8];
    /// What tells the images, their labels aside, from others.
    fn checksum(&self) -> Vec<u8>;
    /// The bytes of some of them, `[len, 3, 32, 32]`.
    ///
    /// # Errors
    /// When they cannot be read.
    fn pixels(&self, range: Range<usize>) -> Result<Vec<u8>>;
}

impl Images for ImageSet {
    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn checksum(&self) -> Vec<u8> {
        Sha256::digest(&self.pixels).to_vec()
    }

    fn pixels(&self, range: Range<usize>) -> Result<Vec<u8>> {
        Ok(self.pixels[range.start * IMAGE_BYTES..range.end * IMAGE_BYTES].to_vec())
    }
}

/// A set of images that stays on the disk; its labels alone are in memory.
#[derive(Clone)]
pub struct Stream {
    path: PathBuf,
    labels: Vec<u8>,
    /// Of the records.
    sha256: String,
    is_mirrored: bool,
}

impl Stream {
    /// The images of a file of records, with their labels and the SHA-256 of the records.
    pub fn new(path: PathBuf, labels: Vec<u8>, sha256: String) -> Self {
        Self { path, labels, sha256, is_mirrored: false }
    }

    /// The same images, left and right exchanged.
    pub fn mirrored(&self) -> Self {
        Self { is_mirrored: !self.is_mirrored, ..self.clone() }
    }
}

impl Images for Stream {
    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn checksum(&self) -> Vec<u8> {
        format!("{} {}", self.sha256, self.is_mirrored).into_bytes()
    }

    fn pixels(&self, range: Range<usize>) -> Result<Vec<u8>> {
        let mut records = vec![0; range.len() * RECORD];
        let mut read = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start((range.start * RECORD) as u64))?;
            file.read_exact(&mut records)
        };
        read().with_context(|| format!("cannot read {}", self.path.display()))?;
        let pixels = records.chunks_exact(RECORD).flat_map(|record| &record[1..]).copied().collect();
        let set = ImageSet { pixels, labels: vec![] };
        Ok(if self.is_mirrored { set.mirrored().pixels } else { set.pixels })
    }
}
