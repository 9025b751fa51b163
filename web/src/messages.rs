//! What the interface and the engine say to each other through `postMessage`.

use crate::viewport::Window;
use serde::{Deserialize, Serialize};

/// From the interface to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToEngine {
    /// The first message: load the network.
    Start(Start),
    /// Predict an image. A later request takes the place of an earlier one that is not finished.
    Predict(Request),
    /// Draw a part of an outer product.
    Draw(Draw),
}

/// A window of the outer product `rows · columnsᵀ`, to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// `[R]`.
    #[serde(with = "floats")]
    pub rows: Vec<f32>,
    /// `[C]`.
    #[serde(with = "floats")]
    pub columns: Vec<f32>,
    /// Which entries.
    pub window: Window,
    /// Pixels in a row of the picture.
    pub width: usize,
    /// Rows of the picture.
    pub height: usize,
}

/// How the engine is to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The address that all files are relative to.
    pub base: String,
    /// Leave the GPU alone.
    pub cpu_only: bool,
}

/// One image to predict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Told again in every answer.
    pub id: u32,
    /// The image.
    pub source: Source,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A tile of a gallery sheet.
    Tile {
        /// The sheet's address, relative to the base.
        sheet: String,
        /// Left edge, in pixels.
        x: u32,
        /// Upper edge, in pixels.
        y: u32,
    },
    /// An encoded image file.
    File(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// From the engine to the interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromEngine {
    /// The engine listens: it may be told to start.
    Listening,
    /// A file is on its way.
    Progress(Progress),
    /// Predictions can be made.
    Ready(Ready),
    /// The network could not be loaded; starting again may help.
    Failed(String),
    /// The engine cannot go on (a panic, a lost device) and must be started anew.
    Broken(String),
    /// The image of a request, as the network sees it.
    Seen {
        /// The request.
        id: u32,
        /// Planar bytes `[3, 32, 32]`.
        #[serde(with = "serde_bytes")]
        pixels: Vec<u8>,
    },
    /// A request that cannot be met, and why.
    Refused {
        /// The request.
        id: u32,
        /// For people.
        message: String,
    },
    /// One model's prediction.
    Predicted {
        /// The request.
        id: u32,
        /// The model.
        mode: Mode,
        /// One entry a class.
        terms: Vec<Terms>,
    },
    /// What else there is to see of a request's image.
    Told {
        /// The request.
        id: u32,
        /// What it is.
        insight: Insight,
    },
    /// What was to be drawn.
    Drawn(Drawn),
}

/// What there is to see of an image beyond its predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Insight {
    /// The gradient of the logits.
    Gradient(Gradient),
}

/// The parts of which the gradient of a logit by the last layer's weight is made: `∂logit_c/∂W = (ω_c ∘ d) yᵀ`, where
/// that layer has one position. W is the weight as it is applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gradient {
    /// ω̄, class by class, `[c, O]`.
    #[serde(with = "floats")]
    pub omega: Vec<f32>,
    /// d, the activation's derivative, `[O]`.
    #[serde(with = "floats")]
    pub derivative: Vec<f32>,
    /// y, the layer's input, `[C, K, K]`.
    #[serde(with = "floats")]
    pub input: Vec<f32>,
    /// K.
    pub kernel: usize,
}

/// A picture of numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// Which entries it shows.
    pub window: Window,
    /// Pixels in a row.
    pub width: usize,
    /// `[height, width]`.
    #[serde(with = "floats")]
    pub pixels: Vec<f32>,
}

/// The four models: `shared::config::Mode` by the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `w1ᵀ f`.
    Activation,
    /// `ω̄ᵀ J w2`.
    Gradient,
    /// Both.
    Full,
    /// The network itself, trained further.
    Finetune,
}

impl Mode {
    /// Every model, in the order in which they are predicted and shown.
    pub const ALL: [Self; 4] = [Self::Activation, Self::Gradient, Self::Full, Self::Finetune];

    /// The one spelling in files and in the page's attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Gradient => "gradient",
            Self::Full => "full",
            Self::Finetune => "finetune",
        }
    }

    /// Whether there is a term `w1ᵀ f`.
    pub const fn has_activation(self) -> bool {
        matches!(self, Self::Activation | Self::Full)
    }

    /// Whether there is a term `ω̄ᵀ J w2`.
    pub const fn has_gradient(self) -> bool {
        matches!(self, Self::Gradient | Self::Full)
    }
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being loaded, for people.
    pub what: String,
    /// Bytes so far.
    pub received: f64,
    /// Bytes in all, where the server says so.
    pub total: Option<f64>,
}

/// What the engine runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The processor.
    pub backend: Backend,
    /// The name of the GPU, where there is one.
    pub adapter: String,
    /// Why it is not the GPU, where it is not.
    pub note: Option<String>,
}

/// The processor that the model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Backend {
    /// The GPU.
    Webgpu,
    /// WebAssembly with SIMD.
    Cpu,
}

impl Backend {
    /// The one spelling in the page's attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webgpu => "webgpu",
            Self::Cpu => "cpu",
        }
    }
}

/// The two addends of one logit (Eq. 2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// `w1ᵀ f`.
    pub activation: f32,
    /// `ω̄ᵀ J w2`.
    pub gradient: f32,
}

impl Terms {
    /// The logit itself.
    pub fn total(self) -> f32 {
        self.activation + self.gradient
    }
}

/// Numbers as bytes, which `postMessage` takes as one piece.
mod floats {
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        serde_bytes::serialize(&bytes, serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let bytes: Vec<u8> = serde_bytes::deserialize(deserializer)?;
        let (numbers, _) = bytes.as_chunks();
        Ok(numbers.iter().copied().map(f32::from_le_bytes).collect())
    }
}
