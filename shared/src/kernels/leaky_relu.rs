//! CPU twins of `leaky_relu_jvp.wgsl` and `leaky_relu_gate.wgsl` (Eq. 7).

/// The derivative: 1 above 0, the slope at and below it.
#[inline]
fn derivative(pre: f32, slope: f32) -> f32 {
    if pre > 0.0 { 1.0 } else { slope }
}

/// `value · d(pre)`, element by element: `[n]`, `[n]` → `[n]`.
pub fn gate(pre: &[f32], value: &[f32], slope: f32) -> Vec<f32> {
    pre.iter().zip(value).map(|(&pre, &value)| value * derivative(pre, slope)).collect()
}

/// Primal `pre · d(pre)` and tangent `tangent · d(pre)`: `[n]`, `[n]` → `[n]`, `[n]`.
pub fn jvp(pre: &[f32], tangent: &[f32], slope: f32) -> (Vec<f32>, Vec<f32>) {
    pre.iter()
        .zip(tangent)
        .map(|(&pre, &tangent)| {
            let d = derivative(pre, slope);
            (pre * d, tangent * d)
        })
        .unzip()
}
