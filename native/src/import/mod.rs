//! Published PyTorch checkpoints of the paper's networks, made into a model's folder.
//!
//! A file goes through four steps, each in its own module: `container` finds the pickle and the numbers, `pickle` builds
//! inert values of it without running anything, `modules` names the tensors, and `parts` knows the networks.

mod assumptions;
mod container;
mod group;
mod heads;
mod layer;
mod modules;
mod parts;
mod pickle;
mod role;
mod zip;

use crate::{data::Dataset, files, model_folder, progress::Progress};
use anyhow::{Context, Result, ensure};
pub use assumptions::Assumptions;
use burn::tensor::Device;
use gradient_features::weights::{self, Precision};
use parts::Parts;
use std::path::{Path, PathBuf};

/// Makes a model's folder `out` of the network's parts in `paths`: the base network, and its heads if there is a
/// classifier.
///
/// # Errors
/// When a file is no checkpoint of these networks, parts are missing or do not fit each other, or the folder holds a
/// model already or cannot be written.
pub fn run(paths: &[PathBuf], out: &Path, assumptions: Assumptions, progress: Progress) -> Result<()> {
    let base = out.join(model_folder::BASE);
    ensure!(!base.exists(), "{} holds a model already; choose another folder with --out", out.display());
    let has_heads = !model_folder::head_files(out)?.is_empty();
    ensure!(!has_heads, "{} holds heads of another network; choose another folder with --out", out.display());
    let mut parts = Parts::default();
    for path in paths {
        parts.add(path).with_context(|| format!("{} cannot be imported", path.display()))?;
    }
    let net = parts.assemble(assumptions, |count| classes(count, assumptions.dataset))?;
    let bytes = weights::write_base(&net.encoder, Precision::F32).context("the base network cannot be saved")?;
    // Read back, it is known by its file's checksum, which the heads name.
    let encoder = weights::read_base(&bytes, &Device::flex()).context("the base network cannot be saved")?;
    for head in &net.heads {
        model_folder::save_head(out, &encoder, head, Precision::F32)?;
    }
    // Last, so that a folder with a base network is whole.
    files::write_whole(&base, &bytes)?;
    if !parts.left_out.is_empty() {
        progress.say(format!("Left out, as no part of the network: {}.", parts.left_out.join(", ")));
    }
    let config = encoder.config();
    progress.say(format!(
        "The model is in {}: {} parametrization, slope {}, pixels in [{}].",
        out.display(),
        config.parametrization,
        config.slope,
        config.input_range
    ));
    let heads: Vec<String> = net.heads.iter().map(|head| format!("{} {}", head.mode, head.scope)).collect();
    progress.say(if heads.is_empty() { "No heads.".to_owned() } else { format!("Heads: {}.", heads.join(", ")) });
    Ok(())
}

/// The names of so many classes: those of the data set, or of the one with so many that the paper uses.
fn classes(count: usize, dataset: Option<Dataset>) -> Result<Vec<String>> {
    let dataset = dataset.or(match count {
        10 => Some(Dataset::Cifar10),
        100 => Some(Dataset::Cifar100),
        _ => None,
    });
    let Some(dataset) = dataset else { return Ok((0..count).map(|class| class.to_string()).collect()) };
    let classes = dataset.classes();
    ensure!(classes.len() == count, "the classifier tells {count} classes apart, but {dataset} has {}", classes.len());
    Ok(classes)
}
