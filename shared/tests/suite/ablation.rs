//! Mixtures of a random and a pre-trained network.

use super::{
    measure::{assert_close, read},
    recipe::{self, FEATURES},
    training::{examples, networks},
};
use burn::tensor::Device;
use gradient_features::{
    Mode, Scope,
    fit::live::{LiveSettings, LiveTraining},
    model::{
        ablation::{self, Origin, untrained},
        encoder::Conv,
    },
};

/// Steps, over several batches.
const STEPS: usize = 10;

/// In every scope of every kind, θ1 and θ2 are bit by bit those of their origins.
pub async fn mixtures_have_each_part_from_its_origin(device: &Device) {
    for network in networks() {
        let [random, trained] = [1, 2].map(|seed| untrained(network.config(), seed, device));
        for (index, &scope) in network.kind.scopes().iter().enumerate() {
            let start = network.kind.layers().len() - 1 - index;
            for theta1 in Origin::BOTH {
                for theta2 in Origin::BOTH {
                    let mixture = ablation::mixed(&random, &trained, scope, theta1, theta2);
                    for (layer, conv) in mixture.parameters().iter().enumerate() {
                        let origin = if layer < start { theta1 } else { theta2 };
                        let what = format!("{scope}, θ1 {theta1}, θ2 {theta2}, layer {layer}");
                        assert_eq!(same(conv, &random.parameters()[layer]).await, origin == Origin::Random, "{what}");
                        assert_eq!(same(conv, &trained.parameters()[layer]).await, origin == Origin::Trained, "{what}");
                    }
                }
            }
        }
    }
}

async fn same(a: &Conv, b: &Conv) -> bool {
    read(a.weight.val()).await == read(b.weight.val()).await
}

/// A trained ω is that of the mixture's own activation model, a random one follows from the seed and is about as large
/// as PyTorch's; w1 is the base network's either way.
pub async fn omega_is_of_its_origin(device: &Device) {
    let network = networks().next().expect("there is one");
    let (encoder, scope) = (network.encoder(device), Scope::Conv5);
    let own = network.head(Mode::Activation, scope, device);
    let mut base = own.clone();
    base.parameters.classifier =
        Some(gradient_features::model::linear::Classifier::zeros(FEATURES, recipe::CLASSES, device));
    let start = |omega, seed| ablation::start(Mode::Full, &encoder, &base, &own, omega, seed, device);
    let omega = async |origin, seed| read(start(origin, seed).omega.expect("there is a gradient term")).await;
    let fitted = read(recipe::classifier(device).weight.val()).await;
    assert!(omega(Origin::Trained, 1).await == fitted, "a trained ω is not the fitted one");
    let random = omega(Origin::Random, 1).await;
    assert!(random == omega(Origin::Random, 1).await, "one seed, two random ω");
    assert!(random != omega(Origin::Random, 2).await && random != fitted, "a random ω does not follow from its seed");
    let deviation = (random.iter().map(|x| x * x).sum::<f32>() / random.len() as f32).sqrt();
    assert!((deviation - 0.0255).abs() < 0.001, "{deviation}");
    let w1 = start(Origin::Random, 1).parameters.classifier.expect("the full model has one").weight.val();
    assert!(read(w1).await.iter().all(|&x| x == 0.0), "w1 is not the base network's");
}

/// With every part pre-trained, the models are those of live training; with a random one, they are others.
pub async fn nothing_random_ends_as_live_training_does(device: &Device) {
    let (network, scope, seed) = (networks().next().expect("there is one"), Scope::Conv5, 3);
    let trained = network.encoder(device);
    let random = untrained(network.config(), seed, device);
    let examples = examples(network, scope, device);
    let classes: Vec<String> = (0..recipe::CLASSES).map(|class| class.to_string()).collect();
    let live = || {
        let settings = LiveSettings { scope, classes: classes.clone(), steps: STEPS, seed, is_regularised: false };
        let mut live = LiveTraining::new(settings, trained.clone(), examples.clone(), device);
        while live.is_preparing() {
            live.prepare();
        }
        live
    };
    let train = |live: &mut LiveTraining, mode| {
        (0..live.steps()).for_each(|_| drop(live.step(mode).expect("it has begun")));
        live.head(mode).expect("it has begun").logits(&trained, &examples.frozen).total()
    };
    let (mut whole, mut mixture) = (live(), live());
    let unmixed = ablation::mixed(&random, &trained, scope, Origin::Trained, Origin::Trained);
    mixture.replace_activation(unmixed.features(&examples.frozen, &[]).primal);
    let base = mixture.base();
    for mode in [Mode::Gradient, Mode::Full] {
        let expected = train(&mut whole, mode);
        mixture.put(ablation::start(mode, &unmixed, &base, &base, Origin::Trained, seed, device), 0);
        assert_close(&format!("{mode}"), train(&mut mixture, mode), expected.clone(), 1e-5).await;
        mixture.put(ablation::start(mode, &unmixed, &base, &base, Origin::Random, seed, device), 0);
        let found = read(train(&mut mixture, mode)).await;
        assert!(found != read(expected).await, "{mode}: a random ω changes nothing");
    }
}
