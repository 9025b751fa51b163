//! The regularised loss, its gradient and its Hessian, on batches of frozen features.

use super::{
    LbfgsConfig,
    vector::{Block, Pick, join, split},
};
use crate::{
    fit::{Job, Samples},
    model::{
        features::FrozenFeatures,
        linear::{Head, Parameters},
        samples::labels,
    },
};
use burn::tensor::{
    IndexingUpdateOp, Int, Tensor,
    activation::{log_softmax, softmax},
};

/// L and its gradient at a point.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// `[1]`.
    pub loss: Tensor<1>,
    /// As long as the point.
    pub gradient: Tensor<1>,
}

/// The regularised loss on some images as a function of one vector: w1 and its bias, then each layer's w2.
pub struct Objective<'a, S> {
    pub(super) job: Job<'a, S>,
    pub(super) config: LbfgsConfig,
}

impl<'a, S: Samples> Objective<'a, S> {
    /// For the images of a job, whose head is of a convex mode.
    pub fn new(job: Job<'a, S>, config: LbfgsConfig) -> Self {
        Self { job, config }
    }

    /// The same on other images.
    pub(super) fn on(&self, indices: &'a [usize]) -> Self {
        Self { job: Job { indices, ..self.job }, config: self.config }
    }

    /// L and its gradient.
    ///
    /// # Errors
    /// When the images cannot be read.
    pub fn evaluate(&self, point: &Tensor<1>) -> Result<Evaluation, S::Error> {
        let penalty = self.decays() * point.clone();
        let (mut loss, mut gradient) = ((penalty.clone() * point.clone()).sum() * 0.5, penalty);
        self.for_each_batch(|frozen, labels| {
            let (logits, parameters) = self.differentiable(point, frozen);
            let scores = logits.clone().inner();
            let right = one_hot(labels, scores.dims());
            loss = loss.clone() - (log_softmax(scores.clone(), 1) * right.clone()).sum() * self.weight();
            gradient = gradient.clone() + vjp(logits, (softmax(scores, 1) - right) * self.weight(), &parameters);
        })?;
        Ok(Evaluation { loss, gradient })
    }

    /// The Hessian at `point` times `direction`: `Jᵀ (diag p − p pᵀ) J v + λ v`. Since the logits are linear in the
    /// parameters, this Gauss–Newton product is exact.
    ///
    /// # Errors
    /// When the images cannot be read.
    pub fn hessian_vector(&self, point: &Tensor<1>, direction: &Tensor<1>) -> Result<Tensor<1>, S::Error> {
        let head = self.head_at(point);
        let mut sum = self.decays() * direction.clone();
        self.for_each_batch(|frozen, _| {
            let p = softmax(head.logits(self.job.encoder, frozen).total(), 1);
            let (logits, parameters) = self.differentiable(direction, frozen);
            let change = p.clone() * logits.clone().inner();
            let curved = change.clone() - p * change.sum_dim(1);
            sum = sum.clone() + vjp(logits, curved * self.weight(), &parameters);
        })?;
        Ok(sum)
    }

    /// The head's own w1 and w2.
    pub fn start(&self) -> Tensor<1> {
        join(&self.job.start.parameters, Pick::Value)
    }

    /// The head with w1 and w2 from `point`.
    pub fn head_at(&self, point: &Tensor<1>) -> Head {
        Head { parameters: split(&self.job.start.parameters, point), ..self.job.start.clone() }
    }

    /// What one image counts.
    fn weight(&self) -> f64 {
        1.0 / self.job.indices.len() as f64
    }

    /// λ of each number of a point.
    fn decays(&self) -> Tensor<1> {
        let parts = self.blocks().into_iter().map(|block| {
            let decay = if block.is_classifier { self.config.classifier_decay } else { self.config.gradient_decay };
            Tensor::full([block.len()], decay, self.job.device)
        });
        Tensor::cat(parts.collect(), 0)
    }

    pub(super) fn blocks(&self) -> Vec<Block> {
        let parameters = &self.job.start.parameters;
        let classifier = parameters.classifier.as_ref().map(|classifier| {
            let [inputs, outputs] = classifier.weight.val().dims();
            (outputs, inputs, true)
        });
        let tangents = parameters.tangents.iter().map(|conv| {
            let [outputs, inputs, height, width] = conv.weight.val().dims();
            (outputs, inputs * height * width, false)
        });
        let mut start = 0;
        let place = |(outputs, inputs, is_classifier)| {
            let block = Block { start, outputs, inputs, is_classifier };
            start += block.len();
            block
        };
        classifier.into_iter().chain(tangents).map(place).collect()
    }

    /// The logits at a point, `[N, c]`, in a graph that leads to the parameters given with them.
    fn differentiable(&self, point: &Tensor<1>, frozen: &FrozenFeatures) -> (Tensor<2>, Parameters) {
        let head = self.head_at(&point.clone().autodiff());
        (head.logits(self.job.encoder, frozen).total(), head.parameters)
    }

    fn for_each_batch(&self, mut visit: impl FnMut(&FrozenFeatures, Tensor<1, Int>)) -> Result<(), S::Error> {
        for batch in self.job.indices.chunks(self.config.batch) {
            let frozen = self.job.samples.frozen(batch, self.job.device)?;
            visit(&frozen, labels(self.job.samples, batch, self.job.device));
        }
        Ok(())
    }
}

/// The vector-Jacobian product `Jᵀ u` for `u [N, c]`: reverse mode through the logits.
fn vjp(logits: Tensor<2>, u: Tensor<2>, parameters: &Parameters) -> Tensor<1> {
    let gradients = (logits * Tensor::from_inner(u)).sum().backward();
    join(parameters, Pick::Gradient(&gradients))
}

/// `[N]` classes → `[N, c]`, 1 at each image's class.
fn one_hot(labels: Tensor<1, Int>, shape: [usize; 2]) -> Tensor<2> {
    let device = labels.device();
    let ones = Tensor::ones([shape[0], 1], &device);
    Tensor::zeros(shape, &device).scatter(1, labels.reshape([shape[0], 1]), ones, IndexingUpdateOp::Add)
}
