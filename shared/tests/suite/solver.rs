//! The second-order solver: its derivatives against differences, where it ends against a reference in 64 bits and
//! against what a minimum has to fulfil.

use super::{
    measure::{assert_rows_close, norm, read, rounding},
    recipe::{self, CLASSES, Network, Point},
};
use burn::tensor::{Device, Int, Tensor};
use gradient_features::{
    Mode, Scope,
    fit::{
        Event, Job, Samples,
        lbfgs::{LbfgsConfig, Objective, Preconditioner},
    },
    model::{config::EncoderKind, encoder::Encoder, features::FrozenFeatures, linear::Head},
};
use std::{convert::Infallible, ops::ControlFlow};

/// Images of the small problem.
const COUNT: usize = 12;
/// L2 penalties on w1 and w2 that differ.
const DECAYS: [f32; 2] = [1.0, 0.5];

/// Random images with labels, in memory.
struct Memory {
    frozen: FrozenFeatures,
    labels: Vec<u8>,
}

impl Memory {
    fn new(encoder: &Encoder, scope: Scope, device: &Device) -> Self {
        let images = recipe::tensor("many images", [COUNT, 3, 32, 32], 0.25, device);
        let labels = (0..COUNT).map(|index| (index * 7 % CLASSES) as u8).collect();
        Self { frozen: encoder.freeze(images, scope), labels }
    }
}

impl Samples for Memory {
    type Error = Infallible;

    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn frozen(&self, indices: &[usize], device: &Device) -> Result<FrozenFeatures, Infallible> {
        let indices: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
        let indices = Tensor::<1, Int>::from_ints(indices.as_slice(), device);
        let rows = |tensor: &Tensor<4>| tensor.clone().select(0, indices.clone());
        Ok(FrozenFeatures {
            scope: self.frozen.scope,
            input: rows(&self.frozen.input),
            pre: rows(&self.frozen.pre),
            activation: None,
        })
    }
}

/// A batch that does not divide the images.
fn config(tolerance: f64, [classifier_decay, gradient_decay]: [f32; 2]) -> LbfgsConfig {
    LbfgsConfig { iterations: 200, tolerance, batch: 8, classifier_decay, gradient_decay, seed: 1 }
}

/// One network of each parametrization.
fn networks() -> impl Iterator<Item = Network> {
    recipe::networks(Point::Generic).filter(|network| network.slope == 0.2)
}

/// Those that have the scopes conv5 and conv4-5.
fn ali_networks() -> impl Iterator<Item = Network> {
    networks().filter(|network| network.kind == EncoderKind::Ali)
}

fn job<'a>(
    encoder: &'a Encoder,
    start: &'a Head,
    samples: &'a Memory,
    indices: &'a [usize],
    device: &'a Device,
) -> Job<'a, Memory> {
    Job { encoder, start, samples, indices, device }
}

async fn solve(
    encoder: &Encoder,
    head: &Head,
    samples: &Memory,
    config: LbfgsConfig,
    device: &Device,
) -> (Head, Vec<Event>) {
    let indices: Vec<usize> = (0..COUNT).collect();
    let mut events = vec![];
    let listen = |event| {
        events.push(event);
        ControlFlow::Continue(())
    };
    let fitted = job(encoder, head, samples, &indices, device).fit(config, listen).await.expect("it can be solved");
    (fitted, events)
}

/// `(∇L(w + h·v) − ∇L(w − h·v)) / 2h`, whose error is `h²` times a fourth derivative and rounding over h.
pub async fn hessian_vector_products_agree_with_differences(device: &Device) {
    const STEP: f64 = 1.0 / 256.0;
    let indices: Vec<usize> = (0..COUNT).collect();
    for network in networks() {
        let encoder = network.encoder(device);
        for &scope in encoder.config().kind.scopes() {
            let samples = Memory::new(&encoder, scope, device);
            let head = network.head(Mode::Full, scope, device);
            let config = config(0.0, DECAYS);
            let objective = Objective::new(job(&encoder, &head, &samples, &indices, device), config);
            let point = objective.start();
            let direction = point.clone().flip([0]);
            let gradient_at = |step: f64| {
                let point = point.clone() + direction.clone() * step;
                objective.evaluate(&point).expect("in memory").gradient
            };
            let (above, below) = (read(gradient_at(STEP)).await, read(gradient_at(-STEP)).await);
            let expected: Vec<f32> =
                above.iter().zip(&below).map(|(above, below)| (above - below) / (2.0 * STEP) as f32).collect();
            let found = read(objective.hessian_vector(&point, &direction).expect("in memory")).await;
            assert_rows_close(&format!("{network:?}, {scope}"), 1, &found, &expected, 2e-3);
        }
    }
}

