//! The gradient feature itself, and the kernel that it makes: the empirical neural tangent kernel (Jacot et al. 2018)
//! of the scope's layers,
//!
//! ```text
//! K((x, c), (x', c')) = ⟨∂F_c(x)/∂θ2, ∂F_c'(x')/∂θ2⟩,    F = ω̄ᵀ f.
//! ```
//!
//! A layer's gradient is a sum over its output positions p of outer products `δ_cp patch_pᵀ`, δ being the gradient with
//! respect to the layer's output. So its inner products are sums over pairs of positions of
//! `(⟨patch_p, patch'_q⟩ + 1)·⟨δ_cp, δ'_c'q⟩`, the 1 for the bias, each with the square of its parametrization's scale.
//! For conv5, with one position, that is `(⟨y, y'⟩/512 + 0.1)·⟨ω_c∘d, ω_c'∘d'⟩` in the NTK parametrization.

pub mod pca;

use crate::{
    ReadError,
    model::{
        encoder::{Conv, Encoder},
        features::FrozenFeatures,
        ntk::Scales,
    },
    numbers,
};
use burn::tensor::{Gradients, Tensor};

/// Side of a block of products of position pairs, of which some are in memory at once.
const BLOCK_SIDE: usize = 1 << 12;

/// The gradient feature of one image and class, `∂F_c(x)/∂θ2` by the stored parameters, lowest layer first: the plain
/// computation by reverse mode, which [`gram`] is tested against. `omega [512, c]`.
pub fn gradient_feature(encoder: &Encoder, omega: &Tensor<2>, frozen: &FrozenFeatures, class: usize) -> Vec<Conv> {
    let direction = omega.clone().narrow(1, class, 1).transpose();
    vjp(encoder, frozen, direction)
}

/// `∂⟨f, direction⟩/∂θ2` by the stored parameters, summed over the images, for `direction [N, 512]` or `[1, 512]`.
pub(crate) fn vjp(encoder: &Encoder, frozen: &FrozenFeatures, direction: Tensor<2>) -> Vec<Conv> {
    let start = encoder.config.kind.scope_start(frozen.scope);
    let leaf = |conv: &Conv| Conv::new(conv.weight.val().detach().autodiff(), conv.bias.val().detach().autodiff());
    let leaves: Vec<Conv> = encoder.stored[start..].iter().map(leaf).collect();
    let gradients = (encoder.features_with(frozen, &leaves) * direction.autodiff()).sum().backward();
    let of = |conv: &Conv| Conv::new(gradient(&conv.weight.val(), &gradients), gradient(&conv.bias.val(), &gradients));
    leaves.iter().map(of).collect()
}

fn gradient<const D: usize>(tensor: &Tensor<D>, gradients: &Gradients) -> Tensor<D> {
    tensor.grad(gradients).unwrap_or_else(|| tensor.clone().inner().zeros_like())
}

/// The gradient features of some images for every class, as their factors, one entry a layer of the scope.
#[derive(Debug, Clone)]
pub struct Factors {
    images: usize,
    classes: usize,
    layers: Vec<LayerFactors>,
}

#[derive(Debug, Clone)]
struct LayerFactors {
    /// `[N, P, C·K·K]`.
    patches: Tensor<3>,
    /// δ, `[N, c, P, O]`.
    deltas: Tensor<4>,
    scales: Scales,
}

impl Factors {
    /// Of the images of `frozen`, for ω̄ `[512, c]`.
    pub fn new(encoder: &Encoder, omega: &Tensor<2>, frozen: &FrozenFeatures) -> Self {
        let classes = omega.dims()[1];
        let specs = encoder.config.kind.scope_layers(frozen.scope);
        let layers = encoder.patches(frozen).into_iter().zip(deltas(encoder, omega, frozen)).zip(specs);
        let layers = layers.map(|((patches, deltas), spec)| {
            let scales = Scales::new(encoder.config.parametrization, spec.outputs);
            LayerFactors { patches, deltas, scales }
        });
        Self { images: frozen.pre.dims()[0], classes, layers: layers.collect() }
    }

    /// Rows of the Gram matrix: images times classes.
    pub fn rows(&self) -> usize {
        self.images * self.classes
    }

