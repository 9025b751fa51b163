//! Forward-mode differentiation: one rule an operation (Eq. 6 and 7).
//!
//! A [`Dual`] carries a value and, where something below depends on the parameters' tangent, its directional
//! derivative. A rule maps duals to duals, so that a forward pass with tangents reads like the forward pass, and
//! `J w` is its result, and no Jacobian is ever made.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use gradient_features::{model::jvp::{self, Dual}, numbers_blocking};
//!
//! // y = leaky(x), with ẏ = d∘ẋ: d is 1 above 0 and the slope at and below it (Eq. 7).
//! let tensor = |numbers: [f32; 3]| Tensor::<1>::from_floats(numbers, &Device::flex());
//! let x = Dual { primal: tensor([2.0, 0.0, -3.0]), tangent: Some(tensor([1.0, 1.0, 10.0])) };
//! let y = jvp::leaky_relu(x, 0.5);
//! assert_eq!(numbers_blocking(y.primal)?, [2.0, 0.0, -1.5]);
//! assert_eq!(y.tangent.map(numbers_blocking).transpose()?, Some(vec![1.0, 0.5, 5.0]));
//! # Ok::<(), gradient_features::ReadError>(())
//! ```

use crate::kernels;
use burn::tensor::{
    Tensor,
    module::avg_pool2d,
    ops::{AvgPoolOptions, PadMode},
};

/// A value and its derivative along the chosen direction; `None` stands for zero.
#[derive(Debug, Clone)]
pub struct Dual<const D: usize> {
    /// The value.
    pub primal: Tensor<D>,
    /// Its derivative, of the same shape.
    pub tangent: Option<Tensor<D>>,
}

impl<const D: usize> Dual<D> {
    /// A value that does not depend on the parameters' tangents.
    pub fn constant(primal: Tensor<D>) -> Self {
        Self { primal, tangent: None }
    }

    /// The rule of every linear map: both parts go through it.
    fn linear<const E: usize>(self, map: impl Fn(Tensor<D>) -> Tensor<E>) -> Dual<E> {
        Dual { primal: map(self.primal), tangent: self.tangent.map(map) }
    }
}

/// What a convolution applies: the parameters themselves, or their tangents.
#[derive(Debug, Clone)]
pub struct Filter {
    /// `[O, C, K, K]`.
    pub weight: Tensor<4>,
    /// What the weight is to be multiplied by.
    pub weight_scale: f64,
    /// `[O]`.
    pub bias: Tensor<1>,
    /// Step in both directions.
    pub stride: usize,
    /// Zeros around the input, on all four sides.
    pub padding: usize,
}

impl Filter {
    /// `x ⋆ (weight_scale · weight) + bias`: `[N, C, H, W]` → `[N, O, H', W']`.
    pub fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        self.apply_linear(x) + self.bias.clone().reshape([1, -1, 1, 1])
    }

    /// The same without the bias.
    fn apply_linear(&self, x: Tensor<4>) -> Tensor<4> {
        let x = zero_pad(x, self.padding);
        let conv = |weight| kernels::conv2d(x.clone(), weight, self.stride);
        if self.weight_scale == 1.0 {
            return conv(self.weight.clone());
        }
        // The scale goes to whichever has fewer numbers.
        let [images, channels, height, width] = x.dims();
        let [.., kernel_height, kernel_width] = self.weight.dims();
        let positions = ((height - kernel_height) / self.stride + 1) * ((width - kernel_width) / self.stride + 1);
        match images * positions < channels * kernel_height * kernel_width {
            true => conv(self.weight.clone()) * self.weight_scale,
            false => conv(self.weight.clone() * self.weight_scale),
        }
    }
}

/// Zeros around an image: `[N, C, H, W]` → `[N, C, H + 2p, W + 2p]`.
pub fn zero_pad(x: Tensor<4>, padding: usize) -> Tensor<4> {
    match padding {
        0 => x,
        padding => x.pad([(padding, padding); 2], PadMode::Constant(0.0)),
    }
}

/// The tangent of a convolution's output (Eq. 6): `x ⋆ w̃ + b̃ + ẋ ⋆ w`, without the terms whose factor is zero.
pub fn conv2d_tangent(x: &Dual<4>, filter: &Filter, tangents: Option<&Filter>) -> Option<Tensor<4>> {
    let from_parameters = tangents.map(|tangents| tangents.apply(x.primal.clone()));
    let from_below = x.tangent.clone().map(|tangent| filter.apply_linear(tangent));
    match (from_parameters, from_below) {
        (Some(a), Some(b)) => Some(a + b),
        (one, other) => one.or(other),
    }
}

/// Convolution (Eq. 6).
pub fn conv2d(x: &Dual<4>, filter: &Filter, tangents: Option<&Filter>) -> Dual<4> {
    Dual { primal: filter.apply(x.primal.clone()), tangent: conv2d_tangent(x, filter, tangents) }
}

/// Leaky ReLU (Eq. 7): both parts times `d`, which is 1 above 0 and the slope at and below it.
pub fn leaky_relu<const D: usize>(x: Dual<D>, slope: f32) -> Dual<D> {
    match x.tangent {
        None => Dual::constant(kernels::leaky_relu(x.primal, slope)),
        Some(tangent) => {
            let (primal, tangent) = kernels::leaky_relu_jvp(x.primal, tangent, slope);
            Dual { primal, tangent: Some(tangent) }
        }
    }
}

/// Mean over squares of `side` × `side` positions, side by side: `[N, C, H, W]` → `[N, C, H / side, W / side]`.
pub fn average_pool(x: Dual<4>, side: usize) -> Dual<4> {
    x.linear(|x| avg_pool2d(x, AvgPoolOptions::new([side; 2])))
}

/// Mean over all positions: `[N, C, H, W]` → `[N, C]`.
pub fn global_average_pool(x: Dual<4>) -> Dual<2> {
    x.linear(|x| match x.dims() {
        // Of one position there is nothing to compute, but on the CPU it took 8 % of a fit's time.
        [.., 1, 1] => x.flatten(1, 3),
        _ => x.mean_dim(2).mean_dim(3).flatten(1, 3),
    })
}
