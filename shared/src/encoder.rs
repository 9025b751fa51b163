//! The base network: a list of convolutions, each followed by leaky ReLU, then an average over the positions.

use crate::{
    config::{EncoderConfig, EncoderKind, Parametrization, Scope},
    features::Kept,
    images::SIDE,
    jvp::{self, Dual, Filter},
    kernels,
    ntk::Scales,
};
use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData, s},
};
use rand::Rng;
use rand_distr::StandardNormal;

/// One convolution of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerSpec {
    /// The name of its tensors in files.
    pub name: &'static str,
    /// C.
    pub inputs: usize,
    /// O.
    pub outputs: usize,
    /// K: the kernel is square.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
}

/// The ALI encoder for 32×32 images (Dumoulin et al. 2017, table of the CIFAR-10 model): no padding anywhere, the
/// output 28, 13, 10, 4 and 1 pixels wide.
pub const ALI: [LayerSpec; 5] = [
    LayerSpec { name: "conv1", inputs: 3, outputs: 32, kernel: 5, stride: 1 },
    LayerSpec { name: "conv2", inputs: 32, outputs: 64, kernel: 4, stride: 2 },
    LayerSpec { name: "conv3", inputs: 64, outputs: 128, kernel: 4, stride: 1 },
    LayerSpec { name: "conv4", inputs: 128, outputs: 256, kernel: 4, stride: 2 },
    LayerSpec { name: "conv5", inputs: 256, outputs: 512, kernel: 4, stride: 1 },
];

impl EncoderKind {
    /// The layers from the image to the features: the one list that the forward pass, the JVP, the scopes and the
    /// files go by.
    pub fn layers(self) -> &'static [LayerSpec] {
        match self {
            Self::Ali => &ALI,
        }
    }

    /// Index of the lowest layer of a scope; every layer above it is in the scope too.
    pub fn scope_start(self, scope: Scope) -> usize {
        match (self, scope) {
            (Self::Ali, Scope::Conv5) => 4,
            (Self::Ali, Scope::Conv45) => 3,
            (Self::Ali, Scope::Conv35) => 2,
        }
    }

    /// The layers of a scope, lowest first.
    pub fn scope_layers(self, scope: Scope) -> &'static [LayerSpec] {
        &self.layers()[self.scope_start(scope)..]
    }

    /// Length of the feature vector f.
    pub fn features(self) -> usize {
        self.layers()[self.layers().len() - 1].outputs
    }

    /// Shape `[C, H, W]` of what goes into layer `index` (or out of the last, for the number of layers).
    pub fn shape_before(self, index: usize) -> [usize; 3] {
        self.layers()[..index].iter().fold([3, SIDE, SIDE], |[_, height, width], layer| {
            [layer.outputs, layer.output_side(height), layer.output_side(width)]
        })
    }
}

impl LayerSpec {
    /// The output's side for an input's.
    pub fn output_side(&self, side: usize) -> usize {
        (side - self.kernel) / self.stride + 1
    }

    /// The patches of `x [N, C, H, W]`, `[N, positions, C·K·K]`, in the order of the weight's numbers.
    pub fn patches(&self, x: Tensor<4>) -> Tensor<3> {
        let [images, channels, height, width] = x.dims();
        let [rows, columns] = [height, width].map(|side| self.output_side(side));
        let run = |start: usize, count: usize| start..start + (count - 1) * self.stride + 1;
        let offsets = (0..self.kernel).flat_map(|y| (0..self.kernel).map(move |x| (y, x)));
        let shifted = offsets.map(|(dy, dx)| {
            let part = x.clone().slice(s![.., .., run(dy, rows);self.stride, run(dx, columns);self.stride]);
            part.reshape([images, channels, 1, rows * columns])
        });
        let patches = Tensor::cat(shifted.collect(), 2);
        patches.reshape([images, channels * self.kernel * self.kernel, rows * columns]).swap_dims(1, 2)
    }

