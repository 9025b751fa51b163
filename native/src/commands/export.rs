//! `gradfeat export`: what the page loads: a base network, its heads in 16 bits, one file each, and what was computed
//! with them for the first images of the gallery.

use super::{last_layer, precomputed};
use crate::{data::gallery, files, model_folder};
use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use gradient_features::{
    Mode, Scope,
    model::config::EncoderConfig,
    weights::{self, Precision},
};
use serde::Serialize;
use std::path::Path;

/// The list of what is in the folder, read before anything else of it.
#[derive(Serialize)]
struct Index {
    format: &'static str,
    encoder: EncoderConfig,
    base: &'static str,
    classes: Vec<String>,
    heads: Vec<HeadEntry>,
}

/// A head that there is.
#[derive(Serialize)]
struct HeadEntry {
    mode: Mode,
    scope: Scope,
    file: String,
    bytes: usize,
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Writes the model's folder for the page to `out`. The base network is copied byte for byte.
pub fn run(model: &Path, out: &Path, gallery: &Path) -> Result<()> {
    let device = Device::flex();
    let encoder = model_folder::load_base(model, &device)?;
    let files = model_folder::head_files(model)?;
    if files.is_empty() {
        bail!("{} has no fitted heads to export; `gradfeat compare --base` fits them", model.display());
    }
    // Heads in 16 bits would take the place of the model's own.
    ensure!(!is_same(model, out), "{} is the model itself; name another folder with --web", out.display());
    let images = gallery::read_first_sheet(gallery)?;
    model_folder::copy_base(model, out)?;
    let mut index = Index {
        format: weights::FORMAT,
        encoder: encoder.config(),
        base: model_folder::BASE,
        classes: vec![],
        heads: vec![],
    };
    let mut heads = vec![];
    for file in files {
        let head = weights::read_head(&model_folder::read(&file)?, &encoder, &device)
            .with_context(|| format!("{} cannot be used", file.display()))?;
        let bytes = weights::write_head(&encoder, &head, Precision::F16)
            .with_context(|| format!("{} cannot be written in 16 bits", file.display()))?;
        let path = model_folder::head_path(out, head.mode, head.scope);
        files::write_whole(&path, &bytes)?;
        let name = path.strip_prefix(out).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        index.heads.push(HeadEntry { mode: head.mode, scope: head.scope, file: name, bytes: bytes.len() });
        index.classes = head.classes;
        // As the page will read it.
        heads.push(weights::read_head(&bytes, &encoder, &device)?);
    }
    // The page shows the narrowest scope.
    heads.retain(|head| head.scope == encoder.config().kind.scopes()[0]);
    precomputed::write(out, &encoder, &heads, &images, &device)?;
    last_layer::write(out, &encoder, &heads, &images, &device)?;
    files::write_whole(&out.join("config.json"), serde_json::to_string_pretty(&index)?.as_bytes())
}
