//! Reading tensors and judging how far numbers are apart.

use burn::tensor::{Device, Tensor};

/// The numbers of a tensor.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data_async().await.expect("the device answers");
    data.try_to_vec().expect("the suite computes in 32-bit floats")
}

/// How far rounding may take a result from the exact one, as a share of its largest number: 1e-5 on the CPU, where
/// a sum of some thousand products in 32-bit floats is off by a few 1e-7; 1e-4 on a GPU, which is free to sum in
/// any order and need not fuse.
pub fn rounding(device: &Device) -> f32 {
    if *device == Device::flex() { 1e-5 } else { 1e-4 }
}

/// The largest difference of each of `rows` rows, as a share of the row's largest expected number: a row that
/// should be all zero has to be. Rows, because an image with small numbers would else hide behind one with large.
pub fn assert_rows_close(what: &str, rows: usize, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}: as many numbers");
    assert!(rows > 0 && !expected.is_empty() && expected.len().is_multiple_of(rows), "{what}: {rows} rows");
    let length = expected.len() / rows;
    for (row, (found, expected)) in found.chunks_exact(length).zip(expected.chunks_exact(length)).enumerate() {
        let error = error(found, expected);
        assert!(error <= tolerance, "{what}, row {row}: off by {error:.1e}, more than {tolerance:.0e}");
    }
}

/// [`assert_rows_close`] for tensors whose first axis counts the rows.
pub async fn assert_close<const D: usize>(what: &str, found: Tensor<D>, expected: Tensor<D>, tolerance: f32) {
    assert_eq!(found.dims(), expected.dims(), "{what}: shape");
    let rows = expected.dims()[0];
    assert_rows_close(what, rows, &read(found).await, &read(expected).await, tolerance);
}

/// The largest difference as a share of the largest expected number; not a number when either has one.
fn error(found: &[f32], expected: &[f32]) -> f32 {
    let largest = |numbers: &mut dyn Iterator<Item = f32>| numbers.map(f32::abs).max_by(f32::total_cmp).unwrap_or(0.0);
    let size = largest(&mut expected.iter().copied());
    let difference = largest(&mut found.iter().zip(expected).map(|(found, expected)| found - expected));
    if difference == 0.0 { 0.0 } else { difference / size }
}

/// `Σ a·b`, in 64 bits.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "vectors of one length");
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// `√Σ a²`, in 64 bits.
pub fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}
