//! Models as safetensors: written with what they are in the metadata, and read back only when everything fits.
//!
//! A file holds a base network (`conv1.weight`, …), a head fitted on one (`classifier.weight`, `omega.weight`,
//! `conv5.tangent.weight`, …), or both. Which, and of which sizes, follows from the metadata; every name, shape,
//! type and number is checked against that before a model comes of it.

use crate::{
    kernels,
    model::{
        config::EncoderConfig,
        encoder::{Conv, Encoder, LayerSpec},
        linear::{Classifier, Head, Parameters},
    },
};
use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, collections::HashMap, str::FromStr};
use vocabulary::{Mode, Scope, UnknownName};

/// The value of `format` in the metadata of every file.
pub const FORMAT: &str = "gradfeat-1";
/// The most classes that a file may name.
const MAX_CLASSES: usize = 100_000;

/// Why a file is not a model.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The container is damaged, cut short or something else.
    #[error("this is not a whole safetensors file: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// The metadata lack a key.
    #[error("the metadata have no `{0}`: this is not a gradfeat model")]
    MissingKey(&'static str),
    /// The metadata have a value that cannot be.
    #[error("the metadata's `{key}` is `{value}`: {problem}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What it says.
        value: String,
        /// What is wrong with that.
        problem: String,
    },
    /// A tensor is not there.
    #[error("the tensor `{0}` is missing")]
    MissingTensor(String),
    /// A tensor is there that should not be.
    #[error("the tensor `{0}` does not belong in this file")]
    UnexpectedTensor(String),
    /// A tensor has another shape.
    #[error("the tensor `{name}` has the shape {found:?}, not {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What its shape should be.
        expected: Vec<usize>,
    },
    /// A tensor is of a type that is not read.
    #[error("the tensor `{name}` is of type {found:?}: only F32 and F16 are read")]
    Type {
        /// The tensor.
        name: String,
        /// Its type.
        found: Dtype,
    },
    /// A tensor has a number that is none.
    #[error("the tensor `{name}` has a value that is not finite, at {index}")]
    NotFinite {
        /// The tensor.
        name: String,
        /// Where in it.
        index: usize,
    },
    /// The file has no part that was asked for.
    #[error("the file holds {found}, not {wanted}")]
    Part {
        /// What it holds.
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The head was fitted on another network.
    #[error("the head was fitted on another base network: their {0} differ")]
    OtherBase(&'static str),
}

/// How many bits a number takes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 16-bit floats: half the size; values are rounded to 11 bits.
    F16,
    /// 32-bit floats: exact.
    F32,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// A base network.
    Base,
    /// A head, to be put on the base network that it names.
    Head,
    /// A base network with a head.
    Model,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
            Self::Model => "model",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Base => "a base network alone",
            Self::Head => "a fitted head alone",
            Self::Model => "a base network with a head",
        }
    }

    fn has_base(self) -> bool {
        self != Self::Head
    }

    fn has_head(self) -> bool {
        self != Self::Base
    }
}

/// What the metadata say.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// What the file holds.
    pub part: Part,
    /// What the base network is.
    pub encoder: EncoderConfig,
    /// What the head is, if there is one.
    pub head: Option<HeadMetadata>,
}

/// What the metadata say of a head.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadMetadata {
    /// Which of the four it is.
    pub mode: Mode,
    /// Its scope.
    pub scope: Scope,
    /// Its classes' names.
    pub classes: Vec<String>,
    /// [`Encoder::digest`] of the base network it was fitted on; empty if that has none.
    pub base: String,
}

/// What a file says it is, without its numbers.
///
/// # Errors
/// When it is no safetensors file or the metadata are not a gradfeat model's.
pub fn metadata(bytes: &[u8]) -> Result<Metadata, WeightsError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    parse_metadata(header.metadata().as_ref().unwrap_or(&HashMap::new()))
}

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

fn parse_metadata(map: &HashMap<String, String>) -> Result<Metadata, WeightsError> {
    let get = |key: &'static str| map.get(key).map(String::as_str).ok_or(WeightsError::MissingKey(key));
    let format = get("format")?;
    if format != FORMAT {
        return Err(bad_value("format", format, &format!("this program reads {FORMAT}")));
    }
    let part = match get("part")? {
        "base" => Part::Base,
        "head" => Part::Head,
        "model" => Part::Model,
        other => return Err(bad_value("part", other, "it is one of base, head, model")),
    };
    let slope: f32 = get("slope")?.parse().map_err(|_| bad_value("slope", &map["slope"], "it is not a number"))?;
    if !(-1.0..=1.0).contains(&slope) {
        return Err(bad_value("slope", &map["slope"], "it is no finite number between -1 and 1"));
    }
    let encoder = EncoderConfig {
        kind: named("kind", get("kind")?)?,
        slope,
        input_range: named("input_range", get("input_range")?)?,
        parametrization: named("parametrization", get("parametrization")?)?,
    };
    if !part.has_head() {
        return Ok(Metadata { part, encoder, head: None });
    }
    let classes: Vec<String> = serde_json::from_str(get("classes")?)
        .map_err(|error| bad_value("classes", &map["classes"], &format!("it is no JSON list of names ({error})")))?;
    if classes.is_empty() || classes.len() > MAX_CLASSES {
        return Err(bad_value("classes", &classes.len().to_string(), "there are too few or too many"));
    }
    let scope: Scope = named("scope", get("scope")?)?;
    encoder.kind.scope(Some(scope)).map_err(|error| bad_value("scope", scope.name(), &error.to_string()))?;
    let head = HeadMetadata { mode: named("mode", get("mode")?)?, scope, classes, base: get("base")?.to_owned() };
    Ok(Metadata { part, encoder, head: Some(head) })
}

fn named<T: FromStr<Err = UnknownName>>(key: &'static str, value: &str) -> Result<T, WeightsError> {
    value.parse().map_err(|error: UnknownName| bad_value(key, value, &error.to_string()))
}

fn bad_value(key: &'static str, value: &str, problem: &str) -> WeightsError {
    WeightsError::BadValue { key, value: value.chars().take(80).collect(), problem: problem.to_owned() }
}

fn write_metadata(metadata: &Metadata) -> BTreeMap<String, String> {
    let encoder = metadata.encoder;
    let mut map = vec![
        ("format", FORMAT.to_owned()),
        ("part", metadata.part.name().to_owned()),
        ("kind", encoder.kind.to_string()),
        ("slope", encoder.slope.to_string()),
        ("input_range", encoder.input_range.to_string()),
        ("parametrization", encoder.parametrization.to_string()),
    ];
    if let Some(head) = &metadata.head {
        map.extend([
            ("mode", head.mode.to_string()),
            ("scope", head.scope.to_string()),
            ("classes", json!(head.classes).to_string()),
            ("base", head.base.clone()),
        ]);
    }
    map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
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
    let mut header = BTreeMap::from([("__metadata__".to_owned(), json!(write_metadata(metadata)))]);
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
