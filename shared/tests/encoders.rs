//! What the encoders consist of.

use gradient_features::{
    Scope,
    model::{config::EncoderKind, encoder::ForeignScope},
};

/// Name, numbers in the weight, and the shapes of the pre-activation and of the layer's output.
type Layer = (&'static str, usize, [usize; 3], [usize; 3]);

const ALI: [Layer; 5] = [
    ("conv1", 2_400, [32, 28, 28], [32, 28, 28]),
    ("conv2", 32_768, [64, 13, 13], [64, 13, 13]),
    ("conv3", 131_072, [128, 10, 10], [128, 10, 10]),
    ("conv4", 524_288, [256, 4, 4], [256, 4, 4]),
    ("conv5", 2_097_152, [512, 1, 1], [512, 1, 1]),
];

const VAE: [Layer; 8] = [
    ("conv1", 192, [64, 32, 32], [64, 32, 32]),
    ("conv2", 36_864, [64, 32, 32], [64, 32, 32]),
    ("conv3", 36_864, [64, 32, 32], [64, 16, 16]),
    ("conv4", 73_728, [128, 16, 16], [128, 16, 16]),
    ("conv5", 147_456, [128, 16, 16], [128, 8, 8]),
    ("conv6", 294_912, [256, 8, 8], [256, 8, 8]),
    ("conv7", 589_824, [256, 8, 8], [256, 4, 4]),
    ("conv8", 1_179_648, [512, 4, 4], [512, 4, 4]),
];

#[test]
fn layers_have_the_sizes_of_the_published_networks() {
    for (kind, expected) in [(EncoderKind::Ali, ALI.as_slice()), (EncoderKind::Vae, &VAE)] {
        let layer = |(index, spec): (usize, &gradient_features::model::encoder::LayerSpec)| {
            (spec.name, spec.weight_shape().iter().product(), kind.pre_shape(index), kind.shape_before(index + 1))
        };
        let found: Vec<Layer> = kind.layers().iter().enumerate().map(layer).collect();
        assert_eq!(found, expected, "{kind}");
        assert_eq!(kind.shape_before(0), [3, 32, 32]);
        assert_eq!(kind.features(), 512);
    }
}

#[test]
fn scopes_are_the_top_layers() {
    for (kind, scope, layers) in [
        (EncoderKind::Ali, Scope::Conv5, ["conv5"].as_slice()),
        (EncoderKind::Ali, Scope::Conv45, &["conv4", "conv5"]),
        (EncoderKind::Ali, Scope::Conv35, &["conv3", "conv4", "conv5"]),
        (EncoderKind::Vae, Scope::Conv8, &["conv8"]),
    ] {
        let found: Vec<&str> = kind.scope_layers(scope).iter().map(|spec| spec.name).collect();
        assert_eq!(found, layers, "{kind}, {scope}");
    }
}

#[test]
fn scopes_belong_to_an_encoder() {
    for (kind, narrowest) in [(EncoderKind::Ali, Scope::Conv5), (EncoderKind::Vae, Scope::Conv8)] {
        assert_eq!(kind.scope(None), Ok(narrowest));
        for &scope in Scope::ALL {
            let expected = if kind.scopes().contains(&scope) { Ok(scope) } else { Err(ForeignScope { kind, scope }) };
            assert_eq!(kind.scope(Some(scope)), expected);
        }
    }
    let error = ForeignScope { kind: EncoderKind::Vae, scope: Scope::Conv5 };
    assert_eq!(error.to_string(), "the vae encoder has no scope conv5: it has conv8");
}
