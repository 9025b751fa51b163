//! How good a representation is so far: a linear classifier on its features f, measured on images whose labels the
//! classifier has not seen. The labels go nowhere else.

use burn::{
    nn::loss::CrossEntropyLossConfig,
    optim::{GradientsParams, ModuleOptimizer},
    tensor::{Device, Int, Tensor, TensorData},
};
use gradient_features::{
    fit::adam::Adam,
    images::{ImageSet, to_tensor},
    model::{encoder::Encoder, linear::Classifier},
};

/// Images that the classifier is fitted on: the last of the training images but [`MEASURED`].
const FITTED: usize = 5000;
/// Images that it is measured on: the last of the training images.
const MEASURED: usize = 2000;
/// Images a pass through the encoder.
const BATCH: usize = 250;
/// Steps of the fit, each on all of its images.
const STEPS: usize = 200;
const LEARNING_RATE: f64 = 1e-2;

/// The accuracy, 0 to 1, of a linear classifier on the features of `encoder`; the same images every time.
pub fn accuracy(encoder: &Encoder, images: &ImageSet, device: &Device) -> f64 {
    let measured = MEASURED.min(images.len() / 3).max(1);
    let fitted = FITTED.min(images.len() - measured);
    let split = images.len() - measured;
    let (features, labels) = (features(encoder, images, split - fitted..split, device), &images.labels);
    let mean = features.clone().mean_dim(0);
    let deviation = features.clone().var(0).sqrt() + 1e-6;
    let standard = |features: Tensor<2>| (features - mean.clone()) / deviation.clone();
    let classes = labels.iter().max().map_or(1, |&label| usize::from(label) + 1);
    let classifier = fit(standard(features), &labels[split - fitted..split], classes, device);
    let logits = classifier.apply(standard(self::features(encoder, images, split..images.len(), device)));
    let right = logits.argmax(1).flatten::<1>(0, 1).equal(to_labels(&labels[split..], device)).int().sum();
    f64::from(right.into_scalar::<i32>()) / measured as f64
}

/// `[N, features]` of the images of a range.
fn features(encoder: &Encoder, images: &ImageSet, range: std::ops::Range<usize>, device: &Device) -> Tensor<2> {
    let scope = encoder.config().kind.scopes()[0];
    let indices: Vec<usize> = range.collect();
    let parts = indices.chunks(BATCH).map(|batch| {
        let images = to_tensor(&images.gather(batch), encoder.config().input_range, device);
        encoder.features(&encoder.freeze(images, scope), &[]).primal
    });
    Tensor::cat(parts.collect(), 0)
}

fn fit(features: Tensor<2>, labels: &[u8], classes: usize, device: &Device) -> Classifier {
    let autodiff = device.clone().autodiff();
    let features = Tensor::from_inner(features);
    let labels = to_labels(labels, &autodiff);
    let mut classifier = Classifier::zeros(features.dims()[1], classes, &autodiff);
    let mut optimizer = ModuleOptimizer::from(Adam::default());
    let loss = CrossEntropyLossConfig::new().init(&autodiff);
    for step in 0..STEPS {
        let loss = loss.forward(classifier.apply(features.clone()), labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &classifier);
        let rate = LEARNING_RATE * (1.0 - step as f64 / STEPS as f64);
        classifier = optimizer.step(rate, classifier, gradients);
    }
    burn::module::Module::valid(&classifier)
}

fn to_labels(labels: &[u8], device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = labels.iter().map(|&label| i32::from(label)).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

#[cfg(test)]
mod tests {
    use super::super::rotation::RotationNet;
    use super::*;
    use gradient_features::images::IMAGE_BYTES;

    /// Random features tell two plain colours apart, and cannot tell labels that say nothing.
    #[test]
    fn it_tells_what_can_be_told() {
        let device = Device::flex();
        let encoder = RotationNet::random(1, &device).encoder();
        let shade = |index: usize| if index.is_multiple_of(2) { 40 } else { 200 };
        let pixels = (0..90 * IMAGE_BYTES).map(|at| shade(at / IMAGE_BYTES) + (at % 23) as u8).collect();
        let labels = (0..90).map(|index| (index % 2) as u8).collect();
        let mut images = ImageSet { pixels, labels };
        assert_eq!(accuracy(&encoder, &images, &device), 1.0);
        images.labels = (0..90).map(|index| (index / 2 % 2) as u8).collect();
        assert!(accuracy(&encoder, &images, &device) < 0.8);
    }
}
