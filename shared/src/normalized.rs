//! The encoder as it is pre-trained: convolution without bias → batch normalisation → leaky ReLU. Folded, it is an
//! [`Encoder`].

use crate::{
    config::{EncoderConfig, Parametrization},
    encoder::{Conv, Encoder, LayerSpec},
    kernels,
};
use burn::{
    module::{Module, Param, RunningState},
    tensor::{Device, Tensor},
};
use rand::Rng;

/// Added to the variance, in training and in folding.
pub const EPSILON: f32 = 1e-5;
/// How much of a batch's statistics goes into the running ones.
const MOMENTUM: f64 = 0.1;

/// One convolution with its batch normalisation.
#[derive(Module, Debug)]
pub struct NormalizedConv {
    /// `[O, C, K, K]`.
    pub weight: Param<Tensor<4>>,
    /// γ, `[O]`.
    pub scale: Param<Tensor<1>>,
    /// β, `[O]`.
    pub shift: Param<Tensor<1>>,
    /// Running mean of the convolution's output, `[O]`.
    pub mean: RunningState<Tensor<1>>,
    /// Running unbiased variance of the convolution's output, `[O]`.
    pub variance: RunningState<Tensor<1>>,
}

impl NormalizedConv {
    /// With [`LayerSpec::random_weight`], and the statistics of a unit normal.
    fn random(spec: &LayerSpec, slope: f32, random: &mut impl Rng, device: &Device) -> Self {
        let channels = [spec.outputs];
        Self {
            weight: Param::from_tensor(spec.random_weight(slope, random, device)),
            scale: Param::from_tensor(Tensor::ones(channels, device)),
            shift: Param::from_tensor(Tensor::zeros(channels, device)),
            mean: RunningState::new(Tensor::zeros(channels, device)),
            variance: RunningState::new(Tensor::ones(channels, device)),
        }
    }

    /// With the batch's statistics, which go into the running ones: `[N, C, H, W]` → `[N, O, H', W']`.
    fn forward(&self, x: Tensor<4>, stride: usize) -> Tensor<4> {
        let x = kernels::conv2d(x, self.weight.val(), stride);
        let [images, _, height, width] = x.dims();
        let count = (images * height * width) as f64;
        let (out, mean, variance) = kernels::batch_normalize(x, self.scale.val(), self.shift.val(), EPSILON);
        let unbiased = variance.detach() * (count / (count - 1.0).max(1.0));
        let mix = |old: &RunningState<Tensor<1>>, new: Tensor<1>| {
            old.update(old.value_sync().detach() * (1.0 - MOMENTUM) + new * MOMENTUM);
            // Now, for what is saved or folded next would otherwise be one update behind.
            old.value_sync();
        };
        mix(&self.mean, mean.detach());
        mix(&self.variance, unbiased);
        out
    }

    /// The one convolution, with bias, that equals this layer with its running statistics.
    fn fold(&self) -> Conv {
        let factor = self.scale.val() / (self.variance.value_sync() + EPSILON).sqrt();
        let bias = self.shift.val() - self.mean.value_sync() * factor.clone();
        let weight = self.weight.val() * factor.reshape([-1, 1, 1, 1]);
        Conv::new(weight.detach(), bias.detach())
    }
}

/// An encoder in training.
#[derive(Module, Debug)]
pub struct NormalizedEncoder {
    /// One for each of its kind's layers.
    pub layers: Vec<NormalizedConv>,
}

impl NormalizedEncoder {
    /// With random parameters, for an encoder of the given kind and slope.
    pub fn random(config: EncoderConfig, random: &mut impl Rng, device: &Device) -> Self {
        let layers = config.kind.layers().iter().map(|spec| NormalizedConv::random(spec, config.slope, random, device));
        Self { layers: layers.collect() }
    }

    /// The features `[N, 512]` of a training batch `[N, 3, 32, 32]`.
    pub fn forward(&self, images: Tensor<4>, config: EncoderConfig) -> Tensor<2> {
        let layers = self.layers.iter().zip(config.kind.layers());
        let top =
            layers.fold(images, |x, (layer, spec)| kernels::leaky_relu(layer.forward(x, spec.stride), config.slope));
        top.mean_dim(2).mean_dim(3).flatten(1, 3)
    }

    /// The frozen network that it has become, in `config`'s parametrization.
    pub fn fold(&self, config: EncoderConfig) -> Encoder {
        let stored = self.layers.iter().map(NormalizedConv::fold).collect();
        Encoder::new(EncoderConfig { parametrization: Parametrization::Standard, ..config }, stored)
            .reparametrized(config.parametrization)
    }
}