    /// In runs of images whose products of position pairs make a block.
    fn blocks(&self) -> impl Iterator<Item = Self> {
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

impl LayerFactors {
    /// The layer's part of the Gram matrix, `[N·c, N'·c]`.
    fn gram(&self, other: &Self) -> Tensor<2> {
        let [images, classes, positions, outputs] = self.deltas.dims();
        let [others, _, _, _] = other.deltas.dims();
        let numbers = self.patches.dims()[2];
        let inputs = rows(&self.patches, images * positions, numbers)
            .matmul(rows(&other.patches, others * positions, numbers).transpose());
        let inputs = inputs * self.scales.weight.powi(2) + self.scales.bias.powi(2);
        let outputs = rows(&self.deltas, images * classes * positions, outputs)
            .matmul(rows(&other.deltas, others * classes * positions, outputs).transpose());
        let pairs = outputs.reshape([images, classes, positions, others, classes, positions])
            * inputs.reshape([images, 1, positions, others, 1, positions]);
        pairs.sum_dim(5).sum_dim(2).reshape([images * classes, others * classes])
    }
}

fn rows<const D: usize>(tensor: &Tensor<D>, count: usize, length: usize) -> Tensor<2> {
    tensor.clone().reshape([count, length])
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
        gradient(probe, &gradients).reshape([images, 1, outputs, height * width]).swap_dims(2, 3)
    };
    probes.iter().map(of).collect()
}

/// The Gram matrix of gradient features, `[N·c, N'·c]`: row `n·c + k` is image n's gradient for class k. No gradient
/// is ever written down; what is in memory at once, the matrix aside, is a block of it.
pub fn gram(a: &Factors, b: &Factors) -> Tensor<2> {
    let rows = a.blocks().map(|a| Tensor::cat(b.blocks().map(|b| block(&a, &b)).collect(), 1));
    Tensor::cat(rows.collect(), 0)
}

fn block(a: &Factors, b: &Factors) -> Tensor<2> {
    let mut layers = a.layers.iter().zip(&b.layers).map(|(a, b)| a.gram(b));
    let lowest = layers.next().expect("a scope has a layer");
    layers.fold(lowest, |sum, layer| sum + layer)
}

/// The similarity of images by activation: the cosine of `a [N, 512]` and `b [N', 512]`, `[N, N']`.
pub fn activation_similarity(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let unit = |rows: Tensor<2>| {
        let norm = (rows.clone() * rows.clone()).sum_dim(1).sqrt().clamp_min(f32::MIN_POSITIVE);
        rows / norm
    };
    unit(a).matmul(unit(b).transpose())
}

/// The similarity of images by gradient: the cosine of their Jacobians, `Σ_c K((x, c), (x', c))` over the root of both
/// with themselves, `[N, N']`.
pub fn gradient_similarity(a: &Factors, b: &Factors) -> Tensor<2> {
    let norms = |factors: &Factors| {
        let own = (0..factors.images).map(|image| {
            let one = factors.narrow(image, 1);
            trace(gram(&one, &one), 1, 1, factors.classes)
        });
        Tensor::cat(own.collect(), 0).sqrt().clamp_min(f32::MIN_POSITIVE)
    };
    trace(gram(a, b), a.images, b.images, a.classes) / norms(a) / norms(b).transpose()
}

/// `Σ_c` of the entries with the same class on both sides: `[N·c, N'·c]` → `[N, N']`.
fn trace(gram: Tensor<2>, images: usize, others: usize, classes: usize) -> Tensor<2> {
    let same = Tensor::<2>::eye(classes, &gram.device()).reshape([1, classes, 1, classes]);
    (gram.reshape([images, classes, others, classes]) * same).sum_dim(3).sum_dim(1).reshape([images, others])
}

/// For each row of similarities the columns of its `count` largest, the most similar first.
///
/// # Errors
/// When the device cannot be read.
pub async fn nearest(similarity: Tensor<2>, count: usize) -> Result<Vec<Vec<usize>>, ReadError> {
    let columns = similarity.dims()[1];
    let values = numbers(similarity).await?;
    let best = |row: &[f32]| {
        let mut order: Vec<usize> = (0..columns).collect();
        order.sort_by(|&i, &j| row[j].total_cmp(&row[i]));
        order.truncate(count);
        order
    };
    Ok(values.chunks_exact(columns.max(1)).map(best).collect())
}
