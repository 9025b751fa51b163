//! The penalties on a model's weights, and the values that they are chosen from.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// For w1, or fine-tuning's ω.
pub const CLASSIFIER_DECAYS: [f32; 4] = [0.0, 1e-4, 1e-3, 1e-2];
/// For w2, or fine-tuning's θ2.
pub const GRADIENT_DECAYS: [f32; 4] = [0.0, 1e-6, 1e-5, 1e-4];
/// For w2 by kernel ridge, as shares of the kernel's mean diagonal.
pub const RIDGES: [f32; 5] = [1e-2, 1e-1, 1.0, 1e1, 1e2];

/// How penalties that are not given are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// Chosen on held-out training images
    Auto,
}
