//! Reading a file, with every check.

use super::{Metadata, Part, WeightsError, metadata};
use crate::{
    kernels,
    model::{
        encoder::{Conv, Encoder, LayerSpec},
        linear::{Classifier, Head, Parameters},
    },
};
use burn::tensor::{Device, Tensor, TensorData};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest, Sha256};
use vocabulary::Mode;

/// Reads the base network of a file.
///
/// # Errors
/// When anything about the file is not as it should be (see [`WeightsError`]).
pub fn read_base(bytes: &[u8], device: &Device) -> Result<Encoder, WeightsError> {
    let file = File::open(bytes)?;
    if !file.metadata.part.has_base() {
        return Err(WeightsError::Part { found: file.metadata.part.description(), wanted: "a base network" });
    }
    let config = file.metadata.encoder;
    let stored = file.convs(config.kind.layers(), "", device)?;
    let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Encoder::new(config, stored).with_digest(digest))
}

/// Reads the head of a file, to be used on `encoder`.
///
/// # Errors
/// When anything about the file is not as it should be, or the head was fitted on another base network.
pub fn read_head(bytes: &[u8], encoder: &Encoder, device: &Device) -> Result<Head, WeightsError> {
    let file = File::open(bytes)?;
    let Some(head) = file.metadata.head.clone() else {
        return Err(WeightsError::Part { found: file.metadata.part.description(), wanted: "a fitted head" });
    };
    if file.metadata.encoder != encoder.config() {
        return Err(WeightsError::OtherBase("settings"));
    }
    if file.metadata.part == Part::Head && encoder.digest().is_some_and(|digest| head.base != digest) {
        return Err(WeightsError::OtherBase("checksums"));
    }
    let kind = encoder.config().kind;
    let [features, classes] = [kind.features(), head.classes.len()];
    let specs = kind.scope_layers(head.scope);
    let matrix = |name: &str| file.tensor(name, [features, classes], device);
    let classifier = match head.mode.has_classifier() {
        true => Some(Classifier::new(matrix("classifier.weight")?, file.tensor("classifier.bias", [classes], device)?)),
        false => None,
    };
    let has_gradient = head.mode.has_gradient();
    Ok(Head {
        mode: head.mode,
        scope: head.scope,
        classes: head.classes,
        omega: if has_gradient { Some(matrix("omega.weight")?) } else { None },
        parameters: Parameters {
            classifier,
            tangents: if has_gradient { file.convs(specs, ".tangent", device)? } else { vec![] },
            replaced: if head.mode == Mode::Finetune { file.convs(specs, ".finetuned", device)? } else { vec![] },
        },
    })
}

/// A file whose container and metadata are whole and whose tensors' names are those it should have.
struct File<'a> {
    metadata: Metadata,
    tensors: SafeTensors<'a>,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        let metadata = metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let expected = expected_names(&metadata);
        let found: Vec<&str> = tensors.names();
        if let Some(name) = expected.iter().find(|name| !found.contains(&name.as_str())) {
            return Err(WeightsError::MissingTensor(name.clone()));
        }
        if let Some(name) = found.iter().find(|name| !expected.iter().any(|expected| expected == *name)) {
            return Err(WeightsError::UnexpectedTensor((*name).to_owned()));
        }
        let file = Self { metadata, tensors };
        Ok(file)
    }

    fn convs(&self, specs: &[LayerSpec], infix: &str, device: &Device) -> Result<Vec<Conv>, WeightsError> {
        let conv = |spec: &LayerSpec| {
            let name = format!("{}{infix}", spec.name);
            Ok(Conv::new(
                kernels::lay_out_weight(self.tensor(&format!("{name}.weight"), spec.weight_shape(), device)?),
                self.tensor(&format!("{name}.bias"), [spec.outputs], device)?,
            ))
        };
        specs.iter().map(conv).collect()
    }

    fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        device: &Device,
    ) -> Result<Tensor<D>, WeightsError> {
        let view = self.tensors.tensor(name).map_err(|_| WeightsError::MissingTensor(name.to_owned()))?;
        if view.shape() != shape {
            let (found, expected) = (view.shape().to_vec(), shape.to_vec());
            return Err(WeightsError::Shape { name: name.to_owned(), found, expected });
        }
        let values = values(name, &view)?;
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(WeightsError::NotFinite { name: name.to_owned(), index });
        }
        Ok(Tensor::from_data(TensorData::new(values, shape), device))
    }
}

fn values(name: &str, view: &TensorView) -> Result<Vec<f32>, WeightsError> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        Dtype::F64 => Ok(bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect()),
        Dtype::BF16 => Ok(bytes.as_chunks().0.iter().map(|bytes| bf16::from_le_bytes(*bytes).to_f32()).collect()),
        Dtype::F16 => Ok(bytes.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect()),
        found => Err(WeightsError::Type { name: name.to_owned(), found }),
    }
}

fn expected_names(metadata: &Metadata) -> Vec<String> {
    let kind = metadata.encoder.kind;
    let mut names = Vec::new();
    let mut add = |specs: &[LayerSpec], infix: &str| {
        for spec in specs {
            names.extend(["weight", "bias"].map(|part| format!("{}{infix}.{part}", spec.name)));
        }
    };
    if metadata.part.has_base() {
        add(kind.layers(), "");
    }
    if let Some(head) = &metadata.head {
        let specs = kind.scope_layers(head.scope);
        if head.mode.has_gradient() {
            add(specs, ".tangent");
        }
        if head.mode == Mode::Finetune {
            add(specs, ".finetuned");
        }
        if head.mode.has_gradient() {
            names.push("omega.weight".to_owned());
        }
        if head.mode.has_classifier() {
            names.extend(["classifier.weight", "classifier.bias"].map(str::to_owned));
        }
    }
    names
}
