use crate::model::{
    encoder::Conv,
    linear::{Classifier, Head},
};
use burn::tensor::Tensor;
use vocabulary::Mode;

/// Models that cannot be averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the models do not share their mode, scope and classes")]
pub struct Unlike;

/// The mean of models that were fitted on one base network: w1, w2 and ω̄ number by number. Where they share ω̄, the
/// logits are linear in what is left, and so it is the model whose logits are the mean of theirs.
///
/// # Errors
/// When they are not of one mode, scope and set of classes.
pub fn average(heads: &[Head]) -> Result<Head, Unlike> {
    let (first, rest) = heads.split_first().ok_or(Unlike)?;
    let alike = |head: &Head| (head.mode, head.scope, &head.classes) == (first.mode, first.scope, &first.classes);
    if !rest.iter().all(alike) || first.mode == Mode::Finetune {
        return Err(Unlike);
    }
    let mut mean = first.clone();
    mean.parameters.classifier = first.parameters.classifier.as_ref().map(|_| {
        let all = || heads.iter().filter_map(|head| head.parameters.classifier.as_ref());
        Classifier::new(mean_of(all().map(|one| one.weight.val())), mean_of(all().map(|one| one.bias.val())))
    });
    mean.omega = first.omega.as_ref().map(|_| mean_of(heads.iter().filter_map(|head| head.omega.clone())));
    let layer = |at: usize| {
        let all = || heads.iter().map(|head| &head.parameters.tangents[at]);
        Conv::new(mean_of(all().map(|conv| conv.weight.val())), mean_of(all().map(|conv| conv.bias.val())))
    };
    mean.parameters.tangents = (0..first.parameters.tangents.len()).map(layer).collect();
    Ok(mean)
}

fn mean_of<const D: usize>(tensors: impl Iterator<Item = Tensor<D>>) -> Tensor<D> {
    let all: Vec<Tensor<D>> = tensors.collect();
    let count = all.len() as f64;
    all.into_iter().reduce(|sum, next| sum + next).expect("at least one model") / count
}
