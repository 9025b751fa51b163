//! `gradfeat evaluate`: the test accuracy of models that are already fitted.

use super::{environment, table};
use crate::{
    cache::features::FeatureCache,
    cli::{Common, HeadChoice},
    data::{self, Dataset},
    experiment::{
        context::Environment,
        outcome::{Outcome, Outcomes, with_agreement},
        predictions::Predictions,
    },
    interrupt::Interrupt,
    model_folder,
    progress::Progress,
};
use anyhow::{Result, bail, ensure};
use burn::tensor::Device;
use gradient_features::{
    Mode, Scope,
    model::{encoder::Encoder, linear::Head},
};
use std::{path::Path, time::Instant};

/// Measures every head of a folder (or the one of a file) that is of the mode and scope asked for.
pub fn run(model: &Path, head: HeadChoice, dataset: Dataset, common: &Common, progress: Progress) -> Result<()> {
    let environment = environment::environment(common, progress)?;
    table::print(&measure(model, head, dataset, &environment)?, &environment.compute.name, common.json)
}

fn measure(model: &Path, head: HeadChoice, dataset: Dataset, environment: &Environment) -> Result<Outcomes> {
    let (compute, progress) = (&environment.compute, environment.progress);
    let mut heads = heads(model, head, &compute.device)?;
    heads.sort_by_key(|(_, head)| (head.scope, head.mode));
    for (_, head) in &heads {
        ensure!(
            head.classes == dataset.classes(),
            "{} tells other classes apart than {dataset} has: {}, …; name its data set with --dataset",
            model.display(),
            head.classes[0]
        );
    }
    let images = data::load_or_fetch(dataset, &environment.data_dir, progress)?;
    let interrupt = Interrupt::listen()?;
    let cache = FeatureCache { folder: &environment.cache_dir, compute, progress, interrupt: &interrupt };
    let everything: Vec<usize> = (0..images.test.len()).collect();
    let mut measured = Vec::new();
    for (encoder, head) in &heads {
        let begun = Instant::now();
        let test = cache.get(encoder, &images.test, &format!("{dataset}-test"), head.scope)?;
        let feature_seconds = begun.elapsed().as_secs_f64();
        let predictions = Predictions::of(encoder, head, &test, &everything, &compute.device)?;
        let outcome = Outcome {
            mode: head.mode,
            scope: head.scope,
            accuracy: predictions.accuracy(),
            finetune_agreement: None,
            train_accuracy: None,
            train_seconds: 0.0,
            feature_seconds,
        };
        measured.push((outcome, predictions));
    }
    let measured: Vec<_> = measured.iter().map(|(outcome, predictions)| (outcome.clone(), predictions)).collect();
    Ok(Outcomes {
        outcomes: with_agreement(&measured),
        held_out: false,
        measured: everything.len(),
        dataset,
        folder: model.to_owned(),
        seed: None,
    })
}

fn heads(model: &Path, HeadChoice { mode, scope }: HeadChoice, device: &Device) -> Result<Vec<(Encoder, Head)>> {
    if !model.is_dir() {
        return Ok(vec![model_folder::load(model, mode, scope, device)?]);
    }
    let kind = model_folder::load_base(model, device)?.config().kind;
    kind.scope(scope)?;
    let wanted = |m: Mode, s: Scope| mode.is_none_or(|mode| mode == m) && scope.is_none_or(|scope| scope == s);
    let all = kind.scopes().iter().flat_map(|&scope| Mode::ALL.iter().map(move |&mode| (mode, scope)));
    let there: Vec<(Mode, Scope)> =
        all.filter(|&(m, s)| wanted(m, s) && model_folder::head_path(model, m, s).exists()).collect();
    if there.is_empty() {
        bail!("{} has no fitted head of the mode and scope that are asked for", model.display());
    }
    there.into_iter().map(|(m, s)| model_folder::load(model, Some(m), Some(s), device)).collect()
}
