//! `gradfeat pretrain`: a base network, trained without labels.

use super::environment;
use crate::{
    cli::{Common, Pretrain},
    pretrain::{self, Settings},
    progress::Progress,
};
use anyhow::Result;
use std::time::Duration;

/// Runs the recipe, from its start or from its checkpoint.
pub fn run(options: Pretrain, common: &Common, progress: Progress) -> Result<()> {
    let Pretrain { recipe, dataset, .. } = options;
    let settings = Settings {
        recipe,
        dataset,
        data_dir: environment::data_dir(common)?,
        out: options.out.unwrap_or_else(|| pretrain::default_out(&common.runs_dir, dataset, recipe)),
        epochs: options.epochs,
        batch: options.batch,
        learning_rate: options.learning_rate,
        warm_up: options.warm_up,
        cycle: options.cycle,
        pace: options.pace,
        deterministic: options.deterministic,
        average: options.average,
        seed: common.seed.unwrap_or(1),
        resume: options.resume,
        checkpoint_every: Duration::from_secs(options.checkpoint_every),
    };
    pretrain::run(&settings, &environment::announced_device(common, progress)?.device, progress)
}
