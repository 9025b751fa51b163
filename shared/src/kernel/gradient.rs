//! Gradients written out, by reverse mode.

use crate::model::{
    encoder::{Conv, Encoder},
    features::FrozenFeatures,
};
use burn::tensor::{Gradients, Tensor};

/// The gradient feature of one image and class, `∂F_c(x)/∂θ2` by the stored parameters, lowest layer first: the plain
/// computation by reverse mode, which [`gram`](super::gram) is tested against. `omega [512, c]`.
pub fn gradient_feature(encoder: &Encoder, omega: &Tensor<2>, frozen: &FrozenFeatures, class: usize) -> Vec<Conv> {
    let direction = omega.clone().narrow(1, class, 1).transpose();
    vjp(encoder, frozen, direction)
}

/// `∂⟨f, direction⟩/∂θ2` by the stored parameters, summed over the images, for `direction [N, 512]` or `[1, 512]`.
pub(crate) fn vjp(encoder: &Encoder, frozen: &FrozenFeatures, direction: Tensor<2>) -> Vec<Conv> {
    let leaf = |conv: &Conv| Conv::new(conv.weight.val().detach().autodiff(), conv.bias.val().detach().autodiff());
    let leaves: Vec<Conv> = encoder.scope_parameters(frozen.scope).iter().map(leaf).collect();
    let gradients = (encoder.features_with(frozen, &leaves) * direction.autodiff()).sum().backward();
    let of =
        |conv: &Conv| Conv::new(gradient_of(&conv.weight.val(), &gradients), gradient_of(&conv.bias.val(), &gradients));
    leaves.iter().map(of).collect()
}

pub(super) fn gradient_of<const D: usize>(tensor: &Tensor<D>, gradients: &Gradients) -> Tensor<D> {
    tensor.grad(gradients).unwrap_or_else(|| tensor.clone().inner().zeros_like())
}
