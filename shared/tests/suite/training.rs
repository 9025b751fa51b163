//! Training step by step: against PyTorch's Adam in 64-bit floats (`golden/generate.py`), and live training
//! against a fit.

use super::{
    golden,
    measure::assert_close,
    recipe::{self, IMAGES, Network, Point},
};
use burn::tensor::{Device, Int, Tensor, TensorData};
use gradient_features::{
    Mode, Parametrization, Scope,
    fit::{
        Job,
        first_order::{FirstOrderConfig, Trainer},
        live::{Examples, LiveSettings, LiveTraining},
    },
    model::{config::EncoderKind, features::FrozenFeatures, linear::Head},
};
use std::ops::ControlFlow;

/// The class of each image, and the steps: as in `golden/generate.py`.
const LABELS: [u8; IMAGES] = [3, 0, 7];
const STEPS: usize = 5;
/// The slopes of the networks that are trained: ALI's, the VAE's.
const TRAINED_SLOPES: [f32; 2] = [0.01, 0.2];
/// The project's bound for trained models; rounding grows along the steps.
const TOLERANCE: f32 = 1e-3;

/// One of each kind.
pub fn networks() -> impl Iterator<Item = Network> {
    let wanted =
        |network: &Network| network.parametrization == Parametrization::Ntk && TRAINED_SLOPES.contains(&network.slope);
    let of_a_kind = |network: &Network| (network.kind == EncoderKind::Vae) == (network.slope == TRAINED_SLOPES[1]);
    recipe::networks(Point::Generic).filter(wanted).filter(of_a_kind)
}

/// Every mode and scope, from heads at random, all images a step.
pub async fn trained_models_agree_with_pytorch(device: &Device) {
    for network in networks() {
        let encoder = network.encoder(device);
        for &scope in network.kind.scopes() {
            let frozen = encoder.freeze(recipe::images(device), scope);
            for &mode in Mode::ALL {
                let config = FirstOrderConfig::for_few(mode, 1, IMAGES, STEPS);
                let autodiff = device.clone().autodiff();
                let mut trainer = Trainer::new(&network.head(mode, scope, device), config, IMAGES, &autodiff);
                for _ in 0..trainer.steps() {
                    let batch = trainer.batch().to_vec();
                    trainer.step(&encoder, &frozen.select(&batch), labels(&batch, device));
                }
                let found = trainer.head().logits(&encoder, &frozen).total();
                let what = format!("{}/{scope}/{mode}/trained", golden::name(network));
                assert_close(&what, found, golden::matrix(&what, device), TOLERANCE).await;
            }
        }
    }
}

/// Live training gives the models of fits with its settings, over several batches. The fits are on the CPU.
pub async fn live_training_ends_as_fits_do(device: &Device) {
    let cpu = &Device::flex();
    let tolerance = if device == cpu { 1e-5 } else { TOLERANCE };
    let (network, scope) = (networks().next().expect("there is one"), Scope::Conv5);
    let on = |device| (network.encoder(device), examples(network, scope, device));
    let ((encoder, examples), (cpu_encoder, cpu_examples)) = (on(device), on(cpu));
    let classes: Vec<String> = (0..recipe::CLASSES).map(|class| class.to_string()).collect();
    let settings = LiveSettings { scope, classes: classes.clone(), steps: 2 * STEPS, seed: 3, is_regularised: false };
    let mut live = LiveTraining::new(settings, encoder.clone(), examples.clone(), device);
    while live.is_preparing() {
        live.prepare();
    }
    for _ in 0..live.steps() {
        Mode::ALL.iter().for_each(|&mode| drop(live.step(mode).expect("it has begun")));
    }
    let indices: Vec<usize> = (0..examples.fitted).collect();
    let fit = async |start: &Head| {
        let config = FirstOrderConfig::for_few(start.mode, 3, examples.fitted, 2 * STEPS);
        let job = Job { encoder: &cpu_encoder, start, samples: &cpu_examples, indices: &indices, device: cpu };
        job.fit(config, |_| ControlFlow::Continue(())).await.expect("it does not diverge")
    };
    let base = fit(&Head::activation(&cpu_encoder, scope, classes, cpu)).await;
    for &mode in Mode::ALL {
        let expected = match mode {
            Mode::Activation => base.clone(),
            _ => fit(&Head::start(mode, scope, &cpu_encoder, &base, cpu)).await,
        };
        let found = live.head(mode).expect("it has begun").logits(&encoder, &examples.frozen).total();
        let expected = expected.logits(&cpu_encoder, &cpu_examples.frozen).total();
        assert_close(&format!("{mode}"), found, expected, tolerance).await;
    }
}

/// A model that is put back in the middle of a pass goes on with the images that come next.
pub async fn live_training_resumes_within_a_pass(device: &Device) {
    let (network, scope) = (networks().next().expect("there is one"), Scope::Conv5);
    let head = network.head(Mode::Activation, scope, device);
    let config = FirstOrderConfig::for_few(Mode::Activation, 3, 70, 6);
    let trainer = || Trainer::new(&head, config, 70, &device.clone().autodiff());
    let (mut whole, mut later) = (trainer(), trainer().after(4));
    let (encoder, examples) = (network.encoder(device), examples(network, scope, device));
    for _ in 0..4 {
        let batch = whole.batch().to_vec();
        let batch: Vec<usize> = batch.into_iter().map(|index| index % examples.labels.len()).collect();
        let labels = batch.iter().map(|&index| i32::from(examples.labels[index])).collect::<Vec<_>>();
        let labels = Tensor::from_data(TensorData::new(labels, [batch.len()]), device);
        whole.step(&encoder, &examples.frozen.select(&batch), labels);
    }
    assert_eq!(whole.batch(), later.batch());
    assert_eq!(whole.batch().len(), 32, "the second batch of the second pass");
}

fn labels(batch: &[usize], device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = batch.iter().map(|&index| i32::from(LABELS[index])).collect();
    Tensor::from_data(TensorData::new(labels, [batch.len()]), device)
}

/// The recipe's images again and again, so that a pass has two batches.
pub fn examples(network: Network, scope: Scope, device: &Device) -> Examples {
    let frozen: FrozenFeatures = network.encoder(device).freeze(recipe::images(device), scope);
    let rows: Vec<usize> = (0..36).map(|index| index % IMAGES).collect();
    let labels = rows.iter().map(|&row| LABELS[row]).collect();
    Examples { frozen: frozen.select(&rows), labels, fitted: rows.len() }
}
