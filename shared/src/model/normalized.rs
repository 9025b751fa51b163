//! The encoder as it is pre-trained: convolution without bias → batch normalisation → leaky ReLU. Folded, it is an
//! [`Encoder`].

use crate::{
    kernels,
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::{Conv, Encoder, LayerSpec},
    },
};
use burn::{
    module::{Module, Param, RunningState},
    tensor::{Device, Tensor},
};
use vocabulary::Parametrization;

/// Added to the variance, in training and in folding.
pub const EPSILON: f32 = 1e-5;
/// How much of a batch's statistics goes into the running ones.
const MOMENTUM: f64 = 0.1;

/// Batch normalisation with its running statistics.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// γ, `[C]`.
    pub scale: Param<Tensor<1>>,
    /// β, `[C]`.
    pub shift: Param<Tensor<1>>,
    /// Running mean of the input, `[C]`.
    pub mean: RunningState<Tensor<1>>,
    /// Running unbiased variance of the input, `[C]`.
    pub variance: RunningState<Tensor<1>>,
}

impl BatchNorm {
    /// That changes nothing: the statistics of a unit normal, γ = 1, β = 0.
    pub fn new(channels: usize, device: &Device) -> Self {
        let channels = [channels];
        Self {
            scale: Param::from_tensor(Tensor::ones(channels, device)),
            shift: Param::from_tensor(Tensor::zeros(channels, device)),
            mean: RunningState::new(Tensor::zeros(channels, device)),
            variance: RunningState::new(Tensor::ones(channels, device)),
        }
    }

    /// With the batch's statistics, which go into the running ones: `[N, C, H, W]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [images, _, height, width] = x.dims();
        let count = (images * height * width) as f64;
        let (out, mean, variance) = self.normalize(x);
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

    /// With the batch's statistics, which stay out of the running ones: the output `[N, C, H, W]`, and their mean and
    /// biased variance, `[C]` each.
    pub fn normalize(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<1>, Tensor<1>) {
        kernels::batch_normalize(x, self.scale.val(), self.shift.val(), EPSILON)
    }

    /// With the running statistics: `[N, C, H, W]`.
    pub fn infer(&self, x: Tensor<4>) -> Tensor<4> {
        let (factor, shift) = self.affine();
        x * factor.reshape([1, -1, 1, 1]) + shift.reshape([1, -1, 1, 1])
    }

    /// What it is with the running statistics: a factor and a shift, `[C]` each.
    fn affine(&self) -> (Tensor<1>, Tensor<1>) {
        let factor = self.scale.val() / (self.variance.value_sync() + EPSILON).sqrt();
        let shift = self.shift.val() - self.mean.value_sync() * factor.clone();
        (factor, shift)
    }
}

/// One convolution with its batch normalisation.
#[derive(Module, Debug)]
pub struct NormalizedConv {
    /// `[O, C, K, K]`.
    pub weight: Param<Tensor<4>>,
    /// Of the convolution's output.
    pub norm: BatchNorm,
}

impl NormalizedConv {
    /// With the given weight `[O, C, K, K]`.
    pub fn new(weight: Tensor<4>) -> Self {
        let norm = BatchNorm::new(weight.dims()[0], &weight.device());
        Self { weight: Param::from_tensor(weight), norm }
    }

    /// With the batch's statistics: `[N, C, H, W]` → `[N, O, H', W']`.
    fn forward(&self, x: Tensor<4>, stride: usize) -> Tensor<4> {
        self.norm.forward(kernels::conv2d(x, self.weight.val(), stride))
    }

    /// The one convolution, with bias, that equals this layer with its running statistics.
    fn fold(&self) -> Conv {
        let (factor, bias) = self.norm.affine();
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
    /// With the weights that `weight` makes for each layer.
    ///
    /// # Panics
    /// When the kind has padding, pools or layers without leaky ReLU, as the VAE's: no recipe normalises those.
    pub fn new(kind: EncoderKind, weight: impl FnMut(&LayerSpec) -> Tensor<4>) -> Self {
        let is_plain = |spec: &LayerSpec| spec.activation && spec.padding == 0 && spec.pool == 1;
        assert!(kind.layers().iter().all(is_plain), "an encoder of this kind has no batch normalisation");
        Self { layers: kind.layers().iter().map(weight).map(NormalizedConv::new).collect() }
    }

    /// The last layer's output `[N, O, H', W']` for a training batch `[N, 3, 32, 32]`.
    pub fn forward(&self, images: Tensor<4>, config: EncoderConfig) -> Tensor<4> {
        let layers = self.layers.iter().zip(config.kind.layers());
        layers.fold(images, |x, (layer, spec)| kernels::leaky_relu(layer.forward(x, spec.stride), config.slope))
    }

    /// The frozen network that it has become, in `config`'s parametrization.
    pub fn fold(&self, config: EncoderConfig) -> Encoder {
        let stored = self.layers.iter().map(NormalizedConv::fold).collect();
        Encoder::new(EncoderConfig { parametrization: Parametrization::Standard, ..config }, stored)
            .reparametrized(config.parametrization)
    }
}
