//! Fits an activation model and a full model on images of your own, all in memory, and measures both.
//!
//! ```text
//! cargo run --release -p gradient-features --example fit
//! ```

use burn::tensor::Device;
use gradient_features::{
    Mode, Scope, argmax,
    fit::{Event, Job, first_order::FirstOrderConfig, live::Examples},
    images::{self, IMAGE_BYTES},
    model::{encoder::Encoder, linear::Head, samples},
    weights,
};
use std::{error::Error, fs, ops::ControlFlow, path::Path};

/// So many of the images are fitted on; the others are measured on.
const FITTED: usize = 40;
/// All of the images.
const IMAGES: usize = 60;

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::flex();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/cifar10-rotation/model.safetensors");
    let encoder = weights::read_base(&fs::read(path)?, &device)?;
    let samples = examples(&encoder, &device);
    let classes = vec!["across".to_owned(), "upright".to_owned()];

    // The activation model comes first: its classifier is the ω̄ of the models with a gradient term.
    let start = Head::activation(&encoder, Scope::Conv5, classes, &device);
    let activation = fit(&encoder, &start, &samples, &device)?;
    let start = Head::start(Mode::Full, Scope::Conv5, &encoder, &activation, &device);
    let full = fit(&encoder, &start, &samples, &device)?;
    for head in [activation, full] {
        println!("{}: {} of {} right", head.mode, right(&encoder, &head, &samples, &device)?, IMAGES - FITTED);
    }
    Ok(())
}

fn fit(encoder: &Encoder, start: &Head, samples: &Examples, device: &Device) -> Result<Head, Box<dyn Error>> {
    let indices: Vec<usize> = (0..FITTED).collect();
    let config = FirstOrderConfig::for_few(start.mode, 1, FITTED, 20);
    let job = Job { encoder, start, samples, indices: &indices, device };
    let listen = |event| {
        if let Event::Epoch { epoch, epochs, loss } = event {
            println!("{}: pass {epoch} of {epochs}, loss {loss:.4}", start.mode);
        }
        ControlFlow::Continue(())
    };
    Ok(pollster::block_on(job.fit(config, listen))?)
}

/// How many of the images that were not fitted on get the right class.
fn right(encoder: &Encoder, head: &Head, samples: &Examples, device: &Device) -> Result<usize, Box<dyn Error>> {
    let indices: Vec<usize> = (FITTED..IMAGES).collect();
    let logits = samples::logits(encoder, head, samples, &indices, indices.len(), device)?;
    let rows = logits.chunks_exact(head.classes.len()).zip(&indices);
    Ok(rows.filter(|(row, index)| argmax(row.iter().copied()) == Some(usize::from(samples.labels[**index]))).count())
}

/// Noisy stripes, across or upright, and their frozen features: put your own images here.
fn examples(encoder: &Encoder, device: &Device) -> Examples {
    let labels: Vec<u8> = (0..IMAGES).map(|image| (image % 2) as u8).collect();
    let byte = |image: usize, at: usize| {
        let (row, column) = (at / 32 % 32, at % 32);
        let place = if labels[image] == 0 { row } else { column };
        let noise = (image * 7919 + at * 104_729) % 97;
        (100 * (place / (2 + image % 3) % 2) + noise) as u8
    };
    let pixels: Vec<u8> =
        (0..IMAGES).flat_map(|image| (0..IMAGE_BYTES).map(move |at| (image, at))).map(|(i, at)| byte(i, at)).collect();
    let images = images::to_tensor(&pixels, encoder.config().input_range, device);
    Examples { frozen: encoder.freeze(images, Scope::Conv5), labels: labels.clone(), fitted: FITTED }
}
