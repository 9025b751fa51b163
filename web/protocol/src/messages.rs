//! What the interface and the engine say to each other through `postMessage`: bytes, which it copies as one piece, and
//! which take the interface far less code to read than objects; beside them the files that a message speaks of.

use crate::{
    ablation::{FromAblation, ToAblation},
    blobs,
    training::{FromTrainer, ToTrainer},
    viewport::Window,
};
use js_sys::{Array, Uint8Array};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use vocabulary::ImageNote;
use wasm_bindgen::{JsCast, JsValue};

/// Why a message could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("it is not in the form that was agreed on")]
pub struct Malformed;

/// A message for `postMessage`.
pub fn write(message: &impl Serialize) -> Result<JsValue, Malformed> {
    let (bytes, files) = blobs::beside(|| postcard::to_allocvec(message));
    let bytes = Uint8Array::from(&bytes.map_err(|_| Malformed)?[..]);
    Ok(Array::of2(&bytes, &files).into())
}

/// A message as `postMessage` brought it.
pub fn read<T: DeserializeOwned>(message: &JsValue) -> Result<T, Malformed> {
    let parts: &Array = message.dyn_ref().ok_or(Malformed)?;
    let [bytes, files] = [0, 1].map(|index| parts.get(index));
    let (Some(bytes), Ok(files)) = (bytes.dyn_ref::<Uint8Array>(), files.dyn_into::<Array>()) else {
        return Err(Malformed);
    };
    blobs::with(files, || postcard::from_bytes(&bytes.to_vec())).map_err(|_| Malformed)
}

/// From the interface to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToEngine {
    /// The first message: load the network.
    Start(Start),
    /// Predict an image. A later request takes the place of an earlier one that is not finished.
    Predict(Request),
    /// Draw a part of an outer product.
    Draw(Draw),
    /// Compare the image of the last request with others.
    Compare(Compare),
    /// Check this very page on the image of the last request.
    Check(Request),
    /// Train.
    Train(ToTrainer),
    /// Begin or stop an ablation.
    Ablate(ToAblation),
}

/// Images to compare with the chosen one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compare {
    /// The weights of the logit whose gradients are compared, `[O]`.
    #[serde(with = "floats")]
    pub omega: Vec<f32>,
    /// The images.
    pub tiles: Vec<Source>,
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
    /// The folder of the models, relative to it.
    pub models: String,
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
    /// The name of the scope whose models predict; any other word stands for the narrowest.
    pub scope: String,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Planar bytes `[3, 32, 32]`.
    Pixels(#[serde(with = "serde_bytes")] Vec<u8>),
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
    Failed(Trouble),
    /// The engine cannot go on (a panic, a lost device) and must be started anew.
    Broken(String),
    /// The image of a request, as the network sees it.
    Seen {
        /// The request.
        id: u32,
        /// Planar bytes `[3, 32, 32]`.
        #[serde(with = "serde_bytes")]
        pixels: Vec<u8>,
        /// What was done to the file's picture that its owner may not expect.
        notes: Vec<ImageNote>,
    },
    /// A request that cannot be met, and why.
    Refused {
        /// The request.
        id: u32,
        /// Why.
        trouble: Trouble,
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
    /// How training goes.
    Trained(FromTrainer),
    /// How an ablation goes.
    Ablated(FromAblation),
}

/// Why something that was asked for cannot be: the interface has the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// A file is no image of a known format.
    Format,
    /// It begins like an image, and then is wrong.
    Damaged(String),
    /// It has no pixels.
    Empty {
        /// As it claims.
        width: u32,
        /// As it claims.
        height: u32,
    },
    /// It has too many.
    Large {
        /// As it claims.
        width: u32,
        /// As it claims.
        height: u32,
        /// The longest side that is read.
        side: u32,
        /// The most megabytes that decoding may take.
        megabytes: u32,
    },
    /// The network does not answer to a file's request.
    Unreachable(String),
    /// The server answers to it with another status than that all is well.
    Status(String, u16),
    /// The file broke off.
    BrokenOff(String),
    /// The file of a part, beside the page, that cannot be used, and why.
    Model(Part, String),
    /// A model's file of the visitor's that cannot be used, and why.
    File(String),
    /// What visitors do not meet unless something is wrong with the page itself, in English.
    Other(String),
}

/// What there is to see of an image beyond its predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Insight {
    /// The gradient of the logits.
    Gradient(Gradient),
    /// What each layer makes of the image, lowest first.
    Maps(Vec<Maps>),
    /// The logits as θ2 moves along w2.
    Line(Line),
    /// How alike it is to others.
    Similar(Similar),
    /// Where it and the others are on a map.
    Layout(Layout),
    /// What the check of this page has found so far.
    Check(Check),
}

