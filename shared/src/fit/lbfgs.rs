//! Fitting (w1, w2) by a second-order method. For the modes activation, gradient and full the regularised loss
//!
//! ```text
//! L(w) = mean of −log softmax(logits)_t + λ1/2·‖w1‖² + λ2/2·‖w2‖²
//! ```
//!
//! is convex, since the logits are linear in w1 and w2 (Eq. 2), and everything else is frozen. So it is minimised as a
//! whole by L-BFGS (Nocedal and Wright 2006, Algorithm 7.4), which has no learning rate.
//!
//! What makes that fast is the preconditioner. The Hessian of a layer is close to a Kronecker product of the second
//! moments of its output's gradient and of its input (Martens and Grosse 2015). The input's is by far the worse
//! conditioned of the two and is the one that is inverted here, from some hundred rows by Woodbury's identity. And the
//! first iterations, which need not be exact, are done on a part of the images (Byrd et al. 2012).
//!
//! Only [`Lbfgs::step`] and [`Preconditioner::new`] read numbers from the device, asynchronously, as a browser needs.

use crate::{
    fit::{Event, FitError, Job, Samples, Solver, cholesky::Cholesky, order::order, report},
    model::{
        encoder::Conv,
        features::FrozenFeatures,
        linear::{Classifier, Head, Parameters},
        ntk::Scales,
        samples::labels,
    },
    numbers,
};
use burn::{
    module::Param,
    tensor::{
        Gradients, IndexingUpdateOp, Int, Slice, Tensor, TensorData,
        activation::{log_softmax, softmax},
    },
};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, ops::ControlFlow};
use vocabulary::Mode;

/// Steps that L-BFGS remembers.
const HISTORY: usize = 10;
/// Trials of one line search. A convex function needs more than a few only where rounding hides its slope.
const TRIALS: usize = 12;
/// What a step has to gain of what its slope promises (Nocedal and Wright 2006, Eq. 3.4).
const ARMIJO: f64 = 1e-4;
/// A loss summed in 32 bits may be off by this part of it.
const ROUNDING: f64 = 1e-6;
/// Rows of a layer's input that its second moment is taken from.
const ROWS: usize = 768;
/// Added to a layer's second moment, as a part of its mean eigenvalue: a few hundred rows say nothing of the rest.
const DAMPING: f64 = 0.1;
/// The parts of the images that the first iterations see, one after the other.
const PARTS: [f64; 2] = [1.0 / 8.0, 1.0];
/// The fewest images worth a part of their own.
const SMALLEST_PART: usize = 1000;
/// The most iterations on a part of the images.
const ROUGH_ITERATIONS: usize = 12;

/// How a head is fitted: L-BFGS on the whole loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LbfgsConfig {
    /// The most iterations on all images.
    pub iterations: usize,
    /// Stops where the gradient's norm is so small a part of what it was at the start.
    pub tolerance: f64,
    /// Images at once: memory, not the outcome, depends on it.
    pub batch: usize,
    /// λ1, the L2 penalty on w1 and its bias.
    pub classifier_decay: f32,
    /// λ2, the L2 penalty on w2, in its stored parametrization.
    pub gradient_decay: f32,
    /// Which images the first iterations see.
    pub seed: u64,
}

impl LbfgsConfig {
    /// Settings for a mode, chosen on 5,000 held-out training images of CIFAR-10.
    pub fn for_mode(mode: Mode, seed: u64) -> Self {
        let (classifier_decay, gradient_decay) = match mode {
            Mode::Activation => (3e-4, 0.0),
            _ => (1e-3, 1e-5),
        };
        Self { iterations: 15, tolerance: 0.01, batch: 512, classifier_decay, gradient_decay, seed }
    }
}

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
    job: Job<'a, S>,
    config: LbfgsConfig,
}

impl<'a, S: Samples> Objective<'a, S> {
    /// For the images of a job, whose head is of a convex mode.
    pub fn new(job: Job<'a, S>, config: LbfgsConfig) -> Self {
        Self { job, config }
    }

