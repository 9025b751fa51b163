//! The Wasserstein critic with its gradient penalty (Gulrajani et al. 2017), by reverse mode of the first order only.
//!
//! The penalty is a function of the critic's gradient by its inputs, and training differentiates it again. Burn's
//! reverse mode does not differentiate a gradient. But the critic is piecewise linear: between its bends, its gradient
//! is a product of its own weights, transposed, and of leaky ReLU's derivatives d, which are constant. Written out as
//! an ordinary forward graph (transposed convolutions and gates, from the score down to the inputs), that gradient can
//! be differentiated once by the weights, and that is all it takes.

use super::nets::{self, Layer, Phase, Spec, Start};
use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use rand::Rng;
use shared::kernels;

/// Inside the root, so that it has a derivative where the gradient is 0.
const TINY: f64 = 1e-12;

/// The layers of a critic; leaky ReLU follows each but the last joint one.
#[derive(Debug, Clone, Copy)]
pub struct CriticSpecs<'a> {
    /// The slope.
    pub slope: f32,
    /// For images, down to one position.
    pub x: &'a [Spec],
    /// For latents.
    pub z: &'a [Spec],
    /// For both together, one output in the end.
    pub joint: &'a [Spec],
}

/// Its parameters.
#[derive(Module, Debug)]
pub struct Critic {
    x: Vec<Layer>,
    z: Vec<Layer>,
    joint: Vec<Layer>,
}

/// The pre-activations of a pass, by layer.
struct Trace {
    x: Vec<Tensor<4>>,
    z: Vec<Tensor<4>>,
    joint: Vec<Tensor<4>>,
}

impl Critic {
    /// With random parameters, for images of 3 channels and latents of `latent` numbers.
    pub fn random(specs: &CriticSpecs, latent: usize, start: Start, random: &mut impl Rng, device: &Device) -> Self {
        let last = |specs: &[Spec]| specs.last().map_or(0, |spec| spec.outputs);
        Self {
            x: nets::stack(specs.x, 3, start, random, device),
            z: nets::stack(specs.z, latent, start, random, device),
            joint: nets::stack(specs.joint, last(specs.x) + last(specs.z), start, random, device),
        }
    }

    /// Scores `[N]` of images `[N, 3, H, W]` with latents `[N, latent, 1, 1]`.
    pub fn scores(&self, specs: &CriticSpecs, x: Tensor<4>, z: Tensor<4>) -> Tensor<1> {
        let mut trace = self.trace(specs, x, z);
        trace.joint.pop().expect("there is a last layer").flatten::<1>(0, 3)
    }

    /// `mean((‖∂score/∂(x, z)‖ − 1)²)`, `[1]`, of images `[N, 3, H, W]` with latents `[N, latent, 1, 1]`.
    pub fn gradient_penalty(&self, specs: &CriticSpecs, x: Tensor<4>, z: Tensor<4>) -> Tensor<1> {
        let squares = |gradient: Tensor<4>| gradient.square().flatten::<2>(1, 3).sum_dim(1);
        let [by_x, by_z] = self.input_gradient(specs, x, z);
        let length = (squares(by_x) + squares(by_z) + TINY).sqrt();
        (length - 1.0).square().mean()
    }

    /// The gradient of each score by its image `[N, 3, H, W]` and its latent `[N, latent, 1, 1]`, as a forward graph.
    fn input_gradient(&self, specs: &CriticSpecs, x: Tensor<4>, z: Tensor<4>) -> [Tensor<4>; 2] {
        let trace = self.trace(specs, x, z);
        let score = trace.joint.last().expect("there is a last layer");
        let ones = Tensor::ones(score.dims(), &score.device());
        let joint = descend(&self.joint, specs.joint, &trace.joint, specs.slope, ones);
        let (channels, from_x) = (joint.dims()[1], trace.x.last().map_or(0, |pre| pre.dims()[1]));
        let [to_x, to_z] = [joint.clone().narrow(1, 0, from_x), joint.narrow(1, from_x, channels - from_x)];
        let below = |layers: &[Layer], specs_of: &[Spec], pres: &[Tensor<4>], gradient| {
            let pre = pres.last().expect("there is a last layer").clone();
            descend(layers, specs_of, pres, specs.slope, gate(pre, gradient, specs.slope))
        };
        [below(&self.x, specs.x, &trace.x, to_x), below(&self.z, specs.z, &trace.z, to_z)]
    }

    fn trace(&self, specs: &CriticSpecs, x: Tensor<4>, z: Tensor<4>) -> Trace {
        let (x, x_out) = climb(&self.x, specs.x, x, specs.slope);
        let (z, z_out) = climb(&self.z, specs.z, z, specs.slope);
        let (joint, _) = climb(&self.joint, specs.joint, Tensor::cat(vec![x_out, z_out], 1), specs.slope);
        Trace { x, z, joint }
    }
}

/// The pre-activations of all layers, and the last activation.
fn climb(layers: &[Layer], specs: &[Spec], x: Tensor<4>, slope: f32) -> (Vec<Tensor<4>>, Tensor<4>) {
    layers.iter().zip(specs).fold((vec![], x), |(mut pres, x), (layer, spec)| {
        let pre = layer.forward(spec, x, Phase::Train);
        pres.push(pre.clone());
        (pres, kernels::leaky_relu(pre, slope))
    })
}

/// Carries a gradient from the last pre-activation down to the input of the first layer.
fn descend(layers: &[Layer], specs: &[Spec], pres: &[Tensor<4>], slope: f32, gradient: Tensor<4>) -> Tensor<4> {
    layers.iter().zip(specs).enumerate().rev().fold(gradient, |gradient, (index, (layer, spec))| {
        let below = layer.transposed(spec, gradient);
        if index == 0 { below } else { gate(pres[index - 1].clone(), below, slope) }
    })
}

/// `gradient · d(pre)`. It is leaky ReLU's tangent rule (Eq. 7): a diagonal matrix is its own transpose.
fn gate(pre: Tensor<4>, gradient: Tensor<4>, slope: f32) -> Tensor<4> {
    kernels::leaky_relu_jvp(pre, gradient, slope).1
}
