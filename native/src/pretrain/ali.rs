//! Adversarially learned inference (Dumoulin et al. 2017), the paper's BiGAN with the Jensen–Shannon divergence.

use super::{
    bigan::{self, Bigan, Design},
    learner::{Learner, Saved},
    nets::{self, Layer, Phase, Spec, Start},
    pictures::Picture,
    random::{self, Purpose},
    recipe::{Recipe, SPREAD, Step, Values, number},
};
use anyhow::Result;
use burn::{
    module::Module,
    optim::ModuleOptimizer,
    tensor::{Device, Gradients, Tensor, activation::log_sigmoid},
};
use gradient_features::{
    InputRange, Parametrization,
    fit::adam::Adam,
    images::{ImageSet, to_tensor},
    kernels::{self, dropout::Dropout},
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::Encoder,
    },
};
use rand::RngCore;
use std::f64::consts::LN_2;

/// The published encoder and generator for CIFAR-10.
pub const DESIGN: Design = Design::new(
    EncoderConfig {
        kind: EncoderKind::Ali,
        slope: 0.1,
        input_range: InputRange::Unit,
        parametrization: Parametrization::Ntk,
    },
    64,
    Start::Normal(0.01),
);

/// The discriminator's part for images; maxout halves the channels of each.
const X: [Spec; 5] = [
    Spec::down(32, 5, 1).biased(),
    Spec::down(64, 4, 2),
    Spec::down(128, 4, 1),
    Spec::down(256, 4, 2),
    Spec::down(512, 4, 1),
];
/// Its part for latents.
const Z: [Spec; 2] = [Spec::down(512, 1, 1), Spec::down(512, 1, 1)];
/// What both go into; the last has no activation.
const JOINT: [Spec; 3] =
    [Spec::down(1024, 1, 1).biased(), Spec::down(1024, 1, 1).biased(), Spec::down(1, 1, 1).biased()];
/// How many channels go into one of maxout's.
const PIECES: usize = 2;
/// Dropout of what comes in.
const DROP_INPUT: f32 = 0.2;
/// Dropout before every other layer.
const DROP_HIDDEN: f32 = 0.5;
/// A logit beyond it has the probability 0 or 1 in 32 bits; `e^` of it is still finite.
const MOST_LOGIT: f32 = 40.0;

/// Tells pairs of an image and its encoding from pairs of a latent and its image.
#[derive(Module, Debug)]
pub struct Discriminator {
    x: Vec<Layer>,
    z: Vec<Layer>,
    joint: Vec<Layer>,
}

impl Discriminator {
    fn random(random: &mut impl RngCore, device: &Device) -> Self {
        let start = DESIGN.start;
        let halved = |specs: &[Spec], inputs: usize, random: &mut _| -> Vec<Layer> {
            let inputs = std::iter::once(inputs).chain(specs.iter().map(|spec| spec.outputs / PIECES));
            let layers = specs.iter().zip(inputs);
            layers.flat_map(|(spec, inputs)| nets::stack(&[*spec], inputs, start, random, device)).collect()
        };
        let joint_inputs = (X[4].outputs + Z[1].outputs) / PIECES;
        Self {
            x: halved(&X, 3, random),
            z: halved(&Z, DESIGN.latent, random),
            joint: halved(&JOINT, joint_inputs, random),
        }
    }

    /// Logits `[N]` of images `[N, 3, 32, 32]` with latents `[N, latent, 1, 1]`; `random` is dropout's.
    fn logits(&self, x: Tensor<4>, z: Tensor<4>, random: &mut impl RngCore) -> Tensor<1> {
        let mut dropped = |x, drop| kernels::dropout(x, Dropout::new(drop, [random.next_u32(), random.next_u32()]));
        let mut part = |layers: &[Layer], specs: &[Spec], x: Tensor<4>, first: f32| {
            layers.iter().zip(specs).enumerate().fold(x, |x, (index, (layer, spec))| {
                let x = dropped(x, if index == 0 { first } else { DROP_HIDDEN });
                let x = layer.forward(spec, x, Phase::Train);
                if spec.outputs > 1 { kernels::maxout(x) } else { x }
            })
        };
        let x = part(&self.x, &X, x, DROP_INPUT);
        let z = part(&self.z, &Z, z, DROP_INPUT);
        part(&self.joint, &JOINT, Tensor::cat(vec![x, z], 1), DROP_HIDDEN).flatten::<1>(0, 3)
    }
}