/// What the decays add to the loss is `λ1/2·‖w1‖² + λ2/2·‖w2‖²`, and to its gradient `λ1 w1` and `λ2 w2`.
pub async fn each_decay_acts_on_its_own_parameters(device: &Device) {
    let indices: Vec<usize> = (0..COUNT).collect();
    let network = ali_networks().next().expect("there are some");
    let encoder = network.encoder(device);
    for &scope in encoder.config().kind.scopes() {
        let samples = Memory::new(&encoder, scope, device);
        let head = network.head(Mode::Full, scope, device);
        let mut found = vec![];
        for decays in [DECAYS, [0.0, 0.0]] {
            let objective = Objective::new(job(&encoder, &head, &samples, &indices, device), config(0.0, decays));
            let evaluation = objective.evaluate(&objective.start()).expect("in memory");
            let point = read(objective.start()).await;
            found.push((read(evaluation.loss).await[0], read(evaluation.gradient).await, point));
        }
        let [(loss, gradient, point), (plain_loss, plain_gradient, _)] = found.try_into().expect("two evaluations");
        let w1 = (encoder.config().kind.features() + 1) * CLASSES;
        let mut penalty = 0.0;
        for (name, range, decay) in [("w1", 0..w1, DECAYS[0]), ("w2", w1..point.len(), DECAYS[1])] {
            let expected: Vec<f32> = range.clone().map(|at| plain_gradient[at] + decay * point[at]).collect();
            assert_rows_close(&format!("{scope}, {name}"), 1, &gradient[range.clone()], &expected, rounding(device));
            penalty += f64::from(decay) / 2.0 * norm(&point[range]).powi(2);
        }
        // The penalty is a sum of millions of squares, which a GPU may add up one after the other.
        let expected = [plain_loss + penalty as f32];
        assert_rows_close(&format!("{scope}: loss"), 1, &[loss], &expected, 10.0 * rounding(device));
    }
}

/// The gradient's norm falls to the tolerance that is asked for.
pub async fn the_gradient_falls_below_the_tolerance(device: &Device) {
    let network = ali_networks().last().expect("there are some");
    let encoder = network.encoder(device);
    for scope in [Scope::Conv5, Scope::Conv45] {
        let samples = Memory::new(&encoder, scope, device);
        let start = network.head(Mode::Full, scope, device);
        let (_, events) = solve(&encoder, &start, &samples, config(1e-3, DECAYS), device).await;
        let Some(&Event::Iteration { gradient, .. }) = events.last() else { panic!("no iterations") };
        assert!(gradient <= 1e-3, "{scope}: {gradient} of the gradient is left");
    }
}

/// For the activation model at w1 = 0, where every class is as likely, the Hessian is `(I − 11ᵀ/c)/c ⊗ F + λI` with F
/// the features' second moment, and the preconditioner its inverse on the gradient, but for its damping: a tenth of
/// F's mean eigenvalue over c, here a hundredth of λ.
pub async fn the_preconditioner_inverts_the_hessian(device: &Device) {
    let indices: Vec<usize> = (0..COUNT).collect();
    for network in ali_networks() {
        let encoder = network.encoder(device);
        let samples = Memory::new(&encoder, Scope::Conv5, device);
        let head = network.head(Mode::Activation, Scope::Conv5, device);
        let features = read(encoder.features(&samples.frozen, &[]).primal).await;
        let mean_eigenvalue = (norm(&features).powi(2) / COUNT as f64 + 1.0) / (features.len() / COUNT + 1) as f64;
        let decay = 10.0 * mean_eigenvalue / CLASSES as f64;
        let config = config(0.0, [decay as f32, 0.0]);
        let objective = Objective::new(job(&encoder, &head, &samples, &indices, device), config);
        let zero = objective.start() * 0.0;
        let preconditioner = Preconditioner::new(&objective, &zero).await.expect("in memory");
        let gradient = objective.evaluate(&zero).expect("in memory").gradient;
        let curved = objective.hessian_vector(&zero, &gradient).expect("in memory");
        let found = read(preconditioner.apply(&curved)).await;
        assert_rows_close(&format!("{network:?}"), 1, &found, &read(gradient).await, 2e-2);
    }
}

