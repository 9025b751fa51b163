//! Fitting a head from kept features: a loop that says what happens and leaves the showing to others.

use crate::{
    config::Mode,
    encoder::Encoder,
    features::Kept,
    linear::{Head, Parameters},
};
use burn::{
    module::{Module, ParamGroup},
    nn::loss::CrossEntropyLossConfig,
    optim::{AdamConfig, GradientsParams, ModuleOptimizer, decay::WeightDecayConfig},
    tensor::{Device, Int, Tensor, TensorData},
};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Steps between two [`Event::Step`]s: reading a loss makes a GPU wait.
const REPORT_EVERY: usize = 20;

/// How a head is fitted: Adam, with a learning rate that falls to 0 linearly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitConfig {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch: usize,
    /// The learning rate at the start.
    pub learning_rate: f64,
    /// L2 penalty on w1 (for fine-tuning: on ω).
    pub classifier_decay: f32,
    /// L2 penalty on w2, in its stored parametrization (for fine-tuning: on θ2).
    pub gradient_decay: f32,
    /// Where the order of the images comes from.
    pub seed: u64,
}

impl FitConfig {
    /// Settings for a mode, chosen on 5,000 held-out training images of CIFAR-10.
    pub fn for_mode(mode: Mode, seed: u64) -> Self {
        let (epochs, batch, learning_rate, classifier_decay) = match mode {
            Mode::Activation => (12, 128, 3e-3, 0.0),
            Mode::Gradient => (8, 256, 6e-3, 0.0),
            Mode::Full => (8, 256, 6e-3, 1e-3),
            Mode::Finetune => (8, 128, 3e-3, 0.0),
        };
        Self { epochs, batch, learning_rate, classifier_decay, gradient_decay: 0.0, seed }
    }
}

/// Images with their labels, in the form that training takes them.
pub trait Samples {
    /// What can go wrong in reading.
    type Error;

    /// The class of each image.
    fn labels(&self) -> &[u8];

    /// The kept features of some images, in this order.
    ///
    /// # Errors
    /// When they cannot be read.
    fn kept(&self, indices: &[usize], device: &Device) -> Result<Kept, Self::Error>;
}

/// What happens in a fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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
        /// Mean loss over the pass, as seen before each step's update.
        loss: f32,
    },
}

/// Why a fit ended without a model.
#[derive(Debug, thiserror::Error)]
pub enum FitError<E> {
    /// The images cannot be read.
    #[error("{0}")]
    Samples(E),
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
}

/// A head with its optimiser.
pub struct Trainer {
    head: Head,
    optimizer: ModuleOptimizer,
    config: FitConfig,
    steps: usize,
    step: usize,
}

impl Trainer {
    /// Starts from `head`, which is put on the device that `autodiff` names. `samples` is the number of images.
    pub fn new(head: &Head, config: FitConfig, samples: usize, autodiff: &Device) -> Self {
        let parameters = head.parameters.clone().fork(autodiff).train();
        let steps = config.epochs * samples.div_ceil(config.batch);
        let optimizer = optimizer(&parameters, &config);
        Self { head: Head { parameters, ..head.clone() }, optimizer, config, steps, step: 0 }
    }

    /// One step on a batch with its labels `[N]`; gives the mean cross-entropy before it, `[1]`.
    pub fn step(&mut self, encoder: &Encoder, kept: &Kept, labels: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.head.logits(encoder, kept).total();
        let loss = CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, labels);
        let grads = GradientsParams::from_grads(loss.backward(), &self.head.parameters);
        let rate = self.config.learning_rate * (1.0 - self.step as f64 / self.steps as f64);
        self.head.parameters = self.optimizer.step(rate, self.head.parameters.clone(), grads);
        self.step += 1;
        loss.inner()
    }

    /// The head as it is now, without its optimiser and off the autodiff device.
    pub fn head(&self) -> Head {
        Head { parameters: self.head.parameters.valid(), ..self.head.clone() }
    }
}

fn optimizer(parameters: &Parameters, config: &FitConfig) -> ModuleOptimizer {
    let adam = |decay: f32| AdamConfig::new().with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay)));
    let gradient = ParamGroup::ids_from_module((parameters.tangents.clone(), parameters.replaced.clone()));
    adam(config.classifier_decay).init().with_group(gradient, adam(config.gradient_decay).build(), None)
}

/// The order in which a pass visits `count` images.
pub fn order(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(epoch as u64));
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random);
    order
}

/// Fits `head` on the images of `indices`, telling `listen` how it goes; a `Break` from it ends the fit.
///
/// # Errors
/// When the images cannot be read, the listener asks to stop, or the loss is no number.
pub fn fit<S: Samples>(
    encoder: &Encoder,
    head: &Head,
    samples: &S,
    indices: &[usize],
    config: FitConfig,
    device: &Device,
    mut listen: impl FnMut(Event) -> ControlFlow<()>,
) -> Result<Head, FitError<S::Error>> {
    let autodiff = device.clone().autodiff();
    let mut trainer = Trainer::new(head, config, indices.len(), &autodiff);
    let mut tell = |event| if listen(event).is_break() { Err(FitError::Stopped) } else { Ok(()) };
    for epoch in 0..config.epochs {
        let (mut sum, mut batches) = (Tensor::<1>::zeros([1], device), 0);
        for batch in order(config.seed, epoch, indices.len()).chunks(config.batch) {
            let batch: Vec<usize> = batch.iter().map(|&at| indices[at]).collect();
            let kept = samples.kept(&batch, device).map_err(FitError::Samples)?;
            let loss = trainer.step(encoder, &kept, labels(samples, &batch, device));
            sum = sum + loss.clone();
            batches += 1;
            if trainer.step.is_multiple_of(REPORT_EVERY) {
                let (step, steps, loss) = (trainer.step, trainer.steps, loss.into_scalar::<f32>());
                if !loss.is_finite() {
                    return Err(FitError::Diverged { step, learning_rate: config.learning_rate });
                }
                tell(Event::Step { step, steps, loss })?;
            }
        }
        let loss = sum.into_scalar::<f32>() / batches.max(1) as f32;
        tell(Event::Epoch { epoch: epoch + 1, epochs: config.epochs, loss })?;
    }
    Ok(trainer.head())
}

/// The class that the head gives each image of `indices`.
///
/// # Errors
/// When the images cannot be read.
pub fn classify<S: Samples>(
    encoder: &Encoder,
    head: &Head,
    samples: &S,
    indices: &[usize],
    batch: usize,
    device: &Device,
) -> Result<Vec<u8>, S::Error> {
    let mut classes = Vec::with_capacity(indices.len());
    for batch in indices.chunks(batch) {
        let kept = samples.kept(batch, device)?;
        let best = head.logits(encoder, &kept).total().argmax(1).into_data();
        classes.extend(best.iter::<i64>().map(|class| u8::try_from(class).unwrap_or(u8::MAX)));
    }
    Ok(classes)
}

/// The part of the images of `indices` that `classes` has right, 0 to 1.
pub fn accuracy<S: Samples>(samples: &S, indices: &[usize], classes: &[u8]) -> f64 {
    let right = indices.iter().zip(classes).filter(|&(&index, &class)| samples.labels()[index] == class).count();
    right as f64 / indices.len().max(1) as f64
}

fn labels<S: Samples>(samples: &S, batch: &[usize], device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = batch.iter().map(|&index| i32::from(samples.labels()[index])).collect();
    Tensor::from_data(TensorData::new(labels, [batch.len()]), device)
}
