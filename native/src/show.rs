//! Results on standard output: tables for people, JSON for programs.

use crate::{
    ablate::{self, Ablation},
    bench::Timing,
    data::Dataset,
    experiment::{Outcome, Outcomes},
};
use anyhow::{Context, Result};
use gradient_features::{Mode, Scope};
use serde_json::{Map, Value, json};
use std::{
    fmt::Write as _,
    io::{ErrorKind, Write as _},
};

/// The paper's test accuracy in % (its Tables 1 and 3), where it has one: with a VAE as the base network for conv8, with
/// a BiGAN for the other scopes.
pub fn paper(dataset: Dataset, mode: Mode, scope: Scope) -> Option<f64> {
    let [activation, gradient, full, finetune] = match (dataset, scope) {
        (Dataset::Cifar10, Scope::Conv5) => [62.87, 70.14, 70.51, 71.78],
        (Dataset::Cifar10, Scope::Conv45) => [62.87, 70.89, 70.78, 73.18],
        (Dataset::Cifar10, Scope::Conv35) => [62.87, 71.55, 71.37, 74.30],
        (Dataset::Cifar10, Scope::Conv8) => [52.05, 61.47, 61.16, 65.16],
        (Dataset::Cifar100, Scope::Conv5) => [34.30, 38.99, 39.37, 41.05],
        (Dataset::Cifar100, Scope::Conv8) => [29.20, 35.10, 34.83, 37.86],
        (Dataset::Svhn, Scope::Conv5) => [82.04, 89.91, 89.96, 91.15],
        (Dataset::Svhn, Scope::Conv8) => [81.95, 91.44, 90.90, 93.61],
        (Dataset::Cifar100 | Dataset::Svhn | Dataset::SvhnExtra, _) => return None,
    };
    Some(match mode {
        Mode::Activation => activation,
        Mode::Gradient => gradient,
        Mode::Full => full,
        Mode::Finetune => finetune,
    })
}

/// The table of `train` and `compare`.
pub fn table(results: &Outcomes, device: &str) -> Result<()> {
    let mut text = String::new();
    let measured = if results.held_out { "held out" } else { "test" };
    writeln!(text, "| mode       | scope   | {measured:>8} % | paper % | train % | fit s | features s |")?;
    writeln!(text, "|------------|---------|-----------:|--------:|--------:|------:|-----------:|")?;
    for outcome in &results.outcomes {
        writeln!(
            text,
            "| {:<10} | {:<7} | {:>10.2} | {:>7} | {:>7} | {:>5.1} | {:>10.1} |",
            outcome.mode,
            outcome.scope,
            100.0 * outcome.accuracy,
            percent(paper(results.dataset, outcome.mode, outcome.scope)),
            percent(outcome.train_accuracy.map(|accuracy| 100.0 * accuracy)),
            outcome.train_seconds,
            outcome.feature_seconds,
        )?;
    }
    let seed = results.seed.map_or(String::new(), |seed| format!(" Seed: {seed}."));
    write!(text, "\nDevice: {device}.{seed} Folder: {}", results.folder.display())?;
    print(&text)
}

/// A figure for a table, or a gap where there is none.
pub fn percent(figure: Option<f64>) -> String {
    figure.map_or(String::new(), |figure| format!("{figure:.2}"))
}

/// The object of `train --json` and `compare --json`: for each mode, what it reaches.
pub fn json(results: &Outcomes, device: &str) -> Result<()> {
    let accuracy = if results.held_out { "held_out_accuracy" } else { "test_accuracy" };
    let object: Map<String, Value> = results
        .outcomes
        .iter()
        .map(|outcome| {
            let entry = json!({
                accuracy: outcome.accuracy,
                "train_accuracy": outcome.train_accuracy,
                "train_seconds": outcome.train_seconds,
                "feature_seconds": outcome.feature_seconds,
                "device": device,
                "seed": results.seed,
                "scope": outcome.scope,
                "run": results.folder.display().to_string(),
            });
            (name(results, outcome), entry)
        })
        .collect();
    print(&serde_json::to_string_pretty(&object)?)
}

/// A result's key: its mode, with the scope behind it where that alone would stand for several.
fn name(results: &Outcomes, outcome: &Outcome) -> String {
    let alone = results.outcomes.iter().filter(|other| other.mode == outcome.mode).count() == 1;
    if alone { outcome.mode.to_string() } else { format!("{}/{}", outcome.mode, outcome.scope) }
}

/// Writes to standard output, with a line's end. A reader who has heard enough is no error.
pub fn print(text: &str) -> Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("the results cannot be written"),
        _ => Ok(()),
    }
}

/// The table of `bench`, or its JSON.
pub fn timings(timings: &[Timing], json: bool) -> Result<()> {
    if json {
        return print(&serde_json::to_string_pretty(timings)?);
    }
    let mut text = format!("{:<40} {:>6} {:>9} {:>9}\n", "work", "images", "ms", "images/s");
    for Timing { work, images, milliseconds } in timings {
        let rate = 1e3 * *images as f64 / milliseconds;
        writeln!(text, "{work:<40} {images:>6} {milliseconds:>9.1} {rate:>9.0}")?;
    }
    print(text.trim_end())
}

/// The table of `ablate`, or its JSON.
pub fn ablation(ablation: &Ablation, json: bool) -> Result<()> {
    if json {
        return print(&serde_json::to_string_pretty(&ablation.rows)?);
    }
    let mut text =
        String::from("| scope   | θ1      | θ2      | ω       | gradient % | paper % | full % | paper % |\n");
    text += "|---------|---------|---------|---------|-----------:|--------:|-------:|--------:|\n";
    for row in &ablation.rows {
        let [gradient, full] = ablate::paper(ablation.dataset, row).map_or([None; 2], |figures| figures.map(Some));
        writeln!(
            text,
            "| {:<7} | {:<7} | {:<7} | {:<7} | {:>10.2} | {:>7} | {:>6.2} | {:>7} |",
            row.scope,
            row.theta1,
            row.theta2,
            row.omega,
            100.0 * row.gradient,
            percent(gradient),
            100.0 * row.full,
            percent(full),
        )?;
    }
    let measured = if ablation.held_out { "held-out training images" } else { "the test images" };
    write!(text, "\nMeasured on {measured}. Folder: {}", ablation.folder.display())?;
    print(&text)
}
