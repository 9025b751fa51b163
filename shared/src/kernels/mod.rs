//! The operations that this project adds to Burn's: each on the CPU (flex), on wgpu devices and in reverse mode.
//!
//! [`Kernels`] is a Burn backend extension. The functions below it are its face for tensors.

pub mod adam;
pub mod batch_norm;
pub mod conv2d;
pub mod dropout;
pub mod gemm;
pub mod leaky_relu;
pub mod maxout;
pub mod outer_product_view;
mod scratch;

mod autodiff;
mod flex;
pub(crate) mod threads;
mod wgpu;

use adam::AdamStep;
use burn::backend::{Backend, Dispatch, backend_extension, tensor::FloatTensor};
use burn::tensor::Tensor;
use dropout::Dropout;
use outer_product_view::Window;

/// What a backend has to offer beyond Burn's own operations.
#[backend_extension(Flex, Cube, Autodiff)]
pub trait Kernels: Backend {
    /// `pre · d(pre)`: leaky ReLU, whose derivative at exactly 0 is the slope (Eq. 7).
    fn leaky(pre: FloatTensor<Self>, slope: f32) -> FloatTensor<Self>;

    /// `(pre · d(pre), tangent · d(pre))` in one pass, all of one shape.
    fn leaky_jvp(
        pre: FloatTensor<Self>,
        tangent: FloatTensor<Self>,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// `x [N, C, H, W] ⋆ weight [O, C, K, K] → [N, O, H', W']`, without padding or bias.
    fn valid_conv2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self>;

    /// The transpose of [`Kernels::valid_conv2d`]: `x [N, O, H', W'] , weight [O, C, K, K] → [N, C, H, W]` with
    /// `H = (H' − 1)·stride + K`.
    fn valid_conv_transpose2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self>;

    /// The larger of each two neighbouring channels: `x [N, 2·C, H, W] → [N, C, H, W]` (Goodfellow et al. 2013).
    fn pairwise_maxout(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Dropout of numbers of any shape. It is linear, and its own transpose.
    fn dropped_out(x: FloatTensor<Self>, dropout: Dropout) -> FloatTensor<Self>;

    /// Batch normalisation of `x [N, C, H, W]` with its own statistics, by `scale [C]` and `shift [C]`.
    /// Gives the output and, not differentiated, the batch's mean and biased variance, each `[C]`.
    fn batch_normalize(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// How a backend reads numbers that do not change.
#[backend_extension(Flex, Cube, Autodiff)]
pub trait Layout: Backend {
    /// `[O, C, K, K]`, in memory as [`Kernels::valid_conv2d`] reads it without a copy; in reverse mode a constant.
    fn lay_out_weight(weight: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// What a backend draws. Nothing is trained through a picture, so there is no reverse mode.
#[backend_extension(Flex, Cube)]
pub trait Pictures: Backend {
    /// A window of `rows [R] · columns [C]ᵀ`, which lies within it, as a picture `[height, width]`.
    fn outer_view(rows: FloatTensor<Self>, columns: FloatTensor<Self>, window: Window) -> FloatTensor<Self>;
}

/// What a backend does to parameters in training, off the graph of reverse mode.
#[backend_extension(Flex, Cube)]
pub trait Updates: Backend {
    /// Adam's step on parameters with their gradient and the means of it and of its square, all of one shape; gives
    /// the new parameters and means.
    fn adam(
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// The derivatives of [`Kernels`], on the backends that compute: what reverse mode calls.
pub trait KernelGradients: Kernels {
    /// `value · d(pre)`, all of one shape: the backward of both of leaky ReLU's outputs.
    fn leaky_gate(pre: FloatTensor<Self>, value: FloatTensor<Self>, slope: f32) -> FloatTensor<Self>;

    /// The gradient of [`Kernels::valid_conv2d`] with respect to `x`, from the output's gradient.
    fn conv2d_input_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self>;

    /// The gradient of [`Kernels::valid_conv2d`] with respect to `weight`, from the output's gradient.
    fn conv2d_weight_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        stride: usize,
    ) -> FloatTensor<Self>;

    /// The gradient of [`Kernels::pairwise_maxout`] with respect to `x`: it goes to the larger one, to the first of
    /// two equal ones.
    fn pairwise_maxout_gradient(x: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The gradients of [`Kernels::batch_normalize`]'s output with respect to `x`, `scale` and `shift`.
    fn batch_normalize_gradients(input: BatchNormInput<Self>, grad: FloatTensor<Self>) -> [FloatTensor<Self>; 3];
}

/// What a batch normalisation keeps for its backward.
#[derive(Debug, Clone)]
pub struct BatchNormInput<B: Backend> {
    /// `[N, C, H, W]`.
    pub x: FloatTensor<B>,
    /// `[C]`.
    pub scale: FloatTensor<B>,
    /// The batch's mean, `[C]`.
    pub mean: FloatTensor<B>,
    /// The batch's biased variance, `[C]`.
    pub variance: FloatTensor<B>,
    /// Added to the variance.
    pub epsilon: f32,
}

/// Leaky ReLU, `pre · d`, with `d = 1` above 0 and the slope at and below it, in forward and in reverse mode.
/// (Burn's own takes `d = 1` at exactly 0.)
pub fn leaky_relu<const D: usize>(pre: Tensor<D>, slope: f32) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::leaky(pre.into_dispatch(), slope))
}

/// Leaky ReLU's primal and tangent (Eq. 7) in one pass: `(pre · d, tangent · d)`.
pub fn leaky_relu_jvp<const D: usize>(pre: Tensor<D>, tangent: Tensor<D>, slope: f32) -> (Tensor<D>, Tensor<D>) {
    let (primal, tangent) = Dispatch::leaky_jvp(pre.into_dispatch(), tangent.into_dispatch(), slope);
    (Tensor::from_dispatch(primal), Tensor::from_dispatch(tangent))
}

/// Convolution without padding: `x [N, C, H, W] ⋆ weight [O, C, K, K] → [N, O, H', W']`.
pub fn conv2d(x: Tensor<4>, weight: Tensor<4>, stride: usize) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::valid_conv2d(x.into_dispatch(), weight.into_dispatch(), stride))
}

/// The same weight `[O, C, K, K]`, in memory as [`conv2d()`] on its device reads it without a copy: worth its while for
/// one that stays as it is.
pub fn lay_out_weight(weight: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::lay_out_weight(weight.into_dispatch()))
}

/// Transposed convolution without padding: `x [N, O, H', W']`, `weight [O, C, K, K]` → `[N, C, H, W]` with
/// `H = (H' − 1)·stride + K`.
pub fn conv_transpose2d(x: Tensor<4>, weight: Tensor<4>, stride: usize) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::valid_conv_transpose2d(x.into_dispatch(), weight.into_dispatch(), stride))
}

/// Maxout over pairs of neighbouring channels: `x [N, 2·C, H, W]` → `[N, C, H, W]` (Goodfellow et al. 2013).
pub fn maxout(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::pairwise_maxout(x.into_dispatch()))
}

