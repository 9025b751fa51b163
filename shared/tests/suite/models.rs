//! What stays the same: logits from frozen features, functions in another parametrization, networks without their
//! batch normalisation.

use super::{
    measure::{assert_close, assert_rows_close, read, rounding},
    recipe::{self, IMAGES, Point},
};
use burn::{
    module::{Param, RunningState},
    optim::{GradientsParams, SgdConfig},
    tensor::{Device, Tensor, module::conv2d, ops::ConvOptions},
};
use gradient_features::{
    Mode, Parametrization, Scope,
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::{ALI, Conv, Encoder, LayerSpec},
        features::FrozenShape,
        jvp::{self, Dual},
        linear::Head,
        normalized::{EPSILON, NormalizedConv, NormalizedEncoder},
    },
};

/// Features that went through rows of plain numbers, as into a cache and back, against a pass from the image up that
/// keeps nothing. The tolerance is the same on every device: both sides are computed on it.
pub async fn frozen_features_give_the_same_logits(device: &Device) {
    for network in recipe::networks(Point::Generic) {
        let encoder = network.encoder(device);
        for &scope in network.kind.scopes() {
            let shape = FrozenShape::new(network.kind, scope);
            let frozen = encoder.freeze(recipe::images(device), scope);
            assert_eq!(
                [&frozen.input.dims()[1..], &frozen.pre.dims()[1..]],
                [shape.input, shape.pre],
                "{network:?}, {scope}"
            );
            let rows = shape.to_rows(&read(frozen.input).await, &read(frozen.pre).await);
            assert_eq!(rows.len(), IMAGES * shape.numbers());
            let (input, pre): (Vec<_>, Vec<_>) =
                rows.chunks_exact(shape.numbers()).map(|row| row.split_at(shape.input_numbers())).unzip();
            let frozen = shape.to_frozen(input.concat(), pre.concat(), device);
            for &mode in Mode::ALL {
                let head = network.head(mode, scope, device);
                let found = head.logits(&encoder, &frozen);
                let [activation, gradient] = plain_logits(&encoder, &head, recipe::images(device));
                let what = format!("{network:?}, {mode}, {scope}");
                assert_close(&format!("{what}: activation term"), found.activation, activation, 1e-5).await;
                assert_close(&format!("{what}: gradient term"), found.gradient, gradient, 1e-5).await;
            }
        }
    }
}

/// The last of all layers' outputs, averaged, against the features and their derivative; below the scope nothing moves.
pub async fn layers_end_in_the_features(device: &Device) {
    for network in recipe::networks(Point::Generic) {
        let encoder = network.encoder(device);
        for &scope in network.kind.scopes() {
            let (images, tangents) = (recipe::images(device), network.tangents(scope, device));
            let pass = encoder.pass(images.clone());
            let mut layers = encoder.layer_outputs(&pass, scope, &tangents);
            let moving: Vec<bool> = layers.iter().map(|layer| layer.tangent.is_some()).collect();
            let start = network.kind.scope_start(scope);
            let expected: Vec<bool> = (0..network.kind.layers().len()).map(|index| index >= start).collect();
            let what = format!("{network:?}, {scope}");
            assert_eq!(moving, expected, "{what}");
            let last = jvp::global_average_pool(layers.pop().expect("an encoder has layers"));
            let (frozen, passed) = (encoder.freeze(images, scope), encoder.freeze_pass(&pass, scope));
            assert_close(&format!("{what}: a pass's input"), passed.input, frozen.input.clone(), 1e-6).await;
            assert_close(&format!("{what}: a pass's pre-activation"), passed.pre, frozen.pre.clone(), 1e-6).await;
            let features = encoder.features(&frozen, &tangents);
            assert_close(&what, last.primal, features.primal, 1e-5).await;
            let [found, expected] =
                [last.tangent, features.tangent].map(|tangent| tangent.expect("the last one moves"));
            assert_close(&what, found, expected, 1e-5).await;
        }
    }
}

/// Standard → NTK → standard: the function at each station, and the numbers at the end.
pub async fn reparametrized_networks_are_the_same_function(device: &Device) {
    for network in recipe::networks(Point::Generic) {
        let encoder = network.encoder(device);
        let other = other(network.parametrization);
        let there = encoder.reparametrized(other);
        let back = there.reparametrized(network.parametrization);
        assert_eq!([there.config().parametrization, back.config().parametrization], [other, network.parametrization]);
        let features = |encoder: &Encoder| {
            let widest = network.kind.scopes().last().copied().expect("an encoder has scopes");
            encoder.features(&encoder.freeze(recipe::images(device), widest), &[]).primal
        };
        let what = format!("{network:?}");
        assert_close(&what, features(&there), features(&encoder), 1e-5).await;
        assert_close(&what, features(&back), features(&encoder), 1e-5).await;
        for (back, conv) in back.parameters().iter().zip(&encoder.parameters()) {
            let [found, expected] = [back, conv].map(|conv| conv.weight.val().flatten(0, 3));
            assert_vector_close(&what, found, expected).await;
            assert_vector_close(&what, back.bias.val(), conv.bias.val()).await;
        }
    }
}

