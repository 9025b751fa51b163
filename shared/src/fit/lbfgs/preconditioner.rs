//! The preconditioner: the Hessian's approximate inverse, one layer at a time.

use super::{Objective, read, vector::Block};
use crate::{
    fit::{FitError, Samples, cholesky::Cholesky},
    model::{features::FrozenFeatures, ntk::Scales},
};
use burn::tensor::{Slice, Tensor, TensorData};

/// Rows of a layer's input that its second moment is taken from.
const ROWS: usize = 768;
/// Added to a layer's second moment, as a part of its mean eigenvalue: a few hundred rows say nothing about the rest.
const DAMPING: f64 = 0.1;

/// An approximate inverse of the Hessian, layer by layer: `G ↦ G (μI + α ZᵀZ)⁻¹`, Z holding
/// rows of the layer's input over the root of their number.
#[derive(Debug, Clone)]
pub struct Preconditioner {
    layers: Vec<DampedMoment>,
}

/// The inverse of `μI + α ZᵀZ` by Woodbury's identity: `(I − Zᵀ K Z)/μ` with `K = (μ/α·I + Z Zᵀ)⁻¹`.
#[derive(Debug, Clone)]
struct DampedMoment {
    block: Block,
    /// Z, `[M, inputs + 1]`.
    rows: Tensor<2>,
    /// K, `[M, M]`.
    inner: Tensor<2>,
    damping: f64,
}

impl Preconditioner {
    /// From some hundred of the objective's images, for the neighbourhood of `point`.
    ///
    /// # Errors
    /// When images or the device cannot be read.
    pub async fn new<S: Samples>(objective: &Objective<'_, S>, point: &Tensor<1>) -> Result<Self, FitError<S::Error>> {
        let objective = objective.on(&objective.job.indices[..objective.job.indices.len().min(ROWS)]);
        let frozen =
            objective.job.samples.frozen(objective.job.indices, objective.job.device).map_err(FitError::Samples)?;
        let gradient = objective.evaluate(point).map_err(FitError::Samples)?.gradient;
        let mut layers = Vec::new();
        for (block, rows) in objective.blocks().into_iter().zip(layer_rows(&objective, &frozen)) {
            let direction = block.alone(&gradient);
            let curved = objective.hessian_vector(point, &direction).map_err(FitError::Samples)?;
            layers.push(DampedMoment::new(block, rows, &objective, &direction, &curved).await?);
        }
        Ok(Self { layers })
    }

    /// An approximate Newton direction for a gradient.
    pub fn apply(&self, gradient: &Tensor<1>) -> Tensor<1> {
        Tensor::cat(self.layers.iter().map(|layer| layer.apply(gradient)).collect(), 0)
    }
}

impl DampedMoment {
    /// α is what makes the approximation's curvature along the gradient the Hessian's: the mean, as the gradient
    /// weighs them, of the eigenvalues of the factor that is left out.
    async fn new<S: Samples>(
        block: Block,
        rows: Tensor<2>,
        objective: &Objective<'_, S>,
        direction: &Tensor<1>,
        curved: &Tensor<1>,
    ) -> Result<Self, FitError<S::Error>> {
        let [count, width] = rows.dims();
        let decay =
            if block.is_classifier { objective.config.classifier_decay } else { objective.config.gradient_decay };
        let (curved, decay) = (curved.clone() * direction.clone(), f64::from(decay));
        let squared = |tensor: Tensor<2>| (tensor.clone() * tensor).sum();
        let sums = vec![
            curved.sum(),
            (direction.clone() * direction.clone()).sum(),
            squared(block.matrix(direction).matmul(rows.clone().transpose())),
            squared(rows.clone()),
        ];
        let sums = read(Tensor::cat(sums, 0)).await?;
        let scale = (sums[0] - decay * sums[1]) / sums[2];
        let damping = (decay + DAMPING * scale * sums[3] / width as f64).max(f64::MIN_POSITIVE);
        let mut gram = read(rows.clone().matmul(rows.clone().transpose())).await?;
        gram.iter_mut().step_by(count + 1).for_each(|diagonal| *diagonal += damping / scale);
        let inverse = Cholesky::new(gram, count)?.inverse().into_iter().map(|value| value as f32).collect::<Vec<_>>();
        let inner = Tensor::from_data(TensorData::new(inverse, [count, count]), objective.job.device);
        Ok(Self { block, rows, inner, damping })
    }

    fn apply(&self, gradient: &Tensor<1>) -> Tensor<1> {
        let gradient = self.block.matrix(gradient);
        let explained = gradient.clone().matmul(self.rows.clone().transpose()).matmul(self.inner.clone());
        self.block.vector((gradient - explained.matmul(self.rows.clone())) / self.damping)
    }
}

/// For each block, rows of what its layer is multiplied with, `[M, inputs + 1]`, in the stored parametrization.
fn layer_rows<S: Samples>(objective: &Objective<'_, S>, frozen: &FrozenFeatures) -> Vec<Tensor<2>> {
    let (encoder, parameters) = (objective.job.encoder, &objective.job.start.parameters);
    let features = || frozen.activation.clone().unwrap_or_else(|| encoder.features(frozen, &[]).primal);
    let classifier = parameters.classifier.iter().map(|_| (features(), 1.0, 1.0));
    let inputs = if parameters.tangents.is_empty() { vec![] } else { encoder.patches(frozen) };
    let specs = encoder.config().kind.scope_layers(frozen.scope);
    let tangents = inputs.into_iter().zip(specs).map(|(patches, spec)| {
        let [images, positions, numbers] = patches.dims();
        // One row an image, from another position each time.
        let rows = patches.reshape([images * positions, numbers]);
        let rows = rows.slice([Slice::new(0, None, if positions == 1 { 1 } else { positions as isize + 1 })]);
        let scales = Scales::new(encoder.config().parametrization, spec.outputs);
        (rows, scales.weight, scales.bias)
    });
    let scaled = |(rows, weight, bias): (Tensor<2>, f64, f64)| {
        let ones = Tensor::full([rows.dims()[0], 1], bias, objective.job.device);
        Tensor::cat(vec![rows * weight, ones], 1)
    };
    // Divided by √M, so that Zᵀ Z is the mean.
    let mean = |rows: Tensor<2>| rows.clone() / (rows.dims()[0] as f64).sqrt();
    classifier.chain(tangents).map(scaled).map(mean).collect()
}
