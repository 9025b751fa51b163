//! The Wasserstein critic with its gradient penalty (Gulrajani et al. 2017), by first-order reverse mode only.
//!
//! The penalty is a function of the critic's gradient by its inputs, and training differentiates it again. Burn's
//! reverse mode does not differentiate a gradient. But the critic is piecewise linear: on each piece its gradient
//! is a product of its own transposed weights and of leaky ReLU's derivatives d, which are constant. Written as an
//! ordinary forward graph (transposed convolutions and gates, from the score down to the inputs), that gradient can be
//! differentiated once by the weights, which is all that training needs.

use super::nets::{self, Layer, Phase, Spec, Start, TINY};
use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use gradient_features::kernels;
use rand::Rng;

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
        let joint = backpropagate(&self.joint, specs.joint, &trace.joint, specs.slope, ones);
        let (channels, from_x) = (joint.dims()[1], trace.x.last().map_or(0, |pre| pre.dims()[1]));
        let [to_x, to_z] = [joint.clone().narrow(1, 0, from_x), joint.narrow(1, from_x, channels - from_x)];
        let below = |layers: &[Layer], specs_of: &[Spec], pres: &[Tensor<4>], gradient| {
            let pre = pres.last().expect("there is a last layer").clone();
            backpropagate(layers, specs_of, pres, specs.slope, gate(pre, gradient, specs.slope))
        };
        [below(&self.x, specs.x, &trace.x, to_x), below(&self.z, specs.z, &trace.z, to_z)]
    }

    fn trace(&self, specs: &CriticSpecs, x: Tensor<4>, z: Tensor<4>) -> Trace {
        let (x, x_out) = forward_trace(&self.x, specs.x, x, specs.slope);
        let (z, z_out) = forward_trace(&self.z, specs.z, z, specs.slope);
        let (joint, _) = forward_trace(&self.joint, specs.joint, Tensor::cat(vec![x_out, z_out], 1), specs.slope);
        Trace { x, z, joint }
    }
}

/// The pre-activations of all layers, and the last activation.
fn forward_trace(layers: &[Layer], specs: &[Spec], x: Tensor<4>, slope: f32) -> (Vec<Tensor<4>>, Tensor<4>) {
    layers.iter().zip(specs).fold((vec![], x), |(mut pres, x), (layer, spec)| {
        let pre = layer.forward(spec, x, Phase::Train);
        pres.push(pre.clone());
        (pres, kernels::leaky_relu(pre, slope))
    })
}

/// Carries a gradient from the last pre-activation down to the input of the first layer.
fn backpropagate(layers: &[Layer], specs: &[Spec], pres: &[Tensor<4>], slope: f32, gradient: Tensor<4>) -> Tensor<4> {
    layers.iter().zip(specs).enumerate().rev().fold(gradient, |gradient, (index, (layer, spec))| {
        let below = layer.transposed(spec, gradient);
        if index == 0 { below } else { gate(pres[index - 1].clone(), below, slope) }
    })
}

/// `gradient · d(pre)`. It is leaky ReLU's tangent rule (Eq. 7): a diagonal matrix is its own transpose.
fn gate(pre: Tensor<4>, gradient: Tensor<4>, slope: f32) -> Tensor<4> {
    kernels::leaky_relu_jvp(pre, gradient, slope).1
}

#[cfg(test)]
mod tests {
    use super::super::random::{self, Purpose};
    use super::*;
    use burn::{module::Param, tensor::TensorData};
    use gradient_features::numbers_blocking;
    use safetensors::SafeTensors;

