//! Networks, tangents and heads made of a few lines of arithmetic on integers, the same on every machine, and the
//! same as in `golden/generate.py`, which repeats [`words`], [`numbers`] and the bounds.

use burn::tensor::{Device, Tensor, TensorData};
use gradient_features::{
    InputRange, Mode, Parametrization, Scope, images,
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::{Conv, Encoder, LayerSpec},
        linear::{Classifier, Head, Parameters},
    },
};

/// Classes of the heads.
pub const CLASSES: usize = 10;
/// Images of [`images()`].
pub const IMAGES: usize = 3;
/// Index of the black one, all of its numbers 0.
pub const BLACK: usize = 1;
/// Index of the photograph.
pub const NATURAL: usize = 2;
/// Length of f, in encoders of both kinds.
pub const FEATURES: usize = 512;
/// Both slopes that networks come with.
pub const SLOPES: [f32; 2] = [0.01, 0.2];

/// Where in the space of parameters a network lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// As after training: weights and biases at random.
    Generic,
    /// Without biases, so that a black image has every pre-activation exactly at 0, where leaky ReLU is bent.
    Kink,
    /// Far from the bends: small weights, and biases of 1 and -1 in turn (as applied) that decide every sign, so
    /// that the features are a polynomial of the scope's parameters around here, of a degree of one a layer.
    Smooth,
}

/// A network of the recipe.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    pub kind: EncoderKind,
    pub parametrization: Parametrization,
    pub slope: f32,
    pub point: Point,
}

/// Networks of both kinds and parametrizations at a point, with the slopes that each kind comes with.
pub fn networks(point: Point) -> impl Iterator<Item = Network> {
    let kinds = SLOPES.map(|slope| (EncoderKind::Ali, slope)).into_iter().chain([(EncoderKind::Vae, 0.2)]);
    kinds.flat_map(move |(kind, slope)| {
        Parametrization::ALL.iter().map(move |&parametrization| Network { kind, parametrization, slope, point })
    })
}

/// One 32-bit word an index: FNV-1a of the name, then C. Wellons's lowbias32 of the sum.
fn words(name: &str, count: usize) -> impl Iterator<Item = u32> {
    let start = name.bytes().fold(0x811C_9DC5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (0..count as u32).map(move |index| {
        let x = index.wrapping_mul(0x9E37_79B9).wrapping_add(start);
        let x = (x ^ (x >> 16)).wrapping_mul(0x21F0_AAAD);
        let x = (x ^ (x >> 15)).wrapping_mul(0xD35A_2D97);
        x ^ (x >> 15)
    })
}

/// Floats in `[-bound, bound)`: the upper 24 bits of the words, exact before the product.
pub fn numbers(name: &str, count: usize, bound: f64) -> Vec<f32> {
    words(name, count).map(|word| ((word >> 8) as f32 / (1 << 23) as f32 - 1.0) * bound as f32).collect()
}

/// A tensor of such floats.
pub fn tensor<const D: usize>(name: &str, shape: [usize; D], bound: f64, device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers(name, shape.iter().product(), bound), shape), device)
}

/// The three images of the golden file: random, black, natural.
pub fn images(device: &Device) -> Tensor<4> {
    images::to_tensor(super::golden::file().tensor("images").expect("it is there").data(), InputRange::Unit, device)
}

impl Network {
    /// What it is.
    pub fn config(self) -> EncoderConfig {
        EncoderConfig {
            kind: self.kind,
            slope: self.slope,
            input_range: InputRange::Unit,
            parametrization: self.parametrization,
        }
    }

    /// θ̄.
    pub fn encoder(self, device: &Device) -> Encoder {
        let convs = self.kind.layers().iter().map(|spec| self.conv("", spec, self.point, device));
        Encoder::new(self.config(), convs.collect())
    }

    /// A direction w2 for the scope's layers, of the size of a generic network's parameters.
    pub fn tangents(self, scope: Scope, device: &Device) -> Vec<Conv> {
        let specs = self.kind.scope_layers(scope);
        specs.iter().map(|spec| self.conv(".tangent", spec, Point::Generic, device)).collect()
    }

    /// A head of any mode: w1 and ω at random, w2 as in [`Network::tangents`], and fine-tuned layers that are w2 too.
    pub fn head(self, mode: Mode, scope: Scope, device: &Device) -> Head {
        let tangents = |wanted: bool| if wanted { self.tangents(scope, device) } else { vec![] };
        Head {
            mode,
            scope,
            classes: (0..CLASSES).map(|class| format!("class {class}")).collect(),
            omega: mode.has_gradient().then(|| omega(device)),
            parameters: Parameters {
                classifier: mode.has_classifier().then(|| classifier(device)),
                tangents: tangents(mode.has_gradient()),
                replaced: tangents(mode == Mode::Finetune),
            },
        }
    }

    /// Stored numbers of such a size that what is applied is the same in both parametrizations.
    fn conv(self, infix: &str, spec: &LayerSpec, point: Point, device: &Device) -> Conv {
        let (outputs, bias_bound) = match self.parametrization {
            Parametrization::Standard => (1.0, 0.25),
            Parametrization::Ntk => (spec.outputs as f64, 0.8),
        };
        let size = if point == Point::Smooth { 1.0 / 16.0 } else { 1.0 };
        let bound = bound(spec, outputs) * size;
        let bias_name = format!("{}{infix}.bias", spec.name);
        let bias = match point {
            Point::Generic => tensor(&bias_name, [spec.outputs], bias_bound, device),
            Point::Kink => Tensor::zeros([spec.outputs], device),
            Point::Smooth => self.alternating(spec.outputs, device),
        };
        Conv::new(tensor(&format!("{}{infix}.weight", spec.name), spec.weight_shape(), bound, device), bias)
    }

    fn alternating(self, count: usize, device: &Device) -> Tensor<1> {
        let size = match self.parametrization {
            Parametrization::Standard => 1.0,
            Parametrization::Ntk => 10_f32.sqrt(),
        };
        let values: Vec<f32> = (0..count).map(|index| if index.is_multiple_of(2) { size } else { -size }).collect();
        Tensor::from_data(TensorData::new(values, [count]), device)
    }
}

/// The bound of weights that, divided by the root of `factor`, keep numbers about as large from layer to layer.
pub fn bound(spec: &LayerSpec, factor: f64) -> f64 {
    (6.0 * factor / (spec.inputs * spec.kernel * spec.kernel) as f64).sqrt()
}

/// w1 and its bias.
pub fn classifier(device: &Device) -> Classifier {
    Classifier::new(
        tensor("classifier.weight", [FEATURES, CLASSES], 0.1, device),
        tensor("classifier.bias", [CLASSES], 0.1, device),
    )
}

/// ω.
pub fn omega(device: &Device) -> Tensor<2> {
    tensor("omega.weight", [FEATURES, CLASSES], 0.1, device)
}
