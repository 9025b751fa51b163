//! Models on the disk: a folder with a base network and the heads fitted on it, or one file with both.

use crate::{files, print};
use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use gradient_features::{
    Mode, Scope,
    model::{config::EncoderKind, encoder::Encoder, linear::Head},
    weights::{self, Part, Precision},
};
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// The largest file that is read, in bytes: a path may lead to something endless.
const LARGEST: u64 = 512 << 20;
/// The base network's file in a folder.
pub const BASE: &str = "model.safetensors";
/// The folder of the heads in a folder.
const HEADS: &str = "heads";
/// Modes in the order in which one is taken when none is asked for.
const RICHEST: [Mode; 4] = [Mode::Full, Mode::Finetune, Mode::Gradient, Mode::Activation];

/// The file of a head in a model's folder.
pub fn head_path(folder: &Path, mode: Mode, scope: Scope) -> PathBuf {
    folder.join(HEADS).join(format!("{mode}-{scope}.safetensors"))
}

/// Reads the base network of a folder or file.
pub fn load_base(path: &Path, device: &Device) -> Result<Encoder> {
    let file = if path.is_dir() { path.join(BASE) } else { path.to_owned() };
    weights::read_base(&read(&file)?, device).with_context(|| format!("{} cannot be used", file.display()))
}

/// Reads a base network with the head of the mode and scope that are asked for, or with the richest that is there.
pub fn load(path: &Path, mode: Option<Mode>, scope: Option<Scope>, device: &Device) -> Result<(Encoder, Head)> {
    let encoder = load_base(path, device)?;
    encoder.config().kind.scope(scope)?;
    let file = if path.is_dir() { find_head(path, encoder.config().kind, mode, scope)? } else { path.to_owned() };
    let head = weights::read_head(&read(&file)?, &encoder, device)
        .with_context(|| format!("{} cannot be used", file.display()))?;
    let fits = mode.is_none_or(|mode| mode == head.mode) && scope.is_none_or(|scope| scope == head.scope);
    if !fits {
        bail!("{} holds the mode {} with the scope {}, not what was asked for", file.display(), head.mode, head.scope);
    }
    Ok((encoder, head))
}

fn find_head(folder: &Path, kind: EncoderKind, mode: Option<Mode>, scope: Option<Scope>) -> Result<PathBuf> {
    let widest_first = kind.scopes().iter().rev();
    let candidates = RICHEST
        .iter()
        .flat_map(|&mode| widest_first.clone().map(move |&scope| (mode, scope)))
        .filter(|&(m, s)| mode.is_none_or(|mode| mode == m) && scope.is_none_or(|scope| scope == s));
    let mut paths = candidates.map(|(mode, scope)| head_path(folder, mode, scope));
    paths.find(|path| path.exists()).with_context(|| {
        format!(
            "{} has no fitted head{}{}; `gradfeat compare --base` or `gradfeat train --base` fits some",
            folder.display(),
            mode.map_or(String::new(), |mode| format!(" of the mode {mode}")),
            scope.map_or(String::new(), |scope| format!(" with the scope {scope}")),
        )
    })
}

/// Every head of a folder, in no particular order.
pub fn head_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let heads = folder.join(HEADS);
    let entries = match fs::read_dir(&heads) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.with_context(|| format!("cannot list {}", heads.display()))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", heads.display()))?.path();
        if path.extension().is_some_and(|ending| ending == "safetensors") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Puts a head into a model's folder.
pub fn save_head(folder: &Path, encoder: &Encoder, head: &Head, precision: Precision) -> Result<()> {
    let bytes = weights::write_head(encoder, head, precision).context("the fitted model cannot be saved")?;
    files::write_whole(&head_path(folder, head.mode, head.scope), &bytes)
}

/// Puts a base network into a model's folder, byte for byte, so that heads fitted on it know it again.
pub fn copy_base(from: &Path, folder: &Path) -> Result<()> {
    let file = if from.is_dir() { from.join(BASE) } else { from.to_owned() };
    let bytes = read(&file)?;
    if weights::metadata(&bytes).with_context(|| format!("{} cannot be used", file.display()))?.part != Part::Base {
        bail!("{} is no base network alone", file.display());
    }
    files::write_whole(&folder.join(BASE), &bytes)
}

/// Reads a file, with its name in the error.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let trouble = || format!("cannot read {}", print::name(path));
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(trouble)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).with_context(trouble)?;
    if bytes.len() as u64 > LARGEST {
        bail!("{} is larger than {} MB: it is no model and no image for this program", path.display(), LARGEST >> 20);
    }
    Ok(bytes)
}
