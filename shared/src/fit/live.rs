//! The four models in training side by side on a few images, a step at a time: what a page can show while it goes on.
//!
//! The images' frozen features are all in memory. First the activation model is fitted, for ω̄; then all four start
//! together, the activation model anew. Nothing here reads numbers from the device.

use crate::{
    fit::first_order::{self, FirstOrderConfig, Samples, Trainer},
    model::{encoder::Encoder, features::FrozenFeatures, linear::Head},
};
use burn::tensor::{Device, Tensor};
use std::{collections::BTreeMap, convert::Infallible};
use vocabulary::{Mode, Scope};

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

/// How a lesson goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The layers whose parameters the gradient is taken by.
    pub scope: Scope,
    /// The classes' names.
    pub classes: Vec<String>,
    /// About how many steps it has: whole passes over the images.
    pub steps: usize,
    /// Where the order of the images comes from.
    pub seed: u64,
}

impl Plan {
    fn trainer(&self, head: &Head, images: usize, device: &Device) -> Trainer {
        let config = FirstOrderConfig::for_few(head.mode, self.seed, images, self.steps);
        Trainer::new(head, config, images, &device.clone().autodiff())
    }
}

/// A lesson: models, and the images that they learn from.
pub struct Lesson {
    plan: Plan,
    encoder: Encoder,
    examples: Examples,
    device: Device,
    base: Trainer,
    trainers: BTreeMap<Mode, Trainer>,
}

impl Lesson {
    /// Before anything is fitted; ω̄ comes first.
    pub fn new(plan: Plan, encoder: Encoder, examples: Examples, device: &Device) -> Self {
        let head = Head::activation(&encoder, plan.scope, plan.classes.clone(), device);
        let base = plan.trainer(&head, examples.fitted, device);
        Self { plan, encoder, examples, device: device.clone(), base, trainers: BTreeMap::new() }
    }

    /// Whether ω̄ is still to be fitted.
    pub fn is_preparing(&self) -> bool {
        self.trainers.is_empty()
    }

    /// Takes a step towards ω̄; with the last one, the four models start.
    pub fn prepare(&mut self) {
        step(&mut self.base, &self.encoder, &self.examples, &self.device);
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

    /// From here on, the activation term goes by another network's f of the same images, `[N, 512]`.
    pub fn go_by(&mut self, activation: Tensor<2>) {
        self.examples.frozen.activation = Some(activation);
    }

    fn start(&mut self) {
        let base = self.base();
        for &mode in Mode::ALL {
            let head = match mode {
                Mode::Activation => {
                    Head::activation(&self.encoder, self.plan.scope, self.plan.classes.clone(), &self.device)
                }
                _ => Head::start(mode, self.plan.scope, &self.encoder, &base, &self.device),
            };
            self.put(head, 0);
        }
    }

    /// Goes on with another model in place of its mode's, after so many steps.
    pub fn put(&mut self, head: Head, step: usize) {
        let trainer = self.plan.trainer(&head, self.examples.fitted, &self.device).after(step);
        self.trainers.insert(head.mode, trainer);
    }

    /// Steps in all.
    pub fn steps(&self) -> usize {
        self.base.steps()
    }

    /// Takes a model's next step; gives the mean loss over its images before it, `[1]`.
    pub fn step(&mut self, mode: Mode) -> Option<Tensor<1>> {
        let trainer = self.trainers.get_mut(&mode)?;
        Some(step(trainer, &self.encoder, &self.examples, &self.device))
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

fn step(trainer: &mut Trainer, encoder: &Encoder, examples: &Examples, device: &Device) -> Tensor<1> {
    let batch = trainer.batch().to_vec();
    let labels = first_order::labels(examples, &batch, device);
    trainer.step(encoder, &examples.frozen.select(&batch), labels)
}
