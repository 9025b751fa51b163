//! The base network: a list of convolutions, each with what follows it, then an average over the positions.

mod pass;

pub use pass::Pass;

use crate::{
    images::SIDE,
    kernels,
    model::{
        config::{EncoderConfig, EncoderKind},
        features::FrozenFeatures,
        jvp::{self, Dual, Filter},
        ntk::Scales,
    },
};
use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData, s},
};
use rand::Rng;
use rand_distr::StandardNormal;
use vocabulary::{Parametrization, Scope};

/// One layer of an encoder: a convolution, then leaky ReLU, then an average pool, where it has these.
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
    /// Zeros around the input, on all four sides.
    pub padding: usize,
    /// Whether leaky ReLU follows.
    pub activation: bool,
    /// Side of the squares that are then averaged; 1 for no pool.
    pub pool: usize,
}

/// The ALI encoder for 32×32 images (Dumoulin et al. 2017, table of the CIFAR-10 model): no padding anywhere, the
/// output 28, 13, 10, 4 and 1 pixels wide.
pub const ALI: [LayerSpec; 5] = [
    LayerSpec::conv("conv1", 3, 32, 5),
    LayerSpec::conv("conv2", 32, 64, 4).with_stride(2),
    LayerSpec::conv("conv3", 64, 128, 4),
    LayerSpec::conv("conv4", 128, 256, 4).with_stride(2),
    LayerSpec::conv("conv5", 256, 512, 4),
];

/// The encoder of the VAE in ACAI's code (Berthelot et al. 2019) for 32×32 images, up to the features: the latent's
/// convolution and heads, which would come next, are not part of it. The output is 32, 32, 16, 16, 8, 8, 4 and 4 pixels
/// wide.
pub const VAE: [LayerSpec; 8] = [
    LayerSpec::conv("conv1", 3, 64, 1).without_activation(),
    LayerSpec::conv("conv2", 64, 64, 3).with_padding(1),
    LayerSpec::conv("conv3", 64, 64, 3).with_padding(1).with_pool(2),
    LayerSpec::conv("conv4", 64, 128, 3).with_padding(1),
    LayerSpec::conv("conv5", 128, 128, 3).with_padding(1).with_pool(2),
    LayerSpec::conv("conv6", 128, 256, 3).with_padding(1),
    LayerSpec::conv("conv7", 256, 256, 3).with_padding(1).with_pool(2),
    LayerSpec::conv("conv8", 256, 512, 3).with_padding(1),
];

/// A scope of another encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} encoder has no scope {scope}: it has {}", names(.kind.scopes()))]
pub struct ForeignScope {
    /// The encoder.
    pub kind: EncoderKind,
    /// The scope.
    pub scope: Scope,
}

impl EncoderKind {
    /// The layers from the image to the features: the one list behind the forward pass, the JVP, the scopes and
    /// the files.
    pub fn layers(self) -> &'static [LayerSpec] {
        match self {
            Self::Ali => &ALI,
            Self::Vae => &VAE,
        }
    }

    /// The scopes, narrowest first: the last layer, the last two, and so on.
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Ali => &[Scope::Conv5, Scope::Conv45, Scope::Conv35],
            Self::Vae => &[Scope::Conv8],
        }
    }

    /// The scope that is asked for, or the narrowest when none is.
    ///
    /// # Errors
    /// When the encoder has no such scope.
    pub fn scope(self, asked: Option<Scope>) -> Result<Scope, ForeignScope> {
        let scope = asked.unwrap_or(self.scopes()[0]);
        if self.scopes().contains(&scope) { Ok(scope) } else { Err(ForeignScope { kind: self, scope }) }
    }

    /// Index of the lowest layer of a scope; every layer above it is in the scope too.
    ///
    /// # Panics
    /// When the encoder has no such scope, which [`EncoderKind::scope`] finds out.
    pub fn scope_start(self, scope: Scope) -> usize {
        let narrower = self.scopes().iter().position(|&own| own == scope);
        self.layers().len() - 1 - narrower.expect("scopes are checked where they come in")
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
        self.layers()[..index].iter().fold([3, SIDE, SIDE], |shape, layer| layer.output_shape(shape))
    }

    /// Shape `[O, H', W']` of layer `index`'s pre-activation.
    pub fn pre_shape(self, index: usize) -> [usize; 3] {
        self.layers()[index].pre_shape(self.shape_before(index))
    }
}

