//! What the page shows before its engine is there: the predictions for the first images of its gallery.

use crate::{data::gallery::GalleryImage, files};
use anyhow::{Result, bail};
use burn::tensor::Device;
use gradient_features::{
    Mode, images,
    model::{encoder::Encoder, linear::Head},
    numbers_blocking,
};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// The file's name in a model's folder.
const FILE: &str = "predictions.json";
/// Decimals are kept up to here: 1 / 10,000, a tenth of the precision that is asked of the page.
const DECIMALS: f64 = 1e4;

#[derive(Serialize)]
struct Predictions {
    images: Vec<ImageTerms>,
}

/// One image's logits, as their activation and gradient terms, by model and class.
#[derive(Serialize)]
struct ImageTerms {
    index: usize,
    terms: BTreeMap<Mode, Vec<[f64; 2]>>,
}

/// Writes what the heads, all of one scope, say about the images.
pub fn write(folder: &Path, encoder: &Encoder, heads: &[Head], images: &[GalleryImage], device: &Device) -> Result<()> {
    let predict = |image| predict(encoder, heads, image, device);
    let predictions = Predictions { images: images.iter().map(predict).collect::<Result<_>>()? };
    files::write_whole(&folder.join(FILE), serde_json::to_string(&predictions)?.as_bytes())
}

fn predict(encoder: &Encoder, heads: &[Head], image: &GalleryImage, device: &Device) -> Result<ImageTerms> {
    let (index, _, pixels) = image;
    let mut terms = BTreeMap::new();
    for head in heads {
        let tensor = images::to_tensor(pixels, encoder.config().input_range, device);
        let logits = head.logits(encoder, &encoder.freeze(tensor, head.scope));
        let found: Vec<_> =
            numbers_blocking(logits.activation)?.into_iter().zip(numbers_blocking(logits.gradient)?).collect();
        if found.iter().any(|(activation, gradient)| !(activation + gradient).is_finite()) {
            bail!("the {} model's logits for image {index} are not finite: its weights are too large", head.mode);
        }
        terms.insert(
            head.mode,
            found.into_iter().map(|(activation, gradient)| [short(activation), short(gradient)]).collect(),
        );
    }
    Ok(ImageTerms { index: *index, terms })
}

fn short(number: f32) -> f64 {
    (f64::from(number) * DECIMALS).round() / DECIMALS
}
