//! A network with its optimiser, and how both get into a checkpoint and out of it.

use super::moving_average;
use anyhow::{Context, Result};
use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    store::ModuleRecord,
    tensor::{Bytes, Gradients},
};
use std::collections::BTreeMap;

/// The state of networks and optimisers, in Burn's own format, by name.
pub type Parts = BTreeMap<String, Vec<u8>>;

/// What goes into a checkpoint under a name.
pub trait Saved {
    /// Adds its state to `parts`.
    fn save(&self, name: &str, parts: &mut Parts) -> Result<()>;

    /// Takes its state from `parts`.
    fn restore(&mut self, name: &str, parts: &Parts) -> Result<()>;
}

/// A network with its optimiser.
pub struct Learner<M> {
    /// The network.
    pub net: M,
    /// Its moving average, off the autodiff device, where one is kept.
    average: Option<M>,
    optimizer: ModuleOptimizer,
    new_optimizer: fn() -> ModuleOptimizer,
}

impl<M: Module> Learner<M> {
    /// At the start, with the optimiser that `new_optimizer` makes.
    pub fn new(net: M, new_optimizer: fn() -> ModuleOptimizer) -> Self {
        Self { net, average: None, optimizer: new_optimizer(), new_optimizer }
    }

    /// One step of the optimiser.
    pub fn update(&mut self, rate: f64, gradients: Gradients) {
        let gradients = GradientsParams::from_grads(gradients, &self.net);
        self.net = self.optimizer.step(rate, self.net.clone(), gradients);
    }

    /// Takes the network as it is now into its moving average over so many steps; keeps none where they are 0.
    pub fn update_average(&mut self, steps: usize) {
        let before = self.average.take();
        self.average = (steps > 0).then(|| {
            let net = self.net.valid();
            before.map_or_else(|| net.clone(), |before| moving_average::towards(before, &net, 1.0 / steps as f64))
        });
    }

    /// The trained network, off the autodiff device: the average where one is kept, else the network of the last step.
    pub fn trained(&self) -> M {
        self.average.clone().unwrap_or_else(|| self.net.valid())
    }
}

impl<M: Module> Saved for Learner<M> {
    fn save(&self, name: &str, parts: &mut Parts) -> Result<()> {
        let bytes = |net: &M| net.clone().into_record().into_bytes().context("the network cannot be saved");
        let optimizer = self.optimizer.into_bytes().context("the optimiser cannot be saved")?;
        parts.insert(name.to_owned(), bytes(&self.net)?.to_vec());
        parts.insert(format!("{name}.optimizer"), optimizer.to_vec());
        if let Some(average) = &self.average {
            parts.insert(format!("{name}.average"), bytes(average)?.to_vec());
        }
        Ok(())
    }

    fn restore(&mut self, name: &str, parts: &Parts) -> Result<()> {
        let part = |name: &str| {
            let bytes = parts.get(name).with_context(|| format!("it has no part {name:?}"))?;
            Ok::<_, anyhow::Error>(Bytes::from_bytes_vec(bytes.clone()))
        };
        self.net = self.net.clone().try_load_record(ModuleRecord::from_bytes(part(name)?)?)?;
        self.optimizer = (self.new_optimizer)().from_bytes(part(&format!("{name}.optimizer"))?)?;
        let average = format!("{name}.average");
        self.average = match parts.contains_key(&average) {
            true => Some(self.net.valid().try_load_record(ModuleRecord::from_bytes(part(&average)?)?)?),
            false => None,
        };
        Ok(())
    }
}
