//! Base networks, trained without labels.

mod ali;
mod bigan;
mod checkpoint;
mod critic;
mod event;
mod moving_average;
mod nets;
mod pictures;
mod probe;
mod random;
mod recipe;
mod report;
mod rotation;
mod session;
mod vae;
mod wali;

use crate::{
    data::{self, Dataset},
    files,
    interrupt::Interrupt,
    progress::Progress,
};
use anyhow::{Result, bail};
use burn::tensor::Device;
use gradient_features::images::ImageSet;
use recipe::{Departures, Recipe, Step};
use session::Session;
use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

/// The most images a step: their activations have to fit into memory.
const MAX_BATCH: usize = 1024;
/// The most passes.
const MAX_EPOCHS: usize = 100_000;

/// The recipes by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipeName {
    /// Adversarially learned inference.
    Ali,
    /// The Wasserstein BiGAN.
    Wali,
    /// The variational autoencoder.
    Vae,
    /// The rotation pretext.
    Rotation,
}

/// What a recipe does unless told otherwise.
struct Defaults {
    epochs: usize,
    batch: usize,
    learning_rate: f64,
}

impl RecipeName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ali, Self::Wali, Self::Vae, Self::Rotation];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ali => "ali",
            Self::Wali => "wali",
            Self::Vae => "vae",
            Self::Rotation => "rotation",
        }
    }

    /// Images a step, unless told otherwise.
    pub const fn batch(self) -> usize {
        self.defaults().batch
    }

    const fn defaults(self) -> Defaults {
        match self {
            Self::Ali => Defaults { epochs: 20, batch: 100, learning_rate: 1e-4 },
            Self::Wali => Defaults { epochs: 20, batch: 64, learning_rate: 1e-4 },
            Self::Vae => Defaults { epochs: 5, batch: 64, learning_rate: 1e-4 },
            Self::Rotation => Defaults { epochs: 15, batch: 64, learning_rate: 0.05 },
        }
    }

    fn start(self, images: &ImageSet, seed: u64, device: &Device) -> Box<dyn Recipe> {
        match self {
            Self::Ali => Box::new(ali::Ali::new(images, seed, device)),
            Self::Wali => Box::new(wali::Wali::new(images, seed, device)),
            Self::Vae => Box::new(vae::Vae::new(seed, device)),
            Self::Rotation => Box::new(rotation::Rotation::new(seed, device)),
        }
    }
}

impl FromStr for RecipeName {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|recipe| recipe.name() == name) {
            Some(recipe) => Ok(recipe),
            None => bail!("there is no recipe {name:?}; there are {}", Self::ALL.map(Self::name).join(", ")),
        }
    }
}

/// What to pre-train, as the command line says it. What is left open is the recipe's own.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How.
    pub recipe: RecipeName,
    /// Whose training images.
    pub dataset: Dataset,
    /// Where they are, or are fetched to.
    pub data_dir: PathBuf,
    /// Where the base network goes, with the checkpoint, the report and the pictures.
    pub out: PathBuf,
    /// Passes over the data.
    pub epochs: Option<usize>,
    /// Images a step.
    pub batch: Option<usize>,
    /// Learning rate at the start.
    pub learning_rate: Option<f64>,
    /// For how many steps a bidirectional GAN learns as an autoencoder first; where a run goes on, what the checkpoint
    /// says.
    pub warm_up: Option<usize>,
    /// How much the cycle-consistency of a bidirectional GAN counts; where a run goes on, what the checkpoint says.
    pub cycle: Option<f64>,
    /// How many times the discriminator's edge ALI's encoder and generator learn at; where a run goes on, what the
    /// checkpoint says.
    pub pace: Option<f64>,
    /// Whether a bidirectional GAN's latents of images are without noise; where a run goes on, what the checkpoint says.
    pub deterministic: Option<bool>,
    /// Over how many steps of encoder and generator the network that is kept is averaged; where a run goes on, what the
    /// checkpoint says.
    pub average: Option<usize>,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Go on from the checkpoint.
    pub resume: bool,
    /// Time between two checkpoints.
    pub checkpoint_every: Duration,
}

