//! Kernel ridge regression on gradient features.

use crate::{
    fit::conjugate::{self, Unsolved},
    kernel::{self, Factors, SimilarityError, gram},
    model::{
        encoder::{Conv, Encoder},
        features::FrozenFeatures,
    },
};
use burn::tensor::{Tensor, TensorData};

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum RidgeError {
    /// The device does not hand out its numbers.
    #[error(transparent)]
    Device(#[from] SimilarityError),
    /// The kernel with its ridge cannot be inverted.
    #[error("the kernel cannot be inverted, take a larger ridge: {0}")]
    Singular(#[from] Unsolved),
}

/// Kernel ridge regression on gradient features: the w2 that minimises `Σ (ω̄ᵀ J w2 − t)² + λ·‖w2‖²` over the images
/// of `frozen`, for targets `t [N, c]`, λ being `ridge` times the mean of the kernel's diagonal. Solved in the dual,
/// `(K + λI) α = t`, of N·c unknowns, with K in memory, so for some thousand of them; then `w2 = Jᵀ α`, which is given.
/// `omega [512, c]`.
///
/// # Errors
/// When the kernel is singular or the device cannot be read.
pub async fn kernel_ridge(
    encoder: &Encoder,
    omega: &Tensor<2>,
    frozen: &FrozenFeatures,
    targets: Tensor<2>,
    ridge: f64,
) -> Result<Vec<Conv>, RidgeError> {
    let factors = Factors::new(encoder, omega, frozen);
    let size = factors.rows();
    let kernel = kernel::numbers(gram(&factors, &factors)).await?;
    let diagonal = kernel.iter().step_by(size + 1).copied().map(f64::from);
    let scale = diagonal.sum::<f64>() / size.max(1) as f64;
    let (shape, device) = (targets.dims(), targets.device());
    let alpha = conjugate::solve(&kernel, ridge * scale, &kernel::read(targets).await?)?;
    let alpha: Vec<f32> = alpha.into_iter().map(|value| value as f32).collect();
    let alpha = Tensor::<2>::from_data(TensorData::new(alpha, shape), &device);
    Ok(kernel::vjp(encoder, frozen, alpha.matmul(omega.clone().transpose())))
}
