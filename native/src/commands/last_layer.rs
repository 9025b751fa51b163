//! What the page moves the last layer's weights with: for the first images of its gallery that layer's pre-activations
//! and their derivatives along the full model's w2, and the classifier on top of it.

use crate::{data::gallery::GalleryImage, files};
use anyhow::{Result, bail};
use burn::tensor::{Device, Tensor};
use gradient_features::{
    Mode, images,
    model::{
        encoder::Encoder,
        linear::{Classifier, Head},
    },
    numbers_blocking,
};
use half::f16;
use safetensors::{Dtype, tensor::TensorView};
use std::{collections::HashMap, path::Path};

/// The file's name in a model's folder.
const FILE: &str = "last-layer.safetensors";

/// A tensor of 16-bit floats: its name, its shape, its bytes.
type Half = (&'static str, Vec<usize>, Vec<u8>);

/// Writes the file if the narrowest scope, which is that of all heads, is a layer with one position, and if there is a
/// full model with its classifier ω̄.
pub fn write(folder: &Path, encoder: &Encoder, heads: &[Head], images: &[GalleryImage], device: &Device) -> Result<()> {
    let of = |mode| heads.iter().find(|head| head.mode == mode);
    let omega = of(Mode::Activation).and_then(|head| head.parameters.classifier.as_ref());
    let (Some(omega), Some(full)) = (omega, of(Mode::Full)) else { return Ok(()) };
    let Some(tensors) = tensors(encoder, omega, full, images, device)? else { return Ok(()) };
    let views =
        tensors.iter().map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F16, shape.clone(), bytes)?)));
    let views: Vec<(&str, TensorView<'_>)> = views.collect::<Result<_>>()?;
    let slope = HashMap::from([("slope".to_owned(), encoder.config().slope.to_string())]);
    files::write_whole(&folder.join(FILE), &safetensors::serialize(views, Some(slope))?)
}

/// ω̄ `[O, c]` and its bias, and of every image the pre-activations and their derivatives, `[N, O]`.
fn tensors(
    encoder: &Encoder,
    omega: &Classifier,
    full: &Head,
    images: &[GalleryImage],
    device: &Device,
) -> Result<Option<[Half; 4]>> {
    let config = encoder.config();
    let pixels: Vec<u8> = images.iter().flat_map(|(_, _, pixels)| pixels).copied().collect();
    let frozen = encoder.freeze(images::to_tensor(&pixels, config.input_range, device), full.scope);
    let (&[spec], [tangent], [_, _, 1, 1]) =
        (config.kind.scope_layers(full.scope), &full.parameters.tangents[..], frozen.pre.dims())
    else {
        return Ok(None);
    };
    let tangents = tangent.filter(&spec, config.parametrization).apply(frozen.input);
    Ok(Some([
        half("omega", omega.weight.val())?,
        half("bias", omega.bias.val())?,
        half("pre", frozen.pre.flatten::<2>(1, 3))?,
        half("tangent", tangents.flatten::<2>(1, 3))?,
    ]))
}

fn half<const D: usize>(name: &'static str, tensor: Tensor<D>) -> Result<Half> {
    let shape = tensor.dims().to_vec();
    let values: Vec<f16> = numbers_blocking(tensor)?.into_iter().map(f16::from_f32).collect();
    if values.iter().any(|value| !value.is_finite()) {
        bail!("{name} of the last layer is not finite in 16 bits: the model's weights are too large");
    }
    Ok((name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
}