/// The two players.
pub struct Ali {
    bigan: Learner<Bigan>,
    discriminator: Learner<Discriminator>,
    device: Device,
}

impl Ali {
    /// At the start; `device` has reverse mode.
    pub fn new(data: &ImageSet, seed: u64, device: &Device) -> Self {
        let mut random = random::generator(seed, Purpose::Start, 0);
        Self {
            bigan: Learner::new(Bigan::random(&DESIGN, data, &mut random, device), adam),
            discriminator: Learner::new(Discriminator::random(&mut random, device), adam),
            device: device.clone(),
        }
    }
}

/// The published optimiser.
fn adam() -> ModuleOptimizer {
    Adam { beta_1: 0.5, beta_2: 0.999, epsilon: 1e-8, decay: 0.0 }.into()
}

/// What a step gives both players.
struct PlayerGradients {
    /// The gradients of the discriminator's loss by its parameters.
    discriminator: Gradients,
    /// A function `[1]` of the encoder's and generator's parameters. Its gradients are those of their loss; its value
    /// means nothing.
    surrogate: Tensor<1>,
    /// How far the discriminator's loss lies below chance's: 0 where it cannot tell, 1 where it is always right.
    edge: f64,
    values: Values,
}

/// The share of the learning rate that the encoder and generator learn at: `times` the discriminator's edge, at most the
/// whole rate; always the whole where `times` is 0, as published.
///
/// Adam's steps do not depend on the length of a gradient. So a generator moves as far on the noise of a discriminator
/// that cannot tell as on the gradient of one that can, and it leaves what the discriminator has just learnt to see
/// before it gains from it. A rate that grows with the discriminator's edge avoids this: the two time scales of Heusel
/// et al. 2017, with a ratio that the game itself sets.
fn pace(times: f64, edge: f64) -> f64 {
    if times == 0.0 { 1.0 } else { (times * edge).clamp(0.0, 1.0) }
}

impl Ali {
    /// Both players' gradients, from one pass through the discriminator.
    ///
    /// Its loss `softplus(−p) + softplus(p̃)` and theirs `softplus(p) + softplus(−p̃)` differ only in the gradient by each
    /// logit, and without batch normalisation no logit depends on another sample. So the gradient of their loss by a
    /// generated image or latent is that of the discriminator's loss times `−e^p` (or `−e^−p̃`): σ(p) instead of −σ(−p).
    fn player_gradients(&self, step: Step) -> PlayerGradients {
        let mut random = step.random();
        let x = to_tensor(step.pixels, DESIGN.encoder.input_range, &self.device);
        let latents = [step.batch(), DESIGN.latent, 1, 1];
        let [noise, z] = [step.options.noise_deviation(), 1.0]
            .map(|deviation| random::normal(latents, deviation, &mut random, &self.device));
        let encoded = self.bigan.net.sample(&DESIGN, x.clone(), noise);
        let made = self.bigan.net.generate(&DESIGN, z.clone(), Phase::Train);
        let spread = bigan::spread(&made.clone().inner(), &x.clone().inner());

        let leaf = |real: Tensor<4>, other: Tensor<4>| Tensor::cat(vec![real, other], 0).detach().require_grad();
        let (xs, zs) = (leaf(x.clone(), made.clone()), leaf(encoded.clone(), z));
        let logits = self.discriminator.net.logits(xs.clone(), zs.clone(), &mut random);
        let [data, sample] = [0, 1].map(|part| logits.clone().narrow(0, part * step.batch(), step.batch()));
        let loss = (softplus(-data.clone()) + softplus(sample.clone())).mean();
        let mut discriminator = loss.backward();
        let mut arrived = |leaf: &Tensor<4>, part: usize| {
            let gradient = leaf.grad_remove(&mut discriminator).expect("the discriminator sees it");
            Tensor::from_inner(gradient.narrow(0, part * step.batch(), step.batch()))
        };
        let (at_made, at_encoded) = (arrived(&xs, 1), arrived(&zs, 0));
        let turned = |logit: Tensor<1>| -logit.detach().clamp(-MOST_LOGIT, MOST_LOGIT).exp().reshape([-1, 1, 1, 1]);
        let surrogate = (encoded.clone() * at_encoded * turned(data.clone())).sum()
            + (made * at_made * turned(-sample.clone())).sum();

        let fooled = (softplus(data) + softplus(-sample)).mean();
        let loss = number(loss);
        let mut values = vec![("discriminator", loss), ("generator", number(fooled)), (SPREAD, spread)];
        let weight = step.options.cycle.unwrap_or_default();
        let surrogate = self.bigan.net.add_cycle(&DESIGN, weight, [x, encoded], surrogate, &mut values);
        PlayerGradients { discriminator, surrogate, edge: 1.0 - loss / (2.0 * LN_2), values }
    }
}

