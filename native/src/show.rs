//! Results on standard output: tables for people, JSON for programs.

use crate::{
    data::Dataset,
    experiment::{Outcome, Outcomes},
};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use shared::config::{Mode, Scope};
use std::{
    fmt::Write as _,
    io::{ErrorKind, Write as _},
};

/// The paper's test accuracy with a BiGAN base network, in % (its Tables 1 and 3).
pub fn paper(dataset: Dataset, mode: Mode, scope: Scope) -> Option<f64> {
    match dataset {
        Dataset::Cifar10 => Some(match (mode, scope) {
            (Mode::Activation, _) => 62.87,
            (Mode::Gradient, Scope::Conv5) => 70.14,
            (Mode::Gradient, Scope::Conv45) => 70.89,
            (Mode::Gradient, Scope::Conv35) => 71.55,
            (Mode::Full, Scope::Conv5) => 70.51,
            (Mode::Full, Scope::Conv45) => 70.78,
            (Mode::Full, Scope::Conv35) => 71.37,
            (Mode::Finetune, Scope::Conv5) => 71.78,
            (Mode::Finetune, Scope::Conv45) => 73.18,
            (Mode::Finetune, Scope::Conv35) => 74.30,
        }),
        Dataset::Cifar100 => conv5([34.30, 38.99, 39.37, 41.05], mode, scope),
        Dataset::Svhn => conv5([82.04, 89.91, 89.96, 91.15], mode, scope),
    }
}

/// Of the figures for activation, gradient, full and fine-tuning, those that Table 3 has for the scope conv5 alone.
fn conv5([activation, gradient, full, finetune]: [f64; 4], mode: Mode, scope: Scope) -> Option<f64> {
    match mode {
        Mode::Activation => Some(activation),
        _ if scope != Scope::Conv5 => None,
        Mode::Gradient => Some(gradient),
        Mode::Full => Some(full),
        Mode::Finetune => Some(finetune),
    }
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
fn percent(figure: Option<f64>) -> String {
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