impl Settings {
    fn epochs(&self) -> usize {
        self.epochs.unwrap_or(self.recipe.defaults().epochs)
    }

    fn batch(&self) -> usize {
        self.batch.unwrap_or(self.recipe.batch())
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or(self.recipe.defaults().learning_rate)
    }

    fn check(&self, images: usize) -> Result<()> {
        let most = MAX_BATCH.min(images);
        if !(1..=most).contains(&self.batch()) || !(1..=MAX_EPOCHS).contains(&self.epochs()) {
            bail!("--batch has to be between 1 and {most}, and --epochs between 1 and {MAX_EPOCHS}");
        }
        let rate = self.learning_rate();
        if !rate.is_finite() || rate <= 0.0 {
            bail!("--learning-rate has to be above 0");
        }
        let recipe = self.recipe.name();
        let is_bigan = matches!(self.recipe, RecipeName::Ali | RecipeName::Wali);
        let of_bigans = [
            ("--warm-up", self.warm_up.is_some()),
            ("--cycle", self.cycle.is_some()),
            ("--deterministic", self.deterministic.is_some()),
            ("--average", self.average.is_some()),
        ];
        if let Some((option, _)) = of_bigans.into_iter().find(|(_, given)| *given && !is_bigan) {
            bail!("{option} is for ali and wali: {recipe} has no encoder that plays with a generator");
        }
        if self.pace.is_some() && self.recipe != RecipeName::Ali {
            bail!("--pace is for ali: {recipe} has no discriminator that could be at chance");
        }
        for (option, number) in [("--cycle", self.cycle), ("--pace", self.pace)] {
            if number.is_some_and(|number| !number.is_finite() || number < 0.0) {
                bail!("{option} has to be a finite number, 0 or above");
            }
        }
        Ok(())
    }

    /// What is not as published, in a run where it was so `before`.
    fn departures(&self, before: Departures) -> Departures {
        Departures {
            warm_up: self.warm_up.unwrap_or(before.warm_up),
            cycle: self.cycle.unwrap_or(before.cycle),
            pace: self.pace.unwrap_or(before.pace),
            deterministic: self.deterministic.unwrap_or(before.deterministic),
            average: self.average.unwrap_or(before.average),
        }
    }
}

/// Runs a recipe to its end, or until the user stops it.
pub fn run(settings: &Settings, device: &Device, progress: Progress) -> Result<()> {
    let images = data::load_or_fetch(settings.dataset, &settings.data_dir, progress)?.train;
    settings.check(images.len())?;
    files::make_folder(&settings.out)?;
    files::remove_leftovers(&settings.out)?;
    let interrupt = Interrupt::listen()?;
    let mut session = Session::begin(settings, &images, device)?;
    session.train(progress, || interrupt.asked())?;
    let out = settings.out.display();
    if session.is_done() {
        progress.say(format!("The base network is in {out}, with report.html beside it."));
    } else {
        progress.say(format!("Stopped at {}; --resume goes on from there.", session.position()));
    }
    Ok(())
}

/// A closure that takes one step of a recipe after the other, as published, on `images`: for timing.
pub fn stepper<'a>(recipe: RecipeName, images: &'a ImageSet, device: &Device) -> impl FnMut() + 'a {
    let mut state = recipe.start(images, 1, &device.clone().autodiff());
    let (batch, rate) = (recipe.batch(), recipe.defaults().learning_rate);
    let mut index = 0;
    move || {
        state.step(Step { images, batch, seed: 1, index, steps: usize::MAX, rate, departures: Departures::default() });
        index += 1;
    }
}

/// Where a recipe's base network goes unless told otherwise.
pub fn default_out(runs: &Path, dataset: Dataset, recipe: RecipeName) -> PathBuf {
    runs.join(format!("{}-{}", dataset.name(), recipe.name()))
}