/// The activation model's minimum against gradient descent in 64 bits on the same features.
pub async fn the_minimum_is_that_of_gradient_descent(device: &Device) {
    let network = ali_networks().next().expect("there are some");
    let encoder = network.encoder(device);
    let samples = Memory::new(&encoder, Scope::Conv5, device);
    let start = network.head(Mode::Activation, Scope::Conv5, device);
    let (head, _) = solve(&encoder, &start, &samples, config(1e-5, DECAYS), device).await;
    let features = read(encoder.features(&samples.frozen, &[]).primal).await;
    let (weight, bias) = descend(&features, &samples.labels, f64::from(DECAYS[0]));
    let classifier = head.parameters.classifier.expect("an activation model has one");
    assert_rows_close("w1", 1, &read(classifier.weight.val()).await, &weight, 1e-3);
    assert_rows_close("bias", 1, &read(classifier.bias.val()).await, &bias, 1e-3);
}

/// The same seed, the same bits on the CPU; a GPU is free to sum in another order the second time.
pub async fn solving_twice_gives_the_same(device: &Device) {
    let network = ali_networks().next().expect("there are some");
    let encoder = network.encoder(device);
    let samples = Memory::new(&encoder, Scope::Conv5, device);
    let start = network.head(Mode::Full, Scope::Conv5, device);
    let mut found = vec![];
    for _ in 0..2 {
        let (head, _) = solve(&encoder, &start, &samples, config(0.05, DECAYS), device).await;
        let weight = read(head.parameters.tangents[0].weight.val()).await;
        found.push(weight);
    }
    let tolerance = if *device == Device::flex() { 0.0 } else { 1e-3 };
    assert_rows_close("w2", 1, &found[0], &found[1], tolerance);
}

/// Softmax regression with L2 by Nesterov's accelerated gradient descent: weights `[features, classes]` and bias, for rows of features.
fn descend(features: &[f32], labels: &[u8], decay: f64) -> (Vec<f32>, Vec<f32>) {
    let width = features.len() / COUNT;
    let rows: Vec<Vec<f64>> = features
        .chunks_exact(width)
        .map(|row| row.iter().map(|&value| f64::from(value)).chain([1.0]).collect())
        .collect();
    // The Hessian is at most half the second moment, whose largest eigenvalue is at most its trace.
    let bound = 0.5 * rows.iter().flatten().map(|value| value * value).sum::<f64>() / COUNT as f64 + decay;
    let momentum = ((bound / decay).sqrt() - 1.0) / ((bound / decay).sqrt() + 1.0);
    let mut last = vec![0.0; (width + 1) * CLASSES];
    let mut w = last.clone();
    for _ in 0..4000 {
        let mut gradient: Vec<f64> = w.iter().map(|value| decay * value).collect();
        for (row, &label) in rows.iter().zip(labels) {
            let logits: Vec<f64> = (0..CLASSES)
                .map(|c| row.iter().enumerate().map(|(k, value)| value * w[k * CLASSES + c]).sum())
                .collect();
            let sum: f64 = logits.iter().map(|logit: &f64| logit.exp()).sum();
            for c in 0..CLASSES {
                let error = (logits[c].exp() / sum - f64::from(u8::from(c == usize::from(label)))) / COUNT as f64;
                row.iter().enumerate().for_each(|(k, value)| gradient[k * CLASSES + c] += error * value);
            }
        }
        for ((w, last), gradient) in w.iter_mut().zip(&mut last).zip(&gradient) {
            let next = *w - gradient / bound;
            *w = next + momentum * (next - *last);
            *last = next;
        }
    }
    let narrow = |part: &[f64]| part.iter().map(|&value| value as f32).collect();
    (narrow(&w[..width * CLASSES]), narrow(&w[width * CLASSES..]))
}
