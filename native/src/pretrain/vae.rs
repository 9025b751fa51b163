//! The variational autoencoder of ACAI's experiments (Kingma & Welling 2014; Berthelot et al. 2019), the paper's second
//! kind of base network.

use super::{
    learner::{Learner, Saved},
    nets::{self, Layer, Phase, Spec, Start},
    pictures::{self, Latent, Picture},
    random::{self, Purpose},
    recipe::{Recipe, Step, Values, number},
};
use anyhow::Result;
use burn::{
    module::Module,
    optim::ModuleOptimizer,
    tensor::{
        Device, Tensor,
        activation::{log_sigmoid, sigmoid},
    },
};
use gradient_features::{
    InputRange, Parametrization,
    fit::adam::Adam,
    images::to_tensor,
    kernels,
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::{self, Conv, Encoder},
        jvp,
        linear::Classifier as Dense,
    },
};
use rand::Rng;

/// The encoder up to its features.
pub const ENCODER: EncoderConfig = EncoderConfig {
    kind: EncoderKind::Vae,
    slope: 0.2,
    input_range: InputRange::Symmetric,
    parametrization: Parametrization::Standard,
};
/// Channels and side of a latent, which is a small image.
const CHANNELS: usize = 16;
const SIDE: usize = 4;
/// Numbers of a latent.
const LATENT: usize = CHANNELS * SIDE * SIDE;
/// Zeros around every 3×3 convolution's input, so that its output is as large.
const PADDING: usize = 1;
/// From the features to what the two dense heads see.
const TOP: Spec = Spec::down(CHANNELS, 3, 1).biased();
/// From the latent to the logits of the image; the picture doubles after the second, fourth and sixth.
const DECODER: [Spec; 8] = [
    Spec::down(256, 3, 1).biased(),
    Spec::down(256, 3, 1).biased(),
    Spec::down(128, 3, 1).biased(),
    Spec::down(128, 3, 1).biased(),
    Spec::down(64, 3, 1).biased(),
    Spec::down(64, 3, 1).biased(),
    Spec::down(64, 3, 1).biased(),
    Spec::down(3, 3, 1).biased(),
];
/// How often the decoder's picture doubles.
const DOUBLINGS: usize = 3;

/// The network in training.
#[derive(Module, Debug)]
pub struct Net {
    encoder: Vec<Conv>,
    top: Layer,
    mean: Dense,
    log_variance: Dense,
    decoder: Vec<Layer>,
}

impl Net {
    /// With the published initialisation.
    fn random(random: &mut impl Rng, device: &Device) -> Self {
        let start = Start::FanIn { slope: ENCODER.slope };
        let convs = ENCODER.kind.layers().iter().map(|spec| {
            Conv::new(start.weight(spec.weight_shape(), random, device), Tensor::zeros([spec.outputs], device))
        });
        let encoder = convs.collect();
        let top = nets::stack(&[TOP], ENCODER.kind.features(), start, random, device).remove(0);
        let decoder = nets::stack(&DECODER, CHANNELS, start, random, device);
        // Glorot and Bengio's bound for a square matrix: TensorFlow's own for dense layers.
        let bound = (6.0 / (2 * LATENT) as f32).sqrt();
        let mut dense = || {
            let weight = random::uniform([LATENT, LATENT], [-bound, bound], random, device);
            Dense::new(weight, Tensor::zeros([LATENT], device))
        };
        let (mean, log_variance) = (dense(), dense());
        Self { encoder, top, mean, log_variance, decoder }
    }

    /// μ and log σ², `[N, latent]` each, of images `[N, 3, 32, 32]`.
    fn encode(&self, images: Tensor<4>) -> [Tensor<2>; 2] {
        let features = encoder::activations(ENCODER, &self.encoder, images);
        let flat = self.top.forward(&TOP, jvp::zero_pad(features, PADDING), Phase::Train).flatten::<2>(1, 3);
        [self.mean.apply(flat.clone()), self.log_variance.apply(flat)]
    }

    /// The logits `[N, 3, 32, 32]` of each pixel's Bernoulli distribution, for latents `[N, latent]`.
    fn decode(&self, latents: Tensor<2>) -> Tensor<4> {
        let count = latents.dims()[0];
        let start = latents.reshape([count, CHANNELS, SIDE, SIDE]);
        self.decoder.iter().zip(&DECODER).enumerate().fold(start, |x, (index, (layer, spec))| {
            let x = layer.forward(spec, jvp::zero_pad(x, PADDING), Phase::Train);
            if index + 1 == DECODER.len() {
                return x;
            }
            let x = kernels::leaky_relu(x, ENCODER.slope);
            if index % 2 == 1 && index < 2 * DOUBLINGS { doubled(x) } else { x }
        })
    }

    /// Minus the log-likelihood and the divergence from the prior, each summed over an image and averaged over the
    /// batch, `[1]`.
    fn losses(&self, images: Tensor<4>, noise: Tensor<2>) -> [Tensor<1>; 2] {
        let count = images.dims()[0] as f64;
        let [mean, log_variance] = self.encode(images.clone());
        let latents = mean.clone() + (log_variance.clone() * 0.5).exp() * noise;
        let logits = self.decode(latents);
        let share = (images + 1.0) / 2.0;
        // log p = x log σ(l) + (1 − x) log σ(−l), and log σ(l) − log σ(−l) = l.
        let likelihood = (share * logits.clone() + log_sigmoid(-logits)).sum() / count;
        let divergence = (log_variance.clone().exp() + mean.square() - log_variance - 1.0).sum() * 0.5 / count;
        [-likelihood, divergence]
    }
}

