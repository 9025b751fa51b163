//! What is exported for the page.

use super::{copied_model, gradfeat, model, refused, root, text};
use safetensors::SafeTensors;
use std::fs;

/// What the page shows before its engine is there is what `predict` says.
#[test]
fn exported_predictions_are_those_of_the_models() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (web, image) = (folder.path().join("web"), folder.path().join("image.png"));
    let gallery = root().join("gallery");
    let output = gradfeat(&["export", text(&model()), "--web", text(&web), "--gallery", text(&gallery)]);
    assert!(output.status.success(), "{output:?}");
    let file = fs::read(web.join("predictions.json")).expect("predictions are written");
    let precomputed: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
    assert_eq!(precomputed["images"].as_array().map(Vec::len), Some(100));
    // The third image of the first sheet.
    let sheet = image::open(gallery.join("sheet-0.png")).expect("the gallery is there");
    sheet.crop_imm(64, 0, 32, 32).save(&image).expect("the folder can be written");
    for mode in ["activation", "gradient", "full", "finetune"] {
        let model = model();
        let asked =
            ["predict", text(&model), "--mode", mode, "--scope", "conv5", text(&image), "--json", "--device", "cpu"];
        let output = gradfeat(&asked);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        for (term, name) in ["activation_logits", "gradient_logits"].into_iter().enumerate() {
            for class in 0..10 {
                let number = |value: &serde_json::Value| value.as_f64().expect("a number");
                let difference =
                    number(&precomputed["images"][2]["terms"][mode][class][term]) - number(&said[0][name][class]);
                assert!(difference.abs() < 1e-3, "{mode}, {name}, class {class}: {difference}");
            }
        }
    }
}

/// What the page moves 100 images by gives the logits that were precomputed: those of the activation model at rest, and
/// the full model's gradient term as what they gain.
#[test]
fn the_exported_last_layer_gives_the_models_terms() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let gallery = root().join("gallery");
    let output = gradfeat(&["export", text(&model()), "--web", text(folder.path()), "--gallery", text(&gallery)]);
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| fs::read(folder.path().join(name)).expect("it is written");
    let precomputed: serde_json::Value = serde_json::from_slice(&read("predictions.json")).expect("JSON");
    let bytes = read("last-layer.safetensors");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
    let slope = header.metadata().as_ref().and_then(|metadata| metadata["slope"].parse::<f32>().ok()).expect("a slope");
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    let [omega, bias, pre, tangent] = ["omega", "bias", "pre", "tangent"].map(|name| halves(&tensors, name));
    assert_eq!([omega.len(), bias.len(), pre.len(), tangent.len()], [5120, 10, 51_200, 51_200]);
    for (image, (pre, tangent)) in pre.chunks(512).zip(tangent.chunks(512)).enumerate() {
        for class in 0..10 {
            let derivative = |z: f32| if z > 0.0 { 1.0 } else { slope };
            let sum = |of: &[f32]| (0..512).map(|o| omega[o * 10 + class] * derivative(pre[o]) * of[o]).sum::<f32>();
            let term = |mode: &str, term: usize| precomputed["images"][image]["terms"][mode][class][term].as_f64();
            let found = [bias[class] + sum(pre), sum(tangent)].map(f64::from);
            for (found, wanted) in found.into_iter().zip([term("activation", 0), term("full", 1)]) {
                let wanted = wanted.expect("a number");
                assert!((found - wanted).abs() < 0.02, "image {image}, class {class}: {found} instead of {wanted}");
            }
        }
    }
}

fn halves(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let (numbers, _) = tensors.tensor(name).expect("it is there").data().as_chunks();
    numbers.iter().map(|&bytes| half::f16::from_le_bytes(bytes).to_f32()).collect()
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("the folder can be written");
    let below = file.join("web");
    let gallery = root().join("gallery");
    refused(
        &["export", text(&model()), "--web", text(&below), "--gallery", text(&gallery)],
        &["cannot make the folder", text(&below)],
    );
}

#[test]
fn a_model_is_not_exported_onto_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = copied_model(folder.path());
    let head = copy.join("heads/full-conv5.safetensors");
    let before = fs::read(&head).expect("it was just copied");
    refused(&["export", text(&copy), "--web", text(&copy)], &["is the model itself", "--web"]);
    assert_eq!(fs::read(&head).expect("it is there"), before);
    let web = folder.path().join("web");
    refused(&["export", text(&copy), "--web", text(&web), "--gallery", "nowhere"], &["nowhere"]);
    assert!(!web.exists(), "nothing is written without the gallery");
}