impl Recipe for Ali {
    /// Both players are updated at once.
    fn step(&mut self, step: Step) -> Values {
        if step.is_warm_up() {
            return bigan::warm_up(&mut self.bigan, &DESIGN, step, &self.device);
        }
        let PlayerGradients { discriminator, surrogate, edge, values } = self.player_gradients(step);
        let pace = pace(step.options.pace.unwrap_or_default(), edge);
        self.discriminator.update(step.rate, discriminator);
        bigan::update(&mut self.bigan, step, pace, &surrogate);
        values
    }

    fn learners(&mut self) -> Vec<(&'static str, &mut dyn Saved)> {
        vec![("bigan", &mut self.bigan), ("discriminator", &mut self.discriminator)]
    }

    fn encoder(&self) -> Encoder {
        self.bigan.trained().encoder(&DESIGN)
    }

    fn pictures(&self, originals: &[u8], seed: u64) -> Result<Vec<Picture>> {
        bigan::pictures(&DESIGN, self.bigan.trained(), originals, seed, &self.device)
    }
}

/// `log(1 + e^x)`, which neither over- nor underflows.
fn softplus(x: Tensor<1>) -> Tensor<1> {
    -log_sigmoid(-x)
}

#[cfg(test)]
mod tests {
    use super::super::options::RecipeOptions;
    use super::*;
    use burn::{
        module::{ModuleVisitor, Param},
        optim::GradientsParams,
    };
    use gradient_features::images::IMAGE_BYTES;
    use nets::tests::sizes;

    #[test]
    fn the_discriminator_has_the_published_sizes() {
        let net = Discriminator::random(&mut random::generator(1, Purpose::Start, 0), &Device::flex());
        let (x, of_x) = sizes(&net.x);
        assert_eq!(x, [[32, 3, 5, 5], [64, 16, 4, 4], [128, 32, 4, 4], [256, 64, 4, 4], [512, 128, 4, 4]]);
        let (z, of_z) = sizes(&net.z);
        assert_eq!(z, [[512, 64, 1, 1], [512, 256, 1, 1]]);
        let (joint, of_both) = sizes(&net.joint);
        assert_eq!(joint, [[1024, 512, 1, 1], [1024, 512, 1, 1], [1, 512, 1, 1]]);
        assert_eq!(of_x + of_z + of_both, 2_610_049);
    }

    #[test]
    fn the_pace_is_the_edge() {
        let times = |times: f64| [-0.1, 0.0, 0.25, 1.0].map(|edge| pace(times, edge));
        assert_eq!(times(0.0), [1.0; 4], "as published");
        assert_eq!(times(1.0), [0.0, 0.0, 0.25, 1.0]);
        assert_eq!(times(2.0), [0.0, 0.0, 0.5, 1.0]);
    }

