//! The interface has names of its own, so as not to link the model. They are the model's.

use shared::{config, images};
use wasm_bindgen_test::wasm_bindgen_test;
use web::{cifar10, messages::Mode};

#[wasm_bindgen_test]
fn the_interface_and_the_model_use_the_same_names() {
    assert_eq!(
        Mode::ALL.map(Mode::name).as_slice(),
        config::Mode::ALL.iter().map(|mode| mode.name()).collect::<Vec<_>>()
    );
    assert_eq!(cifar10::CLASSES, images::CIFAR10_CLASSES);
    assert_eq!(cifar10::SIDE, images::SIDE);
}
