//! The two terms of a logit.

use serde::{Deserialize, Serialize};

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
