//! The layers that only pre-training needs: generators, discriminators, and the heads on an encoder's features.

use super::random;
use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use gradient_features::{kernels, model::normalized::BatchNorm};
use rand::Rng;

/// Added under a length's root, so that it has a derivative where the length is 0.
pub const TINY: f64 = 1e-12;

/// Which way a convolution goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From images to features.
    Down,
    /// Transposed: from features to images.
    Up,
}

/// One layer. No padding anywhere.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    direction: Direction,
    /// Output channels.
    pub outputs: usize,
    kernel: usize,
    stride: usize,
    normalized: bool,
    biased: bool,
}

impl Spec {
    /// A convolution without bias.
    pub const fn down(outputs: usize, kernel: usize, stride: usize) -> Self {
        Self { direction: Direction::Down, outputs, kernel, stride, normalized: false, biased: false }
    }

    /// A transposed convolution without bias.
    pub const fn up(outputs: usize, kernel: usize, stride: usize) -> Self {
        Self { direction: Direction::Up, ..Self::down(outputs, kernel, stride) }
    }

    /// With batch normalisation.
    pub const fn normalized(self) -> Self {
        Self { normalized: true, ..self }
    }

    /// With a bias a channel.
    pub const fn biased(self) -> Self {
        Self { biased: true, ..self }
    }

    /// Shape of the weight for so many input channels.
    pub fn weight_shape(&self, inputs: usize) -> [usize; 4] {
        let [first, second] = match self.direction {
            Direction::Down => [self.outputs, inputs],
            Direction::Up => [inputs, self.outputs],
        };
        [first, second, self.kernel, self.kernel]
    }
}

/// How parameters start.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// Weights normal with this deviation, biases 0: as ALI was published.
    Normal(f32),
    /// Weights and biases uniform within 1/√fan-in, PyTorch's own: as Wasserstein BiGAN was published.
    Uniform,
    /// Weights normal with the deviation 1/√((1 + slope²)·fan-in), biases 0: as ACAI's autoencoders were published.
    FanIn {
        /// The leaky ReLU's.
        slope: f32,
    },
}

impl Start {
    /// A weight.
    pub fn weight(self, shape: [usize; 4], random: &mut impl Rng, device: &Device) -> Tensor<4> {
        match self {
            Self::Normal(deviation) => random::normal(shape, deviation, random, device),
            Self::Uniform => random::uniform(shape, uniform_bounds(shape), random, device),
            Self::FanIn { slope } => {
                let deviation = 1.0 / ((1.0 + slope * slope) * fan_in(shape)).sqrt();
                random::normal(shape, deviation, random, device)
            }
        }
    }

    /// The bias of the layer with that weight.
    fn bias(self, outputs: usize, weight: [usize; 4], random: &mut impl Rng, device: &Device) -> Tensor<1> {
        match self {
            Self::Normal(_) | Self::FanIn { .. } => Tensor::zeros([outputs], device),
            Self::Uniform => random::uniform([outputs], uniform_bounds(weight), random, device),
        }
    }
}

/// ±1/√fan-in, as PyTorch counts it.
fn uniform_bounds(weight: [usize; 4]) -> [f32; 2] {
    let bound = 1.0 / fan_in(weight).sqrt();
    [-bound, bound]
}

/// Numbers that go into one of a convolution's output.
fn fan_in([_, inputs, height, width]: [usize; 4]) -> f32 {
    (inputs * height * width) as f32
}

/// Which statistics batch normalisation uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The batch's, which also update the running ones.
    Train,
    /// The batch's, without an update of the running ones.
    Batch,
    /// The running ones.
    Infer,
}

/// The parameters of one layer.
#[derive(Module, Debug)]
pub struct Layer {
    /// `[O, C, K, K]`; of a transposed convolution `[C, O, K, K]`.
    pub weight: Param<Tensor<4>>,
    /// `[O]`.
    pub bias: Option<Param<Tensor<1>>>,
    norm: Option<BatchNorm>,
}

impl Layer {
    fn new(spec: &Spec, inputs: usize, start: Start, random: &mut impl Rng, device: &Device) -> Self {
        let shape = spec.weight_shape(inputs);
        Self {
            weight: Param::from_tensor(start.weight(shape, random, device)),
            bias: spec.biased.then(|| Param::from_tensor(start.bias(spec.outputs, shape, random, device))),
            norm: spec.normalized.then(|| BatchNorm::new(spec.outputs, device)),
        }
    }

    /// Everything up to the activation: `[N, C, H, W]` → `[N, O, H', W']`.
    pub fn forward(&self, spec: &Spec, x: Tensor<4>, phase: Phase) -> Tensor<4> {
        let mut x = match spec.direction {
            Direction::Down => kernels::conv2d(x, self.weight.val(), spec.stride),
            Direction::Up => kernels::conv_transpose2d(x, self.weight.val(), spec.stride),
        };
        if let Some(bias) = &self.bias {
            x = x + bias.val().reshape([1, -1, 1, 1]);
        }
        match (&self.norm, phase) {
            (None, _) => x,
            (Some(norm), Phase::Train) => norm.forward(x),
            (Some(norm), Phase::Batch) => norm.normalize(x).0,
            (Some(norm), Phase::Infer) => norm.infer(x),
        }
    }

    /// The transpose of a convolution, without bias: carries a gradient from its output `[N, O, H', W']` to its input
    /// `[N, C, H, W]`, as a function that can be differentiated itself.
    pub fn transposed(&self, spec: &Spec, gradient: Tensor<4>) -> Tensor<4> {
        kernels::conv_transpose2d(gradient, self.weight.val(), spec.stride)
    }
}

/// A stack of layers with random parameters.
pub fn stack(specs: &[Spec], inputs: usize, start: Start, random: &mut impl Rng, device: &Device) -> Vec<Layer> {
    let inputs = std::iter::once(inputs).chain(specs.iter().map(|spec| spec.outputs));
    specs.iter().zip(inputs).map(|(spec, inputs)| Layer::new(spec, inputs, start, random, device)).collect()
}

/// Applies all layers, with leaky ReLU between them but not after the last.
pub fn leaky_stack(layers: &[Layer], specs: &[Spec], x: Tensor<4>, slope: f32, phase: Phase) -> Tensor<4> {
    layers.iter().zip(specs).enumerate().fold(x, |x, (index, (layer, spec))| {
        let x = if index == 0 { x } else { kernels::leaky_relu(x, slope) };
        layer.forward(spec, x, phase)
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Each layer's weight shape, and how many numbers are trained in all of them.
    pub fn sizes(layers: &[Layer]) -> (Vec<[usize; 4]>, usize) {
        let trained = |layer: &Layer| {
            let bias = layer.bias.as_ref().map_or(0, |bias| bias.dims()[0]);
            let norm = layer.norm.as_ref().map_or(0, |norm| norm.scale.dims()[0] + norm.shift.dims()[0]);
            layer.weight.dims().iter().product::<usize>() + bias + norm
        };
        (layers.iter().map(|layer| layer.weight.dims()).collect(), layers.iter().map(trained).sum())
    }
}
