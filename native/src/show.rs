//! Results on standard output: tables for people, JSON for programs.

use crate::{
    bench::Timing,
    experiment::{Outcome, Outcomes},
};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use shared::config::{Mode, Scope};
use std::{
    fmt::Write as _,
    io::{ErrorKind, Write as _},
};

/// The paper's test accuracy on CIFAR-10 in % (its Tables 1 and 3): with a VAE as the base network for conv8, with a
/// BiGAN for the other scopes.
pub fn paper(mode: Mode, scope: Scope) -> f64 {
    match (mode, scope) {
        (Mode::Activation, Scope::Conv8) => 52.05,
        (Mode::Activation, _) => 62.87,
        (Mode::Gradient, Scope::Conv5) => 70.14,
        (Mode::Gradient, Scope::Conv45) => 70.89,
        (Mode::Gradient, Scope::Conv35) => 71.55,
        (Mode::Gradient, Scope::Conv8) => 61.47,
        (Mode::Full, Scope::Conv5) => 70.51,
        (Mode::Full, Scope::Conv45) => 70.78,
        (Mode::Full, Scope::Conv35) => 71.37,
        (Mode::Full, Scope::Conv8) => 61.16,
        (Mode::Finetune, Scope::Conv5) => 71.78,
        (Mode::Finetune, Scope::Conv45) => 73.18,
        (Mode::Finetune, Scope::Conv35) => 74.30,
        (Mode::Finetune, Scope::Conv8) => 65.16,
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
            "| {:<10} | {:<7} | {:>10.2} | {:>7.2} | {:>7} | {:>5.1} | {:>10.1} |",
            outcome.mode,
            outcome.scope,
            100.0 * outcome.accuracy,
            paper(outcome.mode, outcome.scope),
            outcome.train_accuracy.map_or(String::new(), |accuracy| format!("{:.2}", 100.0 * accuracy)),
            outcome.train_seconds,
            outcome.feature_seconds,
        )?;
    }
    let seed = results.seed.map_or(String::new(), |seed| format!(" Seed: {seed}."));
    write!(text, "\nDevice: {device}.{seed} Folder: {}", results.folder.display())?;
    print(&text)
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
