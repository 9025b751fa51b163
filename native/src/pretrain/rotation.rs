//! The rotation pretext (Gidaris et al. 2018): tell by how many quarter turns an image was rotated. No label of the
//! data set is used.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{ModuleOptimizer, SgdConfig, decay::WeightDecayConfig, momentum::MomentumConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use shared::config::{EncoderConfig, EncoderKind, InputRange, Parametrization};
use shared::encoder::Encoder;
use shared::images::{IMAGE_BYTES, ImageSet, PLANE, SIDE, to_tensor};
use shared::linear::Classifier;
use shared::normalized::NormalizedEncoder;

/// Quarter turns that are told apart.
pub const TURNS: usize = 4;
/// The farthest that an image is shifted, in pixels.
const SHIFT: i32 = 2;
/// Learning rate at the start; it falls to 0 linearly.
const LEARNING_RATE: f64 = 0.05;
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
        let classifier = Classifier::zeros(ENCODER.kind.features(), TURNS, device);
        Self { encoder: NormalizedEncoder::random(ENCODER, &mut rng(seed, 2, 0), device), classifier }
    }

    /// Mean loss and number of right answers on a batch `[N, 3, 32, 32]` with its turns `[N]`.
    pub fn loss(&self, images: Tensor<4>, turns: Tensor<1, Int>) -> (Tensor<1>, Tensor<1, Int>) {
        let logits = self.classifier.apply(self.encoder.forward(images, ENCODER));
        let right = logits.clone().argmax(1).flatten::<1>(0, 1).equal(turns.clone()).int().sum();
        let loss = CrossEntropyLossConfig::new().init(&logits.device()).forward(logits, turns);
        (loss, right)
    }

    /// The frozen network that it has become.
    pub fn encoder(&self) -> Encoder {
        self.encoder.fold(ENCODER)
    }
}

/// SGD with Nesterov's momentum.
pub fn optimizer() -> ModuleOptimizer {
    SgdConfig::new()
        .with_momentum(Some(MomentumConfig::new().with_momentum(MOMENTUM).with_dampening(0.0).with_nesterov(true)))
        .with_weight_decay(Some(WeightDecayConfig::new(WEIGHT_DECAY)))
        .init()
}

/// The learning rate of step `step` of `steps`.
pub fn learning_rate(step: usize, steps: usize) -> f64 {
    LEARNING_RATE * (1.0 - step as f64 / steps as f64)
}

/// The batch of step `step`: `size` images, flipped and shifted at random, each in all four turns. It follows from
/// the seed and the step alone, so that a resumed run sees what an unbroken one would.
pub fn batch(images: &ImageSet, size: usize, seed: u64, step: usize, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let steps_an_epoch = images.len() / size;
    let mut order: Vec<usize> = (0..images.len()).collect();
    order.shuffle(&mut rng(seed, 0, step / steps_an_epoch));
    let chosen = &order[step % steps_an_epoch * size..][..size];
    let mut random = rng(seed, 1, step);
    let mut pixels = Vec::with_capacity(size * TURNS * IMAGE_BYTES);
    for &index in chosen {
        let mut image = augmented(images.image(index), &mut random);
        for _ in 0..TURNS {
            pixels.extend_from_slice(&image);
            image = quarter_turn(&image);
        }
    }
    let turns: Vec<i32> = (0..size * TURNS).map(|index| (index % TURNS) as i32).collect();
    let count = turns.len();
    (to_tensor(&pixels, ENCODER.input_range, device), Tensor::from_data(TensorData::new(turns, [count]), device))
}

/// A generator of its own for each purpose and position.
fn rng(seed: u64, purpose: u64, position: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (part, value) in key.chunks_exact_mut(8).zip([seed, purpose, position as u64]) {
        part.copy_from_slice(&value.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
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

    #[test]
    fn a_batch_follows_from_seed_and_step_alone() {
        let images = ImageSet { pixels: ramp().repeat(8), labels: vec![0; 8] };
        let device = Device::flex();
        let pixels = |seed, step| batch(&images, 4, seed, step, &device).0.into_data();
        assert_eq!(pixels(1, 3), pixels(1, 3));
        assert_ne!(pixels(1, 3), pixels(1, 4));
        assert_ne!(pixels(1, 3), pixels(2, 3));
    }
}
