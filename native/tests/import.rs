//! Checkpoints that PyTorch wrote (tests/import/generate.py), imported and compared with PyTorch's own logits.

use flate2::read::GzDecoder;
use image::{Rgb, RgbImage};
use serde_json::Value;
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const SCOPES: [&str; 3] = ["conv5", "conv4-5", "conv3-5"];

fn gradfeat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradfeat"))
        .args(["--device", "cpu"])
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A folder with unpacked checkpoints, under names that tell nothing, and the test's images.
struct Place {
    folder: tempfile::TempDir,
    checkpoints: Vec<PathBuf>,
}

impl Place {
    fn new(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let unpack = |(index, name): (usize, &&str)| {
            let packed = fs::read(format!("tests/import/{name}.gz")).expect("the checkpoint is in the repository");
            let mut bytes = vec![];
            GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("it is whole");
            let path = folder.path().join(format!("{index}.pt"));
            fs::write(&path, bytes).expect("the folder can be written");
            path
        };
        let checkpoints = names.iter().enumerate().map(unpack).collect();
        Self { folder, checkpoints }
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("model")
    }

    fn import(&self, more: &[&str]) -> Output {
        let model = self.model();
        let paths = self.checkpoints.iter().map(|path| text(path));
        gradfeat(
            &["import"]
                .into_iter()
                .chain(paths)
                .chain(["--out", text(&model)])
                .chain(more.iter().copied())
                .collect::<Vec<_>>(),
        )
    }

