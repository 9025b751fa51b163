//! From a tensor on a device to numbers in memory: the one place where the library waits for a device.

use burn::tensor::Tensor;

/// The device does not hand out its numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the device cannot be read: {0}")]
pub struct ReadError(String);

/// A tensor's numbers, row by row, without blocking: what a browser needs.
///
/// # Errors
/// When the device cannot be read.
pub async fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ReadError> {
    let data = tensor.into_data_async().await.map_err(|error| ReadError(error.to_string()))?;
    data.try_into_vec_as().map_err(|error| ReadError(error.to_string()))
}

/// A tensor's numbers, row by row. It waits for the device, so it is not there in a browser.
///
/// # Errors
/// When the device cannot be read.
#[cfg(not(target_family = "wasm"))]
pub fn numbers_blocking<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ReadError> {
    tensor.try_into_vec_as().map_err(|error| ReadError(error.to_string()))
}
