//! The settings that say what a model is. They are written into every saved file.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A word that names no known setting.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown {what} `{word}`: it is one of {choices}")]
pub struct UnknownName {
    /// What was being named: "mode", "scope", ….
    pub what: &'static str,
    /// The word that was given.
    pub word: String,
    /// The words that are known, for people.
    pub choices: String,
}

/// Gives an enum its one spelling, for the command line, the saved files and the page alike.
macro_rules! named {
    ($type:ident, $what:literal, { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every value, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The one spelling of this value in files, on the command line and in the page.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;
            fn from_str(word: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|value| value.name() == word).ok_or_else(|| UnknownName {
                    what: $what,
                    word: word.to_owned(),
                    choices: [$($name),+].join(", "),
                })
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.name().to_owned()
            }
        }

        impl TryFrom<String> for $type {
            type Error = UnknownName;
            fn try_from(word: String) -> Result<Self, UnknownName> {
                word.parse()
            }
        }
    };
}

/// What is fitted on the frozen network, and how its logits come about (Eq. 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Mode {
    /// `w1ᵀ f`: the usual linear classifier on activations.
    Activation,
    /// `ω̄ᵀ J w2`: a linear classifier on gradients alone.
    Gradient,
    /// `w1ᵀ f + ω̄ᵀ J w2`: the paper's model.
    Full,
    /// `F(x)` itself, with θ2 and ω trained.
    Finetune,
}
named!(Mode, "mode", { Activation => "activation", Gradient => "gradient", Full => "full", Finetune => "finetune" });

/// Which layers are θ2: those whose parameters the gradient is taken by. [`EncoderKind::scopes`] says which of them an
/// encoder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Scope {
    /// The last convolution of the ALI encoder alone.
    Conv5,
    /// Its last two.
    Conv45,
    /// Its last three.
    Conv35,
    /// The last convolution of the VAE's encoder alone.
    Conv8,
}
named!(Scope, "scope", { Conv5 => "conv5", Conv45 => "conv4-5", Conv35 => "conv3-5", Conv8 => "conv8" });

/// How a stored parameter becomes the one that is applied (see [`crate::ntk`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Parametrization {
    /// As it is.
    Standard,
    /// `W/√(out_channels)` and `√0.1·b`.
    Ntk,
}
named!(Parametrization, "parametrization", { Standard => "standard", Ntk => "ntk" });

/// The range that a network expects its pixels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum InputRange {
    /// `[0, 1]`: ALI and rotation networks.
    Unit,
    /// `[-1, 1]`: Wasserstein and VAE networks.
    Symmetric,
}
named!(InputRange, "input range", { Unit => "0,1", Symmetric => "-1,1" });

/// Which list of layers an encoder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum EncoderKind {
    /// The ALI encoder (Dumoulin et al. 2017) for 32×32 images: [`crate::encoder::ALI`].
    Ali,
    /// The encoder of a VAE (Berthelot et al. 2019) for 32×32 images: [`crate::encoder::VAE`].
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
