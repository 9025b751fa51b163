//! Precomputed results, there before the engine: predictions for the first images of the gallery, and what the models
//! reach on all test images.

use crate::browser;
use leptos::{prelude::*, task::spawn_local};
use protocol::{numbers::best, terms::Terms};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use vocabulary::Mode;

/// The model's folder, in the models' folder.
const FOLDER: &str = "cifar10-rotation";

/// The predictions for the first images of the gallery, in the gallery's order.
#[derive(Debug, Default, Deserialize)]
pub struct Precomputed {
    images: Vec<Prediction>,
}

#[derive(Debug, Deserialize)]
struct Prediction {
    index: u32,
    terms: BTreeMap<Mode, Vec<(f32, f32)>>,
}

/// What each model reaches on the test images, as `gradfeat evaluate` measured it.
pub type TestFigures = BTreeMap<Mode, TestFigure>;

/// What one model reaches on the test images.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct TestFigure {
    /// The share that is right.
    pub test_accuracy: f64,
    /// How many images were measured.
    pub images: usize,
    /// The share to which the fine-tuned model gives the same class.
    pub finetune_agreement: f64,
}

impl Precomputed {
    /// Begins to load the file. Nothing until it has come; no predictions if it does not come.
    pub fn load() -> RwSignal<Option<Self>> {
        load("predictions.json")
    }

    /// The terms of every model's logits for an image of the gallery, where they are known.
    pub fn terms(&self, index: u32) -> Option<BTreeMap<Mode, Vec<Terms>>> {
        let found = self.images.iter().find(|image| image.index == index)?;
        Some(found.terms.iter().map(|(&mode, found)| (mode, terms(found))).collect())
    }

    /// The class that a model predicts for an image of the gallery, where it is known.
    pub fn class(&self, index: u32, mode: Mode) -> Option<usize> {
        self.images.iter().find(|image| image.index == index)?.class(mode)
    }

    /// The first image that the activation model gets wrong and the three others get right.
    pub fn first_gained(&self, label: impl Fn(u32) -> Option<usize>) -> Option<u32> {
        let is_right = |image: &Prediction, mode| Some(image.class(mode)? == label(image.index)?);
        let is_gained =
            |image: &&Prediction| Mode::ALL.iter().all(|&mode| is_right(image, mode) == Some(mode != Mode::Activation));
        self.images.iter().find(is_gained).map(|image| image.index)
    }
}

impl Prediction {
    fn class(&self, mode: Mode) -> Option<usize> {
        best(&terms(self.terms.get(&mode)?)).map(|(class, _)| class)
    }
}

fn terms(pairs: &[(f32, f32)]) -> Vec<Terms> {
    pairs.iter().map(|&(activation, gradient)| Terms { activation, gradient }).collect()
}

/// Begins to load the figures. Nothing until they have come; none if they do not come.
pub fn test_figures() -> RwSignal<Option<TestFigures>> {
    load("test.json")
}

fn load<T: Default + DeserializeOwned + Send + Sync + 'static>(file: &'static str) -> RwSignal<Option<T>> {
    let signal = RwSignal::new(None);
    spawn_local(async move {
        let found = browser::fetch_json(&format!("{}/{FOLDER}/{file}", browser::published("models"))).await;
        signal.set(Some(found.unwrap_or_default()));
    });
    signal
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    /// An image of class 1 that the activation model and the others say these classes of.
    fn image(index: u32, activation: usize, others: usize) -> Prediction {
        let says = |class| if class == 0 { vec![(1.0, 0.0), (0.0, 0.0)] } else { vec![(0.0, 0.0), (0.0, 1.0)] };
        let of = |&mode: &Mode| (mode, says(if mode == Mode::Activation { activation } else { others }));
        Prediction { index, terms: Mode::ALL.iter().map(of).collect() }
    }

    #[wasm_bindgen_test]
    fn the_page_opens_on_an_image_that_the_gradient_gains() {
        let images = vec![image(4, 1, 1), image(7, 0, 0), image(9, 0, 1), image(11, 0, 1)];
        let precomputed = Precomputed { images };
        assert_eq!(precomputed.class(9, Mode::Activation), Some(0));
        assert_eq!(precomputed.class(9, Mode::Full), Some(1));
        assert_eq!(precomputed.first_gained(|_| Some(1)), Some(9));
        assert_eq!(precomputed.first_gained(|index| (index != 9).then_some(1)), Some(11), "one without a label");
        assert_eq!(precomputed.first_gained(|_| Some(0)), None);
    }
}