    fn refused(&self, words: &[&str]) {
        let output = self.import(&[]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_eq!((message.matches("error:").count(), message.contains("panicked")), (1, false), "{message}");
        for word in words {
            assert!(message.contains(word), "no {word:?} in {message}");
        }
        assert!(!self.model().exists(), "nothing may be left");
    }

    /// The two images of the generator, by its formula.
    fn images(&self) -> [PathBuf; 2] {
        [0, 1].map(|n| {
            let pixel = |x, y| Rgb([0, 1, 2].map(|c| ((7 * y * y + 3 * x + 50 * c + 11 * n + 5 * x * y) % 256) as u8));
            let path = self.folder.path().join(format!("{n}.png"));
            RgbImage::from_fn(32, 32, pixel).save(&path).expect("the folder can be written");
            path
        })
    }

    fn predict(&self, mode: &str, scope: &str) -> Value {
        let (model, [first, second]) = (self.model(), self.images());
        let arguments =
            ["predict", text(&model), "--mode", mode, "--scope", scope, "--json", text(&first), text(&second)];
        let output = gradfeat(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON on standard output")
    }

    /// Both terms are those of PyTorch; `scopes` of them have a gradient.
    fn check(&self, expected: &Value, scopes: usize) {
        for (index, scope) in SCOPES.iter().enumerate() {
            let of_scope = &expected[if scopes == 0 { 0 } else { scopes.min(index + 1) }.to_string()];
            let modes: &[&str] = if index < scopes { &["activation", "gradient", "full"] } else { &["activation"] };
            for &mode in modes {
                for (image, prediction) in self.predict(mode, scope).as_array().expect("a list").iter().enumerate() {
                    let activation = numbers(&of_scope["activation"][image]);
                    let zeros = vec![0.0; activation.len()];
                    let gradient = if index < scopes { numbers(&of_scope["gradient"][image]) } else { zeros.clone() };
                    let activation = if mode == "gradient" { &zeros } else { &activation };
                    let gradient = if mode == "activation" { &zeros } else { &gradient };
                    close(&numbers(&prediction["activation_logits"]), activation);
                    close(&numbers(&prediction["gradient_logits"]), gradient);
                }
            }
        }
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// Equal to 1e-4 of the largest.
fn close(found: &[f64], expected: &[f64]) {
    let largest = expected.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-4 * largest, "{found} is not {expected}");
    }
}

/// Imports the files and checks them against the expected logits of that name.
fn matches(files: &[&str], name: &str, scopes: usize) {
    let place = Place::new(files);
    let output = place.import(&[]);
    assert!(output.status.success(), "{files:?}: {}", String::from_utf8_lossy(&output.stderr));
    let expected = fs::read("tests/import/expected.json").expect("it is in the repository");
    let expected: Value = serde_json::from_slice(&expected).expect("it is JSON");
    place.check(&expected[name], scopes);
}

#[test]
fn whole_networks_with_tangents() {
    matches(&["ntk3-old"], "ntk3", 3);
    matches(&["ntk3-zip"], "ntk3", 3);
    matches(&["ntk2-old"], "ntk2", 2);
    matches(&["ntk1-old"], "ntk1", 1);
}

#[test]
fn whole_networks_in_the_standard_parametrization() {
    matches(&["std-old"], "std", 0);
    matches(&["std-zip"], "std", 0);
}

#[test]
fn state_dictionaries() {
    matches(&["ntk3-dict-zip"], "ntk3", 3);
    matches(&["ntk0-dict-old"], "ntk0", 0);
    matches(&["std-dict-zip"], "std", 0);
}

#[test]
fn parts_in_any_order() {
    matches(&["ntk0-clf-old", "ntk0-fnet-old", "ntk0-hnet-zip"], "ntk0", 0);
}

#[test]
fn one_module_as_both_classifiers() {
    matches(&["shared-zip"], "shared", 1);
}

#[test]
fn batch_normalisation_is_folded() {
    matches(&["normalized-zip", "std-clf-zip"], "normalized", 0);
    matches(&["std-clf-zip", "normalized-dict-old"], "normalized", 0);
}

#[test]
fn a_base_network_alone_has_no_heads() {
    let place = Place::new(&["ntk0-fnet-old", "ntk0-hnet-zip"]);
    let output = place.import(&["--slope", "0.2", "--input-range", "-1,1"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && message.contains("No heads"), "{message}");
    assert!(message.contains("ntk parametrization, slope 0.2, pixels in [-1,1]"), "{message}");
    assert!(place.model().join("model.safetensors").exists() && !place.model().join("heads").exists());
    // There is a model now.
    let again = place.import(&[]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("holds a model already"));
}

#[test]
fn parts_that_are_missing_or_twice_are_named() {
    Place::new(&["ntk0-fnet-old"]).refused(&["conv3 is in none of the files"]);
    Place::new(&["ntk0-hnet-zip", "ntk0-clf-old"]).refused(&["conv1 is in none of the files"]);
    Place::new(&["ntk0-fnet-old", "ntk0-fnet-old"]).refused(&["conv1 is there twice", "0.pt", "1.pt"]);
    Place::new(&["std-zip", "std-clf-zip"]).refused(&["the classifier is there twice"]);
    Place::new(&["ntk0-fnet-old", "gap-hnet-zip", "ntk0-clf-old"])
        .refused(&["w2 of conv3 is there, but w2 of conv4 is not"]);
}

#[test]
fn files_that_are_none_are_refused() {
    let place = Place::new(&["ntk0-clf-old"]);
    let path = &place.checkpoints[0];
    let whole = fs::read(path).expect("it was just written");
    fs::write(path, &whole[..whole.len() - 1]).expect("the folder can be written");
    place.refused(&["0.pt cannot be imported", "cut short"]);
    fs::write(path, "no checkpoint").expect("the folder can be written");
    place.refused(&["0.pt cannot be imported", "no PyTorch checkpoint"]);
    fs::remove_file(path).expect("the folder can be written");
    place.refused(&["0.pt cannot be imported", "No such file"]);
    fs::create_dir(path).expect("the folder can be written");
    place.refused(&["0.pt cannot be imported", "no file"]);
}

#[test]
fn wrong_settings_are_refused() {
    let place = Place::new(&["std-zip"]);
    for (arguments, code, words) in [
        (["--slope", "2"], 2, ["2", "between -1 and 1"]),
        (["--dataset", "mnist"], 2, ["mnist", "cifar10, cifar100, svhn"]),
        (["--input-range", "0,255"], 2, ["0,255", "0,1, -1,1"]),
        (["--parametrization", "odd"], 2, ["odd", "standard, ntk"]),
        (["--dataset", "cifar100"], 1, ["tells 10 classes apart", "but cifar100 has 100"]),
    ] {
        let output = place.import(&arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{message}");
        words.iter().for_each(|word| assert!(message.contains(word), "no {word:?} in {message}"));
    }
}
