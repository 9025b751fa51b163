//! What fitted models reach.

use super::predictions::Predictions;
use crate::data::Dataset;
use burn::tensor::Tensor;
use gradient_features::{Mode, Scope};
use serde::Serialize;
use std::path::PathBuf;

/// What a fitted model reaches.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Which of the four.
    pub mode: Mode,
    /// Its scope.
    pub scope: Scope,
    /// On the test images (or those held out), 0 to 1.
    pub accuracy: f64,
    /// On as many of the images it was trained on, 0 to 1, if it was trained just now.
    pub train_accuracy: Option<f64>,
    /// Seconds of fitting, when it was done.
    pub train_seconds: f64,
    /// Seconds of computing or reading the frozen features, the same for all modes.
    pub feature_seconds: f64,
}

/// A fitted model with all that was measured of it.
pub struct MeasuredFit {
    /// What it reaches.
    pub outcome: Outcome,
    /// Its predictions on the images that are measured on.
    pub predictions: Predictions,
    /// The training loss against passes over the data.
    pub losses: Vec<(f64, f64)>,
    /// ω̄, where there is a gradient term.
    pub omega: Option<Tensor<2>>,
}

/// What `train`, `compare` and `evaluate` give.
pub struct Outcomes {
    /// One for each mode that was asked for.
    pub outcomes: Vec<Outcome>,
    /// Whether they were measured on held-out training images rather than on the test images.
    pub held_out: bool,
    /// The data set.
    pub dataset: Dataset,
    /// The run's folder.
    pub folder: PathBuf,
    /// Seed of all of it, if anything was trained.
    pub seed: Option<u64>,
}
