//! Which images are fitted on and which are measured on.

use crate::data::ImageSets;
use anyhow::{Result, bail};
use gradient_features::images::ImageSet;

/// The images to fit on and those to measure on.
pub struct HoldoutSplit {
    /// Of the training images.
    pub fitted: Vec<usize>,
    /// Of the training images if some are held out, else of the test images.
    pub measured: Vec<usize>,
    /// Whether some are held out.
    pub held_out: bool,
}

impl HoldoutSplit {
    /// The last `held` training images are held out; with 0, the test images are measured on.
    pub fn new(images: &ImageSets, held: usize) -> Result<Self> {
        let (trained, tested) = (images.train.len(), images.test.len());
        if held >= trained {
            bail!("--holdout is {held}, but there are {trained} training images");
        }
        let measured = if held > 0 { trained - held..trained } else { 0..tested };
        Ok(Self { fitted: (0..trained - held).collect(), measured: measured.collect(), held_out: held > 0 })
    }

    /// The images that are measured on.
    pub fn measured_images(&self, images: &ImageSets) -> ImageSet {
        let set = if self.held_out { &images.train } else { &images.test };
        let labels = self.measured.iter().map(|&index| set.labels[index]).collect();
        ImageSet { pixels: set.gather(&self.measured), labels }
    }
}