/// w2 (and fine-tuning's θ2) rescaled as the network is makes the same logits.
pub async fn heads_have_the_same_logits_in_either_parametrization(device: &Device) {
    for network in recipe::networks(Point::Generic) {
        let encoder = network.encoder(device);
        let other = other(network.parametrization);
        let rescaled_encoder = encoder.reparametrized(other);
        for &scope in network.kind.scopes() {
            let [frozen, rescaled_kept] =
                [&encoder, &rescaled_encoder].map(|encoder| encoder.freeze(recipe::images(device), scope));
            let specs = network.kind.scope_layers(scope);
            let rescaled = |convs: &[Conv]| -> Vec<Conv> {
                let pairs = convs.iter().zip(specs);
                pairs.map(|(conv, spec)| rescale(conv, spec, network.parametrization, other)).collect()
            };
            for &mode in Mode::ALL {
                let head = network.head(mode, scope, device);
                let mut twin = head.clone();
                twin.parameters.tangents = rescaled(&head.parameters.tangents);
                twin.parameters.replaced = rescaled(&head.parameters.replaced);
                let (found, expected) =
                    (twin.logits(&rescaled_encoder, &rescaled_kept), head.logits(&encoder, &frozen));
                let what = format!("{network:?}, {mode}, {scope}");
                assert_close(&what, found.activation, expected.activation, 1e-5).await;
                assert_close(&what, found.gradient, expected.gradient, 1e-5).await;
            }
        }
    }
}

/// After one batch the running statistics are nine parts what they began as (mean 0, variance 1) and one part the
/// batch's: its mean and its unbiased variance. At conv5 a batch of three images has three numbers a channel, which
/// is where the unbiased variance is half as large again as the biased one.
pub async fn running_statistics_follow_the_batches(device: &Device) {
    let config = recipe::networks(Point::Generic).next().expect("there are some").config();
    let device = device.clone().autodiff();
    let net = normalized(config, &device);
    net.forward(recipe::images(&device), config);
    let mut x = recipe::images(&device);
    for (layer, spec) in net.layers.iter().zip(&ALI) {
        let out = convolved(x, layer.weight.val(), spec);
        let channels = out.clone().swap_dims(0, 1).flatten::<2>(1, 3);
        let mean = channels.clone().mean_dim(1).flatten::<1>(0, 1);
        let [unbiased, biased] = [channels.clone().var(1), channels.var_bias(1)].map(|tensor| tensor.flatten(0, 1));
        let what = |name| format!("{}: running {name}", spec.name);
        assert_vector_close(&what("mean"), layer.norm.mean.value_sync(), mean.clone() * 0.1).await;
        assert_vector_close(&what("variance"), layer.norm.variance.value_sync(), unbiased * 0.1 + 0.9).await;
        x = leaky_relu(normalized_by(out, layer, mean, biased), config.slope);
    }
}

/// A network after two steps of training and its folded twin, in either parametrization, against Burn's own operations
/// with the running statistics.
pub async fn folded_networks_are_the_same_function(device: &Device) {
    for network in recipe::networks(Point::Generic).filter(|network| network.kind == EncoderKind::Ali) {
        let config = network.config();
        let net = trained(normalized(config, &device.clone().autodiff()), config, device);
        let folded = net.fold(config);
        assert_eq!(folded.config(), config);
        let images = recipe::images(&device.clone().autodiff());
        let found = folded.features(&folded.freeze(images.clone(), Scope::Conv5), &[]).primal;
        let top = net.layers.iter().zip(&ALI).fold(images, |x, (layer, spec)| {
            let out = convolved(x, layer.weight.val(), spec);
            let [mean, variance] = [&layer.norm.mean, &layer.norm.variance].map(RunningState::value_sync);
            leaky_relu(normalized_by(out, layer, mean, variance), config.slope)
        });
        let expected = top.flatten::<2>(1, 3);
        assert_close(&format!("{network:?}"), found.inner(), expected.inner(), rounding(device)).await;
    }
}

async fn assert_vector_close(what: &str, found: Tensor<1>, expected: Tensor<1>) {
    let tolerance = rounding(&found.device());
    assert_rows_close(what, 1, &read(found).await, &read(expected).await, tolerance);
}

