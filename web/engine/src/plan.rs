//! What live training and the ablation take from a plan, and why they cannot go on.

use crate::{model::Model, model_error::ModelError, sources::SourceError};
use gradient_features::{
    ReadError, Scope,
    fit::live::{Examples, LiveSettings},
    model::{encoder::ForeignScope, features::FrozenFeatures},
    weights::WeightsError,
};
use protocol::training::Plan;

/// Why training cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the numbers cannot be read back from the processor: {0}")]
    Read(#[from] ReadError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Scope(#[from] ForeignScope),
    #[error("there are no images to learn from")]
    NoImages,
    #[error("the {0} model's loss is no longer a number; reset, and choose more images")]
    Diverged(&'static str),
    #[error("the browser does not take a file of this size ({0})")]
    Browser(String),
    #[error("the file is not usable: {0}")]
    Weights(#[from] WeightsError),
    #[error("the file is of {0:.0} MB: that is no model of this network")]
    Large(f64),
    #[error("the training has not begun yet")]
    NotBegun,
}

/// A plan's scope, if the network has it and there are images.
pub fn scope_of(model: &Model, plan: &Plan) -> Result<Scope, TrainingError> {
    let scope = model.encoder().config().kind.scope(Some(plan.scope))?;
    if plan.fitted == 0 || plan.fitted > plan.images.len() {
        return Err(TrainingError::NoImages);
    }
    Ok(scope)
}

/// A plan's images with what was frozen of them.
pub fn examples(plan: &Plan, frozen: Vec<FrozenFeatures>) -> Result<Examples, TrainingError> {
    let labels = plan.images.iter().map(|(_, class)| *class).collect();
    let frozen = FrozenFeatures::concatenated(frozen).ok_or(TrainingError::NoImages)?;
    Ok(Examples { frozen, labels, fitted: plan.fitted })
}

/// What of a plan concerns the models.
pub fn live_settings(plan: &Plan, scope: Scope) -> LiveSettings {
    let Plan { classes, steps, seed, is_regularised, .. } = plan.clone();
    LiveSettings { scope, classes, steps, seed: u64::from(seed), is_regularised }
}
