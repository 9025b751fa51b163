//! `--solver kernel-ridge` on the images of an experiment.

use super::{Bench, Settings, settings::Solver};
use crate::{
    answers::Answers,
    decay::{self, RIDGES},
    trial,
};
use anyhow::Result;
use burn::tensor::{Tensor, TensorData};
use gradient_features::{
    Mode,
    fit::{FitConfig, ridge::RidgeConfig},
    model::linear::{Classifier, Head},
};

/// A start that the gradient model can be fitted from.
fn start(bench: &Bench) -> Head {
    let device = &bench.chosen.device;
    let classes = (0..10).map(|class| class.to_string()).collect();
    let mut blank = Head::activation(&bench.encoder, bench.scope, classes, device);
    let classifier = blank.parameters.classifier.as_mut().expect("an activation model has a classifier");
    let numbers: Vec<f32> = (0..5120).map(|at| ((at * 37 % 101) as f32 - 50.0) / 500.0).collect();
    let omega = Tensor::<2>::from_data(TensorData::new(numbers, [512, 10]), device);
    *classifier = Classifier::new(omega, classifier.bias.val());
    Head::start(Mode::Gradient, bench.scope, &bench.encoder, &blank, device)
}

fn fitted(bench: &Bench, images: Option<usize>, ridge: f32) -> Result<Head> {
    let config = RidgeConfig { images, ridge, seed: 1 };
    let fitted = bench.fit_on(&bench.fitted, FitConfig::Ridge(config), &start(bench), "", &mut |_| Ok(()));
    Ok(fitted?.head)
}

#[test]
fn with_little_ridge_it_has_its_images_right_and_with_much_it_says_little() {
    trial::with_bench(&Settings::default(), |bench, _| {
        let plain: Vec<usize> = (0..trial::IMAGES).collect();
        let answers = |ridge| {
            let head = fitted(bench, None, ridge).expect("it can be fitted");
            Answers::of(&bench.encoder, &head, &bench.train, &plain, &bench.chosen.device).expect("they can be read")
        };
        let size = |answers: &Answers| answers.logits.iter().map(|x| x.abs()).fold(0.0, f32::max);
        let (little, much) = (answers(1e-2), answers(1e5));
        assert!(little.accuracy() > 0.95, "{}", little.accuracy());
        assert!(size(&much) < 0.1 * size(&little), "{}, {}", size(&much), size(&little));
    });
}

#[test]
fn a_part_of_the_images_is_enough_and_more_than_there_are_is_refused() {
    trial::with_bench(&Settings::default(), |bench, _| {
        let weight = |images| {
            let head = fitted(bench, images, 1.0).expect("it can be fitted");
            head.parameters.tangents[0].weight.val().to_data()
        };
        assert_ne!(weight(Some(20)), weight(None), "other images");
        assert_eq!(weight(Some(trial::IMAGES)), weight(None), "all of them, and no mirrored ones");
        for images in [0, trial::IMAGES + 1] {
            let error = fitted(bench, Some(images), 1.0).unwrap_err().to_string();
            assert!(error.contains(&format!("from 1 to {} images", trial::IMAGES)), "{error}");
        }
    });
}

#[test]
fn its_ridge_is_chosen_unless_given() {
    let ridge = Settings { solver: Some(Solver::KernelRidge), epochs: Some(1), ..Settings::default() };
    trial::with_bench(&ridge, |bench, run| {
        let found = decay::choose(bench, &[Mode::Gradient], run).expect("it can be chosen");
        assert!(RIDGES.contains(&found.chosen_decays[&Mode::Gradient].gradient));
        assert!(!found.chooses_decays(), "it is chosen once");
    });
    assert!(!Settings { gradient_decay: Some(0.5), ..ridge }.chooses_decays());
}
