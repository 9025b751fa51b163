//! The Gram matrix of gradient features, from their factors.

use crate::kernel::factors::{Factors, LayerFactors};
use burn::tensor::Tensor;

/// The Gram matrix of gradient features, `[N·c, N'·c]`: row `n·c + k` is image n's gradient for class k. No gradient
/// is ever written down; what is in memory at once, the matrix aside, is a block of it.
pub fn gram(a: &Factors, b: &Factors) -> Tensor<2> {
    let rows = a.blocks().map(|a| Tensor::cat(b.blocks().map(|b| block(&a, &b)).collect(), 1));
    Tensor::cat(rows.collect(), 0)
}

fn block(a: &Factors, b: &Factors) -> Tensor<2> {
    let mut layers = a.layers.iter().zip(&b.layers).map(|(a, b)| a.gram(b));
    let lowest = layers.next().expect("a scope has a layer");
    layers.fold(lowest, |sum, layer| sum + layer)
}

impl LayerFactors {
    /// The layer's part of the Gram matrix, `[N·c, N'·c]`.
    fn gram(&self, other: &Self) -> Tensor<2> {
        let [images, classes, positions, outputs] = self.deltas.dims();
        let [others, _, _, _] = other.deltas.dims();
        let numbers = self.patches.dims()[2];
        let inputs = rows(&self.patches, images * positions, numbers)
            .matmul(rows(&other.patches, others * positions, numbers).transpose());
        let inputs = inputs * self.scales.weight.powi(2) + self.scales.bias.powi(2);
        let outputs = rows(&self.deltas, images * classes * positions, outputs)
            .matmul(rows(&other.deltas, others * classes * positions, outputs).transpose());
        let pairs = outputs.reshape([images, classes, positions, others, classes, positions])
            * inputs.reshape([images, 1, positions, others, 1, positions]);
        pairs.sum_dim(5).sum_dim(2).reshape([images * classes, others * classes])
    }
}

fn rows<const D: usize>(tensor: &Tensor<D>, count: usize, length: usize) -> Tensor<2> {
    tensor.clone().reshape([count, length])
}
