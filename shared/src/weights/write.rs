//! Writing a file. One model always makes the same bytes.

use super::{HeadMetadata, Metadata, Part, WeightsError, metadata::to_map};
use crate::model::{
    encoder::{Conv, Encoder, LayerSpec},
    linear::Head,
};
use burn::tensor::TensorData;
use half::f16;
use safetensors::Dtype;
use serde_json::json;
use std::collections::BTreeMap;

/// How many bits a number takes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 16-bit floats: half the size; values are rounded to 11 bits.
    F16,
    /// 32-bit floats: exact.
    F32,
}

/// A base network's file.
///
/// # Errors
/// When a number is not finite, or would not be in this precision.
pub fn write_base(encoder: &Encoder, precision: Precision) -> Result<Vec<u8>, WeightsError> {
    let metadata = Metadata { part: Part::Base, encoder: encoder.config(), head: None };
    write(&metadata, base_tensors(encoder), precision)
}

/// A head's file, naming the base network it belongs on.
///
/// # Errors
/// When a number is not finite, or would not be in this precision.
pub fn write_head(encoder: &Encoder, head: &Head, precision: Precision) -> Result<Vec<u8>, WeightsError> {
    let metadata = Metadata { part: Part::Head, encoder: encoder.config(), head: Some(head_metadata(encoder, head)) };
    write(&metadata, head_tensors(encoder, head), precision)
}

/// A file with a base network and a head.
///
/// # Errors
/// When a number is not finite, or would not be in this precision.
pub fn write_model(encoder: &Encoder, head: &Head, precision: Precision) -> Result<Vec<u8>, WeightsError> {
    let metadata = Metadata { part: Part::Model, encoder: encoder.config(), head: Some(head_metadata(encoder, head)) };
    let mut tensors = base_tensors(encoder);
    tensors.extend(head_tensors(encoder, head));
    write(&metadata, tensors, precision)
}

fn head_metadata(encoder: &Encoder, head: &Head) -> HeadMetadata {
    let base = encoder.digest().unwrap_or_default().to_owned();
    HeadMetadata { mode: head.mode, scope: head.scope, classes: head.classes.clone(), base }
}

/// Tensors by name, sorted, so that one model always makes the same file.
type Tensors = BTreeMap<String, TensorData>;

fn base_tensors(encoder: &Encoder) -> Tensors {
    let mut tensors = Tensors::new();
    insert_convs(&mut tensors, &encoder.parameters(), encoder.config().kind.layers(), "");
    tensors
}

fn head_tensors(encoder: &Encoder, head: &Head) -> Tensors {
    let mut tensors = Tensors::new();
    let specs = encoder.config().kind.scope_layers(head.scope);
    insert_convs(&mut tensors, &head.parameters.tangents, specs, ".tangent");
    insert_convs(&mut tensors, &head.parameters.replaced, specs, ".finetuned");
    if let Some(classifier) = &head.parameters.classifier {
        tensors.insert("classifier.weight".to_owned(), classifier.weight.val().into_data());
        tensors.insert("classifier.bias".to_owned(), classifier.bias.val().into_data());
    }
    if let Some(omega) = &head.omega {
        tensors.insert("omega.weight".to_owned(), omega.clone().into_data());
    }
    tensors
}

fn insert_convs(tensors: &mut Tensors, convs: &[Conv], specs: &[LayerSpec], infix: &str) {
    for (conv, spec) in convs.iter().zip(specs) {
        tensors.insert(format!("{}{infix}.weight", spec.name), conv.weight.val().into_data());
        tensors.insert(format!("{}{infix}.bias", spec.name), conv.bias.val().into_data());
    }
}

/// The container, whose header is sorted too: safetensors' own writer leaves the metadata's order to chance.
fn write(metadata: &Metadata, tensors: Tensors, precision: Precision) -> Result<Vec<u8>, WeightsError> {
    let dtype = match precision {
        Precision::F16 => Dtype::F16,
        Precision::F32 => Dtype::F32,
    };
    let mut header = BTreeMap::from([("__metadata__".to_owned(), json!(to_map(metadata)))]);
    let mut numbers = Vec::new();
    for (name, data) in tensors {
        let start = numbers.len();
        numbers.extend(encode(&name, &data, precision)?);
        let entry = json!({ "dtype": dtype, "shape": data.shape().to_vec(), "data_offsets": [start, numbers.len()] });
        header.insert(name, entry);
    }
    let mut header = serde_json::to_vec(&header).expect("text and numbers can be written as JSON");
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok([&(header.len() as u64).to_le_bytes(), header.as_slice(), &numbers].concat())
}

fn encode(name: &str, data: &TensorData, precision: Precision) -> Result<Vec<u8>, WeightsError> {
    let values = data.as_slice::<f32>().expect("parameters are 32-bit floats");
    let stays_finite = |&value: &f32| match precision {
        Precision::F16 => f16::from_f32(value).is_finite(),
        Precision::F32 => value.is_finite(),
    };
    if let Some(index) = values.iter().position(|value| !stays_finite(value)) {
        return Err(WeightsError::NotFinite { name: name.to_owned(), index });
    }
    Ok(match precision {
        Precision::F16 => values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect(),
        Precision::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    })
}
