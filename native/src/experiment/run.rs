//! `train` and `compare`: fits and measures models, and writes the run's folder.

use super::{
    context::{Environment, ExperimentInputs, FitContext},
    decay,
    holdout::HoldoutSplit,
    outcome::{MeasuredFit, Outcomes, with_agreement},
    settings::Settings,
};
use crate::{
    data::{self, Dataset},
    interrupt::Interrupt,
    model_folder,
    run::Run,
};
use anyhow::Result;
use gradient_features::{Mode, images::ImageSet, model::encoder::Encoder};
use std::path::PathBuf;

/// A run that is done.
pub struct FinishedRun {
    /// The models of the modes that were asked for.
    pub fits: Vec<MeasuredFit>,
    /// The settings, with every default filled in.
    pub settings: Settings,
    /// The data set.
    pub dataset: Dataset,
    /// Whether training images were held out and measured on, rather than the test images.
    pub held_out: bool,
    /// The images that are measured on, in the order of the predictions.
    pub images: ImageSet,
    /// The base network.
    pub encoder: Encoder,
    /// The run's folder.
    pub folder: PathBuf,
}

impl FinishedRun {
    /// What its models reach.
    pub fn outcomes(&self) -> Outcomes {
        let measured: Vec<_> = self.fits.iter().map(|fit| (fit.outcome.clone(), &fit.predictions)).collect();
        Outcomes {
            outcomes: with_agreement(&measured),
            held_out: self.held_out,
            measured: self.images.len(),
            dataset: self.dataset,
            folder: self.folder.clone(),
            seed: Some(self.settings.seed()),
        }
    }
}

/// Fits and measures the models of `modes`; the activation model is fitted in any case, since ω̄ comes from it.
pub fn run(settings: &Settings, modes: &[Mode], name: &str, environment: &Environment) -> Result<FinishedRun> {
    let (progress, compute) = (environment.progress, &environment.compute);
    let (dataset, base) = (settings.dataset(), settings.base());
    for &mode in modes {
        settings.fit(mode)?;
    }
    progress.say(format!("Computing on: {}", compute.name));
    let encoder = settings.load_base(&compute.device)?;
    let scope = encoder.config().kind.scope(settings.scope)?;
    let images = data::load_or_fetch(dataset, &environment.data_dir, progress)?;
    let extra = settings.extra().then(|| data::open_extra(dataset, &environment.data_dir, progress)).transpose()?;
    let interrupt = Interrupt::listen()?;
    let split = HoldoutSplit::new(&images, settings.holdout.unwrap_or(0))?;
    let mut run = Run::begin(&environment.runs_dir, name, &settings.resolved(modes, scope)?)?;
    model_folder::copy_base(&base, run.folder())?;
    let context = {
        let (images, split, extra) = (&images, &split, extra.as_ref());
        let inputs = ExperimentInputs { settings, dataset, images, extra, split, environment, interrupt: &interrupt };
        inputs.context(encoder, scope)?
    };
    let settings = &decay::choose(&context, modes, &mut run)?;
    let resolved = settings.resolved(modes, scope)?;
    run.write_settings(&resolved)?;
    let context = FitContext { settings, ..context };
    let measured_images = split.measured_images(&images);
    drop(images);
    Ok(FinishedRun {
        fits: context.fit_all(modes, &mut run)?,
        settings: resolved,
        dataset,
        held_out: split.held_out,
        images: measured_images,
        encoder: context.encoder,
        folder: run.folder().to_owned(),
    })
}
