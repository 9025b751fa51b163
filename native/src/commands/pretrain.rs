//! `gradfeat pretrain`: a base network, trained without labels.

use super::environment;
use crate::{
    cli::Common,
    pretrain::{self, Settings},
    progress::Progress,
};
use anyhow::Result;

/// Runs the recipe, from its start or from its checkpoint.
pub fn run(settings: Settings, common: &Common, progress: Progress) -> Result<()> {
    let settings = Settings { seed: common.seed, ..settings };
    let data_dir = environment::data_dir(common)?;
    let compute = environment::announced_device(common, progress)?;
    pretrain::run(&settings, &data_dir, &common.runs_dir, &compute.device, progress)
}
