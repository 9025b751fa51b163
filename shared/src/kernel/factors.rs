//! The gradient features of images as factors: what the network's layers take in, and the gradients of their outputs.

use crate::{
    kernel::gradient::gradient_of,
    model::{encoder::Encoder, features::FrozenFeatures, ntk::Scales},
};
use burn::tensor::Tensor;

/// Side of a block of products of position pairs. Some of these blocks are in memory at once.
const BLOCK_SIDE: usize = 1 << 12;

/// The gradient features of some images for every class, as their factors, one entry a layer of the scope.
#[derive(Debug, Clone)]
pub struct Factors {
    images: usize,
    classes: usize,
    pub(super) layers: Vec<LayerFactors>,
}

#[derive(Debug, Clone)]
pub(super) struct LayerFactors {
    /// `[N, P, C·K·K]`.
    pub(super) patches: Tensor<3>,
    /// δ, `[N, c, P, O]`.
    pub(super) deltas: Tensor<4>,
    pub(super) scales: Scales,
}

impl Factors {
    /// Of the images of `frozen`, for ω̄ `[512, c]`.
    pub fn new(encoder: &Encoder, omega: &Tensor<2>, frozen: &FrozenFeatures) -> Self {
        let classes = omega.dims()[1];
        let specs = encoder.config().kind.scope_layers(frozen.scope);
        let layers = encoder.patches(frozen).into_iter().zip(deltas(encoder, omega, frozen)).zip(specs);
        let layers = layers.map(|((patches, deltas), spec)| {
            let scales = Scales::new(encoder.config().parametrization, spec.outputs);
            LayerFactors { patches, deltas, scales }
        });
        Self { images: frozen.pre.dims()[0], classes, layers: layers.collect() }
    }

    /// Rows of the Gram matrix: images times classes.
    pub fn rows(&self) -> usize {
        self.images * self.classes
    }

    /// In runs of images whose products of position pairs make a block.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Self> {
        let widest = self.layers.iter().map(|layer| layer.patches.dims()[1]).max().unwrap_or(1);
        let length = (BLOCK_SIDE / (self.classes * widest).max(1)).max(1);
        (0..self.images).step_by(length).map(move |start| self.narrow(start, length.min(self.images - start)))
    }

    /// A run of the images.
    fn narrow(&self, start: usize, images: usize) -> Self {
        let layers = self.layers.iter().map(|layer| LayerFactors {
            patches: layer.patches.clone().narrow(0, start, images),
            deltas: layer.deltas.clone().narrow(0, start, images),
            scales: layer.scales,
        });
        Self { images, classes: self.classes, layers: layers.collect() }
    }
}

/// δ for every layer of the scope: the gradient of each class's F with respect to the layer's output, `[N, c, P, O]`.
fn deltas(encoder: &Encoder, omega: &Tensor<2>, frozen: &FrozenFeatures) -> Vec<Tensor<4>> {
    let by_class: Vec<Vec<Tensor<4>>> =
        (0..omega.dims()[1]).map(|class| class_deltas(encoder, omega.clone().narrow(1, class, 1), frozen)).collect();
    let layer = |at: usize| Tensor::cat(by_class.iter().map(|deltas| deltas[at].clone()).collect(), 1);
    (0..by_class[0].len()).map(layer).collect()
}

/// The same for one class, `[N, 1, P, O]`: a pass of its own, since a graph can be gone back through once.
fn class_deltas(encoder: &Encoder, omega: Tensor<2>, frozen: &FrozenFeatures) -> Vec<Tensor<4>> {
    let (features, probes) = encoder.probed_features(frozen);
    let gradients = features.matmul(omega.autodiff()).sum().backward();
    let of = |probe: &Tensor<4>| {
        let [images, outputs, height, width] = probe.dims();
        gradient_of(probe, &gradients).reshape([images, 1, outputs, height * width]).swap_dims(2, 3)
    };
    probes.iter().map(of).collect()
}
