//! What the engine computes of an image beyond its predictions.

use crate::{floats, self_check::Check, trouble::Trouble, viewport::Window};
use serde::{Deserialize, Serialize};

/// What there is to see of an image beyond its predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Insight {
    /// The gradient of the logits.
    Gradient(Gradient),
    /// What each layer makes of the image, lowest first.
    Maps(Vec<Maps>),
    /// The logits as θ2 moves along w2.
    Linearization(Linearization),
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
    /// The bias that goes with it, `[c]`.
    #[serde(with = "floats")]
    pub bias: Vec<f32>,
    /// z, the layer's pre-activation, `[O]`.
    #[serde(with = "floats")]
    pub pre: Vec<f32>,
    /// The activation's slope at and below 0.
    pub slope: f32,
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
pub struct Linearization {
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
