//! Labelled images whose frozen features can be asked for: what models are fitted on and measured on.

use crate::model::{encoder::Encoder, features::FrozenFeatures, linear::Head};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Images with their labels, wherever they are: in memory, or on a disk.
pub trait Samples {
    /// What can go wrong in reading.
    type Error;

    /// The class of each image.
    fn labels(&self) -> &[u8];

    /// The frozen features of some images, in this order.
    ///
    /// # Errors
    /// When they cannot be read.
    fn frozen(&self, indices: &[usize], device: &Device) -> Result<FrozenFeatures, Self::Error>;
}

/// The logits that the head gives the images of `indices`, `[N, c]` row by row, `batch` images at once.
///
/// # Errors
/// When the images cannot be read.
pub fn logits<S: Samples>(
    encoder: &Encoder,
    head: &Head,
    samples: &S,
    indices: &[usize],
    batch: usize,
    device: &Device,
) -> Result<Vec<f32>, S::Error> {
    let mut logits = Vec::with_capacity(indices.len() * head.classes.len());
    for batch in indices.chunks(batch) {
        let frozen = samples.frozen(batch, device)?;
        logits.extend(head.logits(encoder, &frozen).total().into_data().iter::<f32>());
    }
    Ok(logits)
}

/// The classes of a batch, `[N]`.
pub(crate) fn labels<S: Samples>(samples: &S, batch: &[usize], device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = batch.iter().map(|&index| i32::from(samples.labels()[index])).collect();
    Tensor::from_data(TensorData::new(labels, [batch.len()]), device)
}
