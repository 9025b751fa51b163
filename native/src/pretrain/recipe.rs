//! What the training loop needs of a recipe.

use super::{
    moving_average,
    pictures::Picture,
    random::{self, Purpose},
};
use anyhow::{Context, Result};
use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    store::ModuleRecord,
    tensor::{Bytes, Gradients, Tensor},
};
use gradient_features::{images::ImageSet, model::encoder::Encoder};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Named numbers of one step, for people: losses, accuracies.
pub type Values = Vec<(&'static str, f64)>;

/// The state of a recipe, in Burn's own format, by name.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// The value that says how varied the generated images are, as a share of the data's own deviation.
pub const SPREAD: &str = "spread";

/// One step of a run.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// The training images.
    pub images: &'a ImageSet,
    /// Images a step.
    pub batch: usize,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Which step, from 0.
    pub index: usize,
    /// Steps in all.
    pub steps: usize,
    /// The learning rate at the start.
    pub rate: f64,
    /// What is not as published.
    pub departures: Departures,
}

/// Where a run departs from the published recipe: nowhere by default. They may change as a run goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Departures {
    /// For how many steps the encoder and generator of a bidirectional GAN learn as an autoencoder, before the game.
    pub warm_up: usize,
    /// How much the cycle-consistency of a bidirectional GAN counts.
    pub cycle: f64,
    /// How many times the discriminator's edge over chance ALI's encoder and generator learn at.
    pub pace: f64,
    /// Whether a bidirectional GAN's latents of images are without noise.
    pub deterministic: bool,
    /// Over how many of their steps a bidirectional GAN's encoder and generator are averaged into those that are kept.
    pub average: usize,
}

impl Departures {
    /// The deviation of the noise ε in the latents `μ + σ ε` of images.
    pub fn noise_deviation(self) -> f32 {
        f32::from(!self.deterministic)
    }
}

impl Step<'_> {
    /// The images of this step, `[batch, 3, 32, 32]`.
    pub fn pixels(&self) -> Vec<u8> {
        self.images.gather(&random::batch(self.images.len(), self.batch, self.seed, self.index))
    }

    /// Whether the game has not begun yet.
    pub fn is_warm_up(&self) -> bool {
        self.index < self.departures.warm_up
    }

    /// The randomness of this step.
    pub fn random(&self) -> ChaCha8Rng {
        random::generator(self.seed, Purpose::Step, self.index)
    }
}

/// A way to train a base network without labels.
pub trait Recipe {
    /// Takes one step.
    fn step(&mut self, step: Step) -> Values;

    /// Everything that a run needs to go on.
    fn save(&self) -> Result<Parts>;

    /// Goes on from [`Recipe::save`].
    fn restore(&mut self, parts: &Parts) -> Result<()>;

    /// The frozen network that has come of it so far.
    fn encoder(&self) -> Encoder;

    /// What it makes of some images `[N, 3, 32, 32]` now; nothing for a recipe that makes no images.
    fn pictures(&self, _originals: &[u8], _seed: u64) -> Vec<Picture> {
        vec![]
    }
}

/// A loss `[1]` as a number.
pub fn number(loss: Tensor<1>) -> f64 {
    f64::from(loss.into_scalar::<f32>())
}

/// A network with its optimiser.
pub struct Learner<M> {
    /// The network.
    pub net: M,
    /// Its moving average, off the autodiff device, where one is kept.
    average: Option<M>,
    optimizer: ModuleOptimizer,
    fresh: fn() -> ModuleOptimizer,
}

impl<M: Module> Learner<M> {
    /// At the start, with the optimiser that `fresh` makes.
    pub fn new(net: M, fresh: fn() -> ModuleOptimizer) -> Self {
        Self { net, average: None, optimizer: fresh(), fresh }
    }

    /// One step down the gradients of a loss.
    pub fn descend(&mut self, rate: f64, gradients: Gradients) {
        let gradients = GradientsParams::from_grads(gradients, &self.net);
        self.net = self.optimizer.step(rate, self.net.clone(), gradients);
    }

    /// Takes the network as it is now into its moving average over so many steps; keeps none where they are 0.
    pub fn take_into_average(&mut self, steps: usize) {
        let before = self.average.take();
        self.average = (steps > 0).then(|| {
            let net = self.net.valid();
            before.map_or_else(|| net.clone(), |before| moving_average::towards(before, &net, 1.0 / steps as f64))
        });
    }

    /// What has come of it, off the autodiff device: the average where one is kept, else the network.
    pub fn outcome(&self) -> M {
        self.average.clone().unwrap_or_else(|| self.net.valid())
    }

    /// Adds its state to `parts`.
    pub fn save(&self, name: &str, parts: &mut Parts) -> Result<()> {
        let bytes = |net: &M| net.clone().into_record().into_bytes().context("the network cannot be saved");
        let optimizer = self.optimizer.into_bytes().context("the optimiser cannot be saved")?;
        parts.insert(name.to_owned(), bytes(&self.net)?.to_vec());
        parts.insert(format!("{name}.optimizer"), optimizer.to_vec());
        if let Some(average) = &self.average {
            parts.insert(format!("{name}.average"), bytes(average)?.to_vec());
        }
        Ok(())
    }

    /// Takes its state from `parts`.
    pub fn restore(&mut self, name: &str, parts: &Parts) -> Result<()> {
        let part = |name: &str| {
            let bytes = parts.get(name).with_context(|| format!("it has no part {name:?}"))?;
            Ok::<_, anyhow::Error>(Bytes::from_bytes_vec(bytes.clone()))
        };
        self.net = self.net.clone().try_load_record(ModuleRecord::from_bytes(part(name)?)?)?;
        self.optimizer = (self.fresh)().from_bytes(part(&format!("{name}.optimizer"))?)?;
        let average = format!("{name}.average");
        self.average = match parts.contains_key(&average) {
            true => Some(self.net.valid().try_load_record(ModuleRecord::from_bytes(part(&average)?)?)?),
            false => None,
        };
        Ok(())
    }
}
