//! The parameters of a head as one vector, and back.

use crate::model::{
    encoder::Conv,
    linear::{Classifier, Parameters},
};
use burn::{
    module::Param,
    tensor::{Gradients, Tensor},
};

/// What is taken of each parameter: itself, or its gradient.
#[derive(Clone, Copy)]
pub(super) enum Pick<'a> {
    Value,
    Gradient(&'a Gradients),
}

impl Pick<'_> {
    fn of<const D: usize>(self, parameter: &Param<Tensor<D>>) -> Tensor<1> {
        let value = parameter.val();
        let picked = match self {
            Self::Value => value,
            Self::Gradient(gradients) => value.grad(gradients).unwrap_or_else(|| value.inner().zeros_like()),
        };
        picked.reshape([-1])
    }
}

/// The parameters as one vector: w1 and its bias, then each layer's w2 and its bias.
pub(super) fn join(parameters: &Parameters, pick: Pick) -> Tensor<1> {
    let classifier = parameters.classifier.iter().flat_map(|w1| [pick.of(&w1.weight), pick.of(&w1.bias)]);
    let tangents = parameters.tangents.iter().flat_map(|w2| [pick.of(&w2.weight), pick.of(&w2.bias)]);
    Tensor::cat(classifier.chain(tangents).collect(), 0)
}

/// The inverse of [`join`], with the shapes of `like`.
pub(super) fn split(like: &Parameters, point: &Tensor<1>) -> Parameters {
    let mut at = 0;
    let mut next = |count: usize| {
        at += count;
        point.clone().narrow(0, at - count, count)
    };
    let classifier = like.classifier.as_ref().map(|w1| {
        let (weight, bias) = (w1.weight.val().dims(), w1.bias.val().dims());
        Classifier::new(next(weight.iter().product()).reshape(weight), next(bias[0]))
    });
    let tangents = like.tangents.iter().map(|w2| {
        let (weight, bias) = (w2.weight.val().dims(), w2.bias.val().dims());
        Conv::new(next(weight.iter().product()).reshape(weight), next(bias[0]))
    });
    let tangents = tangents.collect();
    Parameters { classifier, tangents, replaced: vec![] }
}

/// Where a linear layer lies in a point: its weight, then its bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) start: usize,
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    /// w1, whose weight is stored as `[inputs, outputs]`.
    pub(super) is_classifier: bool,
}

impl Block {
    pub(super) fn len(&self) -> usize {
        self.outputs * (self.inputs + 1)
    }

    /// The layer's numbers as `[outputs, inputs + 1]`, the bias in the last column.
    pub(super) fn matrix(&self, point: &Tensor<1>) -> Tensor<2> {
        let weight = point.clone().narrow(0, self.start, self.outputs * self.inputs);
        let bias = point.clone().narrow(0, self.start + self.outputs * self.inputs, self.outputs);
        let weight = match self.is_classifier {
            true => weight.reshape([self.inputs, self.outputs]).transpose(),
            false => weight.reshape([self.outputs, self.inputs]),
        };
        Tensor::cat(vec![weight, bias.reshape([self.outputs, 1])], 1)
    }

    /// The inverse of [`Block::matrix`].
    pub(super) fn vector(&self, matrix: Tensor<2>) -> Tensor<1> {
        let weight = matrix.clone().narrow(1, 0, self.inputs);
        let weight = if self.is_classifier { weight.transpose() } else { weight };
        Tensor::cat(vec![weight.reshape([-1]), matrix.narrow(1, self.inputs, 1).reshape([-1])], 0)
    }

    /// A vector with everything outside this block set to 0.
    pub(super) fn alone(&self, vector: &Tensor<1>) -> Tensor<1> {
        let (end, all) = (self.start + self.len(), vector.dims()[0]);
        let zeros = |count| Tensor::zeros([count], &vector.device());
        let own = vector.clone().narrow(0, self.start, self.len());
        let parts = [(self.start > 0).then(|| zeros(self.start)), Some(own), (end < all).then(|| zeros(all - end))];
        Tensor::cat(parts.into_iter().flatten().collect(), 0)
    }
}
