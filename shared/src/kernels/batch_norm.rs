//! Batch normalisation over `[N, C, positions]` on the CPU, with its backward, in as few passes over memory as it
//! takes: pre-training spends as long in a composed one as in its convolutions.

use super::threads;

/// What a forward pass leaves for the backward pass and for the running statistics.
pub struct Output {
    /// `[N, C, positions]`.
    pub normalized: Vec<f32>,
    /// Mean of each channel, `[C]`.
    pub mean: Vec<f32>,
    /// Biased variance of each channel, `[C]`.
    pub variance: Vec<f32>,
}

/// Gradients with respect to the input, the scale and the shift.
pub struct Gradients {
    /// `[N, C, positions]`.
    pub x: Vec<f32>,
    /// `[C]`.
    pub scale: Vec<f32>,
    /// `[C]`.
    pub shift: Vec<f32>,
}

/// `(x − mean)/√(variance + ε) · scale + shift`, the statistics taken over the batch and the positions.
pub fn forward(x: &[f32], scale: &[f32], shift: &[f32], positions: usize, epsilon: f32) -> Output {
    let channels = scale.len();
    let count = (x.len() / channels) as f64;
    let sums = |f: &(dyn Fn(usize, f32) -> f64 + Sync)| channel_sums(x, channels, positions, f);
    let mean: Vec<f32> = sums(&|_, value| f64::from(value)).iter().map(|sum| (sum / count) as f32).collect();
    let variance: Vec<f32> = sums(&|channel, value| f64::from(value - mean[channel]).powi(2))
        .iter()
        .map(|sum| (sum / count) as f32)
        .collect();
    let factor: Vec<f32> = scale.iter().zip(&variance).map(|(scale, v)| scale / (v + epsilon).sqrt()).collect();
    let mut normalized = vec![0.0; x.len()];
    threads::for_each_chunk(&mut normalized, channels * positions, |image, out| {
        let x = &x[image * channels * positions..][..channels * positions];
        for (channel, (out, x)) in out.chunks_exact_mut(positions).zip(x.chunks_exact(positions)).enumerate() {
            let (factor, shift) = (factor[channel], shift[channel] - mean[channel] * factor[channel]);
            out.iter_mut().zip(x).for_each(|(out, &x)| *out = x * factor + shift);
        }
    });
    Output { normalized, mean, variance }
}

/// The backward of [`forward`] for the output's gradient `grad [N, C, positions]`.
pub fn backward(
    x: &[f32],
    scale: &[f32],
    mean: &[f32],
    variance: &[f32],
    grad: &[f32],
    positions: usize,
    epsilon: f32,
) -> Gradients {
    let channels = scale.len();
    let count = (x.len() / channels) as f64;
    let deviation: Vec<f32> = variance.iter().map(|v| (v + epsilon).sqrt()).collect();
    let shift: Vec<f32> = to_f32(&channel_sums(grad, channels, positions, &|_, grad| f64::from(grad)));
    let scale_gradient: Vec<f32> = to_f32(&channel_pair_sums(x, grad, channels, positions, &|channel, x, grad| {
        f64::from((x - mean[channel]) / deviation[channel] * grad)
    }));
    let mut x_gradient = vec![0.0; x.len()];
    threads::for_each_chunk(&mut x_gradient, channels * positions, |image, out| {
        let start = image * channels * positions;
        for (channel, out) in out.chunks_exact_mut(positions).enumerate() {
            let range = start + channel * positions..start + (channel + 1) * positions;
            let factor = scale[channel] / deviation[channel];
            let mean_grad = (f64::from(shift[channel]) / count) as f32;
            let slope = (f64::from(scale_gradient[channel]) / count) as f32 / deviation[channel];
            for ((out, &x), &grad) in out.iter_mut().zip(&x[range.clone()]).zip(&grad[range]) {
                *out = factor * (grad - mean_grad - (x - mean[channel]) * slope);
            }
        }
    });
    Gradients { x: x_gradient, scale: scale_gradient, shift }
}

fn to_f32(sums: &[f64]) -> Vec<f32> {
    sums.iter().map(|&sum| sum as f32).collect()
}

fn channel_sums(x: &[f32], channels: usize, positions: usize, f: &(dyn Fn(usize, f32) -> f64 + Sync)) -> Vec<f64> {
    channel_pair_sums(x, x, channels, positions, &|channel, x, _| f(channel, x))
}

/// `Σ f(channel, x, y)` over images and positions, for each channel, `[C]`.
fn channel_pair_sums<F: Fn(usize, f32, f32) -> f64 + Sync + ?Sized>(
    x: &[f32],
    y: &[f32],
    channels: usize,
    positions: usize,
    f: &F,
) -> Vec<f64> {
    threads::map(channels, |channel| {
        x.chunks_exact(positions)
            .zip(y.chunks_exact(positions))
            .skip(channel)
            .step_by(channels)
            .map(|(x, y)| x.iter().zip(y).map(|(&x, &y)| f(channel, x, y)).sum::<f64>())
            .sum()
    })
}
