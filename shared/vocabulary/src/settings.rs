use crate::named;
use serde::{Deserialize, Serialize};

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

/// Which layers are θ2: those whose parameters the gradient is taken by. Each encoder has some of the scopes.
///
/// ```
/// use gradient_features_vocabulary::Scope;
///
/// assert_eq!("conv4-5".parse(), Ok(Scope::Conv45));
/// assert_eq!(Scope::Conv45.to_string(), "conv4-5");
/// assert!("conv6".parse::<Scope>().is_err());
/// ```
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

/// How a stored parameter becomes the one that is applied.
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

impl Mode {
    /// Whether there is a term `ω̄ᵀ J w2`.
    pub const fn has_gradient(self) -> bool {
        matches!(self, Self::Gradient | Self::Full)
    }

    /// Whether there is a trained classifier: the term `w1ᵀ f`, or fine-tuning's ω.
    pub const fn has_classifier(self) -> bool {
        !matches!(self, Self::Gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_one_way() {
        for &mode in Mode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
            assert_eq!(serde_json::to_string(&mode).expect("a string"), format!("\"{mode}\""));
        }
        let error = "conv6".parse::<Scope>().expect_err("no such scope");
        assert_eq!(error.to_string(), "unknown scope `conv6`: it is one of conv5, conv4-5, conv3-5, conv8");
    }
}
