//! Fitting a head step by step, on one batch of frozen features each: Adam, or gradient descent with momentum.

use crate::{
    ReadError,
    fit::{Event, FitError, Job, Samples, Solver, adam::Adam, order::order, report},
    model::{
        encoder::Encoder,
        features::FrozenFeatures,
        linear::{Head, Parameters},
        ntk::Scales,
        samples::labels,
    },
    numbers,
};
use burn::{
    grad_clipping::GradientClippingConfig,
    module::{Module, ParamGroup},
    nn::loss::CrossEntropyLossConfig,
    optim::{GradientsParams, ModuleOptimizer, SgdConfig, decay::WeightDecayConfig, momentum::MomentumConfig},
    tensor::{Device, Int, Tensor},
};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use vocabulary::{Mode, Parametrization};

/// Steps between two [`Event::Step`]s: reading a loss makes a GPU wait.
const REPORT_EVERY: usize = 20;
/// Images a step where there are few.
const FEW_BATCH: usize = 32;

/// What takes the steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// How slowly the mean of the gradients moves.
        beta_1: f32,
    },
    /// Gradient descent with momentum.
    Sgd {
        /// How much of the last step is in the next.
        momentum: f64,
        /// The largest norm of a parameter's gradient.
        clip: f32,
    },
}

/// How the learning rate falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// To 0, linearly.
    Linear,
    /// By half at the end of each of so many equal parts.
    Halving(usize),
}

impl Schedule {
    /// The factor on the learning rate at a step.
    fn factor(self, step: usize, steps: usize) -> f64 {
        match self {
            Self::Linear => 1.0 - step as f64 / steps as f64,
            Self::Halving(parts) => 0.5_f64.powi((step * parts / steps.max(1)) as i32),
        }
    }
}

/// How a head is fitted step by step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstOrderConfig {
    /// What takes the steps.
    pub optimizer: Optimizer,
    /// How the learning rate falls.
    pub schedule: Schedule,
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

impl FirstOrderConfig {
    /// Settings for a mode, chosen on 5,000 held-out training images of CIFAR-10, the others and their mirror images
    /// being fitted on.
    pub fn for_mode(mode: Mode, seed: u64) -> Self {
        let (epochs, batch, learning_rate, classifier_decay) = match mode {
            Mode::Activation => (8, 128, 3e-3, 0.0),
            Mode::Gradient => (7, 512, 1.1e-2, 0.0),
            Mode::Full => (7, 512, 1.1e-2, 1e-3),
            Mode::Finetune => (5, 256, 4e-3, 0.0),
        };
        let (optimizer, schedule) = (Optimizer::Adam { beta_1: 0.9 }, Schedule::Linear);
        Self { optimizer, schedule, epochs, batch, learning_rate, classifier_decay, gradient_decay: 0.0, seed }
    }

    /// Settings for a few images and about so many steps, chosen on pairs of classes of CIFAR-10's training images, 50
    /// a class.
    pub fn for_few(mode: Mode, seed: u64, images: usize, steps: usize) -> Self {
        let batches = images.div_ceil(FEW_BATCH).max(1);
        Self { epochs: steps.div_ceil(batches), batch: FEW_BATCH, learning_rate: 3e-3, ..Self::for_mode(mode, seed) }
    }

    /// The paper's settings (its appendix): 80,000 steps on batches of 64 of 50,000 images.
    pub fn of_the_paper(seed: u64) -> Self {
        Self {
            optimizer: Optimizer::Adam { beta_1: 0.5 },
            schedule: Schedule::Halving(4),
            epochs: 102,
            batch: 64,
            learning_rate: 1e-3,
            classifier_decay: 1e-6,
            gradient_decay: 1e-6,
            seed,
        }
    }

    /// The settings of the paper's published code: 50,000 steps on batches of 128 of 50,000 images, 80,000 for the
    /// activation model. It clips the gradient's norm over all parameters, we over each.
    pub fn of_the_published_code(mode: Mode, seed: u64) -> Self {
        let (epochs, parts) = if mode == Mode::Activation { (205, 4) } else { (128, 5) };
        let (learning_rate, decay) = match mode {
            Mode::Activation => (1e-2, 1e-6),
            Mode::Gradient | Mode::Full => (1e-1, 5e-5),
            Mode::Finetune => (1e-3, 5e-5),
        };
        Self {
            optimizer: Optimizer::Sgd { momentum: 0.9, clip: 10.0 },
            schedule: Schedule::Halving(parts),
            epochs,
            batch: 128,
            learning_rate,
            classifier_decay: decay,
            gradient_decay: decay,
            seed,
        }
    }
}

