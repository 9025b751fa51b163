//! What `train`, `compare` and `evaluate` print.

use crate::{
    experiment::outcome::{Outcome, Outcomes},
    paper, print,
};
use anyhow::Result;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Prints the outcomes as a table for people, or as JSON for programs.
pub fn print(results: &Outcomes, device: &str, json: bool) -> Result<()> {
    if json { print::json(&object(results, device)) } else { print::text(&table(results, device)?) }
}

/// The table of `train`, `compare` and `evaluate`.
fn table(results: &Outcomes, device: &str) -> Result<String> {
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
            print::percent(paper::accuracy(results.dataset, outcome.mode, outcome.scope)),
            print::percent(outcome.train_accuracy.map(|accuracy| 100.0 * accuracy)),
            outcome.train_seconds,
            outcome.feature_seconds,
        )?;
    }
    let seed = results.seed.map_or(String::new(), |seed| format!(" Seed: {seed}."));
    write!(text, "\nDevice: {device}.{seed} Folder: {}", results.folder.display())?;
    Ok(text)
}

/// The JSON object of the same commands: for each mode, what it reaches.
fn object(results: &Outcomes, device: &str) -> Map<String, Value> {
    let accuracy = if results.held_out { "held_out_accuracy" } else { "test_accuracy" };
    results
        .outcomes
        .iter()
        .map(|outcome| {
            let entry = json!({
                accuracy: outcome.accuracy,
                "images": results.measured,
                "finetune_agreement": outcome.finetune_agreement,
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
        .collect()
}

/// A result's key: its mode, followed by the scope where several results have that mode.
fn name(results: &Outcomes, outcome: &Outcome) -> String {
    let alone = results.outcomes.iter().filter(|other| other.mode == outcome.mode).count() == 1;
    if alone { outcome.mode.to_string() } else { format!("{}/{}", outcome.mode, outcome.scope) }
}
