//! `gradfeat ablate`: the paper's Table 1.

use super::environment;
use crate::{
    cli::{Common, Experiment},
    experiment::ablation::{self, Ablation},
    paper, print,
    progress::Progress,
    report,
};
use anyhow::Result;
use gradient_features::Mode;
use std::fmt::Write;

/// Takes the gradient with each part of the network random or trained, then writes the report and prints the table.
pub fn run(experiment: Experiment, common: &Common, progress: Progress) -> Result<()> {
    let given = experiment.settings.clone();
    let settings = environment::settings(experiment, common)?;
    settings.check_effect(&given, &[Mode::Gradient, Mode::Full])?;
    let environment = environment::environment(common, progress)?;
    let ablation = ablation::run(&settings, &environment)?;
    report::ablation::write(&ablation, &environment.compute.name, &settings.to_toml()?)?;
    if common.json { print::json(&ablation.rows) } else { print::text(&table(&ablation)?) }
}

fn table(ablation: &Ablation) -> Result<String> {
    let mut text =
        String::from("| scope   | θ1      | θ2      | ω       | gradient % | paper % | full % | paper % |\n");
    text += "|---------|---------|---------|---------|-----------:|--------:|-------:|--------:|\n";
    for row in &ablation.rows {
        let [gradient, full] =
            paper::ablation(ablation.dataset, row.origins(), row.scope).map_or([None; 2], |figures| figures.map(Some));
        writeln!(
            text,
            "| {:<7} | {:<7} | {:<7} | {:<7} | {:>10.2} | {:>7} | {:>6.2} | {:>7} |",
            row.scope,
            row.theta1,
            row.theta2,
            row.omega,
            100.0 * row.gradient,
            print::percent(gradient),
            100.0 * row.full,
            print::percent(full),
        )?;
    }
    let measured = if ablation.held_out { "held-out training images" } else { "the test images" };
    write!(text, "\nMeasured on {measured}. Folder: {}", ablation.folder.display())?;
    Ok(text)
}
