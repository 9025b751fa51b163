//! Fitting the four models on one base network and measuring them: `train` and `compare`.

mod fitting;
#[cfg(test)]
mod ridge_tests;
pub mod settings;

use crate::{
    data::{self, Dataset, Split},
    decay,
    device::Chosen,
    interrupt::Interrupt,
    model_folder,
    progress::Progress,
    report,
    run::Run,
};
use anyhow::{Context, Result, bail};
pub use fitting::{Bench, Fitted, Source};
use gradient_features::{Mode, Scope, images::ImageSet};
use serde::Serialize;
pub use settings::{DEFAULT_BASE, Settings};
use std::path::PathBuf;

/// Where things are, and who computes and shows them.
pub struct Surroundings {
    /// Data sets.
    pub data_dir: PathBuf,
    /// FrozenFeatures features.
    pub cache_dir: PathBuf,
    /// Runs.
    pub runs_dir: PathBuf,
    /// What computes.
    pub chosen: Chosen,
    /// Who is told how it goes.
    pub progress: Progress,
}

/// What a fitted model reaches.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Which of the four.
    pub mode: Mode,
    /// Its scope.
    pub scope: Scope,
    /// On the test images (or those held out), 0 to 1.
    pub accuracy: f64,
    /// On as many of the images it was trained on, 0 to 1, if it was trained just now.
    pub train_accuracy: Option<f64>,
    /// Seconds of fitting, when it was done.
    pub train_seconds: f64,
    /// Seconds of computing or reading the frozen features, the same for all modes.
    pub feature_seconds: f64,
}

/// What `train` and `compare` give.
pub struct Outcomes {
    /// One for each mode that was asked for.
    pub outcomes: Vec<Outcome>,
    /// Whether they were measured on held-out training images rather than on the test images.
    pub held_out: bool,
    /// The data set.
    pub dataset: Dataset,
    /// The run's folder.
    pub folder: PathBuf,
    /// Seed of all of it, if anything was trained.
    pub seed: Option<u64>,
}

/// Which images are fitted on and which are measured on.
pub struct Division {
    /// Of the training images.
    pub fitted: Vec<usize>,
    /// Of the training images if some are held out, else of the test images.
    pub measured: Vec<usize>,
    /// Whether some are held out.
    pub held_out: bool,
}

impl Division {
    /// The last `held` training images are held out; with 0, the test images are measured on.
    pub fn new(images: &Split, held: usize) -> Result<Self> {
        let (trained, tested) = (images.train.len(), images.test.len());
        if held >= trained {
            bail!("--holdout is {held}, but there are {trained} training images");
        }
        let measured = if held > 0 { trained - held..trained } else { 0..tested };
        Ok(Self { fitted: (0..trained - held).collect(), measured: measured.collect(), held_out: held > 0 })
    }

    /// The images that are measured on.
    fn shown(&self, images: &Split) -> ImageSet {
        let set = if self.held_out { &images.train } else { &images.test };
        let labels = self.measured.iter().map(|&index| set.labels[index]).collect();
        ImageSet { pixels: set.gather(&self.measured), labels }
    }
}

/// Fits and measures the models of `modes`; the activation model is fitted in any case, since ω̄ comes from it.
pub fn run(settings: &Settings, modes: &[Mode], name: &str, surroundings: &Surroundings) -> Result<Outcomes> {
    let (progress, chosen) = (surroundings.progress, &surroundings.chosen);
    let (asked, dataset, base) = (settings.scope()?, settings.dataset()?, settings.base());
    for &mode in modes {
        settings.fit(mode)?;
    }
    progress.say(format!("Computing on: {}", chosen.name));
    let encoder = model_folder::load_base(&base, &chosen.device)?;
    let scope = encoder.config().kind.scope(asked)?;
    let images = data::load_or_fetch(dataset, &surroundings.data_dir, progress)?;
    let extra = settings.extra().then(|| data::open_extra(dataset, &surroundings.data_dir, progress)).transpose()?;
    let interrupt = Interrupt::listen()?;
    let division = Division::new(&images, settings.holdout.unwrap_or(0))?;
    let resolved = settings.resolved(modes, scope)?;
    let mut run = Run::begin(&surroundings.runs_dir, name, &resolved)?;
    model_folder::copy_base(&base, run.folder())?;
    let bench = {
        let (images, division, extra) = (&images, &division, extra.as_ref());
        let source = Source { settings, dataset, images, extra, division, surroundings, interrupt: &interrupt };
        source.bench(encoder, scope)?
    };
    let settings = &decay::choose(&bench, modes, &mut run)?;
    let resolved = settings.resolved(modes, scope)?;
    run.settle(&resolved)?;
    let bench = Bench { settings, ..bench };
    let shown = division.shown(&images);
    drop(images);
    let entries = bench.fit_all(modes, &mut run)?;
    let folder = run.folder().to_owned();
    let told = report::Story {
        dataset,
        held_out: division.held_out,
        settings: toml::to_string(&resolved).context("the settings cannot be written as TOML")?,
        device: &chosen.name,
        encoder: &bench.encoder,
        images: &shown,
        entries: &entries,
    };
    report::write(&folder, &told)?;
    let outcomes = entries.into_iter().map(|entry| entry.outcome).collect();
    Ok(Outcomes { outcomes, held_out: division.held_out, dataset, folder, seed: Some(settings.seed()) })
}
