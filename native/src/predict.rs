//! What a fitted model says of image files.

use crate::{device::Chosen, model_folder, progress::Progress, show};
use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Tensor};
use gradient_features::{
    Mode, Scope,
    images::{decode, to_tensor},
    model::{encoder::Encoder, linear::Head},
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

/// Predicts every image and prints the results; an image that is none ends it before anything is printed.
pub fn run(
    model: &Path,
    images: &[PathBuf],
    mode: Option<Mode>,
    scope: Option<Scope>,
    chosen: &Chosen,
    json: bool,
    progress: Progress,
) -> Result<()> {
    let (encoder, head) = model_folder::load(model, mode, scope, &chosen.device)?;
    let predict = |image: &PathBuf| predict(&encoder, &head, image, &chosen.device, progress);
    let predictions: Vec<Prediction> = images.iter().map(predict).collect::<Result<_>>()?;
    if json {
        return show::print(&serde_json::to_string_pretty(&predictions)?);
    }
    let lines = predictions.iter().map(|prediction| {
        let probability = 100.0 * prediction.probabilities[prediction.class];
        format!("{}: {} ({probability:.1} %)", prediction.image, prediction.label)
    });
    let title = format!("mode {}, scope {}", head.mode, head.scope);
    show::print(&[title].into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
}

fn predict(encoder: &Encoder, head: &Head, path: &Path, device: &Device, progress: Progress) -> Result<Prediction> {
    let picture = decode(&model_folder::read(path)?).with_context(|| format!("{} cannot be used", path.display()))?;
    for note in &picture.notes {
        progress.say(format_args!("{}: {note}.", path.display()));
    }
    let pixels = picture.pixels;
    let kept = encoder.freeze(to_tensor(&pixels, encoder.config().input_range, device), head.scope);
    let terms = head.logits(encoder, &kept);
    let numbers = |tensor: Tensor<2>| tensor.into_data().iter::<f32>().collect::<Vec<f32>>();
    let (logits, probabilities) = (numbers(terms.total()), numbers(terms.probabilities()));
    if logits.iter().any(|logit| !logit.is_finite()) {
        bail!("the model's logits for {} are not finite: its weights are too large", path.display());
    }
    let class = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(class, _)| class);
    Ok(Prediction {
        image: path.display().to_string(),
        class,
        label: head.classes[class].clone(),
        logits,
        activation_logits: numbers(terms.activation),
        gradient_logits: numbers(terms.gradient),
        probabilities,
    })
}
