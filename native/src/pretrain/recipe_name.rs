//! The recipes by name, with their published settings.

use serde::{Deserialize, Serialize};
use vocabulary::named;

/// A way to train a base network without labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum RecipeName {
    /// Adversarially learned inference.
    Ali,
    /// The Wasserstein BiGAN.
    Wali,
    /// The variational autoencoder.
    Vae,
    /// The rotation pretext.
    Rotation,
}
named!(RecipeName, "recipe", { Ali => "ali", Wali => "wali", Vae => "vae", Rotation => "rotation" });

/// How long and how fast a recipe trains.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Passes over the images.
    pub epochs: usize,
    /// Images a step.
    pub batch: usize,
    /// The learning rate at the start.
    pub learning_rate: f64,
}

impl RecipeName {
    /// The published settings.
    pub const fn defaults(self) -> Schedule {
        match self {
            Self::Ali => Schedule { epochs: 20, batch: 100, learning_rate: 1e-4 },
            Self::Wali => Schedule { epochs: 20, batch: 64, learning_rate: 1e-4 },
            Self::Vae => Schedule { epochs: 5, batch: 64, learning_rate: 1e-4 },
            Self::Rotation => Schedule { epochs: 15, batch: 64, learning_rate: 0.05 },
        }
    }
}
