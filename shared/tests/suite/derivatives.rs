//! The JVP against what it is the derivative of: differences of F, reverse mode through F, and the loss that is
//! trained through it.

use super::{
    measure::{assert_close, assert_rows_close, dot, norm, read, rounding},
    recipe::{self, BLACK, CLASSES, FEATURES, IMAGES, NATURAL, Network, Point},
};
use burn::tensor::{
    Device, Gradients, Tensor, TensorData,
    activation::{leaky_relu, log_softmax},
    module::conv2d,
    ops::ConvOptions,
};
use gradient_features::{
    Mode, Scope,
    model::{
        encoder::{self, Conv, Encoder},
        features::FrozenFeatures,
        jvp::{self, Dual, Filter},
        linear::{Classifier, Head},
    },
};

/// `(F(θ + h·w2) − F(θ − h·w2)) / 2h` far from the bends, where F is a polynomial of the degree 1, 2 or 3 for scopes of
/// one, two and three layers: the difference is then exact but for `h²` times the term of degree 3, about 2e-5 of J w2
/// here, and rounding, some 1e-7 of F over h, about 5e-5. Hence the tolerance.
pub async fn central_differences_agree(device: &Device) {
    const STEP: f64 = 1.0 / 128.0;
    for_each_smooth_line(device, async |what, line| {
        let (above, below) = (read(line.at(STEP)).await, read(line.at(-STEP)).await);
        let differences: Vec<f32> =
            above.iter().zip(&below).map(|(above, below)| (above - below) / (2.0 * STEP) as f32).collect();
        assert_rows_close(&what, IMAGES, &differences, &line.tangent().await, 2e-4);
    })
    .await;
}

/// `F(θ + r·w2) − F(θ) − r·J w2` is rounding for one layer, in which F is linear far from the bends, and a quarter when
/// r is halved for the wider scopes; the term of degree 3 takes the ratio a few percent away from 4.
pub async fn error_of_linearisation_shrinks_quadratically(device: &Device) {
    const R: f64 = 1.0 / 16.0;
    let tolerance = f64::from(rounding(device));
    for_each_smooth_line(device, async |what, line| {
        let (wide, narrow) = (line.linearisation_error(R).await, line.linearisation_error(R / 2.0).await);
        if line.tangents.len() == 1 {
            assert!(wide <= tolerance, "{what}: linear, and yet off by {wide:.1e}");
        } else {
            let ratio = wide / narrow;
            assert!(narrow > 1e-4, "{what}: {narrow:.1e} is too small to tell from rounding");
            assert!((3.7..4.3).contains(&ratio), "{what}: the error shrinks {ratio:.2} times, not 4");
        }
    })
    .await;
}

/// `⟨u, J v⟩ = ⟨Jᵀu, v⟩`, Jᵀu from reverse mode through F; and Jᵀu number by number from reverse mode through `J v`,
/// which is linear in v. Image by image, black ones and pre-activations of exactly 0 among them.
pub async fn reverse_mode_is_the_adjoint(device: &Device) {
    let tolerance = rounding(device);
    for network in [Point::Generic, Point::Kink].into_iter().flat_map(recipe::networks) {
        let encoder = network.encoder(device);
        let images = if network.point == Point::Generic { [BLACK, NATURAL].as_slice() } else { &[BLACK] };
        for &scope in network.kind.scopes() {
            for &image in images {
                let what = format!("{network:?}, {scope}, image {image}");
                let frozen = encoder.freeze(recipe::images(device).narrow(0, image, 1), scope);
                let u = recipe::tensor("u", [1, FEATURES], 1.0, device);
                let top = trainable(&encoder.parameters()[network.kind.scope_start(scope)..]);
                let moved = trainable(&network.tangents(scope, device));
                let tangent = encoder.features(&frozen, &moved).tangent.expect("there are tangents");
                let forward = read(tangent.clone().inner()).await;
                let forward_u = dot(&forward, &read(u.clone()).await);
                let through_f = pull(encoder.features_with(&frozen, &top), &u, &top).await;
                let through_jvp = pull(tangent, &u, &moved).await;
                let v = numbers(&moved).await;
                let backward_v: f64 = through_f.iter().zip(&v).map(|(gradient, v)| dot(gradient, v)).sum();
                let size = norm(&forward) * norm(&read(u).await);
                let error = (forward_u - backward_v).abs() / size;
                assert!(error <= f64::from(tolerance), "{what}: ⟨u, Jv⟩ and ⟨Jᵀu, v⟩ differ by {error:.1e}");
                for (a, b) in through_jvp.iter().zip(&through_f) {
                    assert_rows_close(&what, 1, a, b, tolerance);
                }
            }
        }
    }
}

