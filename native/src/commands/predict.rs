//! `gradfeat predict`: what a fitted model says about image files.

use crate::{
    cli::{Common, HeadChoice},
    device, model_folder, print,
    progress::Progress,
};
use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use gradient_features::{
    argmax,
    images::{decode, to_tensor},
    model::{encoder::Encoder, linear::Head},
    numbers_blocking,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// One image's prediction, as `predict --json` prints it.
#[derive(Debug, Serialize)]
struct Prediction {
    image: String,
    class: usize,
    label: String,
    logits: Vec<f32>,
    activation_logits: Vec<f32>,
    gradient_logits: Vec<f32>,
    probabilities: Vec<f32>,
}

/// Predicts every image and prints the results; a file that is no image ends it before anything is printed.
pub fn run(model: &Path, images: &[PathBuf], head: HeadChoice, common: &Common, progress: Progress) -> Result<()> {
    let device = device::choose(common.device)?.device;
    let (encoder, head) = model_folder::load(model, head.mode, head.scope, &device)?;
    let predict = |image: &PathBuf| predict(&encoder, &head, image, &device, progress);
    let predictions: Vec<Prediction> = images.iter().map(predict).collect::<Result<_>>()?;
    if common.json {
        return print::json(&predictions);
    }
    let lines = predictions.iter().map(|prediction| {
        let probability = 100.0 * prediction.probabilities[prediction.class];
        let name = print::name(prediction.image.as_ref());
        format!("{name}: {} ({probability:.1} %)", prediction.label)
    });
    let title = format!("mode {}, scope {}", head.mode, head.scope);
    print::text(&[title].into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
}

fn predict(encoder: &Encoder, head: &Head, path: &Path, device: &Device, progress: Progress) -> Result<Prediction> {
    let picture =
        decode(&model_folder::read(path)?).with_context(|| format!("{} cannot be used", print::name(path)))?;
    for note in &picture.notes {
        progress.say(format_args!("{}: {note}.", print::name(path)));
    }
    let pixels = picture.pixels;
    let frozen = encoder.freeze(to_tensor(&pixels, encoder.config().input_range, device), head.scope);
    let terms = head.logits(encoder, &frozen);
    let (logits, probabilities) = (numbers_blocking(terms.total())?, numbers_blocking(terms.probabilities())?);
    if logits.iter().any(|logit| !logit.is_finite()) {
        bail!("the model's logits for {} are not finite: its weights are too large", print::name(path));
    }
    let class = argmax(logits.iter().copied()).unwrap_or_default();
    Ok(Prediction {
        image: path.display().to_string(),
        class,
        label: head.classes[class].clone(),
        logits,
        activation_logits: numbers_blocking(terms.activation)?,
        gradient_logits: numbers_blocking(terms.gradient)?,
        probabilities,
    })
}
