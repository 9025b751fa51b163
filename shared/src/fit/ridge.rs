//! Kernel ridge regression on gradient features: the gradient model at once, from the Gram matrix of some images. The
//! result is a w2 like any other.

use crate::{
    ReadError,
    fit::{
        Event, FitError, Job, Samples, Solver,
        conjugate::{self, NotSolved},
        order::order,
    },
    kernel::{self, Factors, gram},
    model::{
        encoder::{Conv, Encoder},
        features::FrozenFeatures,
        linear::Head,
    },
    numbers,
};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// Rows of the Gram matrix, images times classes, by default: it has 400 MB then, and as much again while it is made.
const ROWS: usize = 10_000;
/// The most rows: 1.6 GB.
const MOST_ROWS: usize = 20_000;
/// Rows times positions of the scope's widest layer, by default: the square of it is the work.
const WORK: usize = 100_000;

/// How kernel ridge regression is done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RidgeConfig {
    /// How many of the images; as many as is reasonable if there is no number.
    pub images: Option<usize>,
    /// The L2 penalty on w2, as a share of the mean of the kernel's diagonal.
    pub ridge: f32,
    /// Which of the images.
    pub seed: u64,
}

impl Solver for RidgeConfig {
    /// Fits w2 to targets of 1 for an image's class and 0 for the others, less their mean.
    async fn solve<S: Samples>(
        self,
        job: Job<'_, S>,
        _: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Head, FitError<S::Error>> {
        let Job { encoder, start, samples, device, .. } = job;
        let omega = start.omega.as_ref().ok_or(FitError::NotGradient)?;
        let chosen = self.choose(&job)?;
        let frozen = samples.frozen(&chosen, device).map_err(FitError::Samples)?;
        let targets = targets(samples, &chosen, start.classes.len(), device);
        let tangents = kernel_ridge(encoder, omega, &frozen, targets, f64::from(self.ridge));
        let mut head = start.clone();
        head.parameters.tangents = tangents.await?;
        Ok(head)
    }
}

impl RidgeConfig {
    /// The images that the kernel is of.
    fn choose<S: Samples>(&self, job: &Job<'_, S>) -> Result<Vec<usize>, FitError<S::Error>> {
        let (classes, count) = (job.start.classes.len(), job.indices.len());
        let usual = images_within(ROWS, classes).min(images_within(WORK, classes * positions(job.encoder, job.start)));
        let images = self.images.unwrap_or(usual.min(count));
        let most = images_within(MOST_ROWS, classes).min(count);
        if !(1..=most).contains(&images) {
            return Err(FitError::KernelImages { images, most });
        }
        Ok(order(self.seed, 0, count)[..images].iter().map(|&at| job.indices[at]).collect())
    }
}

fn images_within(rows: usize, rows_per_image: usize) -> usize {
    (rows / rows_per_image).max(1)
}

/// Output positions of the widest layer of the scope.
fn positions(encoder: &Encoder, head: &Head) -> usize {
    let kind = encoder.config().kind;
    let layers = kind.scope_start(head.scope)..kind.layers().len();
    layers.map(|layer| kind.pre_shape(layer)[1..].iter().product()).max().unwrap_or(1)
}

/// `[N, c]`.
fn targets<S: Samples>(samples: &S, indices: &[usize], classes: usize, device: &Device) -> Tensor<2> {
    let rest = 1.0 / classes as f32;
    let row = |&index: &usize| {
        let label = usize::from(samples.labels()[index]);
        (0..classes).map(move |class| if class == label { 1.0 - rest } else { -rest })
    };
    let numbers: Vec<f32> = indices.iter().flat_map(row).collect();
    Tensor::from_data(TensorData::new(numbers, [indices.len(), classes]), device)
}

/// Why there is no solution.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RidgeError {
    /// The device cannot be read.
    #[error(transparent)]
    Device(#[from] ReadError),
    /// The kernel with its ridge cannot be inverted.
    #[error("the kernel cannot be inverted, take a larger ridge: {0}")]
    Singular(#[from] NotSolved),
}

/// Kernel ridge regression on gradient features: the w2 that minimises `Σ (ω̄ᵀ J w2 − t)² + λ·‖w2‖²` over the images
/// of `frozen`, for targets `t [N, c]`. λ is `ridge` times the mean of the kernel's diagonal. It is solved in the dual,
/// `(K + λI) α = t`, with N·c unknowns and K in memory, so for some thousand of them; then `w2 = Jᵀ α`, which is the
/// result. `omega [512, c]`.
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
    let kernel = numbers(gram(&factors, &factors)).await?;
    let diagonal = kernel.iter().step_by(size + 1).copied().map(f64::from);
    let scale = diagonal.sum::<f64>() / size.max(1) as f64;
    let (shape, device) = (targets.dims(), targets.device());
    let targets: Vec<f64> = numbers(targets).await?.into_iter().map(f64::from).collect();
    let alpha = conjugate::solve(&kernel, ridge * scale, &targets)?;
    let alpha: Vec<f32> = alpha.into_iter().map(|value| value as f32).collect();
    let alpha = Tensor::<2>::from_data(TensorData::new(alpha, shape), &device);
    Ok(kernel::vjp(encoder, frozen, alpha.matmul(omega.clone().transpose())))
}