/// The images of a comparison on a map, by either measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// By their activations.
    pub by_activation: Plane,
    /// By their gradients.
    pub by_gradient: Plane,
}

/// Places on a plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Of the compared images, `[N, 2]`.
    #[serde(with = "floats")]
    pub points: Vec<f32>,
    /// Of the chosen image.
    pub own: [f32; 2],
    /// The plane's share of all variance.
    pub share: f32,
}

/// What the page found out about itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Check {
    /// Difference quotients of the network's logits beside `J w2`.
    pub quotients: Vec<Quotient>,
    /// The error at h = 1 that one rounding of a logit makes; it grows as 1/h.
    pub rounding: f32,
    /// The GPU's numbers beside the CPU's; empty where there is no GPU.
    pub agreements: Vec<Agreement>,
    /// How long predictions take, a processor each.
    pub timings: Vec<Timing>,
    /// The first half of the SHA-256 of the network's file.
    pub digest: String,
    /// Bytes of memory that the engine has taken from the browser.
    pub memory: f64,
    /// Pieces of work that are done.
    pub done: usize,
    /// Pieces of work in all.
    pub pieces: usize,
    /// Why there is no more, where something went wrong.
    pub trouble: Option<Trouble>,
}

/// The error of one difference quotient, as a share of the largest derivative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quotient {
    /// How far the weights moved along w2.
    pub h: f32,
    /// The largest over the classes.
    pub error: f32,
}

/// Numbers that a GPU and the CPU are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantity {
    /// The features f.
    Activations,
    /// The logits of a model.
    Logits(Mode),
}

/// How far the GPU's numbers are from the CPU's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Which numbers.
    pub what: Quantity,
    /// The largest difference.
    pub difference: f32,
    /// The largest number.
    pub size: f32,
}

/// How long one image's prediction took on a processor, time after time, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The processor.
    pub backend: Backend,
    /// By the activation model.
    #[serde(with = "floats")]
    pub plain: Vec<f32>,
    /// By the full model, which carries a tangent along.
    #[serde(with = "floats")]
    pub with_jvp: Vec<f32>,
}

/// How alike images are to the chosen one: cosines, for the first of those that were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Similar {
    /// Of their activations.
    #[serde(with = "floats")]
    pub by_activation: Vec<f32>,
    /// Of their gradients.
    #[serde(with = "floats")]
    pub by_gradient: Vec<f32>,
    /// Why there are no more, where something went wrong.
    pub trouble: Option<Trouble>,
}

/// One layer's output for an image, and its derivative along the full model's w2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Maps {
    /// H and W.
    pub side: usize,
    /// `[O, H, W]`.
    #[serde(with = "floats")]
    pub features: Vec<f32>,
    /// The same shape; empty below the scope, where nothing moves.
    #[serde(with = "floats")]
    pub tangents: Vec<f32>,
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

/// The logits of the network at θ̄2 + r·w2, for the full model's w2, and their tangent line at r = 0. The classifier on
/// top is ω̄ throughout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// From one r to the next; the first is 0.
    pub step: f32,
    /// The network's logits, `[R, c]`.
    #[serde(with = "floats")]
    pub network: Vec<f32>,
    /// Where the tangent line starts, `ω̄ᵀ f + b`, `[c]`.
    #[serde(with = "floats")]
    pub start: Vec<f32>,
    /// Its slope, `ω̄ᵀ J w2`, `[c]`.
    #[serde(with = "floats")]
    pub slope: Vec<f32>,
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

/// The four models: `gradient_features::Mode` by the same names.
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

/// What is loaded, each from a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The base network.
    Network,
    /// What is fitted on it.
    Model(Mode),
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being loaded.
    pub what: Part,
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
    /// Why it is not the GPU, where there is a reason.
    pub no_gpu: Option<NoGpu>,
    /// What the network is made of.
    pub network: Network,
}

/// Why the GPU is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoGpu {
    /// The browser has no WebGPU.
    NoWebgpu,
    /// It has WebGPU, but offers no GPU.
    NoAdapter,
    /// What few visitors meet, in English.
    Other(String),
}

/// What a network is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// From the image to the features.
    pub layers: Vec<Layer>,
    /// What θ2 can be, narrowest first.
    pub scopes: Vec<Scope>,
}

/// One convolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// O.
    pub outputs: usize,
    /// H and W of the output.
    pub side: usize,
    /// The kernel's side.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
    /// Weights and biases.
    pub parameters: usize,
}

/// A choice of θ2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Its name.
    pub name: String,
    /// The index of its lowest layer.
    pub start: usize,
}

/// The processor that the model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
