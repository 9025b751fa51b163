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
    let average = |sums: Vec<f64>| -> Vec<f32> { sums.into_iter().map(|sum| (sum / count) as f32).collect() };
    let mean = average(channel_sums([x, x], channels, positions, |_| |x, _| f64::from(x)));
    let variance = average(channel_sums([x, x], channels, positions, |channel| {
        let mean = mean[channel];
        move |x, _| f64::from(x - mean).powi(2)
    }));
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
    let shift = to_f32(&channel_sums([grad, grad], channels, positions, |_| |grad, _| f64::from(grad)));
    let scale_gradient = to_f32(&channel_sums([x, grad], channels, positions, |channel| {
        let (mean, deviation) = (mean[channel], deviation[channel]);
        move |x, grad| f64::from((x - mean) / deviation * grad)
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

/// `Σ f(channel)(x, y)` over images and positions, for each channel, `[C]`. Every eighth number goes into the same of
/// eight sums, which the processor adds to at once.
fn channel_sums<'a, F: Fn(f32, f32) -> f64>(
    [x, y]: [&'a [f32]; 2],
    channels: usize,
    positions: usize,
    f: impl Fn(usize) -> F + Send + Sync,
) -> Vec<f64> {
    threads::map(channels, |channel| {
        let f = f(channel);
        let of_channel = |numbers: &'a [f32]| numbers.chunks_exact(positions).skip(channel).step_by(channels);
        let mut sums = [0.0; 8];
        for (x, y) in of_channel(x).zip(of_channel(y)) {
            let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<8>(), y.as_chunks::<8>());
            for (x, y) in x.iter().zip(y) {
                sums.iter_mut().zip(x.iter().zip(y)).for_each(|(sum, (&x, &y))| *sum += f(x, y));
            }
            sums.iter_mut().zip(x_rest.iter().zip(y_rest)).for_each(|(sum, (&x, &y))| *sum += f(x, y));
        }
        sums.iter().sum()
    })
}