fn other(parametrization: Parametrization) -> Parametrization {
    match parametrization {
        Parametrization::Standard => Parametrization::Ntk,
        Parametrization::Ntk => Parametrization::Standard,
    }
}

/// Stored numbers of one parametrization as those of another, by the factors of method and paper: `1/√O` and `√0.1`.
fn rescale(conv: &Conv, spec: &LayerSpec, from: Parametrization, to: Parametrization) -> Conv {
    let (weight, bias) = match (from, to) {
        (Parametrization::Standard, Parametrization::Ntk) => ((spec.outputs as f64).sqrt(), 10_f64.sqrt()),
        (Parametrization::Ntk, Parametrization::Standard) => ((spec.outputs as f64).sqrt().recip(), 0.1_f64.sqrt()),
        _ => (1.0, 1.0),
    };
    Conv::new(conv.weight.val() * weight, conv.bias.val() * bias)
}

/// Both terms of a head's logits by a pass from the image up, in which nothing is frozen.
fn plain_logits(encoder: &Encoder, head: &Head, images: Tensor<4>) -> [Tensor<2>; 2] {
    let EncoderConfig { kind, slope, parametrization, .. } = encoder.config();
    let start = kind.scope_start(head.scope);
    let parameters = &head.parameters;
    let mut x = Dual::constant(images);
    for (index, spec) in kind.layers().iter().enumerate() {
        let in_scope = |convs: &[Conv]| index.checked_sub(start).and_then(|index| convs.get(index).cloned());
        let conv = in_scope(&parameters.replaced).unwrap_or_else(|| encoder.parameters()[index].clone());
        let tangents = in_scope(&parameters.tangents).map(|conv| conv.filter(spec, parametrization));
        x = jvp::conv2d(&x, &conv.filter(spec, parametrization), tangents.as_ref());
        x = if spec.activation { jvp::leaky_relu(x, slope) } else { x };
        x = jvp::average_pool(x, spec.pool);
    }
    let f = jvp::global_average_pool(x);
    let zeros = Tensor::zeros([IMAGES, head.classes.len()], &f.primal.device());
    let activation = parameters.classifier.as_ref().map(|classifier| classifier.apply(f.primal));
    let gradient = head.omega.clone().map(|omega| f.tangent.expect("there are tangents").matmul(omega));
    [activation.unwrap_or_else(|| zeros.clone()), gradient.unwrap_or(zeros)]
}

/// A network at the start of its training, γ and β a little off 1 and 0.
fn normalized(config: EncoderConfig, device: &Device) -> NormalizedEncoder {
    let layer = |spec: &LayerSpec| {
        let channels = [spec.outputs];
        let vector = |name: &str, bound| recipe::tensor(&format!("{}.{name}", spec.name), channels, bound, device);
        let weight = recipe::tensor(spec.name, spec.weight_shape(), recipe::bound(spec, 1.0), device);
        let mut layer = NormalizedConv::new(weight);
        layer.norm.scale = Param::from_tensor(vector("scale", 0.5) + 1.0);
        layer.norm.shift = Param::from_tensor(vector("shift", 0.5));
        layer
    };
    NormalizedEncoder { layers: config.kind.layers().iter().map(layer).collect() }
}

/// Two steps towards smaller features.
fn trained(mut net: NormalizedEncoder, config: EncoderConfig, device: &Device) -> NormalizedEncoder {
    let mut optimizer = SgdConfig::new().init();
    for _ in 0..2 {
        let loss = net.forward(recipe::images(&device.clone().autodiff()), config).square().mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        net = optimizer.step(0.1, net, gradients);
    }
    net
}

fn convolved(x: Tensor<4>, weight: Tensor<4>, spec: &LayerSpec) -> Tensor<4> {
    conv2d(x, weight, None, ConvOptions::new([spec.stride; 2], [0, 0], [1, 1], 1))
}

/// Batch normalisation by given statistics.
fn normalized_by(x: Tensor<4>, layer: &NormalizedConv, mean: Tensor<1>, variance: Tensor<1>) -> Tensor<4> {
    let by_channel = |tensor: Tensor<1>| tensor.reshape([1, -1, 1, 1]);
    let normalized = (x - by_channel(mean)) / by_channel((variance + EPSILON).sqrt());
    normalized * by_channel(layer.norm.scale.val()) + by_channel(layer.norm.shift.val())
}

fn leaky_relu(x: Tensor<4>, slope: f32) -> Tensor<4> {
    x.clone().mask_where(x.clone().lower_elem(0.0), x * slope)
}
