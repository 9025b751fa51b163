//! `gradfeat pretrain`, and a recipe's step for `gradfeat bench`.

use super::{
    batches::Batches,
    catalog,
    options::RecipeOptions,
    recipe::Step,
    recipe_name::{RecipeName, Schedule},
    session::Session,
    settings::Settings,
};
use crate::{data, files, interrupt::Interrupt, progress::Progress};
use anyhow::Result;
use burn::tensor::Device;
use gradient_features::images::ImageSet;
use std::path::Path;

/// Runs a recipe to its end, or until the user stops it.
///
/// # Errors
/// When the settings are wrong, the data set cannot be fetched, the checkpoint does not fit, or a file cannot be written.
pub fn run(settings: &Settings, data_dir: &Path, runs_dir: &Path, device: &Device, progress: Progress) -> Result<()> {
    // Before the data set, which may have to be downloaded.
    settings.options.check(settings.recipe)?;
    settings.check_schedule(settings.dataset.sizes().train)?;
    let images = data::load_or_fetch(settings.dataset, data_dir, progress)?.train;
    let out = settings.out(runs_dir);
    files::make_folder(&out)?;
    let _lock = files::lock_folder(&out)?;
    files::remove_leftovers(&out)?;
    let interrupt = Interrupt::listen()?;
    let mut session = Session::begin(settings, &out, &images, device)?;
    session.train(progress, || interrupt.asked())?;
    if session.is_done() {
        progress.say(format!("The base network is in {}, with report.html beside it.", out.display()));
    } else {
        progress.say(format!("Stopped at {}; --resume goes on from there.", session.position()));
    }
    Ok(())
}

/// A closure that takes one step of a recipe after the other, as published, on `images`: for timing.
pub fn stepper<'a>(recipe: RecipeName, images: &'a ImageSet, device: &Device) -> impl FnMut() + 'a {
    let mut state = catalog::start(recipe, images, 1, &device.clone().autodiff());
    let Schedule { batch, learning_rate: rate, .. } = recipe.defaults();
    let mut batches = Batches::new(images.len(), batch, 1);
    let mut index = 0;
    move || {
        let pixels = images.gather(batches.indices(index));
        let options = RecipeOptions::default();
        state.step(Step { pixels: &pixels, seed: 1, index, steps: usize::MAX, rate, options });
        index += 1;
    }
}
