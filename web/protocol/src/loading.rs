//! How the engine comes: what is loaded, the network that is there then, and the processor that it runs on.

use serde::{Deserialize, Serialize};
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
