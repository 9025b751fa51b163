//! Fitted heads, kept beside the features that they were fitted on. A fit follows from its base network, its images,
//! its settings and its seed, so that one with all of these the same need not be done again.

use crate::{files, model_folder};
use anyhow::{Context, Result};
use gradient_features::{
    Mode,
    fit::FitConfig,
    model::{encoder::Encoder, linear::Head},
    weights::{self, Precision},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Changes whenever a fit of the same settings would come out otherwise.
const VERSION: &str = "fit-5";

/// Where a fit's head and story are kept.
pub struct Place {
    head: PathBuf,
    story: PathBuf,
    /// What the fit depends on, as a checksum.
    pub key: String,
}

/// All that a fit's outcome depends on.
#[derive(Debug, Clone, Serialize)]
pub struct Facts<'a> {
    /// Which of the four models.
    pub mode: Mode,
    /// How it is fitted.
    pub config: FitConfig,
    /// The key of the features, which stands for the base network, the images and the scope.
    pub features: &'a str,
    /// How many of the images, from the first on.
    pub count: usize,
    /// The key of the fit that it starts from; none for the activation model.
    pub start: &'a str,
    /// What computes.
    pub device: &'a str,
}

/// How a fit went.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Story {
    /// Seconds it took.
    pub seconds: f64,
    /// Its lines of `metrics.jsonl`.
    pub lines: Vec<String>,
    /// SHA-256 of the head's file, so that the two are known to belong together.
    head: String,
}

impl Place {
    /// For the fit that `facts` lead to.
    pub fn new(folder: &Path, facts: &Facts) -> Self {
        let key = checksum(&serde_json::to_vec(&(VERSION, facts)).expect("words and numbers can be written as JSON"));
        let stem = format!("fit-{}", &key[..24]);
        Self { head: folder.join(format!("{stem}.safetensors")), story: folder.join(format!("{stem}.json")), key }
    }

    /// The fit that is there, if it is whole.
    pub fn load(&self, encoder: &Encoder, device: &burn::tensor::Device) -> Option<(Head, Story)> {
        let story: Story = serde_json::from_slice(&model_folder::read(&self.story).ok()?).ok()?;
        let bytes = model_folder::read(&self.head).ok()?;
        let head = (checksum(&bytes) == story.head).then(|| weights::read_head(&bytes, encoder, device).ok())??;
        Some((head, story))
    }

    /// Keeps a fit.
    pub fn save(&self, encoder: &Encoder, head: &Head, story: &Story) -> Result<()> {
        let bytes = weights::write_head(encoder, head, Precision::F32).context("the fitted model cannot be saved")?;
        let story = Story { head: checksum(&bytes), ..story.clone() };
        files::write_whole(&self.head, &bytes)?;
        files::write_whole(&self.story, &serde_json::to_vec(&story)?)
    }
}

fn checksum(bytes: &[u8]) -> String {
    files::hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradient_features::fit::{first_order::FirstOrderConfig, lbfgs::LbfgsConfig};

    #[test]
    fn every_fact_makes_another_key() {
        let steps = FirstOrderConfig::for_mode(Mode::Full, 1);
        let whole = LbfgsConfig::for_mode(Mode::Full, 1);
        let facts = Facts {
            mode: Mode::Full,
            config: FitConfig::FirstOrder(steps),
            features: "a",
            count: 10,
            start: "b",
            device: "CPU",
        };
        let with = |config| Facts { config, ..facts.clone() };
        let variants = [
            facts.clone(),
            Facts { mode: Mode::Gradient, ..facts.clone() },
            Facts { features: "c", ..facts.clone() },
            Facts { count: 11, ..facts.clone() },
            Facts { start: "c", ..facts.clone() },
            Facts { device: "GPU", ..facts.clone() },
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
        let mut keys: Vec<String> = variants.iter().map(|facts| Place::new(Path::new(""), facts).key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), variants.len());
    }
}
