//! `gradfeat bench`: how long the program's main pieces of work take on this machine. `bench/compare.py` runs it beside
//! PyTorch.

use super::environment;
use crate::{
    cli::Common,
    device::ComputeDevice,
    experiment::settings,
    pretrain::{self, RecipeName},
    print,
    progress::Progress,
};
use anyhow::Result;
use burn::tensor::Tensor;
use gradient_features::{
    Mode,
    images::{IMAGE_BYTES, ImageSet, to_tensor},
    model::encoder::{Conv, Encoder},
    numbers_blocking,
};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::{fmt::Write, hint::black_box, path::Path, time::Instant};

/// Images of a forward pass.
const IMAGES: usize = 128;
/// Runs before the clock counts.
const WARM_UP: usize = 2;

/// One piece of work.
#[derive(Debug, Serialize)]
struct Timing {
    /// What was done.
    work: String,
    /// Number of images.
    images: usize,
    /// Milliseconds, the median of the runs.
    milliseconds: f64,
}

/// Times everything, each piece `runs` times, and prints the table.
pub fn run(base: &Path, runs: usize, common: &Common, progress: Progress) -> Result<()> {
    let compute = environment::announced_device(common, progress)?;
    let timings = timings(base, runs, &compute)?;
    if common.json { print::json(&timings) } else { print::text(&table(&timings)?) }
}

fn timings(base: &Path, runs: usize, compute: &ComputeDevice) -> Result<Vec<Timing>> {
    let device = &compute.device;
    let encoder = settings::load_base(base, device)?;
    let images = noise(1024);
    let batch = to_tensor(&images.pixels[..IMAGES * IMAGE_BYTES], encoder.config().input_range, device);
    let mut timings = vec![];
    let mut time = |work: String, images: usize, once: &mut dyn FnMut() -> Result<()>| -> Result<()> {
        timings.push(Timing { work, images, milliseconds: median(runs, once)? });
        Ok(())
    };
    time("encoder forward".to_owned(), IMAGES, &mut || {
        wait(forward(&encoder, &batch, encoder.config().kind.scopes()[0], &[]).0)
    })?;
    for &scope in encoder.config().kind.scopes() {
        let specs = encoder.config().kind.scope_layers(scope);
        let tangents: Vec<Conv> = specs.iter().map(|spec| Conv::zeros(spec, device)).collect();
        time(format!("{} forward with tangent, {scope}", Mode::Gradient), IMAGES, &mut || {
            wait(forward(&encoder, &batch, scope, &tangents).1.expect("there are tangents"))
        })?;
    }
    for &recipe in RecipeName::ALL {
        let mut step = pretrain::stepper(recipe, &images, device);
        time(format!("{} step", recipe.name()), recipe.defaults().batch, &mut || {
            step();
            Ok(())
        })?;
    }
    Ok(timings)
}

fn forward(
    encoder: &Encoder,
    images: &Tensor<4>,
    scope: gradient_features::Scope,
    tangents: &[Conv],
) -> (Tensor<2>, Option<Tensor<2>>) {
    let dual = encoder.features(&encoder.freeze(images.clone(), scope), tangents);
    (dual.primal, dual.tangent)
}

/// A GPU answers before it has computed. It has to finish once its numbers are read, and not before.
fn wait(tensor: Tensor<2>) -> Result<()> {
    black_box(numbers_blocking(tensor)?);
    Ok(())
}

fn median(runs: usize, once: &mut dyn FnMut() -> Result<()>) -> Result<f64> {
    for _ in 0..WARM_UP {
        once()?;
    }
    let mut times = vec![];
    for _ in 0..runs {
        let begun = Instant::now();
        once()?;
        times.push(1e3 * begun.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[runs / 2])
}

/// Images of random bytes.
fn noise(count: usize) -> ImageSet {
    let mut pixels = vec![0; count * IMAGE_BYTES];
    ChaCha8Rng::seed_from_u64(1).fill_bytes(&mut pixels);
    ImageSet { pixels, labels: vec![0; count] }
}

fn table(timings: &[Timing]) -> Result<String> {
    let mut text = format!("{:<40} {:>6} {:>9} {:>9}\n", "work", "images", "ms", "images/s");
    for Timing { work, images, milliseconds } in timings {
        let rate = 1e3 * *images as f64 / milliseconds;
        writeln!(text, "{work:<40} {images:>6} {milliseconds:>9.1} {rate:>9.0}")?;
    }
    Ok(text.trim_end().to_owned())
}