impl LayerSpec {
    /// A convolution of step 1 without padding, followed by leaky ReLU and by no pool.
    const fn conv(name: &'static str, inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self { name, inputs, outputs, kernel, stride: 1, padding: 0, activation: true, pool: 1 }
    }

    const fn with_stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    const fn with_padding(self, padding: usize) -> Self {
        Self { padding, ..self }
    }

    const fn with_pool(self, pool: usize) -> Self {
        Self { pool, ..self }
    }

    const fn without_activation(self) -> Self {
        Self { activation: false, ..self }
    }

    /// Shape of the convolution's output, `[O, H', W']`, for an input `[C, H, W]`.
    fn pre_shape(&self, [_, height, width]: [usize; 3]) -> [usize; 3] {
        let side = |side| (side + 2 * self.padding - self.kernel) / self.stride + 1;
        [self.outputs, side(height), side(width)]
    }

    /// Shape of the layer's output for an input `[C, H, W]`.
    fn output_shape(&self, input: [usize; 3]) -> [usize; 3] {
        let [outputs, height, width] = self.pre_shape(input);
        [outputs, height / self.pool, width / self.pool]
    }

    /// What follows the convolution: `[N, O, H', W']` → `[N, O, H' / pool, W' / pool]`.
    fn finish(&self, pre: Dual<4>, slope: f32) -> Dual<4> {
        let out = if self.activation { jvp::leaky_relu(pre, slope) } else { pre };
        if self.pool > 1 { jvp::average_pool(out, self.pool) } else { out }
    }

    /// The patches of `x [N, C, H, W]`, `[N, positions, C·K·K]`, in the order of the weight's numbers.
    pub fn patches(&self, x: Tensor<4>) -> Tensor<3> {
        let x = jvp::zero_pad(x, self.padding);
        let [images, channels, height, width] = x.dims();
        let [rows, columns] = [height, width].map(|side| (side - self.kernel) / self.stride + 1);
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
        let [weight, bias] = [scales.weight, scales.bias];
        Self::new((self.weight.val() * weight).detach(), (self.bias.val() * bias).detach())
    }

    /// These numbers and `r` times others.
    fn displaced(&self, tangent: &Self, r: f32) -> Self {
        Self::new(self.weight.val() + tangent.weight.val() * r, self.bias.val() + tangent.bias.val() * r)
    }

    /// What the layer applies, in the given parametrization.
    pub fn filter(&self, spec: &LayerSpec, parametrization: Parametrization) -> Filter {
        let scales = Scales::new(parametrization, spec.outputs);
        Filter {
            weight: self.weight.val(),
            weight_scale: scales.weight,
            bias: self.bias.val() * scales.bias,
            stride: spec.stride,
            padding: spec.padding,
        }
    }
}

/// A frozen network θ̄, without the classifier.
#[derive(Debug, Clone)]
pub struct Encoder {
    config: EncoderConfig,
    layers: Vec<Layer>,
    digest: Option<String>,
}

/// One layer with its parameters.
#[derive(Debug, Clone)]
struct Layer {
    spec: &'static LayerSpec,
    /// As stored.
    parameters: Conv,
    /// What is applied: scaled and laid out once, not in every pass.
    filter: Filter,
}

