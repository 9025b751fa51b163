//! How stored parameters become the ones that are applied.
//!
//! In the NTK parametrization a layer applies `W/√(out_channels)` and `√0.1·b`. Going from one parametrization to
//! the other rescales the numbers and leaves the function as it is; what changes is the geometry in which the
//! parameters are trained and decayed (method of the paper, §4; Jacot et al. 2018).

use vocabulary::Parametrization;

/// What a bias is multiplied by in the NTK parametrization, `√0.1`.
const BIAS_SCALE: f64 = 0.316_227_766_016_837_94;

/// The factors of a layer's weight and bias: applied = factor · stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scales {
    /// The weight's.
    pub weight: f64,
    /// The bias's.
    pub bias: f64,
}

impl Scales {
    /// The factors of a layer with so many output channels.
    pub fn new(parametrization: Parametrization, outputs: usize) -> Self {
        match parametrization {
            Parametrization::Standard => Self { weight: 1.0, bias: 1.0 },
            Parametrization::Ntk => Self { weight: 1.0 / (outputs as f64).sqrt(), bias: BIAS_SCALE },
        }
    }

    /// The factors that undo these.
    pub fn inverse(self) -> Self {
        Self { weight: 1.0 / self.weight, bias: 1.0 / self.bias }
    }
}