    /// The golden critic's layers, as in `tests/golden/critic.py`.
    const SPECS: CriticSpecs<'static> = CriticSpecs {
        slope: 0.2,
        x: &[Spec::down(4, 3, 1).biased(), Spec::down(6, 4, 2).biased(), Spec::down(8, 2, 1).biased()],
        z: &[Spec::down(7, 1, 1), Spec::down(6, 1, 1)],
        joint: &[Spec::down(9, 1, 1).biased(), Spec::down(8, 1, 1).biased(), Spec::down(1, 1, 1).biased()],
    };
    /// Relative to the largest number: 32 bits against 64.
    const TOLERANCE: f64 = 2e-5;

    struct Golden(Vec<u8>);

    impl Golden {
        fn open() -> Self {
            Self(std::fs::read("tests/golden/critic.safetensors").expect("the golden file is there"))
        }

        fn numbers(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
            let file = SafeTensors::deserialize(&self.0).expect("the golden file is whole");
            let view = file.tensor(name).unwrap_or_else(|_| panic!("there is no {name}"));
            (bytemuck::pod_collect_to_vec(view.data()), view.shape().to_vec())
        }

        fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
            let (values, shape) = self.numbers(name);
            Tensor::from_data(TensorData::new(values, shape), device)
        }

        fn critic(&self, device: &Device) -> Critic {
            let layers = |part: &str, specs: &[Spec]| {
                let stack = nets::stack(specs, 1, Start::Normal(0.0), &mut start_random(), device);
                let layers = stack.into_iter().enumerate().map(|(index, mut layer)| {
                    let name = |what: &str| format!("{part}.{index}.{what}");
                    layer.weight = Param::from_tensor(self.tensor(&name("weight"), device));
                    layer.bias = layer.bias.map(|_| Param::from_tensor(self.tensor(&name("bias"), device)));
                    layer
                });
                layers.collect()
            };
            Critic { x: layers("x", SPECS.x), z: layers("z", SPECS.z), joint: layers("joint", SPECS.joint) }
        }
    }

    fn start_random() -> impl Rng {
        random::generator(0, Purpose::Start, 0)
    }

    fn assert_close(what: &str, found: &[f32], expected: &[f32]) {
        let size = expected.iter().fold(1e-3_f32, |most, x| most.max(x.abs()));
        let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
        assert_eq!(found.len(), expected.len(), "{what}");
        assert!(f64::from(worst / size) < TOLERANCE, "{what}: off by {worst} of {size}");
    }

    fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        numbers_blocking(tensor).expect("the device can be read")
    }

    #[test]
    fn scores_input_gradients_and_the_penalty_agree_with_pytorch() {
        let (golden, device) = (Golden::open(), Device::flex());
        let critic = golden.critic(&device);
        let [x, z] = ["x", "z"].map(|name| golden.tensor::<4>(name, &device));
        assert_close("scores", &read(critic.scores(&SPECS, x.clone(), z.clone())), &golden.numbers("scores").0);
        let [by_x, by_z] = critic.input_gradient(&SPECS, x.clone(), z.clone());
        assert_close("by x", &read(by_x), &golden.numbers("by_x").0);
        assert_close("by z", &read(by_z), &golden.numbers("by_z").0);
        let penalty = critic.gradient_penalty(&SPECS, x, z);
        assert_close("penalty", &read(penalty), &golden.numbers("penalty").0);
    }

    #[test]
    fn the_penaltys_gradients_agree_with_pytorchs_double_backward() {
        let (golden, device) = (Golden::open(), Device::flex().autodiff());
        let critic = golden.critic(&device);
        let [x, z] = ["x", "z"].map(|name| golden.tensor::<4>(name, &device));
        let gradients = critic.gradient_penalty(&SPECS, x, z).backward();
        for (part, layers) in [("x", &critic.x), ("z", &critic.z), ("joint", &critic.joint)] {
            for (index, layer) in layers.iter().enumerate() {
                let name = format!("{part}.{index}.weight.gradient");
                let found = layer.weight.val().grad(&gradients).expect("every weight changes the penalty");
                assert_close(&name, &read(found), &golden.numbers(&name).0);
                let bias = layer.bias.as_ref().and_then(|bias| bias.val().grad(&gradients));
                assert!(bias.is_none(), "a bias changes no gradient of a piecewise linear function");
            }
        }
    }

    /// The forward graph is the gradient: the score's central differences along random directions.
    #[test]
    fn input_gradients_agree_with_differences() {
        let (golden, device) = (Golden::open(), Device::flex());
        let critic = golden.critic(&device);
        let [x, z] = ["x", "z"].map(|name| golden.tensor::<4>(name, &device));
        let mut random = start_random();
        let [to_x, to_z] = [&x, &z].map(|at| random::normal(at.dims(), 1.0, &mut random, &device));
        let [by_x, by_z] = critic.input_gradient(&SPECS, x.clone(), z.clone());
        let along = |gradient: Tensor<4>, way: &Tensor<4>| (gradient * way.clone()).flatten::<2>(1, 3).sum_dim(1);
        let expected = read((along(by_x, &to_x) + along(by_z, &to_z)).flatten::<1>(0, 1));
        let step = 1e-3;
        let at =
            |size: f32| read(critic.scores(&SPECS, x.clone() + to_x.clone() * size, z.clone() + to_z.clone() * size));
        for ((up, down), expected) in at(step).into_iter().zip(at(-step)).zip(expected) {
            let found = (up - down) / (2.0 * step);
            assert!((found - expected).abs() < 5e-3 * expected.abs().max(0.1), "{found} is not {expected}");
        }
    }

    /// The Wasserstein BiGAN's own, on ALI's shapes.
    #[test]
    fn the_published_critic_has_the_published_sizes() {
        use super::super::{nets::tests::sizes, wali};
        let start = wali::DESIGN.start;
        let critic = Critic::random(&wali::CRITIC, wali::DESIGN.latent, start, &mut start_random(), &Device::flex());
        let (x, of_x) = sizes(&critic.x);
        assert_eq!(x, [[32, 3, 5, 5], [64, 32, 4, 4], [128, 64, 4, 4], [256, 128, 4, 4], [512, 256, 4, 4]]);
        let (z, of_z) = sizes(&critic.z);
        assert_eq!(z, [[512, 100, 1, 1], [512, 512, 1, 1]]);
        let (joint, of_both) = sizes(&critic.joint);
        assert_eq!(joint, [[1024, 1024, 1, 1], [1024, 1024, 1, 1], [1, 1024, 1, 1]]);
        assert_eq!(of_x + of_z + of_both, 5_202_241);
    }
}
