//! Fitting (w1, w2) by a second-order method. For the modes activation, gradient and full the regularised loss
//!
//! ```text
//! L(w) = mean of −log softmax(logits)_t + λ1/2·‖w1‖² + λ2/2·‖w2‖²
//! ```
//!
//! is convex, since the logits are linear in w1 and w2 (Eq. 2), and everything else is frozen. So it is minimised as a
//! whole by L-BFGS (Nocedal and Wright 2006, Algorithm 7.4), which has no learning rate.
//!
//! The preconditioner makes that fast. The Hessian of a layer is close to a Kronecker product of the second
//! moments of its output's gradient and of its input (Martens and Grosse 2015). The input's is by far the worse
//! conditioned of the two. It is the one that is inverted here, from some hundred rows by Woodbury's identity. And the
//! first iterations, which need not be exact, see a part of the images (Byrd et al. 2012).
//!
//! Numbers are read from the device asynchronously, as a browser needs, and by [`Lbfgs`] and [`Preconditioner`] alone.

mod objective;
mod preconditioner;
mod search;
mod vector;

use crate::{
    fit::{Event, FitError, Job, Samples, Solver, order::order, report},
    model::linear::Head,
    numbers,
};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use vocabulary::Mode;

pub use objective::{Evaluation, Objective};
pub use preconditioner::Preconditioner;
pub use search::{Lbfgs, Step};

/// The parts of the images that the first iterations see, one after the other.
const PARTS: [f64; 2] = [1.0 / 8.0, 1.0];
/// The fewest images worth a part of their own.
const SMALLEST_PART: usize = 1000;
/// The most iterations on a part of the images.
const ROUGH_ITERATIONS: usize = 12;

/// How a head is fitted: L-BFGS on the whole loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LbfgsConfig {
    /// The most iterations on all images.
    pub iterations: usize,
    /// Stops where the gradient's norm is so small a part of what it was at the start.
    pub tolerance: f64,
    /// Images at once: memory, not the outcome, depends on it.
    pub batch: usize,
    /// λ1, the L2 penalty on w1 and its bias.
    pub classifier_decay: f32,
    /// λ2, the L2 penalty on w2, in its stored parametrization.
    pub gradient_decay: f32,
    /// Which images the first iterations see.
    pub seed: u64,
}

impl LbfgsConfig {
    /// Settings for a mode, chosen on 5,000 held-out training images of CIFAR-10.
    pub fn for_mode(mode: Mode, seed: u64) -> Self {
        let (classifier_decay, gradient_decay) = match mode {
            Mode::Activation => (3e-4, 0.0),
            _ => (1e-3, 1e-5),
        };
        Self { iterations: 15, tolerance: 0.01, batch: 512, classifier_decay, gradient_decay, seed }
    }
}

impl Solver for LbfgsConfig {
    async fn solve<S: Samples>(
        self,
        job: Job<'_, S>,
        mut listen: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Head, FitError<S::Error>> {
        let order: Vec<usize> = order(self.seed, 0, job.indices.len()).into_iter().map(|at| job.indices[at]).collect();
        let whole = Objective::new(Job { indices: &order, ..job }, self);
        let mut point = whole.start();
        let preconditioner = Preconditioner::new(&whole, &point).await?;
        let mut first_norm = None;
        for part in PARTS {
            let images = (order.len() as f64 * part).ceil() as usize;
            let is_whole = images == order.len();
            if images < SMALLEST_PART && !is_whole {
                continue;
            }
            let objective = whole.on(&order[..images]);
            let mut search = Lbfgs::new(point, |point| objective.evaluate(point)).await?;
            let first_norm = *first_norm.get_or_insert(search.gradient_norm());
            let most = if is_whole { self.iterations } else { ROUGH_ITERATIONS };
            for iteration in 1..=most {
                let step =
                    search.step(|point| objective.evaluate(point), |gradient| preconditioner.apply(gradient)).await?;
                let (loss, gradient) = (search.loss() as f32, (search.gradient_norm() / first_norm) as f32);
                report(&mut listen, Event::Iteration { images, iteration, loss, gradient })?;
                if step == Step::Stuck || f64::from(gradient) <= self.tolerance {
                    break;
                }
            }
            point = search.into_point();
        }
        Ok(whole.head_at(&point))
    }
}

/// A tensor's numbers, all finite.
async fn read<const D: usize, E>(tensor: Tensor<D>) -> Result<Vec<f64>, FitError<E>> {
    let numbers: Vec<f64> = numbers(tensor).await?.into_iter().map(f64::from).collect();
    if numbers.iter().all(|number| number.is_finite()) { Ok(numbers) } else { Err(FitError::NotFinite) }
}
