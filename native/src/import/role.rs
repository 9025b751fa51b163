//! What a layer is in the published networks, by its name and its weight's shape.

use gradient_features::model::config::EncoderKind;
use std::fmt::{self, Display, Formatter};

/// The only kind of encoder that was published.
pub const KIND: EncoderKind = EncoderKind::Ali;
/// The most classes: labels are bytes.
const MAX_CLASSES: usize = 256;
/// What a layer is in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Convolution `index` of the encoder.
    Base(usize),
    /// w2 of convolution `index`.
    Tangent(usize),
    /// w1.
    Classifier,
    /// ω̄.
    Omega,
}

impl Display for Role {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Base(index) => out.write_str(KIND.layers()[index].name),
            Self::Tangent(index) => write!(out, "w2 of {}", KIND.layers()[index].name),
            Self::Classifier => out.write_str("the classifier"),
            Self::Omega => out.write_str("ω"),
        }
    }
}

impl Role {
    /// Of a layer with that name and weight. The encoder's convolutions all differ in shape.
    pub fn of(name: &str, shape: &[usize]) -> Option<Self> {
        let is_linear = name.rsplit('.').next().is_some_and(|last| last.starts_with("linear"));
        match *shape {
            [classes, features] if features == KIND.features() && (1..=MAX_CLASSES).contains(&classes) => {
                Some(if is_linear { Self::Omega } else { Self::Classifier })
            }
            _ => {
                let index = KIND.layers().iter().position(|spec| spec.weight_shape() == shape)?;
                Some(if is_linear { Self::Tangent(index) } else { Self::Base(index) })
            }
        }
    }

    /// Whether it is θ1, which was published in the standard parametrization only.
    pub fn is_bottom(self) -> bool {
        matches!(self, Self::Base(index) if index < lowest_scope_layer())
    }
}

/// The lowest layer that the widest scope has.
fn lowest_scope_layer() -> usize {
    KIND.scopes().iter().map(|&scope| KIND.scope_start(scope)).min().unwrap_or(0)
}
