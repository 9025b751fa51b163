//! Networks that are partly random, to take the gradient in: what of the base network gradient features owe their worth
//! to (the paper's Table 1).
//!
//! θ1 (below the scope), θ2 (the scope's layers) and ω are each random or pre-trained. The activation term always goes
//! by the pre-trained network's features, so only the gradient's origin changes.

use crate::model::{
    config::EncoderConfig,
    encoder::{Conv, Encoder},
    linear::{Classifier, Head},
};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use std::fmt;
use vocabulary::{Mode, Parametrization, Scope};

/// The deviation of a random ω: the published code's, PyTorch's for 512 inputs.
const OMEGA_DEVIATION: f64 = 0.025_5;

/// Where parameters come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A network that was never trained.
    Random,
    /// The base network; for ω, the activation model fitted on it.
    Trained,
}

impl Origin {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Random, Self::Trained];
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Random => "random",
            Self::Trained => "trained",
        })
    }
}

/// A network of the same shapes with He's initialisation and biases of 0.
pub fn untrained(config: EncoderConfig, seed: u64, device: &Device) -> Encoder {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let convs = config.kind.layers().iter().map(|spec| {
        let weight = spec.random_weight(config.slope, &mut random, device);
        Conv::new(weight, Tensor::zeros([spec.outputs], device))
    });
    let standard = EncoderConfig { parametrization: Parametrization::Standard, ..config };
    Encoder::new(standard, convs.collect()).reparametrized(config.parametrization)
}

/// The layers below the scope of one origin, the scope's of another. It has no digest, as there is no file of it.
pub fn mixed(random: &Encoder, trained: &Encoder, scope: Scope, theta1: Origin, theta2: Origin) -> Encoder {
    let of = |origin| if origin == Origin::Random { random.parameters() } else { trained.parameters() };
    let start = trained.config().kind.scope_start(scope);
    let parameters = of(theta1).into_iter().take(start).chain(of(theta2).into_iter().skip(start));
    Encoder::new(trained.config(), parameters.collect())
}

/// Where a gradient or full model of an ablation starts: w1 from the base network's activation model, ω̄ from the one
/// that was fitted on the mixture's own activations, or a random one of its shape.
pub fn start(
    mode: Mode,
    encoder: &Encoder,
    base: &Head,
    own: &Head,
    omega: Origin,
    seed: u64,
    device: &Device,
) -> Head {
    let omega = match omega {
        Origin::Random => random_omega(own, seed, device),
        Origin::Trained => weight(own),
    };
    Head { omega: Some(omega), ..Head::start(mode, base.scope, encoder, base, device) }
}

fn weight(head: &Head) -> Tensor<2> {
    let classifier: &Classifier = head.parameters.classifier.as_ref().expect("an activation model has a classifier");
    classifier.weight.val().detach()
}

/// An ω that was never fitted, of the shape of a fitted one.
fn random_omega(fitted: &Head, seed: u64, device: &Device) -> Tensor<2> {
    let shape = weight(fitted).dims();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let numbers = (0..shape[0] * shape[1]).map(|_| {
        let value: f64 = StandardNormal.sample(&mut random);
        (value * OMEGA_DEVIATION) as f32
    });
    let numbers: Vec<f32> = numbers.collect();
    Tensor::from_data(TensorData::new(numbers, shape), device)
}
