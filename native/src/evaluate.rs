//! Test accuracy of models that are already fitted.

use crate::{
    answers::Answers,
    data::{self, Dataset},
    experiment::{Outcome, Outcomes, Surroundings},
    interrupt::Interrupt,
    kept, model_folder,
};
use anyhow::{Result, bail, ensure};
use gradient_features::{
    Mode, Scope,
    model::{encoder::Encoder, linear::Head},
};
use std::{path::Path, time::Instant};

/// Measures every head of a folder (or the one of a file) that is of the mode and scope asked for.
pub fn run(
    model: &Path,
    mode: Option<Mode>,
    scope: Option<Scope>,
    dataset: Dataset,
    surroundings: &Surroundings,
) -> Result<Outcomes> {
    let (chosen, progress) = (&surroundings.chosen, surroundings.progress);
    let mut heads = heads(model, mode, scope, surroundings)?;
    heads.sort_by_key(|(_, head)| (head.scope, head.mode));
    for (_, head) in &heads {
        ensure!(
            head.classes == dataset.classes(),
            "{} tells other classes apart than {dataset} has: {}, …; name its data set with --dataset",
            model.display(),
            head.classes[0]
        );
    }
    let images = data::load_or_fetch(dataset, &surroundings.data_dir, progress)?;
    let interrupt = Interrupt::listen()?;
    let cache = kept::Cache { folder: &surroundings.cache_dir, chosen, progress, interrupt: &interrupt };
    let everything: Vec<usize> = (0..images.test.len()).collect();
    let mut outcomes = Vec::new();
    for (encoder, head) in &heads {
        let begun = Instant::now();
        let test = cache.get(encoder, &images.test, &format!("{dataset}-test"), head.scope)?;
        let feature_seconds = begun.elapsed().as_secs_f64();
        let answers = Answers::of(encoder, head, &test, &everything, &chosen.device)?;
        outcomes.push(Outcome {
            mode: head.mode,
            scope: head.scope,
            accuracy: answers.accuracy(),
            train_accuracy: None,
            train_seconds: 0.0,
            feature_seconds,
        });
    }
    Ok(Outcomes { outcomes, held_out: false, dataset, folder: model.to_owned(), seed: None })
}

fn heads(
    model: &Path,
    mode: Option<Mode>,
    scope: Option<Scope>,
    surroundings: &Surroundings,
) -> Result<Vec<(Encoder, Head)>> {
    let device = &surroundings.chosen.device;
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