/// A black image on a network without biases: every pre-activation is exactly 0, and `J w2 = slope^k·(…)` with one
/// factor a layer from the one that moves up. For the last layer alone that leaves `slope · b̃`.
pub async fn black_images_without_biases_take_the_slope(device: &Device) {
    for network in recipe::networks(Point::Kink) {
        let encoder = network.encoder(device);
        let black = Tensor::zeros([1, 3, 32, 32], device);
        let scope = network.kind.scopes()[0];
        let frozen = encoder.freeze(black, scope);
        assert!(read(frozen.pre.clone()).await.iter().all(|&pre| pre == 0.0), "every pre-activation is 0");
        let tangents = network.tangents(scope, device);
        let spec = &network.kind.scope_layers(scope)[0];
        let bias = tangents[0].filter(spec, network.parametrization).bias;
        let expected = bias.unsqueeze::<2>() * network.slope;
        let found = encoder.features(&frozen, &tangents).tangent.expect("there are tangents");
        assert_close(&format!("{network:?}"), found, expected, rounding(device)).await;
    }
}

/// The gradient of the full model's loss with respect to w1 and w2, against central differences of the loss along w1
/// and along w2. The logits are linear in both, so that only the loss is bent: `h² L'''/6` and the logits' rounding
/// over h are each some 1e-5 of the derivative.
pub async fn training_gradients_agree_with_differences_of_the_loss(device: &Device) {
    const STEP: f64 = 1.0 / 64.0;
    for network in recipe::networks(Point::Generic) {
        let encoder = network.encoder(device);
        for &scope in network.kind.scopes() {
            let frozen = encoder.freeze(recipe::images(device), scope);
            let head = network.head(Mode::Full, scope, device);
            let direction = Direction::new(network, scope, device);
            let [along_w1, along_w2] = direction.slopes(&encoder, &frozen, &head, device).await;
            for (name, [w1, w2], found) in [("w1", [1.0, 0.0], along_w1), ("w2", [0.0, 1.0], along_w2)] {
                let above = loss(&encoder, &frozen, &direction.moved(&head, w1 * STEP, w2 * STEP)).await;
                let below = loss(&encoder, &frozen, &direction.moved(&head, -w1 * STEP, -w2 * STEP)).await;
                let expected = (above - below) / (2.0 * STEP);
                let error = (found - expected).abs() / expected.abs();
                assert!(error <= 1e-3, "{network:?}, {scope}, {name}: {found} and {expected} differ by {error:.1e}");
            }
        }
    }
}

/// Padding and a pool with a tangent that comes from below, which no scope has yet. The output is a polynomial of the
/// degree 2 along the line, so that the difference is exact but for rounding.
pub async fn padded_and_pooled_layers_carry_tangents(device: &Device) {
    let filter = |name: &str| Filter {
        weight: recipe::tensor(&format!("{name}.weight"), [5, 3, 3, 3], 1.0, device),
        weight_scale: 1.0,
        bias: recipe::tensor(&format!("{name}.bias"), [5], 1.0, device),
        stride: 1,
        padding: 1,
    };
    let (still, moved) = (filter("still"), filter("moved"));
    let [x, tangent] = ["x", "x.tangent"].map(|name| recipe::tensor(name, [2, 3, 8, 6], 1.0, device));
    let at = |r: f32| {
        let weight = still.weight.clone() + moved.weight.clone() * r;
        let bias = still.bias.clone() + moved.bias.clone() * r;
        let x = x.clone() + tangent.clone() * r;
        square_means(conv2d(x, weight, Some(bias), ConvOptions::new([1, 1], [1, 1], [1, 1], 1)), 2)
    };
    let differences = (at(1.0) - at(-1.0)) / 2.0;
    let expected = at(0.0);
    let dual = Dual { primal: x.clone(), tangent: Some(tangent.clone()) };
    let found = jvp::average_pool(jvp::conv2d(&dual, &still, Some(&moved)), 2);
    assert_close("primal", found.primal, expected, rounding(device)).await;
    assert_close("tangent", found.tangent.expect("it has one"), differences, rounding(device)).await;
}