/// Dropout: numbers at random places are 0, the others larger by what keeps the mean.
pub fn dropout<const D: usize>(x: Tensor<D>, dropout: Dropout) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::dropped_out(x.into_dispatch(), dropout))
}

/// Batch normalisation with the batch's own statistics: `x [N, C, H, W]`, `scale [C]`, `shift [C]` → output, mean,
/// biased variance.
pub fn batch_normalize(
    x: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    epsilon: f32,
) -> (Tensor<4>, Tensor<1>, Tensor<1>) {
    let (out, mean, variance) =
        Dispatch::batch_normalize(x.into_dispatch(), scale.into_dispatch(), shift.into_dispatch(), epsilon);
    (Tensor::from_dispatch(out), Tensor::from_dispatch(mean), Tensor::from_dispatch(variance))
}

/// A window of the outer product `rows [R] · columns [C]ᵀ`, cut to it, as a picture `[height, width]`: of the entries
/// that a pixel covers it shows the one of the greatest magnitude.
pub fn outer_product_view(rows: Tensor<1>, columns: Tensor<1>, window: Window) -> Tensor<2> {
    let window = window.within(rows.dims()[0], columns.dims()[0]);
    Tensor::from_dispatch(Dispatch::outer_view(rows.into_dispatch(), columns.into_dispatch(), window))
}

/// Adam's step (Kingma and Ba 2015): from parameters, their gradient and the means of it and of its square to the new
/// parameters and means, all of one shape.
pub fn adam_step<const D: usize>(
    parameters: Tensor<D>,
    gradient: Tensor<D>,
    [first, second]: [Tensor<D>; 2],
    step: AdamStep,
) -> (Tensor<D>, [Tensor<D>; 2]) {
    let (parameters, first, second) = Dispatch::adam(
        parameters.into_dispatch(),
        gradient.into_dispatch(),
        first.into_dispatch(),
        second.into_dispatch(),
        step,
    );
    (Tensor::from_dispatch(parameters), [first, second].map(Tensor::from_dispatch))
}
