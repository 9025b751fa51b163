//! What the interface and the engine say to each other through `postMessage`: bytes, which it copies as one piece, and
//! which take the interface far less code to read than objects; beside them the files that a message speaks of.

use crate::{
    ablation::{FromAblation, ToAblation},
    blobs, floats,
    insight::{Drawn, Insight},
    loading::{Backend, Processor, Progress, Ready},
    terms::Terms,
    training::{FromTrainer, ToTrainer},
    trouble::Trouble,
    viewport::Window,
};
use js_sys::{Array, Uint8Array};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use vocabulary::{ImageNote, Mode, Scope};
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
    /// What to run on; the faster one if nothing is asked for.
    pub backend: Option<Backend>,
}

/// One image to predict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Sent back in every answer.
    pub id: u32,
    /// The image.
    pub source: Source,
    /// The scope whose models predict.
    pub scope: Scope,
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
    /// The engine listens: it can be started.
    Listening,
    /// A file is on its way.
    Progress(Progress),
    /// Predictions can be made.
    Ready(Ready),
    /// The GPU has been tried: what the engine runs on from now on.
    RunsOn(Processor),
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
    Insight {
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
