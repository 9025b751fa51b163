//! Gradient features, the kernel that they make, and what is built on it.

use super::{
    measure::{assert_close, assert_rows_close, dot, norm, read, rounding},
    recipe::{self, CLASSES, IMAGES, Network, Point},
    training::examples,
};
use burn::tensor::{Device, Tensor};
use gradient_features::{
    Mode, Parametrization, Scope,
    fit::{
        FitError, Job,
        cholesky::Cholesky,
        ridge::{self, RidgeConfig},
    },
    kernel::{self, Factors, RankOne},
    model::{
        average,
        config::EncoderKind,
        encoder::{Conv, Encoder},
        linear::{Head, Parameters},
    },
};
use std::ops::ControlFlow;

/// How far an entry of the Gram matrix may be off, on any device, as a share of the largest that it could be: the
/// product of the two gradients' norms. Sums of 4096 products in 32-bit floats were off by 2e-6 on a software GPU.
const GRAM_ERROR: f64 = 1e-5;

/// Every inner product of explicit gradients, from reverse mode, against the factorised kernel.
pub async fn the_gram_matrix_is_that_of_explicit_gradients(device: &Device) {
    for network in networks() {
        let (encoder, omega) = (network.encoder(device), recipe::omega(device));
        for &scope in encoder.config().kind.scopes() {
            let frozen = encoder.freeze(recipe::images(device), scope);
            let factors = Factors::new(&encoder, &omega, &frozen);
            let found = read(kernel::gram(&factors, &factors)).await;
            let gradients = explicit(&encoder, &omega, scope, device).await;
            let sizes: Vec<f64> = gradients.iter().map(|gradient| norm(gradient)).collect();
            for (at, found) in found.into_iter().enumerate() {
                let (row, column) = (at / sizes.len(), at % sizes.len());
                let error = (f64::from(found) - dot(&gradients[row], &gradients[column])).abs();
                let largest = sizes[row] * sizes[column];
                assert!(error <= GRAM_ERROR * largest, "{network:?}, {scope}, ({row}, {column}): {}", error / largest);
            }
        }
    }
}

/// Symmetric, and no eigenvalue below −1e-5 of the largest: with that much of it added to
/// the diagonal the matrix has a Cholesky factorisation.
pub async fn the_gram_matrix_is_symmetric_and_not_negative(device: &Device) {
    let size = IMAGES * CLASSES;
    for network in networks() {
        let (encoder, omega) = (network.encoder(device), recipe::omega(device));
        for &scope in encoder.config().kind.scopes() {
            let factors = Factors::new(&encoder, &omega, &encoder.freeze(recipe::images(device), scope));
            let gram = kernel::gram(&factors, &factors);
            let what = format!("{network:?}, {scope}");
            assert_close(&what, gram.clone().transpose(), gram.clone(), GRAM_ERROR as f32).await;
            let mut gram: Vec<f64> = read(gram).await.into_iter().map(f64::from).collect();
            let largest = largest_eigenvalue(&gram, size);
            gram.iter_mut().step_by(size + 1).for_each(|diagonal| *diagonal += GRAM_ERROR * largest);
            assert!(Cholesky::new(gram, size).is_ok(), "{what}: a negative eigenvalue");
        }
    }
}

/// For conv5 in the NTK parametrization: `(⟨y, y'⟩/512 + 0.1)·⟨ω_c∘d, ω_c'∘d'⟩`, written out.
pub async fn conv5_follows_the_closed_formula(device: &Device) {
    let network = ali_networks().find(|network| network.parametrization == Parametrization::Ntk).expect("there is one");
    let (encoder, omega) = (network.encoder(device), recipe::omega(device));
    let frozen = encoder.freeze(recipe::images(device), Scope::Conv5);
    let factors = Factors::new(&encoder, &omega, &frozen);
    let found = read(kernel::gram(&factors, &factors)).await;
    let (y, pre, omega) = (read(frozen.input).await, read(frozen.pre).await, read(omega).await);
    let masked = |image: usize, class: usize| -> Vec<f32> {
        let d = |k: usize| if pre[image * 512 + k] > 0.0 { 1.0 } else { network.slope };
        (0..512).map(|k| omega[k * CLASSES + class] * d(k)).collect()
    };
    let y = |image: usize| &y[image * 4096..][..4096];
    let rows: Vec<(usize, usize)> =
        (0..IMAGES).flat_map(|image| (0..CLASSES).map(move |class| (image, class))).collect();
    let expected: Vec<f32> = rows
        .iter()
        .flat_map(|&(m, c)| rows.iter().map(move |&(n, k)| ((m, c), (n, k))))
        .map(|((m, c), (n, k))| ((dot(y(m), y(n)) / 512.0 + 0.1) * dot(&masked(m, c), &masked(n, k))) as f32)
        .collect();
    assert_rows_close("conv5", 1, &found, &expected, rounding(device));
}