impl Layer {
    fn new(spec: &'static LayerSpec, parameters: Conv, parametrization: Parametrization) -> Self {
        let scaled = parameters.scaled(Scales::new(parametrization, spec.outputs));
        let filter = scaled.filter(spec, Parametrization::Standard);
        let filter = Filter { weight: kernels::lay_out_weight(filter.weight), ..filter };
        Self { spec, parameters, filter }
    }
}

impl Encoder {
    /// From stored parameters, one for each of the kind's layers.
    pub fn new(config: EncoderConfig, parameters: Vec<Conv>) -> Self {
        let layers = config.kind.layers().iter().zip(parameters);
        let layers = layers.map(|(spec, parameters)| Layer::new(spec, parameters, config.parametrization));
        Self { config, layers: layers.collect(), digest: None }
    }

    /// The same, known by the checksum of its file.
    pub fn with_digest(self, digest: String) -> Self {
        Self { digest: Some(digest), ..self }
    }

    /// What it is.
    pub fn config(&self) -> EncoderConfig {
        self.config
    }

    /// The stored parameters of every layer, lowest first. The tensors are shared, not copied.
    pub fn parameters(&self) -> Vec<Conv> {
        self.layers.iter().map(|layer| layer.parameters.clone()).collect()
    }

    /// θ̄2: those of the scope's layers, lowest first.
    pub fn scope_parameters(&self, scope: Scope) -> Vec<Conv> {
        self.scope_layers(scope).iter().map(|layer| layer.parameters.clone()).collect()
    }

    /// SHA-256 of the file that it came from, in hexadecimal, by which fitted models know their base network.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    fn scope_layers(&self, scope: Scope) -> &[Layer] {
        &self.layers[self.config.kind.scope_start(scope)..]
    }

    /// What is applied of parameters, or tangents, of the scope's layers.
    fn scope_filters(&self, scope: Scope, convs: &[Conv]) -> Vec<Filter> {
        filters(convs, self.config.kind.scope_layers(scope), self.config.parametrization)
    }

    /// The same function in another parametrization.
    pub fn reparametrized(&self, parametrization: Parametrization) -> Self {
        let config = EncoderConfig { parametrization, ..self.config };
        let parameters = self.layers.iter().map(|layer| {
            let outputs = layer.spec.outputs;
            layer
                .parameters
                .scaled(Scales::new(self.config.parametrization, outputs))
                .scaled(Scales::new(parametrization, outputs).inverse())
        });
        Self::new(config, parameters.collect())
    }

    /// Everything of an image that does not depend on the scope's parameters: images `[N, 3, 32, 32]`.
    pub fn freeze(&self, images: Tensor<4>, scope: Scope) -> FrozenFeatures {
        let (below, inside) = self.layers.split_at(self.config.kind.scope_start(scope));
        let input = forward(Dual::constant(images), specs_and_filters(below), &[], self.config.slope).primal;
        let pre = inside[0].filter.apply(input.clone());
        FrozenFeatures { scope, input, pre, activation: None }
    }

    /// The features f and their derivative `J w2` along the stored tangents of the scope's layers; no tangents, no
    /// derivative. `[N, 512]` each.
    pub fn features(&self, frozen: &FrozenFeatures, tangents: &[Conv]) -> Dual<2> {
        let slope = self.config.slope;
        let (lowest, above) = self.scope_layers(frozen.scope).split_at(1);
        let tangents = self.scope_filters(frozen.scope, tangents);
        let input = Dual::constant(frozen.input.clone());
        let tangent = jvp::conv2d_tangent(&input, &lowest[0].filter, tangents.first());
        let output = lowest[0].spec.finish(Dual { primal: frozen.pre.clone(), tangent }, slope);
        let tangents_above = tangents.get(1..).unwrap_or_default();
        jvp::global_average_pool(forward(output, specs_and_filters(above), tangents_above, slope))
    }

    /// The scope's stored parameters displaced by `r` times the tangents: θ̄2 + r·w2.
    pub fn displaced(&self, scope: Scope, tangents: &[Conv], r: f32) -> Vec<Conv> {
        let layers = self.scope_layers(scope).iter().zip(tangents);
        layers.map(|(layer, tangent)| layer.parameters.displaced(tangent, r)).collect()
    }

    /// The features of this network with other parameters in the scope's layers, `[N, 512]`: what fine-tuning trains.
    pub fn features_with(&self, frozen: &FrozenFeatures, replaced: &[Conv]) -> Tensor<2> {
        let filters = self.scope_filters(frozen.scope, replaced);
        let layers = self.config.kind.scope_layers(frozen.scope).iter().zip(&filters);
        let top = forward(Dual::constant(frozen.input.clone()), layers, &[], self.config.slope);
        jvp::global_average_pool(top).primal
    }

    /// What each of the scope's layers multiplies its weight with, lowest first: for every output position its patch
    /// of the input, `[N, positions, C·K·K]`.
    pub fn patches(&self, frozen: &FrozenFeatures) -> Vec<Tensor<3>> {
        let (lowest, above) = self.scope_layers(frozen.scope).split_at(1);
        let (lowest, slope) = (lowest[0].spec, self.config.slope);
        let mut input = lowest.finish(Dual::constant(frozen.pre.clone()), slope).primal;
        let mut patches = vec![lowest.patches(frozen.input.clone())];
        for Layer { spec, filter, .. } in above {
            patches.push(spec.patches(input.clone()));
            input = spec.finish(Dual::constant(filter.apply(input)), slope).primal;
        }
        patches
    }

    /// The features `[N, 512]` in a graph that leads to a zero added to each pre-activation of the scope, lowest layer
    /// first: the gradient with respect to it is the one with respect to the layer's output.
    pub fn probed_features(&self, frozen: &FrozenFeatures) -> (Tensor<2>, Vec<Tensor<4>>) {
        let mut pre = frozen.pre.clone().autodiff();
        let mut probes = Vec::new();
        let mut top: Option<Dual<4>> = None;
        for Layer { spec, filter, .. } in self.scope_layers(frozen.scope) {
            if let Some(below) = top.take() {
                pre = filter.apply(below.primal);
            }
            let probe = pre.clone().inner().zeros_like().autodiff().require_grad();
            top = Some(spec.finish(Dual::constant(pre.clone() + probe.clone()), self.config.slope));
            probes.push(probe);
        }
        (jvp::global_average_pool(top.expect("a scope has a layer")).primal, probes)
    }
}

