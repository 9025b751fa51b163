//! L-BFGS itself: directions by the two-loop recursion, lengths by a line search that backtracks.

use super::{Evaluation, read};
use crate::fit::FitError;
use burn::tensor::Tensor;
use std::collections::VecDeque;

/// Steps that L-BFGS remembers.
const HISTORY: usize = 10;
/// Trials of one line search. A convex function needs more than a few only where rounding hides its slope.
const TRIALS: usize = 12;
/// What a step has to gain of what its slope promises (Nocedal and Wright 2006, Eq. 3.4).
const ARMIJO: f64 = 1e-4;
/// A loss summed in 32 bits may be off by this part of it.
const ROUNDING: f64 = 1e-6;

/// A step that was taken, with what it did to the gradient.
#[derive(Debug, Clone)]
struct Pair {
    step: Tensor<1>,
    change: Tensor<1>,
    /// `⟨step, change⟩`, above 0 for a convex function.
    product: f64,
}

/// L-BFGS: a point, with the last steps that led there.
#[derive(Debug, Clone)]
pub struct Lbfgs {
    point: Tensor<1>,
    gradient: Tensor<1>,
    loss: f64,
    norm: f64,
    pairs: VecDeque<Pair>,
}

/// Whether a step was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The loss has fallen.
    Taken,
    /// No point along the direction is better, as far as 32 bits can tell.
    Stuck,
}

impl Lbfgs {
    /// At a point, with no steps yet.
    ///
    /// # Errors
    /// When the objective cannot be evaluated or the device not be read.
    pub async fn new<E>(
        point: Tensor<1>,
        evaluate: impl Fn(&Tensor<1>) -> Result<Evaluation, E>,
    ) -> Result<Self, FitError<E>> {
        let Evaluation { loss, gradient } = evaluate(&point).map_err(FitError::Samples)?;
        let numbers = read(Tensor::cat(vec![loss, dot(&gradient, &gradient)], 0)).await?;
        Ok(Self { point, gradient, loss: numbers[0], norm: numbers[1].sqrt(), pairs: VecDeque::new() })
    }

    /// One iteration, with a line search that backtracks.
    ///
    /// # Errors
    /// When the objective cannot be evaluated or the device not be read.
    pub async fn step<E>(
        &mut self,
        evaluate: impl Fn(&Tensor<1>) -> Result<Evaluation, E>,
        precondition: impl Fn(&Tensor<1>) -> Tensor<1>,
    ) -> Result<Step, FitError<E>> {
        let direction = self.direction(precondition);
        let slope = read(dot(&direction, &self.gradient)).await?[0];
        let mut length = 1.0;
        for _ in 0..TRIALS {
            let step = direction.clone() * length;
            let point = self.point.clone() + step.clone();
            let Evaluation { loss, gradient } = evaluate(&point).map_err(FitError::Samples)?;
            let sums = vec![loss, dot(&direction, &gradient), dot(&gradient, &gradient)];
            let sums = read(Tensor::cat(sums, 0)).await?;
            let (loss, product) = (sums[0], length * (sums[1] - slope));
            if loss <= self.loss + ARMIJO * length * slope + ROUNDING * self.loss.abs() && product > 0.0 {
                let change = gradient.clone() - self.gradient.clone();
                self.pairs.push_back(Pair { step, change, product });
                if self.pairs.len() > HISTORY {
                    self.pairs.pop_front();
                }
                (self.point, self.gradient, self.loss, self.norm) = (point, gradient, loss, sums[2].sqrt());
                return Ok(Step::Taken);
            }
            // The lowest point of the parabola through what is known, within bounds (Nocedal and Wright, §3.5).
            let lowest = -slope * length * length / (2.0 * (loss - self.loss - slope * length));
            length = if lowest.is_finite() { lowest.clamp(0.1 * length, 0.5 * length) } else { 0.1 * length };
        }
        Ok(Step::Stuck)
    }

    /// The two-loop recursion (Nocedal and Wright 2006, Algorithm 7.4), without a number leaving the device.
    fn direction(&self, precondition: impl Fn(&Tensor<1>) -> Tensor<1>) -> Tensor<1> {
        let mut q = self.gradient.clone();
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let alpha = dot(&pair.step, &q) / pair.product;
            q = q - pair.change.clone() * alpha.clone();
            alphas.push(alpha);
        }
        let mut r = precondition(&q);
        if let Some(last) = self.pairs.back() {
            r = r * (dot(&last.change, &precondition(&last.change)).recip() * last.product);
        }
        for (pair, alpha) in self.pairs.iter().zip(alphas.into_iter().rev()) {
            let beta = dot(&pair.change, &r) / pair.product;
            r = r + pair.step.clone() * (alpha - beta);
        }
        r.neg()
    }

    /// Where it is, without the rest.
    pub fn into_point(self) -> Tensor<1> {
        self.point
    }

    /// Where it is.
    pub fn point(&self) -> &Tensor<1> {
        &self.point
    }

    /// L there.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The norm of L's gradient there.
    pub fn gradient_norm(&self) -> f64 {
        self.norm
    }
}

/// `⟨a, b⟩`, `[1]`.
fn dot(a: &Tensor<1>, b: &Tensor<1>) -> Tensor<1> {
    (a.clone() * b.clone()).sum()
}
