//! How the engine comes: what is loaded, the network that is there then, and the processor that it runs on.

use serde::{Deserialize, Serialize};
use std::str::FromStr;
use vocabulary::{Mode, Scope};

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

/// The engine predicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// What it runs on.
    pub processor: Processor,
    /// What the network is made of.
    pub network: Network,
}

/// What the engine runs on, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Processor {
    /// The processor.
    pub backend: Backend,
    /// The name of the GPU, where it runs on one that has a name.
    pub adapter: String,
    /// Why it is not the other one.
    pub reason: Reason,
}

/// Why the engine runs on one processor and not on the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    /// It was asked to.
    Asked,
    /// The GPU cannot be used.
    NoGpu(NoGpu),
    /// The GPU has yet to be tried.
    Trying,
    /// It is the faster one.
    Faster(Times),
    /// Training began there before the GPU was tried.
    Busy,
}

impl Reason {
    /// The one spelling in the page's attributes.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::NoGpu(_) => "no-gpu",
            Self::Trying => "trying",
            Self::Faster(_) => "faster",
            Self::Busy => "busy",
        }
    }
}

/// Milliseconds of one image's prediction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// On the CPU.
    pub cpu: f64,
    /// On the GPU.
    pub webgpu: f64,
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
    pub scopes: Vec<ScopeStart>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeStart {
    /// The scope.
    pub scope: Scope,
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

/// A word that is no processor.
#[derive(Debug, thiserror::Error)]
#[error("this is not a processor")]
pub struct NotABackend;

impl FromStr for Backend {
    type Err = NotABackend;

    fn from_str(text: &str) -> Result<Self, NotABackend> {
        [Self::Webgpu, Self::Cpu].into_iter().find(|backend| backend.name() == text).ok_or(NotABackend)
    }
}
