//! One forward pass that keeps every layer's input and pre-activation, so that the frozen features of any scope and
//! every layer's output come from it and nothing of an image is computed twice.

use super::{Conv, Encoder};
use crate::{
    Scope,
    model::{
        features::FrozenFeatures,
        jvp::{self, Dual},
    },
};
use burn::tensor::Tensor;

/// What every layer of an encoder computed for some images, lowest first.
#[derive(Debug, Clone)]
pub struct Pass(Vec<LayerPass>);

#[derive(Debug, Clone)]
struct LayerPass {
    /// `[N, C, H, W]`.
    input: Tensor<4>,
    /// `[N, O, H', W']`.
    pre: Tensor<4>,
}

impl Encoder {
    /// The forward pass of images `[N, 3, 32, 32]`.
    pub fn pass(&self, images: Tensor<4>) -> Pass {
        let mut input = images;
        let layers = self.layers.iter().map(|layer| {
            let pre = layer.filter.apply(input.clone());
            let output = layer.spec.finish(Dual::constant(pre.clone()), self.config.slope).primal;
            LayerPass { input: std::mem::replace(&mut input, output), pre }
        });
        Pass(layers.collect())
    }

    /// What [`Encoder::freeze`] gives for the images of a pass.
    pub fn freeze_pass(&self, pass: &Pass, scope: Scope) -> FrozenFeatures {
        let LayerPass { input, pre } = pass.0[self.config.kind.scope_start(scope)].clone();
        FrozenFeatures { scope, input, pre, activation: None }
    }

    /// Every layer's output, lowest first, with its derivative along the scope's stored tangents where there is one:
    /// `[N, O, H, W]` each. Only the derivatives are computed anew.
    pub fn layer_outputs(&self, pass: &Pass, scope: Scope, tangents: &[Conv]) -> Vec<Dual<4>> {
        let start = self.config.kind.scope_start(scope);
        let tangents = self.scope_filters(scope, tangents);
        let mut below = None;
        let layers = self.layers.iter().zip(&pass.0).enumerate();
        let outputs = layers.map(|(index, (layer, LayerPass { input, pre }))| {
            let along = index.checked_sub(start).and_then(|index| tangents.get(index));
            let input = Dual { primal: input.clone(), tangent: below.take() };
            let tangent = jvp::conv2d_tangent(&input, &layer.filter, along);
            let output = layer.spec.finish(Dual { primal: pre.clone(), tangent }, self.config.slope);
            below.clone_from(&output.tangent);
            output
        });
        outputs.collect()
    }
}
