//! The commands, one per file.

mod ablate;
mod average;
mod bench;
mod environment;
mod evaluate;
mod export;
mod fetch;
mod fit;
mod gallery;
mod last_layer;
mod precomputed;
mod predict;
mod pretrain;
mod table;

use crate::{
    cli::{Cli, Command, Experiment},
    import,
    progress::Progress,
    threads,
};
use anyhow::Result;

/// Does what the command line says; without a subcommand, `compare`.
pub fn run(cli: Cli) -> Result<()> {
    let common = &cli.common;
    let progress = Progress::new(common.quiet);
    threads::start(common.threads, progress)?;
    match cli.command.unwrap_or_else(|| Command::Compare { experiment: Experiment::default() }) {
        Command::Fetch { dataset, source } => fetch::run(dataset, source, common, progress),
        Command::Pretrain { settings } => pretrain::run(settings, common, progress),
        Command::Train { experiment } => fit::train(experiment, common, progress),
        Command::Compare { experiment } => fit::compare(experiment, common, progress),
        Command::Ablate { experiment } => ablate::run(experiment, common, progress),
        Command::Evaluate { model, head, dataset } => evaluate::run(&model, head, dataset, common, progress),
        Command::Predict { model, head, images } => predict::run(&model, &images, head, common, progress),
        Command::Average { models, head, out } => average::run(&models, head, &out, progress),
        Command::Import { paths, out, assumptions } => import::run(&paths, &out, assumptions, progress),
        Command::Export { model, web, gallery } => export::run(&model, &web, &gallery),
        Command::Bench { base, runs } => bench::run(&base, runs.into(), common, progress),
        Command::Gallery { out } => gallery::run(&out, common, progress),
    }
}
