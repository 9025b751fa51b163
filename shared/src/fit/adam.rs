//! Adam (Kingma and Ba 2015) in one pass over a parameter, shared by the threads. Burn's, whose formula and state it
//! keeps, takes a dozen on one thread of the CPU.

use crate::kernels::{self, adam::AdamStep};
use burn::{
    optim::{AdamState, AdaptiveMomentumState, LearningRate, Optimizer},
    tensor::{Device, Tensor},
};

/// Adam's settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// How slowly the mean of the gradients moves.
    pub beta_1: f32,
    /// How slowly the mean of their squares moves.
    pub beta_2: f32,
    /// Added to the root of the mean of the squares.
    pub epsilon: f32,
    /// L2 penalty, a part of the gradient.
    pub decay: f32,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-5, decay: 0.0 }
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let AdaptiveMomentumState { time, moment_1, moment_2, .. } = state.map_or_else(
            || AdaptiveMomentumState::new(0, parameter.zeros_like(), parameter.zeros_like()),
            |state| state.momentum,
        );
        let time = time + 1;
        let step = AdamStep::new(rate, [self.beta_1, self.beta_2], self.epsilon, self.decay, time);
        let (parameter, [moment_1, moment_2]) = kernels::adam_step(parameter, gradient, [moment_1, moment_2], step);
        (parameter, Some(AdamState::new(AdaptiveMomentumState::new(time, moment_1, moment_2))))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        AdamState::new(state.momentum.to_device(device))
    }
}
