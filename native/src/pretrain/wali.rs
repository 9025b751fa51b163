//! The Wasserstein BiGAN with gradient penalty: the paper's first author's, on ALI's shapes and with the slope 0.2.

use super::{
    bigan::{self, Bigan, Design},
    critic::{Critic, CriticSpecs},
    learner::{Learner, Saved},
    nets::{Phase, Spec, Start},
    pictures::Picture,
    random::{self, Purpose},
    recipe::{Recipe, SPREAD, Step, Values, number},
};
use anyhow::Result;
use burn::{
    module::Module,
    optim::ModuleOptimizer,
    tensor::{Device, Tensor},
};
use gradient_features::{
    InputRange, Parametrization,
    fit::adam::Adam,
    images::{ImageSet, to_tensor},
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::Encoder,
    },
};

/// The encoder and generator.
pub const DESIGN: Design = Design::new(
    EncoderConfig {
        kind: EncoderKind::Ali,
        slope: 0.2,
        input_range: InputRange::Symmetric,
        parametrization: Parametrization::Ntk,
    },
    100,
    Start::Uniform,
);

/// The critic: no normalisation anywhere, so that a sample's score is its own.
pub const CRITIC: CriticSpecs<'static> = CriticSpecs {
    slope: DESIGN.slope,
    x: &[
        Spec::down(32, 5, 1).biased(),
        Spec::down(64, 4, 2).biased(),
        Spec::down(128, 4, 1).biased(),
        Spec::down(256, 4, 2).biased(),
        Spec::down(512, 4, 1).biased(),
    ],
    z: &[Spec::down(512, 1, 1), Spec::down(512, 1, 1)],
    joint: &[Spec::down(1024, 1, 1).biased(), Spec::down(1024, 1, 1).biased(), Spec::down(1, 1, 1).biased()],
};
/// Critic steps for one of the encoder and generator.
const CRITIC_STEPS: usize = 5;
/// λ: the weight of the gradient penalty.
const PENALTY: f64 = 10.0;

/// The two players.
pub struct Wali {
    bigan: Learner<Bigan>,
    critic: Learner<Critic>,
    device: Device,
}

impl Wali {
    /// At the start; `device` has reverse mode.
    pub fn new(data: &ImageSet, seed: u64, device: &Device) -> Self {
        let mut random = random::generator(seed, Purpose::Start, 0);
        let bigan = Bigan::random(&DESIGN, data, &mut random, device);
        let critic = Critic::random(&CRITIC, DESIGN.latent, DESIGN.start, &mut random, device);
        Self { bigan: Learner::new(bigan, adam), critic: Learner::new(critic, adam), device: device.clone() }
    }

    /// Updates the critic: it widens the gap between the scores of the two kinds of pairs, with a penalty on gradients
    /// between them whose length is not 1.
    fn update_critic(&mut self, step: Step) -> Values {
        let device = self.device.clone().inner();
        let (pairs, mut random) = pairs(&self.bigan.net.valid(), step, &device);
        let share = random::uniform([step.batch(), 1, 1, 1], [0.0, 1.0], &mut random, &device);
        let between = |a: &Tensor<4>, b: &Tensor<4>| a.clone() * share.clone() + b.clone() * (1.0 - share.clone());
        let x = between(&pairs.x, &pairs.generated);
        let z = between(&pairs.encoded, &pairs.z);
        let constant = |tensor: Tensor<4>| Tensor::from_inner(tensor);
        let critic = &self.critic.net;
        let penalty = critic.gradient_penalty(&CRITIC, constant(x), constant(z));
        let xs = Tensor::cat(vec![pairs.x, pairs.generated], 0);
        let zs = Tensor::cat(vec![pairs.encoded, pairs.z], 0);
        let gap = gap(critic.scores(&CRITIC, constant(xs), constant(zs)));
        let loss = penalty.clone() * PENALTY - gap.clone();
        self.critic.update(step.rate, loss.backward());
        vec![("distance", number(gap)), ("penalty", number(penalty))]
    }

    /// Updates the encoder and generator: they narrow the gap, and close the cycle where it has a weight.
    fn update_bigan(&mut self, step: Step) -> Values {
        let (pairs, _) = pairs(&self.bigan.net, step, &self.device);
        let spread = bigan::spread(&pairs.generated.clone().inner(), &pairs.x.clone().inner());
        let mut values = vec![(SPREAD, spread)];
        let cycle = [pairs.x.clone(), pairs.encoded.clone()];
        let xs = Tensor::cat(vec![pairs.x, pairs.generated], 0);
        let zs = Tensor::cat(vec![pairs.encoded, pairs.z], 0);
        let gap = gap(self.critic.net.clone().no_grad().scores(&CRITIC, xs, zs));
        let weight = step.options.cycle.unwrap_or_default();
        let loss = self.bigan.net.add_cycle(&DESIGN, weight, cycle, gap, &mut values);
        bigan::update(&mut self.bigan, step, 1.0, &loss);
        values
    }
}

/// Images with their encodings, latents with their images.
struct Pairs {
    x: Tensor<4>,
    encoded: Tensor<4>,
    generated: Tensor<4>,
    z: Tensor<4>,
}

/// The pairs of a step, and its random generator as it is after them.
fn pairs(bigan: &Bigan, step: Step, device: &Device) -> (Pairs, rand_chacha::ChaCha8Rng) {
    let mut random = step.random();
    let x = to_tensor(step.pixels, DESIGN.encoder.input_range, device);
    let latents = [step.batch(), DESIGN.latent, 1, 1];
    let [noise, z] =
        [step.options.noise_deviation(), 1.0].map(|deviation| random::normal(latents, deviation, &mut random, device));
    let encoded = bigan.sample(&DESIGN, x.clone(), noise);
    let generated = bigan.generate(&DESIGN, z.clone(), Phase::Train);
    (Pairs { x, encoded, generated, z }, random)
}

/// How far the scores of the first half lie above those of the second, on average.
fn gap(scores: Tensor<1>) -> Tensor<1> {
    let half = scores.dims()[0] / 2;
    scores.clone().narrow(0, 0, half).mean() - scores.narrow(0, half, half).mean()
}

/// The published optimiser.
fn adam() -> ModuleOptimizer {
    Adam { beta_1: 0.5, beta_2: 0.9, epsilon: 1e-8, decay: 0.0 }.into()
}

impl Recipe for Wali {
    fn step(&mut self, step: Step) -> Values {
        if step.is_warm_up() {
            return bigan::warm_up(&mut self.bigan, &DESIGN, step, &self.device);
        }
        if step.index % (CRITIC_STEPS + 1) < CRITIC_STEPS { self.update_critic(step) } else { self.update_bigan(step) }
    }

    fn learners(&mut self) -> Vec<(&'static str, &mut dyn Saved)> {
        vec![("bigan", &mut self.bigan), ("critic", &mut self.critic)]
    }

    fn encoder(&self) -> Encoder {
        self.bigan.trained().encoder(&DESIGN)
    }

    fn pictures(&self, originals: &[u8], seed: u64) -> Result<Vec<Picture>> {
        bigan::pictures(&DESIGN, self.bigan.trained(), originals, seed, &self.device)
    }
}