    /// `[O, C, K, K]`.
    pub fn weight_shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }

    /// A weight by He's initialisation for the slope (He et al. 2015). The numbers come from `random`, not from the
    /// device, and so are the same on all of them.
    pub fn random_weight(&self, slope: f32, random: &mut impl Rng, device: &Device) -> Tensor<4> {
        let fan_in = (self.inputs * self.kernel * self.kernel) as f32;
        let deviation = (2.0 / (1.0 + slope * slope) / fan_in).sqrt();
        let count = self.weight_shape().iter().product();
        let values: Vec<f32> =
            random.sample_iter::<f32, _>(StandardNormal).take(count).map(|value| value * deviation).collect();
        Tensor::from_data(TensorData::new(values, self.weight_shape()), device)
    }
}

/// The numbers of one convolution as they are stored and trained: parameters θ, or a tangent w2 of theirs.
#[derive(Module, Debug)]
pub struct Conv {
    /// `[O, C, K, K]`.
    pub weight: Param<Tensor<4>>,
    /// `[O]`.
    pub bias: Param<Tensor<1>>,
}

impl Conv {
    /// From plain tensors.
    pub fn new(weight: Tensor<4>, bias: Tensor<1>) -> Self {
        Self { weight: Param::from_tensor(weight), bias: Param::from_tensor(bias) }
    }

    /// All zero: where a tangent starts.
    pub fn zeros(spec: &LayerSpec, device: &Device) -> Self {
        Self::new(Tensor::zeros(spec.weight_shape(), device), Tensor::zeros([spec.outputs], device))
    }

    /// The numbers times the given factors, as parameters of their own.
    pub fn scaled(&self, scales: Scales) -> Self {
        let (weight, bias) = self.scaled_tensors(scales);
        Self::new(weight.detach(), bias.detach())
    }

    /// What the layer applies, in the given parametrization.
    pub fn filter(&self, spec: &LayerSpec, parametrization: Parametrization) -> Filter {
        let (weight, bias) = self.scaled_tensors(parametrization.scales(spec.outputs));
        Filter { weight, bias, stride: spec.stride }
    }

    fn scaled_tensors(&self, scales: Scales) -> (Tensor<4>, Tensor<1>) {
        let (weight, bias) = (self.weight.val(), self.bias.val());
        if scales == (Scales { weight: 1.0, bias: 1.0 }) {
            return (weight, bias);
        }
        (weight * scales.weight, bias * scales.bias)
    }
}

/// A frozen network θ̄, without the classifier.
#[derive(Debug, Clone)]
pub struct Encoder {
    /// What it is.
    pub config: EncoderConfig,
    /// One for each of its kind's layers, as stored.
    pub stored: Vec<Conv>,
    /// SHA-256 of the file it came from, by which fitted models know their base; empty when it came from none.
    pub digest: String,
    filters: Vec<Filter>,
}

impl Encoder {
    /// From stored parameters, one for each of the kind's layers.
    pub fn new(config: EncoderConfig, stored: Vec<Conv>) -> Self {
        let filters = filters(&stored, config.kind.layers(), config.parametrization);
        Self { config, stored, digest: String::new(), filters }
    }

    /// The same, known by the checksum of its file.
    pub fn with_digest(self, digest: String) -> Self {
        Self { digest, ..self }
    }

    /// The same function in another parametrization.
    pub fn reparametrized(&self, parametrization: Parametrization) -> Self {
        let config = EncoderConfig { parametrization, ..self.config };
        let stored = self.stored.iter().zip(config.kind.layers()).map(|(conv, spec)| {
            conv.scaled(self.config.parametrization.scales(spec.outputs))
                .scaled(parametrization.scales(spec.outputs).inverse())
        });
        let stored = stored.collect();
        Self::new(config, stored)
    }

    /// Everything of an image that stays as it is while the scope's tangents move: images `[N, 3, 32, 32]`.
    pub fn keep(&self, images: Tensor<4>, scope: Scope) -> Kept {
        let start = self.config.kind.scope_start(scope);
        let input =
            self.filters[..start].iter().fold(Dual::constant(images), |x, filter| self.layer(&x, filter, None)).primal;
        let pre = self.filters[start].apply(input.clone());
        Kept { scope, input, pre }
    }