/// L2 penalties for a few images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalties {
    /// On w1 and its bias.
    pub classifier: f32,
    /// On w2's weights, as they are stored.
    pub weight: f32,
    /// On w2's biases, as they are stored.
    pub bias: f32,
}

impl Penalties {
    /// For ω̄: gradients by a smaller ω̄ lead to better gradient models.
    pub const OMEGA: Self = Self { classifier: 0.1, weight: 0.0, bias: 0.0 };

    /// For a mode, chosen on CIFAR-10's training images, 20 to 90 a class. Those on w2 weigh weights and biases alike as
    /// they are applied: in the NTK parametrization a stored bias counts so much more than a stored weight that one
    /// penalty for both would leave the bias nearly free, and it is the weights that know more than the activations.
    pub fn for_mode(mode: Mode, parametrization: Parametrization, outputs: usize) -> Self {
        let (classifier, tangent) = match mode {
            Mode::Activation => (0.03, 0.0),
            Mode::Gradient => (0.0, 6e-6),
            Mode::Full => (0.1, 6e-6),
            Mode::Finetune => (0.0, 0.0),
        };
        let scales = Scales::new(parametrization, outputs);
        let bias = (scales.bias / scales.weight).powi(2) as f32;
        Self { classifier, weight: tangent, bias: bias * tangent }
    }
}

/// A head with its optimiser.
pub struct Trainer {
    head: Head,
    optimizer: ModuleOptimizer,
    config: FirstOrderConfig,
    samples: usize,
    step: usize,
    /// The order of the pass that is under way.
    order: Vec<usize>,
}

impl Trainer {
    /// Starts from `head`, which is put on the device that `autodiff` names. `samples` is the number of images.
    pub fn new(head: &Head, config: FirstOrderConfig, samples: usize, autodiff: &Device) -> Self {
        let parameters = head.parameters.clone().fork(autodiff).train();
        let optimizer = optimizer(&parameters, &config);
        Self { head: Head { parameters, ..head.clone() }, optimizer, config, samples, step: 0, order: vec![] }
    }

    /// The same with other penalties, by Adam; the optimiser starts without a state.
    pub fn with_penalties(mut self, penalties: Penalties) -> Self {
        self.optimizer = adam_optimizer(&self.head.parameters, 0.9, penalties);
        self
    }

    /// The same, as if so many steps were done already; the optimiser starts without a state.
    pub fn after(self, step: usize) -> Self {
        let epoch = step / self.batches().max(1);
        Self { step, order: order(self.config.seed, epoch, self.samples), ..self }
    }

    /// Steps of one pass.
    pub fn batches(&self) -> usize {
        self.samples.div_ceil(self.config.batch)
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.config.epochs * self.batches()
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// Which of the samples the next step is on.
    pub fn batch(&mut self) -> &[usize] {
        let (epoch, at) = (self.step / self.batches(), self.step % self.batches());
        if at == 0 {
            self.order = order(self.config.seed, epoch, self.samples);
        }
        let rest = &self.order[at * self.config.batch..];
        &rest[..self.config.batch.min(rest.len())]
    }

    /// One step on a batch with its labels `[N]`; gives the mean cross-entropy before it, `[1]`.
    pub fn step(&mut self, encoder: &Encoder, frozen: &FrozenFeatures, labels: Tensor<1, Int>) -> Tensor<1> {
        let logits = self.head.logits(encoder, frozen).total();
        let loss = CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, labels);
        let grads = GradientsParams::from_grads(loss.backward(), &self.head.parameters);
        let rate = self.config.learning_rate * self.config.schedule.factor(self.step, self.steps());
        self.head.parameters = self.optimizer.step(rate, self.head.parameters.clone(), grads);
        self.step += 1;
        loss.inner()
    }

    /// The next step, on the images of `indices` whose turn it is; gives the mean cross-entropy before it, `[1]`.
    /// It reads no numbers from the device.
    ///
    /// # Errors
    /// When the images cannot be read.
    pub fn advance<S: Samples>(
        &mut self,
        encoder: &Encoder,
        samples: &S,
        indices: &[usize],
        device: &Device,
    ) -> Result<Tensor<1>, S::Error> {
        let batch: Vec<usize> = self.batch().iter().map(|&at| indices[at]).collect();
        let frozen = samples.frozen(&batch, device)?;
        Ok(self.step(encoder, &frozen, labels(samples, &batch, device)))
    }