/// With hardly any ridge the fitted w2 gives its images their targets, and more of it makes w2 smaller.
pub async fn kernel_ridge_meets_its_targets(device: &Device) {
    for network in ali_networks() {
        let (encoder, omega) = (network.encoder(device), recipe::omega(device));
        let frozen = encoder.freeze(recipe::images(device).narrow(0, 0, 1), Scope::Conv45);
        let targets = recipe::tensor("targets", [1, CLASSES], 1.0, device);
        let mut head: Head = network.head(Mode::Gradient, Scope::Conv45, device);
        let mut sizes = vec![];
        for ridge in [1e-4, 1.0] {
            let tangents = ridge::kernel_ridge(&encoder, &omega, &frozen, targets.clone(), ridge).await;
            let tangents = tangents.expect("it can be solved");
            sizes.push(squared(&tangents).await);
            head.parameters = Parameters { classifier: None, tangents, replaced: vec![] };
            if ridge < 1.0 {
                assert_close(&format!("{network:?}"), head.logits(&encoder, &frozen).gradient, targets.clone(), 5e-3)
                    .await;
            }
        }
        assert!(sizes[1] < 0.9 * sizes[0], "{network:?}: {sizes:?}");
    }
}

/// Kernel ridge takes a gradient model and as many images as there are; anything else is refused.
pub async fn kernel_ridge_refuses_what_it_cannot_fit(device: &Device) {
    let network = ali_networks().next().expect("there are some");
    let encoder = network.encoder(device);
    let samples = examples(network, Scope::Conv5, device);
    let indices = [0, 1];
    let fit = async |mode, images| {
        let start = network.head(mode, Scope::Conv5, device);
        let job = Job { encoder: &encoder, start: &start, samples: &samples, indices: &indices, device };
        job.fit(RidgeConfig { images, ridge: 1.0, seed: 1 }, |_| ControlFlow::Continue(())).await
    };
    assert!(matches!(fit(Mode::Activation, None).await, Err(FitError::NotGradient)));
    assert!(matches!(fit(Mode::Gradient, Some(0)).await, Err(FitError::KernelImages { images: 0, most: 2 })));
    assert!(matches!(fit(Mode::Gradient, Some(3)).await, Err(FitError::KernelImages { images: 3, most: 2 })));
    assert!(fit(Mode::Gradient, Some(2)).await.is_ok());
}

/// An image is nearest to itself, with cosine 1, by activation and by gradient.
pub async fn images_are_nearest_to_themselves(device: &Device) {
    for network in ali_networks() {
        let (images, omega) = rank_one(network, device).await;
        for (at, image) in images.iter().enumerate() {
            for (other_at, other) in images.iter().enumerate() {
                for cosine in [image.activation_cosine(other), image.gradient_cosine(other, &omega)] {
                    let is_own = (cosine - 1.0).abs() < 1e-9;
                    assert!(
                        is_own == (at == other_at) && cosine < 1.0 + 1e-9,
                        "{network:?}: {at}, {other_at}: {cosine}"
                    );
                }
            }
        }
    }
}

