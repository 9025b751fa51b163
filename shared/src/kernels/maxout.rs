//! Maxout over pairs of neighbouring channels on the CPU, one pass each way.

use super::threads;

/// The larger of each pair: `x [N, 2·C, positions]` → `[N, C, positions]`.
pub fn forward(x: &[f32], positions: usize) -> Vec<f32> {
    let mut out = vec![0.0; x.len() / 2];
    threads::for_each_chunk(&mut out, positions, |channel, out| {
        let (first, second) = x[channel * 2 * positions..][..2 * positions].split_at(positions);
        out.iter_mut().zip(first.iter().zip(second)).for_each(|(out, (&a, &b))| *out = a.max(b));
    });
    out
}

/// The gradient with respect to `x`: to the larger one, to the first of two equal ones.
pub fn backward(x: &[f32], grad: &[f32], positions: usize) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    threads::for_each_chunk(&mut out, 2 * positions, |channel, out| {
        let (first, second) = x[channel * 2 * positions..][..2 * positions].split_at(positions);
        let (to_first, to_second) = out.split_at_mut(positions);
        let grad = &grad[channel * positions..][..positions];
        for (at, &grad) in grad.iter().enumerate() {
            let to = if first[at] >= second[at] { &mut to_first[at] } else { &mut to_second[at] };
            *to = grad;
        }
    });
    out
}