    /// At chance or worse a discriminator has no edge. With a pace the generator then waits, while the discriminator
    /// learns.
    #[test]
    fn without_an_edge_the_encoder_and_generator_wait() {
        let images = ImageSet { pixels: vec![90; 4 * IMAGE_BYTES], labels: vec![0; 4] };
        let device = Device::flex().autodiff();
        let z = Tensor::ones([1, DESIGN.latent, 1, 1], &device);
        let state = |ali: &Ali| {
            let made = ali.bigan.net.generate(&DESIGN, z.clone(), Phase::Batch);
            [made, ali.discriminator.net.joint[2].weight.val()].map(|tensor| tensor.into_data())
        };
        let changed = |pace| {
            let mut ali = Ali::new(&images, 1, &device);
            // It takes everything for data, so it is worse than chance.
            ali.discriminator.net.joint[2].bias = Some(Param::from_tensor(Tensor::ones([1], &device)));
            let before = state(&ali);
            let options = RecipeOptions { pace: Some(pace), ..RecipeOptions::default() };
            let step = Step { pixels: &images.pixels, seed: 1, index: 0, steps: 1, rate: 1e-3, options };
            ali.step(step);
            let after = state(&ali);
            [0, 1].map(|player| before[player] != after[player])
        };
        assert_eq!(changed(1.0), [false, true]);
        assert_eq!(changed(0.0), [true, true], "as published both learn");
    }

    /// One pass through the discriminator gives the encoder and generator the same gradients as a second one, through
    /// their own loss.
    #[test]
    fn both_players_gradients_come_from_one_pass() {
        let pixels = (0..4 * IMAGE_BYTES).map(|at| (at * at % 251) as u8).collect();
        let images = ImageSet { pixels, labels: vec![0; 4] };
        let device = Device::flex().autodiff();
        let ali = Ali::new(&images, 1, &device);
        let options = RecipeOptions::default();
        let step = Step { pixels: &images.pixels, seed: 1, index: 0, steps: 1, rate: 0.0, options };
        let found = GradientsParams::from_grads(ali.player_gradients(step).surrogate.backward(), &ali.bigan.net);

        let mut random = step.random();
        let x = to_tensor(step.pixels, DESIGN.encoder.input_range, &device);
        let [noise, z] = [(); 2].map(|()| random::normal([4, DESIGN.latent, 1, 1], 1.0, &mut random, &device));
        let encoded = ali.bigan.net.sample(&DESIGN, x.clone(), noise);
        let made = ali.bigan.net.generate(&DESIGN, z.clone(), Phase::Train);
        let pairs = (Tensor::cat(vec![x, made], 0), Tensor::cat(vec![encoded, z], 0));
        let logits = ali.discriminator.net.logits(pairs.0, pairs.1, &mut random);
        let loss = (softplus(logits.clone().narrow(0, 0, 4)) + softplus(-logits.narrow(0, 4, 4))).mean();
        let expected = GradientsParams::from_grads(loss.backward(), &ali.bigan.net);

        let mut compared = Compared { found, expected, parameters: 0 };
        ali.bigan.net.visit(&mut compared);
        assert_eq!(compared.parameters, 5 * 3 + 5 + 6 * 3 + 1 + 1, "encoder, head, generator, pixel biases");
    }

    struct Compared {
        found: GradientsParams,
        expected: GradientsParams,
        parameters: usize,
    }

    impl ModuleVisitor for Compared {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            // Running statistics have no gradient.
            let Some(expected) = self.expected.get::<D>(param.id) else { return };
            let found = self.found.get::<D>(param.id).expect("the one-pass gradient is there");
            let size = expected.clone().abs().max().into_scalar::<f32>();
            let worst = (found - expected).abs().max().into_scalar::<f32>();
            assert!(worst <= 1e-4 * size + 1e-9, "off by {worst} of {size}");
            self.parameters += 1;
        }
    }
}
