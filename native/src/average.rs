//! `gradfeat average`: the mean of models that were fitted on one base network, as a model.

use crate::{model_folder, progress::Progress};
use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use gradient_features::{
    Mode, Scope,
    model::{self, linear::Head},
    weights::Precision,
};
use std::path::{Path, PathBuf};

/// Writes the mean of the heads of `models` that are of the mode and scope asked for, or of the richest of the first.
pub fn run(models: &[PathBuf], mode: Option<Mode>, scope: Option<Scope>, out: &Path, progress: Progress) -> Result<()> {
    ensure!(!out.join(model_folder::BASE).exists(), "{} holds a model already; name another --out", out.display());
    let device = Device::flex();
    let (encoder, first) = model_folder::load(&models[0], mode, scope, &device)?;
    let mut heads = vec![first];
    for model in &models[1..] {
        let (other, head) = model_folder::load(model, Some(heads[0].mode), Some(heads[0].scope), &device)?;
        let (one, two) = (models[0].display(), model.display());
        ensure!(other.digest() == encoder.digest(), "{two} stands on another base network than {one}");
        heads.push(head);
    }
    let mean = model::average(&heads)
        .context("these models have no mean: it takes models of the same classes, and none that is fine-tuned")?;
    if !heads.iter().all(|head| same_omega(head, &heads[0])) {
        progress.say("The models' ω̄ differ, so that the mean's logits are near the mean of theirs, not equal to it");
    }
    model_folder::copy_base(&models[0], out)?;
    model_folder::save_head(out, &encoder, &mean, Precision::F32)?;
    progress.say(format!("The mean of {} models, {}, {}, is in {}", heads.len(), mean.mode, mean.scope, out.display()));
    Ok(())
}

fn same_omega(a: &Head, b: &Head) -> bool {
    a.omega.as_ref().map(|omega| omega.to_data()) == b.omega.as_ref().map(|omega| omega.to_data())
}
