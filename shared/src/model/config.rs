//! The settings that say what a model is. They are written into every saved file.

use serde::{Deserialize, Serialize};
use vocabulary::{InputRange, Parametrization, named};

/// Which list of layers an encoder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum EncoderKind {
    /// The ALI encoder (Dumoulin et al. 2017) for 32×32 images: [`crate::model::encoder::ALI`].
    Ali,
    /// The encoder of a VAE (Berthelot et al. 2019) for 32×32 images: [`crate::model::encoder::VAE`].
    Vae,
}
named!(EncoderKind, "encoder kind", { Ali => "ali", Vae => "vae" });

/// What a saved encoder is, beside its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderConfig {
    /// The list of layers.
    pub kind: EncoderKind,
    /// The leaky ReLU's slope at and below 0.
    pub slope: f32,
    /// The range of the pixels.
    pub input_range: InputRange,
    /// How the stored parameters are to be read.
    pub parametrization: Parametrization,
}
