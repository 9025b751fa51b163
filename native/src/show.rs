//! Results on standard output: tables for people, JSON for programs.

use crate::experiment::Outcomes;
use anyhow::Result;
use serde_json::{Map, Value, json};
use shared::config::{Mode, Scope};

/// The paper's test accuracy on CIFAR-10 with a BiGAN base network, in % (its Tables 1 and 3).
pub fn paper(mode: Mode, scope: Scope) -> f64 {
    match (mode, scope) {
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
    }
}

/// The table of `train` and `compare`.
pub fn table(results: &Outcomes, device: &str) {
    let measured = if results.held_out { "held out" } else { "test" };
    println!("| mode       | scope   | {measured:>8} % | paper % | train % | fit s | features s |");
    println!("|------------|---------|-----------:|--------:|--------:|------:|-----------:|");
    for outcome in &results.outcomes {
        println!(
            "| {:<10} | {:<7} | {:>10.2} | {:>7.2} | {:>7} | {:>5.1} | {:>10.1} |",
            outcome.mode,
            outcome.scope,
            100.0 * outcome.accuracy,
            paper(outcome.mode, outcome.scope),
            outcome.train_accuracy.map_or(String::new(), |accuracy| format!("{:.2}", 100.0 * accuracy)),
            outcome.train_seconds,
            outcome.feature_seconds,
        );
    }
    let seed = results.seed.map_or(String::new(), |seed| format!(" Seed: {seed}."));
    println!("\nDevice: {device}.{seed} Folder: {}", results.folder.display());
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
            (outcome.mode.to_string(), entry)
        })
        .collect();
    println!("{}", serde_json::to_string_pretty(&object)?);
    Ok(())
}