/// An encoder in training, all of its layers' parameters leaves of reverse mode: the last layer's output and its
/// gradients, against Burn's own operations on the CPU. Far from the bends, where no rounding decides a slope.
pub async fn encoders_in_training_agree_with_burn(device: &Device) {
    for network in recipe::networks(Point::Smooth) {
        let on = |device: &Device, activations: &dyn Fn(&[Conv], Tensor<4>) -> Tensor<4>| {
            let stored = trainable(&network.encoder(device).parameters());
            let out = activations(&stored, recipe::images(device).autodiff());
            let factors = recipe::tensor("grad", out.dims(), 1.0, device).autodiff();
            (out.clone(), (out * factors).sum().backward(), stored)
        };
        let (found, found_gradients, found_convs) =
            on(device, &|stored, images| encoder::activations(network.config(), stored, images));
        let (expected, expected_gradients, expected_convs) =
            on(&Device::flex(), &|stored, images| plain_activations(network, stored, images));
        let what = format!("{network:?}");
        let shape: [usize; 3] = network.kind.shape_before(network.kind.layers().len());
        assert_eq!(found.dims()[1..], shape, "{what}");
        assert_close(&what, found.inner(), expected.inner(), rounding(device)).await;
        let found = all_gradients(&found_convs, &found_gradients).await;
        let expected = all_gradients(&expected_convs, &expected_gradients).await;
        for (layer, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_rows_close(&format!("{what}, tensor {layer}"), 1, found, expected, rounding(device));
        }
    }
}

/// The layers of a network by Burn's own operations: images `[N, 3, 32, 32]` → the last one's output.
fn plain_activations(network: Network, stored: &[Conv], images: Tensor<4>) -> Tensor<4> {
    network.kind.layers().iter().zip(stored).fold(images, |x, (spec, conv)| {
        let options = ConvOptions::new([spec.stride; 2], [spec.padding; 2], [1, 1], 1);
        let Filter { weight, weight_scale, bias, .. } = conv.filter(spec, network.parametrization);
        let pre = conv2d(x, weight * weight_scale, Some(bias), options);
        let out = if spec.activation { leaky_relu(pre, f64::from(network.slope)) } else { pre };
        square_means(out, spec.pool)
    })
}

/// Means over squares of `side` × `side` positions, side by side.
fn square_means(x: Tensor<4>, side: usize) -> Tensor<4> {
    let [images, channels, height, width] = x.dims();
    let (rows, columns) = (height / side, width / side);
    x.reshape([images, channels, rows, side, columns, side])
        .mean_dims(&[3, 5])
        .reshape([images, channels, rows, columns])
}

/// The line `θ2 + r·w2` through a network far from its bends.
struct Line {
    encoder: Encoder,
    frozen: FrozenFeatures,
    tangents: Vec<Conv>,
}

impl Line {
    /// F, with the scope's parameters moved by `r·w2`.
    fn at(&self, r: f64) -> Tensor<2> {
        self.encoder.features_with(&self.frozen, &self.encoder.displaced(self.frozen.scope, &self.tangents, r as f32))
    }

    /// J w2.
    async fn tangent(&self) -> Vec<f32> {
        read(self.encoder.features(&self.frozen, &self.tangents).tangent.expect("there are tangents")).await
    }

    /// `‖F(θ + r·w2) − F(θ) − r·J w2‖ / ‖F(θ)‖`.
    async fn linearisation_error(&self, r: f64) -> f64 {
        let (moved, still, tangent) = (read(self.at(r)).await, read(self.at(0.0)).await, self.tangent().await);
        let rest =
            moved.iter().zip(&still).zip(&tangent).map(|((moved, still), tangent)| moved - still - r as f32 * tangent);
        norm(&rest.collect::<Vec<f32>>()) / norm(&still)
    }
}

/// Calls `check` with a line for every scope and every network of [`Point::Smooth`].
async fn for_each_smooth_line(device: &Device, check: impl AsyncFn(String, Line)) {
    for network in recipe::networks(Point::Smooth) {
        for &scope in network.kind.scopes() {
            let encoder = network.encoder(device);
            let frozen = encoder.freeze(recipe::images(device), scope);
            let line = Line { encoder, frozen, tangents: network.tangents(scope, device) };
            check(format!("{network:?}, {scope}"), line).await;
        }
    }
}

/// The same numbers, as leaves of reverse mode.
fn trainable(convs: &[Conv]) -> Vec<Conv> {
    convs.iter().map(|conv| Conv::new(conv.weight.val().autodiff(), conv.bias.val().autodiff())).collect()
}

/// `Σ u·output` differentiated: the gradients of the convs' weights and biases, in this order.
async fn pull(output: Tensor<2>, u: &Tensor<2>, convs: &[Conv]) -> Vec<Vec<f32>> {
    all_gradients(convs, &(output * u.clone().autodiff()).sum().backward()).await
}

/// The gradients of the convs' weights and biases, in this order.
async fn all_gradients(convs: &[Conv], gradients: &Gradients) -> Vec<Vec<f32>> {
    let mut all = vec![];
    for conv in convs {
        all.push(read(gradient(&conv.weight.val(), gradients)).await);
        all.push(read(gradient(&conv.bias.val(), gradients)).await);
    }
    all
}

