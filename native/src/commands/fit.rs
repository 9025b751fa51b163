//! `gradfeat train` and `gradfeat compare`: fit one of the four models, or all of them, and measure them.

use super::{environment, table};
use crate::{
    cli::{Common, Experiment},
    experiment::{run, settings::Settings},
    progress::Progress,
    report,
};
use anyhow::Result;
use gradient_features::Mode;

/// Fits the one model that the settings name.
pub fn train(experiment: Experiment, common: &Common, progress: Progress) -> Result<()> {
    let given = experiment.settings.clone();
    let settings = environment::settings(experiment, common)?;
    let mode = settings.one_mode()?;
    settings.check_effect(&given, &[mode])?;
    fit(&settings, &[mode], &format!("train-{mode}"), common, progress)
}

/// Fits all four models.
pub fn compare(experiment: Experiment, common: &Common, progress: Progress) -> Result<()> {
    let given = experiment.settings.clone();
    let settings = environment::settings(experiment, common)?;
    settings.check_all_modes()?;
    settings.check_effect(&given, Mode::ALL)?;
    fit(&settings, Mode::ALL, "compare", common, progress)
}

fn fit(settings: &Settings, modes: &[Mode], name: &str, common: &Common, progress: Progress) -> Result<()> {
    let environment = environment::environment(common, progress)?;
    let finished = run::run(settings, modes, name, &environment)?;
    report::train::write(&finished, &environment.compute.name)?;
    table::print(&finished.outcomes(), &environment.compute.name, common.json)
}