    /// The features f and their derivative `J w2` along the stored tangents of the scope's layers; no tangents, no
    /// derivative. `[N, 512]` each.
    pub fn features(&self, kept: &Kept, tangents: &[Conv]) -> Dual<2> {
        let start = self.config.kind.scope_start(kept.scope);
        let moved = filters(tangents, self.config.kind.scope_layers(kept.scope), self.config.parametrization);
        let input = Dual::constant(kept.input.clone());
        let tangent = jvp::conv2d_tangent(&input, &self.filters[start], moved.first());
        let lowest = jvp::leaky_relu(Dual { primal: kept.pre.clone(), tangent }, self.config.slope);
        self.rise(lowest, start + 1, |index| moved.get(index - start))
    }

    /// The features of this network with the scope's layers replaced, `[N, 512]`: what fine-tuning trains.
    pub fn features_with(&self, kept: &Kept, replaced: &[Conv]) -> Tensor<2> {
        let specs = self.config.kind.scope_layers(kept.scope);
        let replaced = filters(replaced, specs, self.config.parametrization);
        let top = replaced.iter().fold(Dual::constant(kept.input.clone()), |x, filter| self.layer(&x, filter, None));
        jvp::average_pool(top).primal
    }

    /// What each of the scope's layers multiplies its weight with, lowest first: for every output position its patch
    /// of the input, `[N, positions, C·K·K]`.
    pub fn patches(&self, kept: &Kept) -> Vec<Tensor<3>> {
        let start = self.config.kind.scope_start(kept.scope);
        let mut input = kept.input.clone();
        let mut above = kernels::leaky_relu(kept.pre.clone(), self.config.slope);
        let mut patches = Vec::new();
        for (index, spec) in self.config.kind.layers().iter().enumerate().skip(start) {
            if index > start {
                input = above.clone();
                above = self.layer(&Dual::constant(above), &self.filters[index], None).primal;
            }
            patches.push(spec.patches(input.clone()));
        }
        patches
    }

    /// The features `[N, 512]` in a graph that leads to a zero added to each pre-activation of the scope, lowest layer
    /// first: the gradient with respect to it is the one with respect to the layer's output.
    pub fn probed_features(&self, kept: &Kept) -> (Tensor<2>, Vec<Tensor<4>>) {
        let start = self.config.kind.scope_start(kept.scope);
        let mut pre = kept.pre.clone().autodiff();
        let mut probes = Vec::new();
        let mut top = None;
        for index in start..self.filters.len() {
            if let Some(below) = top.take() {
                pre = jvp::conv2d(&below, &self.filters[index], None).primal;
            }
            let probe = pre.clone().inner().zeros_like().autodiff().require_grad();
            top = Some(jvp::leaky_relu(Dual::constant(pre.clone() + probe.clone()), self.config.slope));
            probes.push(probe);
        }
        (jvp::average_pool(top.expect("a scope has a layer")).primal, probes)
    }

    /// Applies the layers from `from` up, then the pool.
    fn rise<'a>(&'a self, x: Dual<4>, from: usize, moved: impl Fn(usize) -> Option<&'a Filter>) -> Dual<2> {
        let top = (from..self.filters.len()).fold(x, |x, index| self.layer(&x, &self.filters[index], moved(index)));
        jvp::average_pool(top)
    }

    fn layer(&self, x: &Dual<4>, filter: &Filter, moved: Option<&Filter>) -> Dual<4> {
        jvp::leaky_relu(jvp::conv2d(x, filter, moved), self.config.slope)
    }
}

fn filters(convs: &[Conv], specs: &[LayerSpec], parametrization: Parametrization) -> Vec<Filter> {
    convs.iter().zip(specs).map(|(conv, spec)| conv.filter(spec, parametrization)).collect()
}