/// The rank-one form on the processor against explicit gradients, in both parametrizations; scopes with more layers or
/// positions have no such form.
pub async fn rank_one_products_are_those_of_explicit_gradients(device: &Device) {
    for network in ali_networks() {
        let (encoder, (images, omega)) = (network.encoder(device), rank_one(network, device).await);
        let gradients = explicit(&encoder, &recipe::omega(device), Scope::Conv5, device).await;
        let own = |image: usize| &gradients[image * CLASSES];
        for (at, image) in images.iter().enumerate() {
            for (other_at, other) in images.iter().enumerate() {
                let expected = dot(own(at), own(other_at));
                let error = (image.gradient_product(other, &omega) - expected).abs();
                let largest = norm(own(at)) * norm(own(other_at));
                assert!(error <= GRAM_ERROR * largest, "{network:?}, ({at}, {other_at}): {}", error / largest);
            }
        }
    }
    for (network, scope) in networks().map(|network| (network, network.kind.scopes().last().expect("there is one"))) {
        let encoder = network.encoder(device);
        let frozen = encoder.freeze(recipe::images(device), *scope);
        assert!(RankOne::new(&encoder, &frozen).await.expect("the device answers").is_none(), "{network:?}, {scope}");
    }
}

/// The images in their rank-one form, and ω of class 0.
async fn rank_one(network: Network, device: &Device) -> (Vec<RankOne>, Vec<f32>) {
    let encoder = network.encoder(device);
    let frozen = encoder.freeze(recipe::images(device), Scope::Conv5);
    let images = RankOne::new(&encoder, &frozen).await.expect("the device answers").expect("conv5 has one position");
    (images, read(recipe::omega(device).narrow(1, 0, 1)).await)
}

/// The mean of models has the mean of their logits, and unlike models have none.
pub async fn averaged_models_have_the_mean_logits(device: &Device) {
    let network = ali_networks().next().expect("there are some");
    let encoder = network.encoder(device);
    let frozen = encoder.freeze(recipe::images(device), Scope::Conv45);
    let one = network.head(Mode::Full, Scope::Conv45, device);
    let mut other = one.clone();
    let flip = |conv: &Conv| Conv::new(conv.weight.val().flip([0]), conv.bias.val().flip([0]));
    other.parameters.tangents = one.parameters.tangents.iter().map(flip).collect();
    let mean = average(&[one.clone(), other.clone()]).expect("they are alike");
    let [a, b, found] = [&one, &other, &mean].map(|head| head.logits(&encoder, &frozen).total());
    assert_close("mean", found, (a + b) / 2.0, 1e-4).await;
    let unlike = network.head(Mode::Gradient, Scope::Conv45, device);
    assert!(average(&[one, unlike]).is_err());
    assert!(average(&[]).is_err());
}

/// One network of each parametrization.
fn networks() -> impl Iterator<Item = Network> {
    recipe::networks(Point::Generic).filter(|network| network.slope == 0.2)
}

/// Those that have the scopes conv5 and conv4-5.
fn ali_networks() -> impl Iterator<Item = Network> {
    networks().filter(|network| network.kind == EncoderKind::Ali)
}

/// The gradient of every image and class as one long vector.
async fn explicit(encoder: &Encoder, omega: &Tensor<2>, scope: Scope, device: &Device) -> Vec<Vec<f32>> {
    let mut gradients = vec![];
    for image in 0..IMAGES {
        let frozen = encoder.freeze(recipe::images(device).narrow(0, image, 1), scope);
        for class in 0..CLASSES {
            let mut gradient = vec![];
            for conv in kernel::gradient_feature(encoder, omega, &frozen, class) {
                gradient.extend(read(conv.weight.val()).await);
                gradient.extend(read(conv.bias.val()).await);
            }
            gradients.push(gradient);
        }
    }
    gradients
}

async fn squared(convs: &[Conv]) -> f64 {
    let mut sum = 0.0;
    for conv in convs {
        let (weight, bias) = (read(conv.weight.val()).await, read(conv.bias.val()).await);
        sum += dot(&weight, &weight) + dot(&bias, &bias);
    }
    sum
}

/// By power iteration, from below.
fn largest_eigenvalue(matrix: &[f64], size: usize) -> f64 {
    let mut vector = vec![1.0; size];
    let mut value = 0.0;
    for _ in 0..200 {
        let next: Vec<f64> =
            matrix.chunks_exact(size).map(|row| row.iter().zip(&vector).map(|(a, b)| a * b).sum()).collect();
        value = next.iter().map(|x: &f64| x * x).sum::<f64>().sqrt();
        vector = next.iter().map(|x| x / value).collect();
    }
    value
}
