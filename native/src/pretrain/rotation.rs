//! The rotation pretext task (Gidaris et al. 2018): predict by how many quarter turns an image was rotated. No label of
//! the data set is used.

use super::{
    learner::{Learner, Saved},
    random::{self, Purpose},
    recipe::{Recipe, Step, Values, number},
};
use burn::{
    module::Module,
    nn::loss::CrossEntropyLossConfig,
    optim::{ModuleOptimizer, SgdConfig, decay::WeightDecayConfig, momentum::MomentumConfig},
    tensor::{Device, Int, Tensor, TensorData},
};
use gradient_features::{
    InputRange, Parametrization,
    images::{IMAGE_BYTES, PLANE, SIDE, to_tensor},
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::Encoder,
        jvp::{self, Dual},
        linear::Classifier,
        normalized::NormalizedEncoder,
    },
};
use rand::Rng;

/// Quarter turns that are predicted.
const TURNS: usize = 4;
/// The farthest that an image is shifted, in pixels.
const SHIFT: i32 = 2;
const MOMENTUM: f64 = 0.9;
const WEIGHT_DECAY: f32 = 5e-4;

/// What the recipe makes: batch norm is folded and the classifier dropped when it is done.
pub const ENCODER: EncoderConfig = EncoderConfig {
    kind: EncoderKind::Ali,
    slope: 0.01,
    input_range: InputRange::Unit,
    parametrization: Parametrization::Ntk,
};

/// The network in training.
#[derive(Module, Debug)]
pub struct RotationNet {
    encoder: NormalizedEncoder,
    classifier: Classifier,
}

impl RotationNet {
    /// With parameters that follow from the seed.
    pub fn random(seed: u64, device: &Device) -> Self {
        let mut random = random::generator(seed, Purpose::Start, 0);
        let encoder =
            NormalizedEncoder::new(ENCODER.kind, |spec| spec.random_weight(ENCODER.slope, &mut random, device));
        Self { encoder, classifier: Classifier::zeros(ENCODER.kind.features(), TURNS, device) }
    }

    /// Mean loss and number of correct predictions on a batch `[N, 3, 32, 32]` with its turns `[N]`.
    fn loss(&self, images: Tensor<4>, turns: Tensor<1, Int>) -> (Tensor<1>, Tensor<1, Int>) {
        let features = jvp::global_average_pool(Dual::constant(self.encoder.forward(images, ENCODER))).primal;
        let logits = self.classifier.apply(features);
        let right = logits.clone().argmax(1).flatten::<1>(0, 1).equal(turns.clone()).int().sum();
        let loss = CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, turns);
        (loss, right)
    }

    /// The frozen network, with batch normalisation folded.
    pub fn encoder(&self) -> Encoder {
        self.encoder.fold(ENCODER)
    }
}

/// The recipe.
pub struct Rotation {
    net: Learner<RotationNet>,
    device: Device,
}

impl Rotation {
    /// At the start; `device` has reverse mode.
    pub fn new(seed: u64, device: &Device) -> Self {
        Self { net: Learner::new(RotationNet::random(seed, device), optimizer), device: device.clone() }
    }
}

/// SGD with Nesterov's momentum.
fn optimizer() -> ModuleOptimizer {
    SgdConfig::new()
        .with_momentum(Some(MomentumConfig::new().with_momentum(MOMENTUM).with_dampening(0.0).with_nesterov(true)))
        .with_weight_decay(Some(WeightDecayConfig::new(WEIGHT_DECAY)))
        .init()
}

impl Recipe for Rotation {
    fn step(&mut self, step: Step) -> Values {
        let (pixels, turns) = turned(step.pixels, &mut step.random(), &self.device);
        let shown = (step.batch() * TURNS) as f64;
        let (loss, right) = self.net.net.loss(pixels, turns);
        let rate = step.rate * (1.0 - step.index as f64 / step.steps as f64);
        self.net.update(rate, loss.backward());
        let right = f64::from(right.into_scalar::<i32>()) / shown;
        vec![("loss", number(loss)), ("right", right)]
    }

    fn learners(&mut self) -> Vec<(&'static str, &mut dyn Saved)> {
        vec![("net", &mut self.net)]
    }

    fn encoder(&self) -> Encoder {
        self.net.net.valid().encoder()
    }
}

/// Images `[N, 3, 32, 32]`, flipped and shifted at random, each in all four turns, with the turns `[4·N]`.
fn turned(images: &[u8], random: &mut impl Rng, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let mut pixels = Vec::with_capacity(images.len() * TURNS);
    for image in images.chunks_exact(IMAGE_BYTES) {
        let mut image = augmented(image, random);
        for _ in 0..TURNS {
            pixels.extend_from_slice(&image);
            image = quarter_turn(&image);
        }
    }
    let count = pixels.len() / IMAGE_BYTES;
    let turns: Vec<i32> = (0..count).map(|index| (index % TURNS) as i32).collect();
    (to_tensor(&pixels, ENCODER.input_range, device), Tensor::from_data(TensorData::new(turns, [count]), device))
}

/// Mirrored half of the time and shifted by up to [`SHIFT`] pixels, the border repeated.
fn augmented(image: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let mirror = random.random_bool(0.5);
    let [down, right] = [(); 2].map(|()| random.random_range(-SHIFT..=SHIFT));
    let side = SIDE as i32;
    remap(image, |y, x| {
        let x = if mirror { side - 1 - x } else { x };
        ((y + down).clamp(0, side - 1), (x + right).clamp(0, side - 1))
    })
}

/// A quarter turn, counter-clockwise.
fn quarter_turn(image: &[u8]) -> Vec<u8> {
    remap(image, |y, x| (x, SIDE as i32 - 1 - y))
}

/// Each pixel `(y, x)` taken from `source(y, x)`, in all three planes.
fn remap(image: &[u8], source: impl Fn(i32, i32) -> (i32, i32)) -> Vec<u8> {
    let side = SIDE as i32;
    let from: Vec<usize> = (0..side * side)
        .map(|at| source(at / side, at % side))
        .map(|(y, x)| usize::try_from(y * side + x).unwrap_or_default())
        .collect();
    image.chunks_exact(PLANE).flat_map(|plane| from.iter().map(|&at| plane[at])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Vec<u8> {
        (0..IMAGE_BYTES).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn a_quarter_turn_moves_the_right_edge_to_the_top() {
        let image = ramp();
        let turned = quarter_turn(&image);
        for x in 0..SIDE {
            assert_eq!(turned[x], image[x * SIDE + SIDE - 1]);
        }
        assert_ne!(turned, image);
    }

    #[test]
    fn four_quarter_turns_are_none() {
        let image = ramp();
        assert_eq!((0..TURNS).fold(image.clone(), |image, _| quarter_turn(&image)), image);
    }
}