    /// The head as it is now, without its optimiser and off the autodiff device.
    pub fn head(&self) -> Head {
        Head { parameters: self.head.parameters.valid(), ..self.head.clone() }
    }
}

fn optimizer(parameters: &Parameters, config: &FirstOrderConfig) -> ModuleOptimizer {
    let (classifier, gradient) = (config.classifier_decay, config.gradient_decay);
    match config.optimizer {
        Optimizer::Adam { beta_1 } => {
            adam_optimizer(parameters, beta_1, Penalties { classifier, weight: gradient, bias: gradient })
        }
        Optimizer::Sgd { momentum, clip } => {
            let gradient = ParamGroup::ids_from_module((parameters.tangents.clone(), parameters.replaced.clone()));
            let clip = GradientClippingConfig::Norm(clip);
            let momentum = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0).with_nesterov(false);
            let sgd = |decay: f32| {
                let decay = (decay > 0.0).then(|| WeightDecayConfig::new(decay));
                SgdConfig::new().with_momentum(Some(momentum.clone())).with_weight_decay(decay)
            };
            let clipped = sgd(config.classifier_decay).with_gradient_clipping(Some(clip.clone()));
            clipped.init().with_group(gradient, sgd(config.gradient_decay).build(), Some(clip.init()))
        }
    }
}

fn adam_optimizer(parameters: &Parameters, beta_1: f32, penalties: Penalties) -> ModuleOptimizer {
    let adam = |decay| Adam { beta_1, decay, ..Adam::default() };
    let convs = || parameters.tangents.iter().chain(&parameters.replaced);
    let weights = ParamGroup::ids_from_module(convs().map(|conv| conv.weight.clone()).collect::<Vec<_>>());
    let biases = ParamGroup::ids_from_module(convs().map(|conv| conv.bias.clone()).collect::<Vec<_>>());
    ModuleOptimizer::from(adam(penalties.classifier)).with_group(weights, adam(penalties.weight), None).with_group(
        biases,
        adam(penalties.bias),
        None,
    )
}

impl Solver for FirstOrderConfig {
    async fn solve<S: Samples>(
        self,
        job: Job<'_, S>,
        mut listen: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Head, FitError<S::Error>> {
        let Job { encoder, start, samples, indices, device } = job;
        let mut trainer = Trainer::new(start, self, indices.len(), &device.clone().autodiff());
        for epoch in 1..=self.epochs {
            let mut sum = Tensor::<1>::zeros([1], device);
            for _ in 0..trainer.batches() {
                let loss = trainer.advance(encoder, samples, indices, device).map_err(FitError::Samples)?;
                sum = sum + loss.clone();
                if trainer.step.is_multiple_of(REPORT_EVERY) {
                    let (step, steps, loss) = (trainer.step, trainer.steps(), number(loss).await?);
                    if !loss.is_finite() {
                        return Err(FitError::Diverged { step, learning_rate: self.learning_rate });
                    }
                    report(&mut listen, Event::Step { step, steps, loss })?;
                }
            }
            let loss = number(sum).await? / trainer.batches().max(1) as f32;
            report(&mut listen, Event::Epoch { epoch, epochs: self.epochs, loss })?;
        }
        Ok(trainer.head())
    }
}

/// The only number of a tensor.
async fn number(tensor: Tensor<1>) -> Result<f32, ReadError> {
    Ok(numbers(tensor).await?[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The applied numbers of a layer: stored weights over √512, stored biases times √0.1.
    #[test]
    fn penalties_weigh_weights_and_biases_alike_as_they_are_applied() {
        for mode in [Mode::Gradient, Mode::Full] {
            let standard = Penalties::for_mode(mode, Parametrization::Standard, 512);
            assert_eq!(standard.weight, standard.bias);
            let ntk = Penalties::for_mode(mode, Parametrization::Ntk, 512);
            let applied = [ntk.weight * 512.0, ntk.bias / 0.1];
            assert!((applied[0] / applied[1] - 1.0).abs() < 1e-5, "{mode}: {applied:?}");
        }
    }
}