fn gradient<const D: usize>(tensor: &Tensor<D>, gradients: &Gradients) -> Tensor<D> {
    tensor.grad(gradients).expect("the output depends on it")
}

/// The convs' weights and biases, in this order.
async fn numbers(convs: &[Conv]) -> Vec<Vec<f32>> {
    let mut numbers = vec![];
    for conv in convs {
        numbers.push(read(conv.weight.val().inner()).await);
        numbers.push(read(conv.bias.val().inner()).await);
    }
    numbers
}

/// `conv + r·by`.
fn shifted(conv: &Conv, by: &Conv, r: f64) -> Conv {
    Conv::new(conv.weight.val() + by.weight.val() * r, conv.bias.val() + by.bias.val() * r)
}

/// A direction in w1 and in w2.
struct Direction {
    classifier: Classifier,
    tangents: Vec<Conv>,
}

impl Direction {
    /// Another one than where [`Network::head`] lies: along ω, and along the tangents in the reverse order of their
    /// output channels.
    fn new(network: Network, scope: Scope, device: &Device) -> Self {
        let tangents = network.tangents(scope, device);
        let flip = |conv: &Conv| Conv::new(conv.weight.val().flip([0]), conv.bias.val().flip([0]));
        Self {
            classifier: Classifier::new(
                recipe::omega(device),
                recipe::tensor("direction.bias", [CLASSES], 0.1, device),
            ),
            tangents: tangents.iter().map(flip).collect(),
        }
    }

    /// The head with w1 moved by `w1` times its direction, and w2 by `w2` times.
    fn moved(&self, head: &Head, w1: f64, w2: f64) -> Head {
        let mut head = head.clone();
        let classifier = head.parameters.classifier.take().expect("a full model has one");
        head.parameters.classifier = Some(Classifier::new(
            classifier.weight.val() + self.classifier.weight.val() * w1,
            classifier.bias.val() + self.classifier.bias.val() * w1,
        ));
        let tangents = head.parameters.tangents.iter().zip(&self.tangents);
        head.parameters.tangents = tangents.map(|(conv, by)| shifted(conv, by, w2)).collect();
        head
    }

    /// The loss's gradient by reverse mode, times the direction in w1 and in w2.
    async fn slopes(&self, encoder: &Encoder, frozen: &FrozenFeatures, head: &Head, device: &Device) -> [f64; 2] {
        let mut head = head.clone();
        head.parameters.tangents = trainable(&head.parameters.tangents);
        let classifier = head.parameters.classifier.take().expect("a full model has one");
        let classifier = Classifier::new(classifier.weight.val().autodiff(), classifier.bias.val().autodiff());
        head.parameters.classifier = Some(classifier.clone());
        let log = log_softmax(head.logits(encoder, frozen).total(), 1);
        let right: Vec<f32> = (0..IMAGES * CLASSES).map(|at| f32::from(at % CLASSES == LABELS[at / CLASSES])).collect();
        let right = Tensor::<2>::from_data(TensorData::new(right, [IMAGES, CLASSES]), device).autodiff();
        let gradients = (log * right).sum().neg().div_scalar(IMAGES as f32).backward();
        let weight = read(gradient(&classifier.weight.val(), &gradients)).await;
        let bias = read(gradient(&classifier.bias.val(), &gradients)).await;
        let w1 = dot(&weight, &read(self.classifier.weight.val()).await)
            + dot(&bias, &read(self.classifier.bias.val()).await);
        let mut w2 = 0.0;
        for (conv, by) in head.parameters.tangents.iter().zip(&self.tangents) {
            w2 += dot(&read(gradient(&conv.weight.val(), &gradients)).await, &read(by.weight.val()).await);
            w2 += dot(&read(gradient(&conv.bias.val(), &gradients)).await, &read(by.bias.val()).await);
        }
        [w1, w2]
    }
}

/// A class for each image of the recipe.
const LABELS: [usize; IMAGES] = [3, 0, 7];

/// Mean cross entropy, in 64 bits from the logits on.
async fn loss(encoder: &Encoder, frozen: &FrozenFeatures, head: &Head) -> f64 {
    let logits = read(head.logits(encoder, frozen).total()).await;
    let losses = logits
        .chunks_exact(CLASSES)
        .zip(LABELS)
        .map(|(row, label)| row.iter().map(|&logit| f64::from(logit).exp()).sum::<f64>().ln() - f64::from(row[label]));
    losses.sum::<f64>() / IMAGES as f64
}
