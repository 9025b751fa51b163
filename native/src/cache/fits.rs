//! Fitted heads, kept beside the features that they were fitted on. A fit depends on its base network, its images, its
//! settings and its seed alone, so one that has all of these in common with an earlier one is not done again.

use crate::{files, model_folder};
use anyhow::{Context, Result};
use gradient_features::{
    Mode,
    fit::{Event, FitConfig},
    model::{encoder::Encoder, linear::Head},
    weights::{self, Precision},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Changes whenever a fit of the same settings would give another result.
const VERSION: &str = "fit-5";

/// The files of a fit: its head and its log.
pub struct FitFiles {
    head: PathBuf,
    log: PathBuf,
    /// What the fit depends on, as a checksum.
    pub key: String,
}

/// All that a fit's outcome depends on.
#[derive(Debug, Clone, Serialize)]
pub struct FitKey<'a> {
    /// Which of the four models.
    pub mode: Mode,
    /// How it is fitted.
    pub config: FitConfig,
    /// The key of the features, which stands for the base network, the images and the scope.
    pub features: &'a str,
    /// The images that are fitted on, in order, as a checksum of their indices.
    pub fitted: String,
    /// The key of the fit that it starts from; empty for the activation model.
    pub start: &'a str,
    /// What computes.
    pub device: &'a str,
}

/// How a fit went.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FitLog {
    /// Seconds it took.
    pub seconds: f64,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// SHA-256 of the head's file, so that the two are known to belong together.
    head: String,
}

impl FitFiles {
    /// For the fit that `key` stands for.
    pub fn new(folder: &Path, key: &FitKey) -> Self {
        let key = checksum(&serde_json::to_vec(&(VERSION, key)).expect("words and numbers can be written as JSON"));
        let stem = format!("fit-{}", &key[..24]);
        Self { head: folder.join(format!("{stem}.safetensors")), log: folder.join(format!("{stem}.json")), key }
    }

    /// The fit that is there, if it is whole.
    pub fn load(&self, encoder: &Encoder, device: &burn::tensor::Device) -> Option<(Head, FitLog)> {
        let log: FitLog = serde_json::from_slice(&model_folder::read(&self.log).ok()?).ok()?;
        let bytes = model_folder::read(&self.head).ok()?;
        let head = (checksum(&bytes) == log.head).then(|| weights::read_head(&bytes, encoder, device).ok())??;
        Some((head, log))
    }

    /// Keeps a fit.
    pub fn save(&self, encoder: &Encoder, head: &Head, log: &FitLog) -> Result<()> {
        let bytes = weights::write_head(encoder, head, Precision::F32).context("the fitted model cannot be saved")?;
        let log = FitLog { head: checksum(&bytes), ..log.clone() };
        files::write_whole(&self.head, &bytes)?;
        files::write_whole(&self.log, &serde_json::to_vec(&log)?)
    }
}

/// The checksum of the indices of some images, in order.
pub fn checksum_of_indices(indices: &[usize]) -> String {
    let mut hash = Sha256::new();
    for &index in indices {
        hash.update((index as u64).to_le_bytes());
    }
    files::hex(&hash.finalize())
}

fn checksum(bytes: &[u8]) -> String {
    files::hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradient_features::fit::{first_order::FirstOrderConfig, lbfgs::LbfgsConfig};

    #[test]
    fn everything_that_a_fit_depends_on_is_in_its_key() {
        let steps = FirstOrderConfig::for_mode(Mode::Full, 1);
        let whole = LbfgsConfig::for_mode(Mode::Full, 1);
        let key = FitKey {
            mode: Mode::Full,
            config: FitConfig::FirstOrder(steps),
            features: "a",
            fitted: checksum_of_indices(&[0, 1]),
            start: "b",
            device: "CPU",
        };
        let with = |config| FitKey { config, ..key.clone() };
        let variants = [
            key.clone(),
            FitKey { mode: Mode::Gradient, ..key.clone() },
            FitKey { features: "c", ..key.clone() },
            FitKey { fitted: checksum_of_indices(&[0, 2]), ..key.clone() },
            FitKey { fitted: checksum_of_indices(&[1, 0]), ..key.clone() },
            FitKey { start: "c", ..key.clone() },
            FitKey { device: "GPU", ..key.clone() },
            with(FitConfig::FirstOrder(FirstOrderConfig {
                optimizer: FirstOrderConfig::of_the_paper(1).optimizer,
                ..steps
            })),
            with(FitConfig::FirstOrder(FirstOrderConfig {
                schedule: FirstOrderConfig::of_the_paper(1).schedule,
                ..steps
            })),
            with(FitConfig::FirstOrder(FirstOrderConfig { epochs: steps.epochs + 1, ..steps })),
            with(FitConfig::FirstOrder(FirstOrderConfig { batch: steps.batch + 1, ..steps })),
            with(FitConfig::FirstOrder(FirstOrderConfig { learning_rate: steps.learning_rate * 2.0, ..steps })),
            with(FitConfig::FirstOrder(FirstOrderConfig { classifier_decay: steps.classifier_decay + 1.0, ..steps })),
            with(FitConfig::FirstOrder(FirstOrderConfig { gradient_decay: steps.gradient_decay + 1.0, ..steps })),
            with(FitConfig::FirstOrder(FirstOrderConfig { seed: steps.seed + 1, ..steps })),
            with(FitConfig::Lbfgs(whole)),
            with(FitConfig::Lbfgs(LbfgsConfig { iterations: whole.iterations + 1, ..whole })),
            with(FitConfig::Lbfgs(LbfgsConfig { tolerance: whole.tolerance * 2.0, ..whole })),
            with(FitConfig::Lbfgs(LbfgsConfig { batch: whole.batch + 1, ..whole })),
            with(FitConfig::Lbfgs(LbfgsConfig { classifier_decay: whole.classifier_decay + 1.0, ..whole })),
            with(FitConfig::Lbfgs(LbfgsConfig { gradient_decay: whole.gradient_decay + 1.0, ..whole })),
            with(FitConfig::Lbfgs(LbfgsConfig { seed: whole.seed + 1, ..whole })),
        ];
        let mut keys: Vec<String> = variants.iter().map(|key| FitFiles::new(Path::new(""), key).key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), variants.len());
    }
}
