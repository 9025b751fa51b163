//! What to pre-train, as the command line says it.

use super::{
    options::RecipeOptions,
    recipe_name::{RecipeName, Schedule},
};
use crate::data::Dataset;
use anyhow::{Result, bail};
use clap::Args;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The most images a step: their activations have to fit into memory.
const MAX_BATCH: usize = 1024;
/// The most passes.
const MAX_EPOCHS: usize = 100_000;

/// What to pre-train. What is left open has the recipe's default.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// ali, wali, vae or rotation
    pub recipe: RecipeName,
    /// The data set whose training images are used: cifar10, cifar100 or svhn
    #[arg(long, default_value_t = Dataset::Cifar10)]
    pub dataset: Dataset,
    /// Passes over the images; a run that is done goes on with --resume and more of them [default: ali 20, wali 20, vae 5, rotation 15]
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Images a step; rotation shows each in all four turns [default: ali 100, others 64]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Learning rate at the start [default: 1e-4, rotation 0.05]
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    #[command(flatten)]
    pub options: RecipeOptions,
    /// Where the base network goes, with the checkpoint and the report.
    #[arg(
        long,
        value_name = "DIR",
        help = "Where the base network goes, with the checkpoint and the report [default: <runs-dir>/<dataset>-<recipe>]"
    )]
    pub out: Option<PathBuf>,
    /// Go on from the checkpoint in the folder of --out
    #[arg(long)]
    pub resume: bool,
    /// Seconds between two checkpoints
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub checkpoint_every: u64,
    /// Where all randomness comes from [default: 1]
    #[arg(skip)]
    pub seed: Option<u64>,
}

impl Settings {
    /// How long and how fast to train.
    pub fn schedule(&self) -> Schedule {
        let Schedule { epochs, batch, learning_rate } = self.recipe.defaults();
        Schedule {
            epochs: self.epochs.unwrap_or(epochs),
            batch: self.batch.unwrap_or(batch),
            learning_rate: self.learning_rate.unwrap_or(learning_rate),
        }
    }

    /// Where all randomness comes from.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// The folder of the base network, the checkpoint, the report and the pictures.
    pub fn out(&self, runs_dir: &Path) -> PathBuf {
        let default = || runs_dir.join(format!("{}-{}", self.dataset, self.recipe));
        self.out.clone().unwrap_or_else(default)
    }

    /// Time between two checkpoints.
    pub fn checkpoint_every(&self) -> Duration {
        Duration::from_secs(self.checkpoint_every)
    }

    /// Checks how long and how fast to train, for a data set of `images` training images.
    ///
    /// # Errors
    /// When a number is out of range.
    pub fn check_schedule(&self, images: usize) -> Result<()> {
        let most = MAX_BATCH.min(images);
        let Schedule { epochs, batch, learning_rate } = self.schedule();
        if !(1..=most).contains(&batch) || !(1..=MAX_EPOCHS).contains(&epochs) {
            bail!("--batch has to be between 1 and {most}, and --epochs between 1 and {MAX_EPOCHS}");
        }
        if !learning_rate.is_finite() || learning_rate <= 0.0 {
            bail!("--learning-rate has to be a finite number above 0");
        }
        Ok(())
    }
}
