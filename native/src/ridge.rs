//! `--solver kernel-ridge`: the gradient model in one go, by kernel ridge regression on the Gram matrix of some training
//! images. What comes out is a w2 like any other, so that it is kept, measured and asked like any other.

use crate::cache::features::FeatureFile;
use anyhow::{Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use gradient_features::{
    fit::{
        first_order::{self, Samples},
        ridge,
    },
    model::{encoder::Encoder, linear::Head},
};
use serde::Serialize;

/// Rows of the Gram matrix, images times classes, unless told otherwise: with them it has 400 MB, and as much again
/// while it is made.
const ROWS: usize = 10_000;
/// The most rows: 1.6 GB.
const MOST_ROWS: usize = 20_000;
/// Rows times positions of the scope's widest layer, unless told otherwise: the square of it is the work.
const WORK: usize = 100_000;

/// How kernel ridge regression is done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RidgeConfig {
    /// How many of the training images.
    pub images: Option<usize>,
    /// The L2 penalty on w2, as a share of the mean of the kernel's diagonal.
    pub ridge: f32,
    /// Which of the images.
    pub seed: u64,
}

/// Fits w2 to targets of 1 for an image's class and 0 for the others, less their mean.
pub fn fit(
    encoder: &Encoder,
    start: &Head,
    samples: &FeatureFile,
    fitted: &[usize],
    config: RidgeConfig,
    device: &Device,
) -> Result<Head> {
    let classes = start.classes.len();
    let plain: Vec<usize> = fitted.iter().copied().filter(|&index| index < samples.images()).collect();
    let images = match config.images {
        Some(images) => images,
        None => {
            images_within(ROWS, classes).min(images_within(WORK, classes * positions(encoder, start))).min(plain.len())
        }
    };
    let most = images_within(MOST_ROWS, classes).min(plain.len());
    ensure!(
        (1..=most).contains(&images),
        "kernel ridge takes from 1 to {most} images here, not {images}: the Gram matrix grows with their square"
    );
    let chosen: Vec<usize> =
        first_order::order(config.seed, 0, plain.len())[..images].iter().map(|&at| plain[at]).collect();
    let kept = samples.frozen(&chosen, device)?;
    let omega = start.omega.as_ref().expect("a gradient model has an ω̄");
    let targets = targets(samples, &chosen, classes, device);
    let tangents = ridge::kernel_ridge(encoder, omega, &kept, targets, f64::from(config.ridge));
    let mut head = start.clone();
    head.parameters.tangents = pollster::block_on(tangents)?;
    Ok(head)
}

fn images_within(rows: usize, rows_an_image: usize) -> usize {
    (rows / rows_an_image).max(1)
}

/// Output positions of the widest layer of the scope.
fn positions(encoder: &Encoder, head: &Head) -> usize {
    let kind = encoder.config.kind;
    let layers = kind.scope_start(head.scope)..kind.layers().len();
    layers.map(|layer| kind.pre_shape(layer)[1..].iter().product()).max().unwrap_or(1)
}

fn targets(samples: &FeatureFile, indices: &[usize], classes: usize, device: &Device) -> Tensor<2> {
    let rest = 1.0 / classes as f32;
    let of = |&index: &usize| {
        let label = usize::from(samples.labels()[index]);
        (0..classes).map(move |class| if class == label { 1.0 - rest } else { -rest })
    };
    let numbers: Vec<f32> = indices.iter().flat_map(of).collect();
    Tensor::from_data(TensorData::new(numbers, [indices.len(), classes]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        experiment::{
            context::FitContext,
            decay,
            penalties::RIDGES,
            predictions::Predictions,
            settings::{Settings, Solver},
        },
        test_support,
    };
    use gradient_features::Mode;

    /// A start that the gradient model can be fitted from.
    fn start(context: &FitContext) -> Head {
        let device = &context.compute.device;
        let classes = (0..10).map(|class| class.to_string()).collect();
        let mut blank = Head::activation(&context.encoder, context.scope, classes, device);
        let classifier = blank.parameters.classifier.as_mut().expect("an activation model has a classifier");
        let numbers: Vec<f32> = (0..5120).map(|at| ((at * 37 % 101) as f32 - 50.0) / 500.0).collect();
        let omega = Tensor::<2>::from_data(TensorData::new(numbers, [512, 10]), device);
        *classifier = gradient_features::model::linear::Classifier::new(omega, classifier.bias.val());
        Head::start(Mode::Gradient, context.scope, &context.encoder, &blank, device)
    }

    fn fitted(context: &FitContext, images: Option<usize>, ridge: f32) -> Result<Head> {
        let config = RidgeConfig { images, ridge, seed: 1 };
        fit(&context.encoder, &start(context), &context.train, &context.fitted, config, &context.compute.device)
    }

    #[test]
    fn with_little_ridge_it_has_its_images_right_and_with_much_it_says_little() {
        test_support::with_context(&Settings::default(), |context, _| {
            let plain: Vec<usize> = (0..test_support::IMAGES).collect();
            let predictions = |ridge| {
                let head = fitted(context, None, ridge).expect("it can be fitted");
                Predictions::of(&context.encoder, &head, &context.train, &plain, &context.compute.device)
                    .expect("they can be read")
            };
            let size = |predictions: &Predictions| predictions.logits.iter().map(|x| x.abs()).fold(0.0, f32::max);
            let (little, much) = (predictions(1e-2), predictions(1e5));
            assert!(little.accuracy() > 0.95, "{}", little.accuracy());
            assert!(size(&much) < 0.1 * size(&little), "{}, {}", size(&much), size(&little));
        });
    }

    #[test]
    fn a_part_of_the_images_is_enough_and_more_than_there_are_is_refused() {
        test_support::with_context(&Settings::default(), |context, _| {
            let weight = |images| {
                let head = fitted(context, images, 1.0).expect("it can be fitted");
                head.parameters.tangents[0].weight.val().to_data()
            };
            assert_ne!(weight(Some(20)), weight(None), "other images");
            assert_eq!(weight(Some(test_support::IMAGES)), weight(None), "all of them, and no mirrored ones");
            for images in [0, test_support::IMAGES + 1] {
                let error = fitted(context, Some(images), 1.0).unwrap_err().to_string();
                assert!(error.contains(&format!("from 1 to {} images", test_support::IMAGES)), "{error}");
            }
        });
    }

    #[test]
    fn its_ridge_is_chosen_unless_given() {
        let ridge = Settings { solver: Some(Solver::KernelRidge), epochs: Some(1), ..Settings::default() };
        test_support::with_context(&ridge, |context, run| {
            let found = decay::choose(context, &[Mode::Gradient], run).expect("it can be chosen");
            assert!(RIDGES.contains(&found.chosen_decays[&Mode::Gradient].gradient));
            assert!(!found.chooses_decays(), "it is chosen once");
        });
        assert!(!Settings { gradient_decay: Some(0.5), ..ridge }.chooses_decays());
    }
}