    /// The same on other images.
    fn on(&self, indices: &'a [usize]) -> Self {
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
            gradient = gradient.clone() + pull(logits, (softmax(scores, 1) - right) * self.weight(), &parameters);
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
            let moved = p.clone() * logits.clone().inner();
            let bent = moved.clone() - p * moved.sum_dim(1);
            sum = sum.clone() + pull(logits, bent * self.weight(), &parameters);
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

    fn blocks(&self) -> Vec<Block> {
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

/// `Jᵀ u` for `u [N, c]`: reverse mode through the logits.
fn pull(logits: Tensor<2>, u: Tensor<2>, parameters: &Parameters) -> Tensor<1> {
    let gradients = (logits * Tensor::from_inner(u)).sum().backward();
    join(parameters, Pick::Gradient(&gradients))
}

/// `[N]` classes → `[N, c]`, 1 at each image's class.
fn one_hot(labels: Tensor<1, Int>, shape: [usize; 2]) -> Tensor<2> {
    let device = labels.device();
    let ones = Tensor::ones([shape[0], 1], &device);
    Tensor::zeros(shape, &device).scatter(1, labels.reshape([shape[0], 1]), ones, IndexingUpdateOp::Add)
}

/// What is taken of each parameter: itself, or its gradient.
#[derive(Clone, Copy)]
enum Pick<'a> {
    Value,
    Gradient(&'a Gradients),
}

impl Pick<'_> {
    fn of<const D: usize>(self, parameter: &Param<Tensor<D>>) -> Tensor<1> {
        let value = parameter.val();
        let picked = match self {
            Self::Value => value,
            Self::Gradient(gradients) => value.grad(gradients).unwrap_or_else(|| value.inner().zeros_like()),
        };
        picked.reshape([-1])
    }
}

/// The parameters as one vector: w1 and its bias, then each layer's w2 and its bias.
fn join(parameters: &Parameters, pick: Pick) -> Tensor<1> {
    let classifier = parameters.classifier.iter().flat_map(|w1| [pick.of(&w1.weight), pick.of(&w1.bias)]);
    let tangents = parameters.tangents.iter().flat_map(|w2| [pick.of(&w2.weight), pick.of(&w2.bias)]);
    Tensor::cat(classifier.chain(tangents).collect(), 0)
}

/// The inverse of [`join`], with the shapes of `like`.
fn split(like: &Parameters, point: &Tensor<1>) -> Parameters {
    let mut at = 0;
    let mut next = |count: usize| {
        at += count;
        point.clone().narrow(0, at - count, count)
    };
    let classifier = like.classifier.as_ref().map(|w1| {
        let (weight, bias) = (w1.weight.val().dims(), w1.bias.val().dims());
        Classifier::new(next(weight.iter().product()).reshape(weight), next(bias[0]))
    });
    let tangents = like.tangents.iter().map(|w2| {
        let (weight, bias) = (w2.weight.val().dims(), w2.bias.val().dims());
        Conv::new(next(weight.iter().product()).reshape(weight), next(bias[0]))
    });
    let tangents = tangents.collect();
    Parameters { classifier, tangents, replaced: vec![] }
}

/// Where a linear layer lies in a point: its weight, then its bias.
#[derive(Debug, Clone, Copy)]
struct Block {
    start: usize,
    outputs: usize,
    inputs: usize,
    /// w1, whose weight is stored as `[inputs, outputs]`.
    is_classifier: bool,
}

impl Block {
    fn len(&self) -> usize {
        self.outputs * (self.inputs + 1)
    }

    /// The layer's numbers as `[outputs, inputs + 1]`, the bias in the last column.
    fn matrix(&self, point: &Tensor<1>) -> Tensor<2> {
        let weight = point.clone().narrow(0, self.start, self.outputs * self.inputs);
        let bias = point.clone().narrow(0, self.start + self.outputs * self.inputs, self.outputs);
        let weight = match self.is_classifier {
            true => weight.reshape([self.inputs, self.outputs]).transpose(),
            false => weight.reshape([self.outputs, self.inputs]),
        };
        Tensor::cat(vec![weight, bias.reshape([self.outputs, 1])], 1)
    }

    /// The inverse of [`Block::matrix`].
    fn vector(&self, matrix: Tensor<2>) -> Tensor<1> {
        let weight = matrix.clone().narrow(1, 0, self.inputs);
        let weight = if self.is_classifier { weight.transpose() } else { weight };
        Tensor::cat(vec![weight.reshape([-1]), matrix.narrow(1, self.inputs, 1).reshape([-1])], 0)
    }

    /// A vector with everything outside this block set to 0.
    fn alone(&self, vector: &Tensor<1>) -> Tensor<1> {
        let (end, all) = (self.start + self.len(), vector.dims()[0]);
        let zeros = |count| Tensor::zeros([count], &vector.device());
        let own = vector.clone().narrow(0, self.start, self.len());
        let parts = [(self.start > 0).then(|| zeros(self.start)), Some(own), (end < all).then(|| zeros(all - end))];
        Tensor::cat(parts.into_iter().flatten().collect(), 0)
    }
}

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
    let specs = encoder.config.kind.scope_layers(frozen.scope);
    let tangents = inputs.into_iter().zip(specs).map(|(patches, spec)| {
        let [images, positions, numbers] = patches.dims();
        // One row an image, from another position each time.
        let rows = patches.reshape([images * positions, numbers]);
        let rows = rows.slice([Slice::new(0, None, if positions == 1 { 1 } else { positions as isize + 1 })]);
        let scales = Scales::new(encoder.config.parametrization, spec.outputs);
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

/// A step that was taken, with what it did to the gradient.
#[derive(Debug, Clone)]
struct Pair {
    step: Tensor<1>,
    change: Tensor<1>,
    /// `⟨step, change⟩`, above 0 for a convex function.
    product: f64,
}

/// L-BFGS: a point with what its last steps have taught.
#[derive(Debug, Clone)]
pub struct Lbfgs {
    point: Tensor<1>,
    gradient: Tensor<1>,
    loss: f64,
    norm: f64,
    pairs: VecDeque<Pair>,
}

/// Whether a step was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The loss has fallen.
    Taken,
    /// No point along the direction is better, as far as 32 bits can tell.
    Stuck,
}

impl Lbfgs {
    /// At a point, with nothing learnt.
    ///
    /// # Errors
    /// When the objective cannot be evaluated or the device not be read.
    pub async fn new<E>(
        point: Tensor<1>,
        evaluate: impl Fn(&Tensor<1>) -> Result<Evaluation, E>,
    ) -> Result<Self, FitError<E>> {
        let Evaluation { loss, gradient } = evaluate(&point).map_err(FitError::Samples)?;
        let numbers = read(Tensor::cat(vec![loss, dot(&gradient, &gradient)], 0)).await?;
        Ok(Self { point, gradient, loss: numbers[0], norm: numbers[1].sqrt(), pairs: VecDeque::new() })
    }

    /// One iteration, with a line search that backtracks.
    ///
    /// # Errors
    /// When the objective cannot be evaluated or the device not be read.
    pub async fn step<E>(
        &mut self,
        evaluate: impl Fn(&Tensor<1>) -> Result<Evaluation, E>,
        precondition: impl Fn(&Tensor<1>) -> Tensor<1>,
    ) -> Result<Step, FitError<E>> {
        let direction = self.direction(precondition);
        let slope = read(dot(&direction, &self.gradient)).await?[0];
        let mut length = 1.0;
        for _ in 0..TRIALS {
            let step = direction.clone() * length;
            let point = self.point.clone() + step.clone();
            let Evaluation { loss, gradient } = evaluate(&point).map_err(FitError::Samples)?;
            let sums = vec![loss, dot(&direction, &gradient), dot(&gradient, &gradient)];
            let sums = read(Tensor::cat(sums, 0)).await?;
            let (loss, product) = (sums[0], length * (sums[1] - slope));
            if loss <= self.loss + ARMIJO * length * slope + ROUNDING * self.loss.abs() && product > 0.0 {
                let change = gradient.clone() - self.gradient.clone();
                self.pairs.push_back(Pair { step, change, product });
                if self.pairs.len() > HISTORY {
                    self.pairs.pop_front();
                }
                (self.point, self.gradient, self.loss, self.norm) = (point, gradient, loss, sums[2].sqrt());
                return Ok(Step::Taken);
            }
            // The lowest point of the parabola through what is known, within bounds (Nocedal and Wright, §3.5).
            let lowest = -slope * length * length / (2.0 * (loss - self.loss - slope * length));
            length = if lowest.is_finite() { lowest.clamp(0.1 * length, 0.5 * length) } else { 0.1 * length };
        }
        Ok(Step::Stuck)
    }

    /// The two-loop recursion (Nocedal and Wright 2006, Algorithm 7.4), without a number leaving the device.
    fn direction(&self, precondition: impl Fn(&Tensor<1>) -> Tensor<1>) -> Tensor<1> {
        let mut q = self.gradient.clone();
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let alpha = dot(&pair.step, &q) / pair.product;
            q = q - pair.change.clone() * alpha.clone();
            alphas.push(alpha);
        }
        let mut r = precondition(&q);
        if let Some(last) = self.pairs.back() {
            r = r * (dot(&last.change, &precondition(&last.change)).recip() * last.product);
        }
        for (pair, alpha) in self.pairs.iter().zip(alphas.into_iter().rev()) {
            let beta = dot(&pair.change, &r) / pair.product;
            r = r + pair.step.clone() * (alpha - beta);
        }
        r.neg()
    }

    /// Where it is.
    pub fn point(&self) -> &Tensor<1> {
        &self.point
    }

    /// L there.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The norm of L's gradient there.
    pub fn gradient_norm(&self) -> f64 {
        self.norm
    }
}

/// `⟨a, b⟩`, `[1]`.
fn dot(a: &Tensor<1>, b: &Tensor<1>) -> Tensor<1> {
    (a.clone() * b.clone()).sum()
}

/// A tensor's numbers, all finite.
async fn read<const D: usize, E>(tensor: Tensor<D>) -> Result<Vec<f64>, FitError<E>> {
    let numbers: Vec<f64> = numbers(tensor).await?.into_iter().map(f64::from).collect();
    if numbers.iter().all(|number| number.is_finite()) { Ok(numbers) } else { Err(FitError::NotFinite) }
}

impl Solver for LbfgsConfig {
    async fn solve<S: Samples>(
        self,
        job: Job<'_, S>,
        mut listen: impl FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Head, FitError<S::Error>> {
        let order: Vec<usize> = order(self.seed, 0, job.indices.len()).into_iter().map(|at| job.indices[at]).collect();
        let whole = Objective::new(Job { indices: &order, ..job }, self);
        let mut point = whole.start();
        let preconditioner = Preconditioner::new(&whole, &point).await?;
        let mut first_norm = None;
        for part in PARTS {
            let images = (order.len() as f64 * part).ceil() as usize;
            let is_whole = images == order.len();
            if images < SMALLEST_PART && !is_whole {
                continue;
            }
            let objective = whole.on(&order[..images]);
            let mut search = Lbfgs::new(point, |point| objective.evaluate(point)).await?;
            let first_norm = *first_norm.get_or_insert(search.gradient_norm());
            let most = if is_whole { self.iterations } else { ROUGH_ITERATIONS };
            for iteration in 1..=most {
                let step =
                    search.step(|point| objective.evaluate(point), |gradient| preconditioner.apply(gradient)).await?;
                let (loss, gradient) = (search.loss() as f32, (search.gradient_norm() / first_norm) as f32);
                report(&mut listen, Event::Iteration { images, iteration, loss, gradient })?;
                if step == Step::Stuck || f64::from(gradient) <= self.tolerance {
                    break;
                }
            }
            point = search.point;
        }
        Ok(whole.head_at(&point))
    }
}
