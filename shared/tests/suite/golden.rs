//! Against PyTorch's `torch.func.jvp` in 64-bit floats (`golden/generate.py`).

use super::{
    measure::{assert_rows_close, read, rounding},
    recipe::{self, IMAGES, Network, Point},
};
use burn::tensor::{Device, Tensor, TensorData};
use gradient_features::{Mode, model::linear::Head};
use safetensors::SafeTensors;

/// The numbers that `golden/generate.py` made.
pub fn file() -> SafeTensors<'static> {
    SafeTensors::deserialize(include_bytes!("../golden/golden.safetensors")).expect("the golden file is whole")
}

/// The features f.
pub async fn features_agree_with_pytorch(device: &Device) {
    for network in networks() {
        let encoder = network.encoder(device);
        let frozen = encoder.freeze(recipe::images(device), network.kind.scopes()[0]);
        check(&format!("{}/features", name(network)), encoder.features(&frozen, &[]).primal).await;
    }
}

/// J w2, for every scope, and f beside it.
pub async fn tangents_agree_with_pytorch(device: &Device) {
    for network in networks() {
        let encoder = network.encoder(device);
        for &scope in network.kind.scopes() {
            let frozen = encoder.freeze(recipe::images(device), scope);
            let dual = encoder.features(&frozen, &network.tangents(scope, device));
            check(&format!("{}/features", name(network)), dual.primal).await;
            check(&format!("{}/{scope}/tangent", name(network)), dual.tangent.expect("there are tangents")).await;
        }
    }
}

/// Both terms of the full model's logits.
pub async fn logits_agree_with_pytorch(device: &Device) {
    for network in networks() {
        let encoder = network.encoder(device);
        for &scope in network.kind.scopes() {
            let frozen = encoder.freeze(recipe::images(device), scope);
            let head: Head = network.head(Mode::Full, scope, device);
            let logits = head.logits(&encoder, &frozen);
            check(&format!("{}/activation", name(network)), logits.activation).await;
            check(&format!("{}/{scope}/gradient", name(network)), logits.gradient).await;
        }
    }
}

fn networks() -> impl Iterator<Item = Network> {
    [Point::Generic, Point::Kink].into_iter().flat_map(recipe::networks)
}

/// A network's name in the golden file.
pub fn name(network: Network) -> String {
    let Network { kind, parametrization, slope, point } = network;
    format!("{kind}/{parametrization}/{slope}/{}", format!("{point:?}").to_lowercase())
}

/// A matrix of the golden file.
pub fn matrix(name: &str, device: &Device) -> Tensor<2> {
    let golden = file();
    let golden = golden.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let [rows, columns] = [golden.shape()[0], golden.shape()[1]];
    let values: Vec<f32> = golden.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}

/// The tolerance is [`rounding`]'s: the golden numbers themselves are exact to 1e-7.
async fn check(name: &str, found: Tensor<2>) {
    let tolerance = rounding(&found.device());
    let golden = file();
    let golden = golden.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected: Vec<f32> = golden.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    assert_rows_close(name, IMAGES, &read(found).await, &expected, tolerance);
}
