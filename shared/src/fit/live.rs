//! The four models in training side by side on a few images, a step at a time: so that a page can show how it goes.
//!
//! The images' frozen features are all in memory. First the activation model is fitted, for ω̄; then all four start
//! together, the activation model from its start again. Nothing here reads numbers from the device.

use crate::{
    fit::{
        Samples,
        first_order::{FirstOrderConfig, Penalties, Trainer},
    },
    model::{config::EncoderConfig, encoder::Encoder, features::FrozenFeatures, linear::Head},
};
use burn::tensor::{Device, Tensor};
use std::{collections::BTreeMap, convert::Infallible};
use vocabulary::{Mode, Scope};

/// The learning rate of the convex models where they are regularised: they come close to their only minimum within a
/// few hundred steps.
const CONVEX_RATE: f64 = 1e-2;

/// Images whose frozen features are in memory, with their classes: those that are fitted on, then those held out.
#[derive(Debug, Clone)]
pub struct Examples {
    /// One row an image.
    pub frozen: FrozenFeatures,
    /// The class of each.
    pub labels: Vec<u8>,
    /// How many are fitted on.
    pub fitted: usize,
}

impl Samples for Examples {
    type Error = Infallible;

    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn frozen(&self, indices: &[usize], _device: &Device) -> Result<FrozenFeatures, Infallible> {
        Ok(self.frozen.select(indices))
    }
}

/// What live training is of.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSettings {
    /// The layers whose parameters the gradient is taken by.
    pub scope: Scope,
    /// The classes' names.
    pub classes: Vec<String>,
    /// About how many steps it takes: whole passes over the images.
    pub steps: usize,
    /// Where the order of the images comes from.
    pub seed: u64,
    /// Whether large weights are penalised, as [`Penalties`] says.
    pub is_regularised: bool,
}

impl LiveSettings {
    /// What trains a model of a mode.
    fn trainer(&self, head: &Head, encoder: &Encoder, images: usize, device: &Device) -> Trainer {
        let EncoderConfig { kind, parametrization, .. } = encoder.config();
        let penalties = Penalties::for_mode(head.mode, parametrization, kind.features());
        self.penalised(head, penalties, images, device)
    }

    fn penalised(&self, head: &Head, penalties: Penalties, images: usize, device: &Device) -> Trainer {
        let config = FirstOrderConfig::for_few(head.mode, self.seed, images, self.steps);
        let new = |config| Trainer::new(head, config, images, &device.clone().autodiff());
        if !self.is_regularised || head.mode == Mode::Finetune {
            return new(config);
        }
        new(FirstOrderConfig { learning_rate: CONVEX_RATE, ..config }).with_penalties(penalties)
    }
}

/// Models, and the images that they are trained on.
pub struct LiveTraining {
    settings: LiveSettings,
    encoder: Encoder,
    examples: Examples,
    device: Device,
    base: Trainer,
    trainers: BTreeMap<Mode, Trainer>,
}

impl LiveTraining {
    /// Before anything is fitted; ω̄ comes first.
    pub fn new(settings: LiveSettings, encoder: Encoder, examples: Examples, device: &Device) -> Self {
        let head = Head::activation(&encoder, settings.scope, settings.classes.clone(), device);
        let base = settings.penalised(&head, Penalties::OMEGA, examples.fitted, device);
        Self { settings, encoder, examples, device: device.clone(), base, trainers: BTreeMap::new() }
    }

    /// Whether ω̄ is still to be fitted.
    pub fn is_preparing(&self) -> bool {
        self.trainers.is_empty()
    }

    /// Takes a step towards ω̄; with the last one, the four models start.
    pub fn prepare(&mut self) {
        advance(&mut self.base, &self.encoder, &self.examples, &self.device);
        if self.base.steps_done() >= self.base.steps() {
            self.start();
        }
    }

    /// Steps done towards ω̄.
    pub fn prepared(&self) -> usize {
        self.base.steps_done()
    }

    /// The activation model that ω̄ is of, as far as it is fitted.
    pub fn base(&self) -> Head {
        self.base.head()
    }

    /// From here on, the activation term takes another network's f of the same images, `[N, 512]`.
    pub fn replace_activation(&mut self, activation: Tensor<2>) {
        self.examples.frozen.activation = Some(activation);
    }

    fn start(&mut self) {
        let base = self.base();
        for &mode in Mode::ALL {
            let head = match mode {
                Mode::Activation => {
                    Head::activation(&self.encoder, self.settings.scope, self.settings.classes.clone(), &self.device)
                }
                _ => Head::start(mode, self.settings.scope, &self.encoder, &base, &self.device),
            };
            self.put(head, 0);
        }
    }

    /// Goes on with another model in place of its mode's, after so many steps.
    pub fn put(&mut self, head: Head, step: usize) {
        let trainer = self.settings.trainer(&head, &self.encoder, self.examples.fitted, &self.device).after(step);
        self.trainers.insert(head.mode, trainer);
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.base.steps()
    }

    /// Takes a model's next step; gives the mean loss over its images before it, `[1]`.
    pub fn step(&mut self, mode: Mode) -> Option<Tensor<1>> {
        let trainer = self.trainers.get_mut(&mode)?;
        Some(advance(trainer, &self.encoder, &self.examples, &self.device))
    }

    /// A model as it is now.
    pub fn head(&self, mode: Mode) -> Option<Head> {
        self.trainers.get(&mode).map(Trainer::head)
    }

    /// The images.
    pub fn examples(&self) -> &Examples {
        &self.examples
    }
}

fn advance(trainer: &mut Trainer, encoder: &Encoder, examples: &Examples, device: &Device) -> Tensor<1> {
    let indices: Vec<usize> = (0..examples.fitted).collect();
    let Ok(loss) = trainer.advance(encoder, examples, &indices, device);
    loss
}
