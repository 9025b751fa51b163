//! What the options that all commands share lead to.

use crate::{
    cache,
    cli::{Common, Experiment},
    data,
    device::{self, ComputeDevice},
    experiment::{context::Environment, settings::Settings},
    progress::Progress,
};
use anyhow::Result;
use std::path::PathBuf;

/// The folders, the device and the progress of an experiment.
pub fn environment(common: &Common, progress: Progress) -> Result<Environment> {
    Ok(Environment {
        data_dir: data_dir(common)?,
        cache_dir: common.cache_dir.clone().map_or_else(cache::default_folder, Ok)?,
        runs_dir: common.runs_dir.clone(),
        compute: device::choose(common.device)?,
        progress,
    })
}

/// The device of a command that trains or measures time; its name is printed.
pub fn announced_device(common: &Common, progress: Progress) -> Result<ComputeDevice> {
    let compute = device::choose(common.device)?;
    progress.say(format!("Computing on: {}", compute.name));
    Ok(compute)
}

/// Where data sets are kept.
pub fn data_dir(common: &Common) -> Result<PathBuf> {
    common.data_dir.clone().map_or_else(data::default_data_dir, Ok)
}

/// The settings of the command line; those that it leaves open come from the file of `--config`.
pub fn settings(experiment: Experiment, common: &Common) -> Result<Settings> {
    let file = experiment.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    Ok(Settings { seed: common.seed, ..experiment.settings }.or(file))
}