/// Every pixel four times: `[N, C, H, W]` → `[N, C, 2·H, 2·W]`.
fn doubled(x: Tensor<4>) -> Tensor<4> {
    let [count, channels, height, width] = x.dims();
    x.reshape([count, channels, height, 1, width, 1]).repeat_dim(3, 2).repeat_dim(5, 2).reshape([
        count,
        channels,
        2 * height,
        2 * width,
    ])
}

/// The recipe.
pub struct Vae {
    net: Learner<Net>,
    device: Device,
}

impl Vae {
    /// At the start; `device` has reverse mode.
    pub fn new(seed: u64, device: &Device) -> Self {
        let mut random = random::generator(seed, Purpose::Start, 0);
        Self { net: Learner::new(Net::random(&mut random, device), optimizer), device: device.clone() }
    }
}

/// The published optimiser.
fn optimizer() -> ModuleOptimizer {
    Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, decay: 0.0 }.into()
}

impl Recipe for Vae {
    fn step(&mut self, step: Step) -> Values {
        let images = to_tensor(step.pixels, ENCODER.input_range, &self.device);
        let noise = random::normal([step.batch(), LATENT], 1.0, &mut step.random(), &self.device);
        let [unlikelihood, divergence] = self.net.net.losses(images, noise);
        let loss = unlikelihood.clone() + divergence.clone();
        self.net.update(step.rate, loss.backward());
        vec![("log-likelihood", -number(unlikelihood)), ("divergence", number(divergence))]
    }

    fn learners(&mut self) -> Vec<(&'static str, &mut dyn Saved)> {
        vec![("net", &mut self.net)]
    }

    fn encoder(&self) -> Encoder {
        let config = EncoderConfig { parametrization: Parametrization::Ntk, ..ENCODER };
        Encoder::new(ENCODER, self.net.net.valid().encoder).reparametrized(config.parametrization)
    }

    fn pictures(&self, originals: &[u8], seed: u64) -> Result<Vec<Picture>> {
        pictures::of_latents(&self.net.net.valid(), originals, seed, &self.device.clone().inner())
    }
}

impl Latent for Net {
    fn size(&self) -> usize {
        LATENT
    }

    fn encode(&self, pixels: &[u8], device: &Device) -> Tensor<2> {
        let [mean, _] = Net::encode(self, to_tensor(pixels, ENCODER.input_range, device));
        mean
    }

    fn decode(&self, latents: Tensor<2>) -> Tensor<4> {
        sigmoid(Net::decode(self, latents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradient_features::numbers_blocking;
    use nets::tests::sizes;

    #[test]
    fn the_network_has_the_published_sizes() {
        let net = Net::random(&mut random::generator(1, Purpose::Start, 0), &Device::flex());
        let (decoder, of_decoder) = sizes(&net.decoder);
        let channels = [16, 256, 256, 128, 128, 64, 64, 64, 3];
        let expected: Vec<[usize; 4]> = channels.windows(2).map(|pair| [pair[1], pair[0], 3, 3]).collect();
        assert_eq!(decoder, expected);
        let (top, of_top) = sizes(std::slice::from_ref(&net.top));
        assert_eq!(top, [[16, 512, 3, 3]]);
        let of_encoder: usize =
            net.encoder.iter().map(|conv| conv.weight.dims().iter().product::<usize>() + conv.bias.dims()[0]).sum();
        assert_eq!((of_encoder, of_top, of_decoder), (2_360_960, 73_744, 1_219_203));
        assert_eq!([net.mean.weight.dims(), net.log_variance.weight.dims()], [[256, 256]; 2]);
    }

    #[test]
    fn a_pixel_becomes_four() {
        let x = Tensor::<4>::from_data([[[[1.0, 2.0], [3.0, 4.0]]]], &Device::flex());
        let expected = [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0], [3.0, 3.0, 4.0, 4.0]]]];
        assert!(doubled(x).equal(Tensor::from_data(expected, &Device::flex())).all().into_scalar::<bool>());
    }

    /// At the prior itself the divergence is 0; far from it, what the formula says.
    #[test]
    fn the_losses_follow_their_definitions() {
        let device = Device::flex();
        let net = Net::random(&mut random::generator(1, Purpose::Start, 0), &device);
        let images = random::uniform([2, 3, 32, 32], [-1.0, 1.0], &mut random::generator(1, Purpose::Step, 0), &device);
        let noise = Tensor::zeros([2, LATENT], &device);
        let [unlikelihood, divergence] = net.losses(images.clone(), noise);
        let read = |tensor: Tensor<2>| numbers_blocking(tensor).expect("the device can be read");
        let [mean, log_variance] = Net::encode(&net, images.clone());
        let logits = read(Net::decode(&net, mean.clone()).flatten::<2>(1, 3));
        let shares = read(images.flatten::<2>(1, 3));
        let of_pixel = |(logit, share): (f32, f32)| {
            let p = 1.0 / (1.0 + (-f64::from(logit)).exp());
            let share = (f64::from(share) + 1.0) / 2.0;
            -(share * p.ln() + (1.0 - share) * (1.0 - p).ln())
        };
        let expected = logits.into_iter().zip(shares).map(of_pixel).sum::<f64>() / 2.0;
        let found = f64::from(unlikelihood.into_scalar::<f32>());
        assert!((found / expected - 1.0).abs() < 1e-5, "{found} is not {expected}");
        let of_number = |(mean, log): (f32, f32)| {
            let (mean, log) = (f64::from(mean), f64::from(log));
            0.5 * (log.exp() + mean * mean - log - 1.0)
        };
        let expected = read(mean).into_iter().zip(read(log_variance)).map(of_number).sum::<f64>() / 2.0;
        let found = f64::from(divergence.into_scalar::<f32>());
        assert!((found / expected - 1.0).abs() < 1e-4, "{found} is not {expected}");
    }
}
