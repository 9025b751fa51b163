//! Adam's step on the CPU, in one pass over the numbers and in place.

use super::threads;

/// Numbers that a thread takes at once: what they need fits into its caches.
const CHUNK: usize = 1 << 14;

/// What one step does to every number (Kingma and Ba 2015, with their own way of saving an operation, section 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// The learning rate.
    pub rate: f32,
    /// How slowly the mean of the gradients moves, and that of their squares.
    pub betas: [f32; 2],
    /// `√(1 − β₂ᵗ) / (1 − β₁ᵗ)`: corrects both means for having begun at 0.
    pub correction: f32,
    /// Added to the root of the mean of the squares, times `√(1 − β₂ᵗ)`.
    pub epsilon: f32,
    /// L2 penalty.
    pub decay: f32,
}

impl AdamStep {
    /// The step of the number `time`, counted from 1.
    pub fn new(rate: f64, betas: [f32; 2], epsilon: f32, decay: f32, time: usize) -> Self {
        // Steps are counted far below what does not fit.
        let left = betas.map(|beta| 1.0 - beta.powi(time as i32));
        let root = left[1].sqrt();
        Self { rate: rate as f32, betas, correction: root / left[0], epsilon: epsilon * root, decay }
    }
}

/// Moves the parameters and the means of their gradients and of its squares, all of one length.
pub fn step(parameters: &mut [f32], gradient: &[f32], means: [&mut [f32]; 2], step: AdamStep) {
    let [first, second] = means;
    let [beta_1, beta_2] = step.betas;
    threads::for_each_chunk_of_three([parameters, first, second], CHUNK, |index, [parameters, first, second]| {
        let gradient = &gradient[index * CHUNK..][..parameters.len()];
        for (((parameter, first), second), gradient) in parameters.iter_mut().zip(first).zip(second).zip(gradient) {
            let gradient = gradient + *parameter * step.decay;
            *first = *first * beta_1 + gradient * (1.0 - beta_1);
            *second = *second * beta_2 + gradient * gradient * (1.0 - beta_2);
            *parameter -= *first * step.correction / (second.sqrt() + step.epsilon) * step.rate;
        }
    });
}
