//! What fitted models reach.

use super::predictions::Predictions;
use crate::data::Dataset;
use burn::tensor::Tensor;
use gradient_features::{Mode, Scope};
use serde::Serialize;
use std::path::PathBuf;

/// What a fitted model reaches.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Which of the four.
    pub mode: Mode,
    /// Its scope.
    pub scope: Scope,
    /// On the test images (or those held out), 0 to 1.
    pub accuracy: f64,
    /// Share of the same images that it and the fine-tuned model of its scope give the same class, 0 to 1, if both are
    /// measured together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finetune_agreement: Option<f64>,
    /// On as many of the images it was trained on, 0 to 1, if it was trained just now.
    pub train_accuracy: Option<f64>,
    /// Seconds of fitting, when it was done.
    pub train_seconds: f64,
    /// Seconds of computing or reading the frozen features, the same for all modes.
    pub feature_seconds: f64,
}

/// A fitted model with all that was measured of it.
pub struct MeasuredFit {
    /// What it reaches.
    pub outcome: Outcome,
    /// Its predictions on the images that are measured on.
    pub predictions: Predictions,
    /// The training loss against passes over the data.
    pub losses: Vec<(f64, f64)>,
    /// ω̄, where there is a gradient term.
    pub omega: Option<Tensor<2>>,
}

/// What `train`, `compare` and `evaluate` give.
pub struct Outcomes {
    /// One for each mode that was asked for.
    pub outcomes: Vec<Outcome>,
    /// Whether they were measured on held-out training images rather than on the test images.
    pub held_out: bool,
    /// How many images they were measured on.
    pub measured: usize,
    /// The data set.
    pub dataset: Dataset,
    /// The run's folder.
    pub folder: PathBuf,
    /// Seed of all of it, if anything was trained.
    pub seed: Option<u64>,
}

/// The outcomes of models that are measured on the same images, each with its agreement with the fine-tuned model of its
/// scope.
pub fn with_agreement(measured: &[(Outcome, &Predictions)]) -> Vec<Outcome> {
    let finetuned = |scope| {
        let is_it = |(outcome, _): &&(Outcome, _)| outcome.mode == Mode::Finetune && outcome.scope == scope;
        measured.iter().find(is_it).map(|(_, predictions)| *predictions)
    };
    let with = |(outcome, predictions): &(Outcome, &Predictions)| Outcome {
        finetune_agreement: finetuned(outcome.scope).map(|finetuned| predictions.agreement(finetuned)),
        ..outcome.clone()
    };
    measured.iter().map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_is_compared_with_the_fine_tuned_one_of_its_own_scope() {
        let outcome = |mode, scope| Outcome {
            mode,
            scope,
            accuracy: 0.5,
            finetune_agreement: None,
            train_accuracy: None,
            train_seconds: 0.0,
            feature_seconds: 0.0,
        };
        let of = |logits: [f32; 4]| Predictions { classes: 2, labels: vec![0, 1], logits: logits.to_vec() };
        let (first, second) = (of([1.0, 0.0, 1.0, 0.0]), of([1.0, 0.0, 0.0, 1.0]));
        let measured = [
            (outcome(Mode::Full, Scope::Conv5), &first),
            (outcome(Mode::Finetune, Scope::Conv5), &second),
            (outcome(Mode::Full, Scope::Conv45), &first),
        ];
        let found: Vec<_> = with_agreement(&measured).into_iter().map(|outcome| outcome.finetune_agreement).collect();
        assert_eq!(found, [Some(0.5), Some(1.0), None]);
    }
}
