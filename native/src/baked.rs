//! What the page shows before its engine has come: the predictions for the first images of its gallery.

use crate::{data::gallery::GalleryImage, files};
use anyhow::{Result, bail};
use burn::tensor::{Device, Tensor};
use gradient_features::{
    Mode, images,
    model::{encoder::Encoder, linear::Head},
};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// The file's name in a model's folder.
const FILE: &str = "predictions.json";
/// Decimals are kept up to here: 1 / 10,000, a tenth of the precision that is asked of the page.
const DECIMALS: f64 = 1e4;

#[derive(Serialize)]
struct Predictions {
    images: Vec<Prediction>,
}

/// One image's logits, as their activation and gradient terms, by model and class.
#[derive(Serialize)]
struct Prediction {
    index: usize,
    terms: BTreeMap<Mode, Vec<[f64; 2]>>,
}

/// Writes what the heads, all of one scope, say of the images.
pub fn write(folder: &Path, encoder: &Encoder, heads: &[Head], images: &[GalleryImage], device: &Device) -> Result<()> {
    let predict = |image| predict(encoder, heads, image, device);
    let predictions = Predictions { images: images.iter().map(predict).collect::<Result<_>>()? };
    files::write_whole(&folder.join(FILE), serde_json::to_string(&predictions)?.as_bytes())
}

fn predict(encoder: &Encoder, heads: &[Head], image: &GalleryImage, device: &Device) -> Result<Prediction> {
    let (index, _, pixels) = image;
    let mut terms = BTreeMap::new();
    for head in heads {
        let tensor = images::to_tensor(pixels, encoder.config().input_range, device);
        let logits = head.logits(encoder, &encoder.freeze(tensor, head.scope));
        let found: Vec<_> = numbers(logits.activation).into_iter().zip(numbers(logits.gradient)).collect();
        if found.iter().any(|(activation, gradient)| !(activation + gradient).is_finite()) {
            bail!("the {} model's logits for image {index} are not finite: its weights are too large", head.mode);
        }
        terms.insert(
            head.mode,
            found.into_iter().map(|(activation, gradient)| [short(activation), short(gradient)]).collect(),
        );
    }
    Ok(Prediction { index: *index, terms })
}

fn numbers(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn short(number: f32) -> f64 {
    (f64::from(number) * DECIMALS).round() / DECIMALS
}
