//! A model's predictions on labelled images, and what follows from them.

use crate::cache::features::FeatureFile;
use anyhow::Result;
use burn::tensor::Device;
use gradient_features::{
    argmax,
    model::{
        encoder::Encoder,
        linear::Head,
        samples::{self, Samples},
    },
};

/// Images classified at once.
const BATCH: usize = 250;
/// Bins of the calibration curve, equally wide.
const BINS: usize = 15;

/// A model's logits on images whose classes are known.
#[derive(Debug, Clone)]
pub struct Predictions {
    /// How many classes there are, c.
    pub classes: usize,
    /// `[N]`.
    pub labels: Vec<u8>,
    /// `[N, c]`, row by row.
    pub logits: Vec<f32>,
}

/// Predictions of about the same confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Mean probability of the predicted class.
    pub confidence: f64,
    /// Share that is right.
    pub accuracy: f64,
    /// How many.
    pub count: usize,
}

impl Predictions {
    /// A head's predictions on the images of `indices`.
    pub fn of(
        encoder: &Encoder,
        head: &Head,
        samples: &FeatureFile,
        indices: &[usize],
        device: &Device,
    ) -> Result<Self> {
        Ok(Self {
            classes: head.classes.len(),
            labels: indices.iter().map(|&index| samples.labels()[index]).collect(),
            logits: samples::logits(encoder, head, samples, indices, BATCH, device)?,
        })
    }

    /// The class with the largest logit, for each image; the first of equal ones.
    pub fn winners(&self) -> Vec<usize> {
        let best = |row: &[f32]| argmax(row.iter().copied()).unwrap_or_default();
        self.logits.chunks_exact(self.classes).map(best).collect()
    }

    /// Whether each image's prediction is right.
    pub fn right(&self) -> Vec<bool> {
        self.winners().iter().zip(&self.labels).map(|(&winner, &label)| winner == usize::from(label)).collect()
    }

    /// Share that is right, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        share(self.right().into_iter())
    }

    /// Share of the images that these and other predictions give the same class, 0 to 1.
    pub fn agreement(&self, other: &Self) -> f64 {
        let same: Vec<bool> = self.winners().into_iter().zip(other.winners()).map(|(own, its)| own == its).collect();
        share(same.into_iter())
    }

    /// `confusion[label][prediction]`: how many images of a class got which prediction.
    pub fn confusion(&self) -> Vec<Vec<usize>> {
        let mut counts = vec![vec![0; self.classes]; self.classes];
        for (winner, &label) in self.winners().into_iter().zip(&self.labels) {
            counts[usize::from(label)][winner] += 1;
        }
        counts
    }

    /// The accuracy on the images of each class, 0 to 1.
    pub fn by_class(&self) -> Vec<f64> {
        let of_row = |(label, row): (usize, Vec<usize>)| row[label] as f64 / row.iter().sum::<usize>().max(1) as f64;
        self.confusion().into_iter().enumerate().map(of_row).collect()
    }

    /// Accuracy against confidence (Guo et al. 2017), from the least confident bin that has predictions to the most.
    pub fn calibration(&self) -> Vec<Bin> {
        let mut sums = [(0.0, 0, 0); BINS];
        for (confidence, right) in self.confidences().into_iter().zip(self.right()) {
            let (sum, hits, count) = &mut sums[((confidence * BINS as f64) as usize).min(BINS - 1)];
            *sum += confidence;
            *hits += usize::from(right);
            *count += 1;
        }
        let filled = sums.into_iter().filter(|&(_, _, count)| count > 0);
        filled
            .map(|(sum, hits, count)| Bin {
                confidence: sum / count as f64,
                accuracy: hits as f64 / count as f64,
                count,
            })
            .collect()
    }

    /// The expected calibration error: by how much confidence misses accuracy, on average over the predictions, 0 to 1.
    pub fn calibration_error(&self) -> f64 {
        let misses = |bin: Bin| (bin.confidence - bin.accuracy).abs() * bin.count as f64;
        self.calibration().into_iter().map(misses).sum::<f64>() / self.labels.len().max(1) as f64
    }

    /// The largest probability of each image.
    fn confidences(&self) -> Vec<f64> {
        let of_row = |row: &[f32]| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            1.0 / row.iter().map(|&logit| f64::from(logit - most).exp()).sum::<f64>()
        };
        self.logits.chunks_exact(self.classes).map(of_row).collect()
    }
}

/// The images that `second` has right and `first` has wrong.
pub fn corrected(first: &Predictions, second: &Predictions) -> Vec<usize> {
    let pairs = first.right().into_iter().zip(second.right()).enumerate();
    pairs.filter(|&(_, (before, after))| !before && after).map(|(index, _)| index).collect()
}

fn share(hits: impl ExactSizeIterator<Item = bool>) -> f64 {
    let count = hits.len().max(1) as f64;
    hits.filter(|&hit| hit).count() as f64 / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions() -> Predictions {
        let sure = 2.0_f32.ln();
        Predictions { classes: 2, labels: vec![0, 0, 1, 1], logits: vec![sure, 0.0, 0.0, sure, 0.0, sure, 0.0, sure] }
    }

    #[test]
    fn counts_follow_from_the_logits() {
        let predictions = predictions();
        assert_eq!(predictions.winners(), [0, 1, 1, 1]);
        assert_eq!(predictions.confusion(), [[1, 1], [0, 2]]);
        assert_eq!(predictions.by_class(), [0.5, 1.0]);
        assert!((predictions.accuracy() - 0.75).abs() < 1e-12);
        let tie = Predictions { classes: 3, labels: vec![0], logits: vec![1.0; 3] };
        assert_eq!(tie.winners(), [0], "the first of equal ones");
    }

    #[test]
    fn agreement_is_about_the_classes_and_not_the_labels() {
        let other = Predictions { logits: vec![0.0, 1.0, 0.0, 3.0, 0.0, 9.0, 1.0, 0.0], ..predictions() };
        assert_eq!(predictions().agreement(&predictions()), 1.0);
        assert_eq!(predictions().agreement(&other), 0.5);
    }

    #[test]
    fn calibration_compares_confidence_with_accuracy() {
        let bins = predictions().calibration();
        assert_eq!(bins.len(), 1, "all four are equally sure: 2/3");
        assert!((bins[0].confidence - 2.0 / 3.0).abs() < 1e-6 && bins[0].count == 4);
        assert!((predictions().calibration_error() - (0.75 - 2.0 / 3.0)).abs() < 1e-6);
    }

    #[test]
    fn what_one_corrects_is_what_the_other_has_wrong() {
        let better = Predictions { logits: vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0], ..predictions() };
        assert_eq!(corrected(&predictions(), &better), [1]);
        assert_eq!(corrected(&better, &predictions()), [3]);
    }
}
