//! What the training loop needs of a recipe.

use super::{
    learner::{Parts, Saved},
    options::RecipeOptions,
    pictures::Picture,
    random::{self, Purpose},
};
use anyhow::Result;
use burn::tensor::Tensor;
use gradient_features::{images::IMAGE_BYTES, model::encoder::Encoder};
use rand_chacha::ChaCha8Rng;

/// Named numbers of one step, for people: losses, accuracies.
pub type Values = Vec<(&'static str, f64)>;

/// The value that says how varied the generated images are, as a share of the data's own deviation.
pub const SPREAD: &str = "spread";

/// One step of a run.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// The images of this step, `[N, 3, 32, 32]`.
    pub pixels: &'a [u8],
    /// Where all randomness comes from.
    pub seed: u64,
    /// Which step, from 0.
    pub index: usize,
    /// Steps in all.
    pub steps: usize,
    /// The learning rate at the start.
    pub rate: f64,
    /// What is not as published. It may change when a run goes on.
    pub options: RecipeOptions,
}

impl Step<'_> {
    /// Images of this step.
    pub fn batch(&self) -> usize {
        self.pixels.len() / IMAGE_BYTES
    }

    /// Whether the game has not begun yet.
    pub fn is_warm_up(&self) -> bool {
        self.index < self.options.warm_up.unwrap_or_default()
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

    /// Its networks with their optimisers, by their names in a checkpoint.
    fn learners(&mut self) -> Vec<(&'static str, &mut dyn Saved)>;

    /// The frozen encoder as it is trained so far.
    fn encoder(&self) -> Encoder;

    /// Pictures made from some images `[N, 3, 32, 32]`; none for a recipe that generates no images.
    ///
    /// # Errors
    /// When the device cannot be read.
    fn pictures(&self, _originals: &[u8], _seed: u64) -> Result<Vec<Picture>> {
        Ok(vec![])
    }
}

/// Everything that a run of the recipe needs to go on.
///
/// # Errors
/// When a network or an optimiser cannot be written as bytes.
pub fn save(recipe: &mut dyn Recipe) -> Result<Parts> {
    let mut parts = Parts::new();
    recipe.learners().into_iter().try_for_each(|(name, learner)| learner.save(name, &mut parts))?;
    Ok(parts)
}

/// Goes on from what [`save`] gave.
///
/// # Errors
/// When a part is missing or does not fit.
pub fn restore(recipe: &mut dyn Recipe, parts: &Parts) -> Result<()> {
    recipe.learners().into_iter().try_for_each(|(name, learner)| learner.restore(name, parts))
}

/// A loss `[1]` as a number.
pub fn number(loss: Tensor<1>) -> f64 {
    f64::from(loss.into_scalar::<f32>())
}
