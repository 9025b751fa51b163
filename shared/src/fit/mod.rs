//! Fitting the linear models. Every solver has one contract: a [`Job`] in, typed [`Event`]s to a listener, a
//! [`Head`] or a [`FitError`] back. [`Job::fit`] is the entry; [`live`] takes the same steps one by one.

pub mod adam;
pub mod cholesky;
mod conjugate;
pub mod first_order;
pub mod lbfgs;
pub mod live;
mod order;
pub mod ridge;

use crate::{
    ReadError,
    fit::{cholesky::NotPositiveDefinite, ridge::RidgeError},
    model::{encoder::Encoder, linear::Head},
};
use burn::tensor::Device;
use first_order::FirstOrderConfig;
use lbfgs::LbfgsConfig;
use ridge::RidgeConfig;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

pub use crate::model::samples::Samples;

/// What is to be fitted, and on what.
#[derive(Debug)]
pub struct Job<'a, S> {
    /// The base network.
    pub encoder: &'a Encoder,
    /// Where the fit starts; it says which parameters are trained.
    pub start: &'a Head,
    /// The images.
    pub samples: &'a S,
    /// Those of them that are fitted on.
    pub indices: &'a [usize],
    /// What computes.
    pub device: &'a Device,
}

impl<S> Clone for Job<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Job<'_, S> {}

impl<S: Samples> Job<'_, S> {
    /// Fits the head of this job. `listen` gets every event; a `Break` from it ends the fit.
    ///
    /// # Errors
    /// When the images or the device cannot be read, the listener asks to stop, or the solver finds no model.
    pub async fn fit(
        self,
        config: impl Into<FitConfig>,
        listen: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Head, FitError<S::Error>> {
        match config.into() {
            FitConfig::FirstOrder(config) => config.solve(self, listen).await,
            FitConfig::Lbfgs(config) => config.solve(self, listen).await,
            FitConfig::Ridge(config) => config.solve(self, listen).await,
        }
    }
}

/// A way to fit a head: what every solver's settings implement.
trait Solver {
    async fn solve<S: Samples>(
        self,
        job: Job<'_, S>,
        listen: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Head, FitError<S::Error>>;
}

/// The solver of one fit with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FitConfig {
    /// Step by step, on a batch each.
    FirstOrder(FirstOrderConfig),
    /// On the whole loss.
    Lbfgs(LbfgsConfig),
    /// The gradient model at once, by its kernel.
    Ridge(RidgeConfig),
}

impl From<FirstOrderConfig> for FitConfig {
    fn from(config: FirstOrderConfig) -> Self {
        Self::FirstOrder(config)
    }
}

impl From<LbfgsConfig> for FitConfig {
    fn from(config: LbfgsConfig) -> Self {
        Self::Lbfgs(config)
    }
}

impl From<RidgeConfig> for FitConfig {
    fn from(config: RidgeConfig) -> Self {
        Self::Ridge(config)
    }
}

/// The L2 penalties of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decays {
    /// On w1, or fine-tuning's ω.
    pub classifier: f32,
    /// On w2, or fine-tuning's θ2. For kernel ridge a share of the mean of the kernel's diagonal.
    pub gradient: f32,
}

impl FitConfig {
    /// Its penalties.
    pub fn decays(&self) -> Decays {
        let (classifier, gradient) = match self {
            Self::FirstOrder(config) => (config.classifier_decay, config.gradient_decay),
            Self::Lbfgs(config) => (config.classifier_decay, config.gradient_decay),
            Self::Ridge(config) => (0.0, config.ridge),
        };
        Decays { classifier, gradient }
    }

    /// The same with other penalties.
    pub fn with_decays(self, Decays { classifier, gradient }: Decays) -> Self {
        let (classifier_decay, gradient_decay) = (classifier, gradient);
        match self {
            Self::FirstOrder(config) => {
                Self::FirstOrder(FirstOrderConfig { classifier_decay, gradient_decay, ..config })
            }
            Self::Lbfgs(config) => Self::Lbfgs(LbfgsConfig { classifier_decay, gradient_decay, ..config }),
            Self::Ridge(config) => Self::Ridge(RidgeConfig { ridge: gradient, ..config }),
        }
    }

