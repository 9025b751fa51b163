//! `gradfeat`: fetches data, pre-trains base networks, fits and measures models on their gradients.

mod ablate;
mod ablate_report;
mod answers;
mod average;
mod baked;
mod bench;
mod cli;
mod data;
mod decay;
mod device;
mod evaluate;
mod experiment;
mod export;
mod files;
mod gradient_pictures;
mod import;
mod interrupt;
mod kept;
mod kept_fit;
mod model_folder;
mod plot;
mod predict;
mod pretrain;
mod progress;
mod report;
mod run;
mod show;
mod tiles;
#[cfg(test)]
mod trial;

use anyhow::{Context, Result};
use clap::Parser;
use cli::{Cli, Command, Common, Experiment, Which};
use data::{Dataset, Source};
use experiment::{Settings, Surroundings};
use gradient_features::{Mode, Scope};
use pretrain::RecipeName;
use progress::Progress;
use std::{io::Write, path::PathBuf, process::ExitCode, time::Duration};

/// Keeps memory that was given back for what is asked for next. A training step takes and gives back hundreds of
/// megabytes; the C library's allocator returns them to the system, and to be handed them anew was a sixth of a step of
/// the rotation recipe.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    device::prepare_environment();
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let common = &cli.common;
    if let Some(threads) = common.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into());
        pool.build_global().context("the threads cannot be started")?;
    }
    let progress = Progress::new(common.quiet);
    match cli.command.unwrap_or_else(|| Command::Compare { experiment: Experiment::default() }) {
        Command::Fetch { dataset, source } => {
            let source: Option<Source> = source.as_deref().map(str::parse).transpose()?;
            data::fetch(dataset.parse()?, &data_dir(common)?, source, progress)
        }
        Command::Pretrain {
            recipe,
            dataset,
            epochs,
            batch,
            learning_rate,
            warm_up,
            cycle,
            pace,
            deterministic,
            average,
            out,
            resume,
            checkpoint_every,
        } => {
            let (recipe, dataset): (RecipeName, Dataset) = (recipe.parse()?, dataset.parse()?);
            let settings = pretrain::Settings {
                recipe,
                dataset,
                data_dir: data_dir(common)?,
                out: out.unwrap_or_else(|| pretrain::default_out(&common.runs_dir, dataset, recipe)),
                epochs,
                batch,
                learning_rate,
                warm_up,
                cycle,
                pace,
                deterministic,
                average,
                seed: common.seed.unwrap_or(1),
                resume,
                checkpoint_every: Duration::from_secs(checkpoint_every),
            };
            let chosen = device::choose(common.device)?;
            progress.say(format!("Computing on: {}", chosen.name));
            pretrain::run(&settings, &chosen.device, progress)
        }
        Command::Train { experiment } => fit(false, experiment, common, progress),
        Command::Compare { experiment } => fit(true, experiment, common, progress),
        Command::Ablate { experiment } => {
            let settings = settings(experiment, common)?;
            show::ablation(&ablate::run(&settings, &surroundings(common, progress)?)?, common.json)
        }
        Command::Evaluate { model, which, dataset } => {
            let (mode, scope) = parse_which(&which)?;
            let surroundings = surroundings(common, progress)?;
            let results = evaluate::run(&model, mode, scope, dataset.parse()?, &surroundings)?;
            show(&results, &surroundings, common.json)
        }
        Command::Predict { model, which, images } => {
            let (mode, scope) = parse_which(&which)?;
            predict::run(&model, &images, mode, scope, &device::choose(common.device)?, common.json, progress)
        }
        Command::Average { models, which, out } => {
            let (mode, scope) = parse_which(&which)?;
            average::run(&models, mode, scope, &out, progress)
        }
        Command::Import { paths, out, slope, input_range, parametrization, dataset } => {
            let dataset = dataset.as_deref().map(str::parse).transpose()?;
            let parametrization = parametrization.as_deref().map(str::parse).transpose()?;
            let unsaid = import::Unsaid { slope, input_range: input_range.parse()?, parametrization };
            import::run(&paths, &out, unsaid, dataset, progress)
        }
        Command::Export { model, web, gallery } => export::run(&model, &web, &gallery),
        Command::Bench { base, runs } => {
            let chosen = device::choose(common.device)?;
            progress.say(format!("Computing on: {}", chosen.name));
            show::timings(&bench::run(&base, runs.into(), &chosen)?, common.json)
        }
        Command::Gallery { out } => {
            let images = data::load_or_fetch(Dataset::Cifar10, &data_dir(common)?, progress)?;
            data::gallery::write_gallery(&images.test, &out)
        }
    }
}

/// Fits all four models, or the one that the settings name.
fn fit(all: bool, experiment: Experiment, common: &Common, progress: Progress) -> Result<()> {
    let settings = settings(experiment, common)?;
    let (modes, name) = settings.modes(all)?;
    let surroundings = surroundings(common, progress)?;
    let results = experiment::run(&settings, &modes, &name, &surroundings)?;
    show(&results, &surroundings, common.json)
}

/// What the command line says, and where that is silent, the file of `--config`.
fn settings(experiment: Experiment, common: &Common) -> Result<Settings> {
    let file = experiment.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    Ok(Settings { seed: common.seed, ..experiment.settings }.or(file))
}

fn show(results: &experiment::Outcomes, surroundings: &Surroundings, json: bool) -> Result<()> {
    if json {
        return show::json(results, &surroundings.chosen.name);
    }
    show::table(results, &surroundings.chosen.name)
}

fn surroundings(common: &Common, progress: Progress) -> Result<Surroundings> {
    Ok(Surroundings {
        data_dir: data_dir(common)?,
        cache_dir: common.cache_dir.clone().map_or_else(kept::default_folder, Ok)?,
        runs_dir: common.runs_dir.clone(),
        chosen: device::choose(common.device)?,
        progress,
    })
}

fn data_dir(common: &Common) -> Result<PathBuf> {
    common.data_dir.clone().map_or_else(data::default_data_dir, Ok)
}

fn parse_which(which: &Which) -> Result<(Option<Mode>, Option<Scope>)> {
    let mode = which.mode.as_deref().map(str::parse).transpose()?;
    let scope = which.scope.as_deref().map(str::parse).transpose()?;
    Ok((mode, scope))
}