/// The last layer's output, whose mean over the positions the features are, from stored parameters that may be in
/// training: images `[N, 3, 32, 32]` → `[N, 512, H, W]`.
pub fn activations(config: EncoderConfig, stored: &[Conv], images: Tensor<4>) -> Tensor<4> {
    let specs = config.kind.layers();
    let filters = filters(stored, specs, config.parametrization);
    forward(Dual::constant(images), specs.iter().zip(&filters), &[], config.slope).primal
}

/// Applies layers one above the other. `tangents` has a filter for each of them, or is empty.
fn forward<'a>(
    x: Dual<4>,
    layers: impl Iterator<Item = (&'a LayerSpec, &'a Filter)>,
    tangents: &[Filter],
    slope: f32,
) -> Dual<4> {
    layers
        .enumerate()
        .fold(x, |x, (index, (spec, filter))| spec.finish(jvp::conv2d(&x, filter, tangents.get(index)), slope))
}

fn specs_and_filters(layers: &[Layer]) -> impl Iterator<Item = (&LayerSpec, &Filter)> {
    layers.iter().map(|layer| (layer.spec, &layer.filter))
}

fn names(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ")
}

fn filters(convs: &[Conv], specs: &[LayerSpec], parametrization: Parametrization) -> Vec<Filter> {
    convs.iter().zip(specs).map(|(conv, spec)| conv.filter(spec, parametrization)).collect()
}