    /// Images at once; `None` for a solver that takes all of them.
    pub fn batch(&self) -> Option<usize> {
        match self {
            Self::FirstOrder(config) => Some(config.batch),
            Self::Lbfgs(config) => Some(config.batch),
            Self::Ridge(_) => None,
        }
    }

    /// Steps or iterations that a fit on so many images takes at most.
    pub fn steps(&self, images: usize) -> usize {
        match self {
            Self::FirstOrder(config) => config.epochs * images.div_ceil(config.batch),
            Self::Lbfgs(config) => config.iterations,
            Self::Ridge(_) => 1,
        }
    }
}

/// What happens in a fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Some more steps are done.
    Step {
        /// Steps done.
        step: usize,
        /// Steps in all.
        steps: usize,
        /// The loss of the last one.
        loss: f32,
    },
    /// A pass is done.
    Epoch {
        /// Passes done.
        epoch: usize,
        /// Passes in all.
        epochs: usize,
        /// Mean loss over the pass, each batch's before its step.
        loss: f32,
    },
    /// An iteration of the second-order solver is done.
    Iteration {
        /// Images that the loss is over.
        images: usize,
        /// Iterations done on them.
        iteration: usize,
        /// The regularised loss.
        loss: f32,
        /// The norm of its gradient, as a part of what it was at the start.
        gradient: f32,
    },
}

/// Why a fit ended without a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError<E> {
    /// The images cannot be read.
    #[error("{0}")]
    Samples(E),
    /// The device cannot be read.
    #[error(transparent)]
    Device(#[from] ReadError),
    /// The listener asked to stop.
    #[error("stopped")]
    Stopped,
    /// The loss is no number any more.
    #[error("the loss is no longer a number at step {step}; try a smaller learning rate than {learning_rate}")]
    Diverged {
        /// The step.
        step: usize,
        /// The learning rate at the start.
        learning_rate: f64,
    },
    /// The loss of the second-order solver is no number.
    #[error("the loss is not a number")]
    NotFinite,
    /// The inputs of a layer are no numbers.
    #[error(transparent)]
    Moments(#[from] NotPositiveDefinite),
    /// Kernel ridge with more images than its kernel has room for, or with none.
    #[error("kernel ridge takes from 1 to {most} images here, not {images}: the Gram matrix grows with their square")]
    KernelImages {
        /// The images asked for.
        images: usize,
        /// The most.
        most: usize,
    },
    /// Kernel ridge is for the gradient model alone.
    #[error("kernel ridge fits the gradient model alone")]
    NotGradient,
    /// Kernel ridge has no solution.
    #[error(transparent)]
    Kernel(#[from] RidgeError),
}

/// Gives an event to the listener.
fn report<E>(listen: &mut impl FnMut(Event) -> ControlFlow<()>, event: Event) -> Result<(), FitError<E>> {
    if listen(event).is_break() { Err(FitError::Stopped) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Mode;

    #[test]
    fn every_solver_takes_other_penalties_and_says_how_long_it_is() {
        let steps = FirstOrderConfig { epochs: 3, batch: 4, ..FirstOrderConfig::for_mode(Mode::Full, 1) };
        let whole = LbfgsConfig { iterations: 7, ..LbfgsConfig::for_mode(Mode::Full, 1) };
        let ridge = RidgeConfig { images: None, ridge: 1.0, seed: 1 };
        let solvers: [(FitConfig, usize); 3] = [(steps.into(), 9), (whole.into(), 7), (ridge.into(), 1)];
        for (config, length) in solvers {
            assert_eq!(config.steps(10), length, "{config:?}");
            let classifier = if config == FitConfig::Ridge(ridge) { 0.0 } else { 0.5 };
            let changed = config.with_decays(Decays { classifier, gradient: 0.25 });
            assert_eq!(changed.decays(), Decays { classifier, gradient: 0.25 }, "{config:?}");
            assert_eq!(changed.with_decays(config.decays()), config, "nothing else changes");
        }
    }
}
