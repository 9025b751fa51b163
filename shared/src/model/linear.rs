//! The models on top of the frozen network (Eq. 2): activation, gradient, full, and fine-tuning beside them.

use crate::model::{
    encoder::{Conv, Encoder},
    features::FrozenFeatures,
    jvp::Dual,
};
use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, activation::softmax},
};
use vocabulary::{Mode, Scope};

/// A linear classifier on the features: `f [N, 512]` → logits `[N, c]`.
#[derive(Module, Debug)]
pub struct Classifier {
    /// w1, `[512, c]`.
    pub weight: Param<Tensor<2>>,
    /// `[c]`.
    pub bias: Param<Tensor<1>>,
}

impl Classifier {
    /// From plain tensors.
    pub fn new(weight: Tensor<2>, bias: Tensor<1>) -> Self {
        Self { weight: Param::from_tensor(weight), bias: Param::from_tensor(bias) }
    }

    /// All zero.
    pub fn zeros(features: usize, classes: usize, device: &Device) -> Self {
        Self::new(Tensor::zeros([features, classes], device), Tensor::zeros([classes], device))
    }

    /// `f w1 + b`.
    pub fn apply(&self, features: Tensor<2>) -> Tensor<2> {
        features.matmul(self.weight.val()) + self.bias.val().unsqueeze()
    }
}

/// What is trained: w1 for activation and full, w2 for gradient and full, θ2 and ω for fine-tuning.
#[derive(Module, Debug)]
pub struct Parameters {
    /// w1, or fine-tuning's ω.
    pub classifier: Option<Classifier>,
    /// w2, one for each layer of the scope.
    pub tangents: Vec<Conv>,
    /// θ2 of fine-tuning, one for each layer of the scope.
    pub replaced: Vec<Conv>,
}

/// A fitted (or just started) model on top of an encoder.
#[derive(Debug, Clone)]
pub struct Head {
    /// Which of the four it is.
    pub mode: Mode,
    /// Which layers θ2 are.
    pub scope: Scope,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// ω̄, `[512, c]`, frozen; only where there is a gradient term.
    pub omega: Option<Tensor<2>>,
    /// What is trained.
    pub parameters: Parameters,
}

/// A model's logits as the sum of two terms, each `[N, c]`.
#[derive(Debug, Clone)]
pub struct Logits {
    /// `w1ᵀ f + b`; all of F for fine-tuning.
    pub activation: Tensor<2>,
    /// `ω̄ᵀ J w2`.
    pub gradient: Tensor<2>,
}

impl Logits {
    /// Their sum.
    pub fn total(&self) -> Tensor<2> {
        self.activation.clone() + self.gradient.clone()
    }

    /// The classes' probabilities, `[N, c]`.
    pub fn probabilities(&self) -> Tensor<2> {
        softmax(self.total(), 1)
    }
}

impl Head {
    /// The activation model before training: w1 = 0.
    pub fn activation(encoder: &Encoder, scope: Scope, classes: Vec<String>, device: &Device) -> Self {
        let classifier = Classifier::zeros(encoder.config().kind.features(), classes.len(), device);
        let parameters = Parameters { classifier: Some(classifier), tangents: vec![], replaced: vec![] };
        Self { mode: Mode::Activation, scope, classes, omega: None, parameters }
    }

    /// A model of any mode where training starts, from the fitted activation model: w1 and ω̄ are its classifier,
    /// w2 is 0 and θ2 is θ̄2.
    ///
    /// # Panics
    /// When `base` has no classifier, as only an activation model without one could.
    pub fn start(mode: Mode, scope: Scope, encoder: &Encoder, base: &Head, device: &Device) -> Self {
        let classifier = base.parameters.classifier.clone().expect("an activation model has a classifier");
        let classifier = classifier.to_device(device);
        let omega = classifier.weight.val().detach();
        let specs = encoder.config().kind.scope_layers(scope);
        let zeros = || specs.iter().map(|spec| Conv::zeros(spec, device)).collect();
        let copies = || encoder.scope_parameters(scope).into_iter().map(|conv| conv.to_device(device)).collect();
        let (has_gradient, is_finetune) = (mode.has_gradient(), mode == Mode::Finetune);
        Self {
            mode,
            scope,
            classes: base.classes.clone(),
            omega: has_gradient.then_some(omega),
            parameters: Parameters {
                classifier: mode.has_classifier().then_some(classifier),
                tangents: if has_gradient { zeros() } else { vec![] },
                replaced: if is_finetune { copies() } else { vec![] },
            },
        }
    }

    /// The two terms of the logits.
    pub fn logits(&self, encoder: &Encoder, frozen: &FrozenFeatures) -> Logits {
        let parameters = &self.parameters;
        let Dual { primal: features, tangent } = match self.mode {
            Mode::Finetune => Dual::constant(encoder.features_with(frozen, &parameters.replaced)),
            Mode::Activation | Mode::Gradient | Mode::Full => encoder.features(frozen, &parameters.tangents),
        };
        let zeros = Tensor::zeros([features.dims()[0], self.classes.len()], &features.device());
        let features = frozen.activation.clone().unwrap_or(features);
        let activation = parameters.classifier.as_ref().map(|classifier| classifier.apply(features));
        let gradient = self.omega.clone().zip(tangent).map(|(omega, tangent)| tangent.matmul(omega));
        Logits { activation: activation.unwrap_or_else(|| zeros.clone()), gradient: gradient.unwrap_or(zeros) }
    }
}
