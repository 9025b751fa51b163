//! What a file says it is.

use super::WeightsError;
use crate::model::config::EncoderConfig;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
};
use vocabulary::{Mode, Scope, UnknownName};

/// The value of `format` in the metadata of every file.
pub const FORMAT: &str = "gradfeat-1";
/// The most classes that a file may name.
const MAX_CLASSES: usize = 100_000;

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

    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Base => "a base network alone",
            Self::Head => "a fitted head alone",
            Self::Model => "a base network with a head",
        }
    }

    pub(super) fn has_base(self) -> bool {
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
    from_map(header.metadata().as_ref().unwrap_or(&HashMap::new()))
}

fn from_map(map: &HashMap<String, String>) -> Result<Metadata, WeightsError> {
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

pub(super) fn to_map(metadata: &Metadata) -> BTreeMap<String, String> {
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
