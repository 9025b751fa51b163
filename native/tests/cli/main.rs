//! The program from outside: what it says and how it ends when it is given something bad.

mod exports;
mod images;

use burn::tensor::Device;
use gradient_features::{
    InputRange, Parametrization, Scope,
    model::{
        config::{EncoderConfig, EncoderKind},
        encoder::{Conv, Encoder, VAE},
        linear::Head,
    },
    weights::{self, Precision, write_model},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn root() -> PathBuf {
    // Tests run in their package's folder. A path from compile time would lead into another checkout that shares the
    // target folder.
    PathBuf::from("..")
}

fn model() -> PathBuf {
    root().join("models/cifar10-rotation")
}

fn gradfeat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradfeat"))
        .args(["--device", "cpu"])
        .args(arguments)
        .output()
        .expect("the program starts")
}

/// Runs the program and checks that it fails as it should: exit code 1, nothing on standard output, one message
/// that has every one of `words` in it.
fn refused(arguments: &[&str], words: &[&str]) {
    let output = gradfeat(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed {}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(message.matches("error:").count(), 1, "{arguments:?}: {message}");
    assert!(!message.contains("panicked"), "{arguments:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: no {word:?} in {message}");
    }
}

/// The same for wrong usage: exit code 2.
fn wrong_usage(arguments: &[&str], words: &[&str]) {
    let output = gradfeat(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed {}", String::from_utf8_lossy(&output.stdout));
    for word in words {
        assert!(message.contains(word), "{arguments:?}: no {word:?} in {message}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// A copy of the shipped model's base and full head that may be damaged.
fn copied_model(folder: &Path) -> PathBuf {
    let copy = folder.join("model");
    fs::create_dir_all(copy.join("heads")).expect("the folder can be made");
    for file in ["model.safetensors", "heads/full-conv5.safetensors"] {
        fs::copy(model().join(file), copy.join(file)).expect("the shipped model is there");
    }
    copy
}

fn test_image(folder: &Path) -> PathBuf {
    let path = folder.join("image.png");
    let sheet = image::open(root().join("gallery/sheet-0.png")).expect("the gallery is there");
    sheet.crop_imm(0, 0, 32, 32).save(&path).expect("the folder can be written");
    path
}

#[test]
fn a_model_that_is_cut_short_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (copy, image) = (copied_model(folder.path()), test_image(folder.path()));
    for file in ["model.safetensors", "heads/full-conv5.safetensors"] {
        let whole = fs::read(copy.join(file)).expect("the copy is there");
        fs::write(copy.join(file), &whole[..whole.len() / 2]).expect("the copy can be written");
        refused(&["predict", text(&copy), text(&image)], &[file, "not a whole safetensors file"]);
        fs::write(copy.join(file), whole).expect("the copy can be written");
    }
    assert!(gradfeat(&["predict", text(&copy), text(&image)]).status.success());
}

#[test]
fn a_model_with_a_nan_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (copy, image) = (copied_model(folder.path()), test_image(folder.path()));
    let file = copy.join("heads/full-conv5.safetensors");
    let mut bytes = fs::read(&file).expect("the copy is there");
    let end = bytes.len();
    bytes[end - 2..].copy_from_slice(&[0x00, 0x7E]);
    fs::write(&file, bytes).expect("the copy can be written");
    refused(&["predict", text(&copy), text(&image)], &["full-conv5", "not finite"]);
}

/// Threads whose stacks are larger than any memory cannot be started.
#[cfg(target_os = "linux")]
#[test]
fn threads_that_cannot_be_started_are_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (model, image) = (model(), test_image(folder.path()));
    for threads in [&[][..], &["--threads", "8"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradfeat"));
        command.args(["predict", "--device", "cpu", text(&model), text(&image)]).args(threads);
        let output = command.env("RUST_MIN_STACK", (1_u64 << 50).to_string()).output().expect("the program starts");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains("threads cannot be started") && !message.contains("panicked"), "{message}");
    }
}

#[test]
fn no_more_threads_are_started_than_the_machine_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = gradfeat(&["predict", text(&model()), text(&test_image(folder.path())), "--threads", "65535"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && message.contains("--threads 65535 is taken as"), "{message}");
}

#[test]
fn an_unknown_name_is_wrong_usage_and_the_known_ones_are_listed() {
    wrong_usage(&["train", "--mode", "sideways"], &["unknown mode `sideways`", "activation, gradient, full, finetune"]);
    wrong_usage(&["compare", "--scope", "conv9"], &["unknown scope `conv9`", "conv5, conv4-5, conv3-5, conv8"]);
    wrong_usage(&["predict", text(&model()), "--scope", "conv9", "x.png"], &["unknown scope `conv9`"]);
    wrong_usage(&["evaluate", text(&model()), "--mode", "none"], &["unknown mode `none`"]);
    for command in ["compare", "train", "ablate"] {
        wrong_usage(&[command, "--dataset", "mnist"], &["mnist", "cifar10, cifar100, svhn, svhn-extra"]);
    }
    wrong_usage(&["evaluate", text(&model()), "--dataset", "mnist"], &["mnist", "cifar10"]);
    wrong_usage(&["fetch", "mnist"], &["mnist", "cifar10"]);
    wrong_usage(&["pretrain", "jigsaw"], &["jigsaw", "rotation"]);
    wrong_usage(&["pretrain", "vae", "--dataset", "mnist"], &["mnist", "cifar10"]);
    wrong_usage(&["fetch", "cifar10", "--source", "elsewhere"], &["elsewhere", "official"]);
    wrong_usage(&["import", "x.pt", "--out", "x", "--input-range", "0,2"], &["0,2", "0,1, -1,1"]);
    wrong_usage(&["import", "x.pt", "--out", "x", "--parametrization", "lazy"], &["lazy", "standard, ntk"]);
    wrong_usage(&["import", "x.pt", "--out", "x", "--dataset", "mnist"], &["mnist", "cifar10"]);
}

#[test]
fn an_unknown_name_in_a_configuration_is_refused_with_the_file_and_the_known_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("config.toml");
    for (line, words) in [
        ("mode = \"sideways\"", ["unknown mode `sideways`", "activation, gradient, full, finetune"]),
        ("scope = \"conv9\"", ["unknown scope `conv9`", "conv5, conv4-5, conv3-5, conv8"]),
        ("dataset = \"mnist\"", ["unknown data set `mnist`", "cifar10, cifar100, svhn, svhn-extra"]),
    ] {
        fs::write(&config, line).expect("the folder can be written");
        refused(&["compare", "--config", text(&config)], &["config.toml", words[0], words[1]]);
    }
}

#[test]
fn the_version_is_the_programs_own() {
    let output = gradfeat(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("gradfeat {}\n", env!("CARGO_PKG_VERSION")));
}

/// A network of zeros gives every class the same logit.
#[test]
fn the_first_of_equal_classes_is_predicted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (vae, image) = (vae(folder.path()), test_image(folder.path()));
    let output = gradfeat(&["predict", text(&vae), text(&image), "--json", "--quiet"]);
    let parsed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON on standard output");
    assert_eq!((&parsed[0]["class"], &parsed[0]["label"]), (&0.into(), &"cat".into()), "{parsed}");
}

#[test]
fn a_model_without_the_head_that_is_asked_for_says_so() {
    let base = root().join("models/cifar10-ali");
    refused(&["predict", text(&base), "--scope", "conv3-5", "x.png"], &["no fitted head", "conv3-5"]);
    refused(&["predict", "nowhere", "x.png"], &["cannot read nowhere"]);
    refused(&["evaluate", "nowhere"], &["cannot read nowhere"]);
}

#[test]
fn a_scope_of_another_encoder_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (ali, vae, image) = (model(), vae(folder.path()), test_image(folder.path()));
    let words = ["the ali encoder has no scope conv8: it has conv5, conv4-5, conv3-5"];
    refused(&["compare", "--base", text(&ali), "--scope", "conv8"], &words);
    refused(&["evaluate", text(&ali), "--scope", "conv8"], &words);
    refused(&["predict", text(&ali), "--scope", "conv8", text(&image)], &words);
    let words = ["the vae encoder has no scope conv5: it has conv8"];
    refused(&["train", "--mode", "full", "--base", text(&vae), "--scope", "conv5"], &words);
    refused(&["evaluate", text(&vae), "--scope", "conv5"], &words);
    refused(&["predict", text(&vae), "--scope", "conv5", text(&image)], &words);
    let predicted = gradfeat(&["predict", text(&vae), text(&image)]);
    assert!(String::from_utf8_lossy(&predicted.stdout).contains("scope conv8"), "{predicted:?}");
}

/// A file with a VAE's encoder that has never been trained, and an activation model on it.
fn vae(folder: &Path) -> PathBuf {
    let config = EncoderConfig {
        kind: EncoderKind::Vae,
        slope: 0.2,
        input_range: InputRange::Symmetric,
        parametrization: Parametrization::Standard,
    };
    let device = Device::flex();
    let encoder = Encoder::new(config, VAE.iter().map(|spec| Conv::zeros(spec, &device)).collect());
    let head = Head::activation(&encoder, Scope::Conv8, vec!["cat".to_owned(), "dog".to_owned()], &device);
    let path = folder.join("vae.safetensors");
    fs::write(&path, write_model(&encoder, &head, Precision::F16).expect("zeros are finite")).expect("a folder");
    path
}

#[test]
fn wrong_usage_ends_with_2() {
    assert_eq!(gradfeat(&["--no-such-option"]).status.code(), Some(2));
    assert_eq!(gradfeat(&["predict"]).status.code(), Some(2));
}

#[test]
fn a_configuration_with_an_unknown_key_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("config.toml");
    fs::write(&config, "epoch = 3\n").expect("the folder can be written");
    refused(&["compare", "--config", text(&config)], &["config.toml", "epoch"]);
}

#[test]
fn a_prediction_is_the_sum_of_its_terms() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = test_image(folder.path());
    for mode in ["activation", "gradient", "full", "finetune"] {
        let output = gradfeat(&["predict", text(&model()), "--mode", mode, text(&image), "--json", "--quiet"]);
        let parsed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON on standard output");
        let prediction = &parsed[0];
        let numbers = |key: &str| -> Vec<f64> {
            prediction[key].as_array().expect("a list").iter().map(|n| n.as_f64().expect("a number")).collect()
        };
        let (logits, activation, gradient) =
            (numbers("logits"), numbers("activation_logits"), numbers("gradient_logits"));
        assert_eq!(logits.len(), 10);
        for class in 0..10 {
            assert!((logits[class] - activation[class] - gradient[class]).abs() < 1e-4, "{mode}, class {class}");
        }
        let no_term = |term: &[f64]| term.iter().all(|&value| value == 0.0);
        assert_eq!(no_term(&gradient), matches!(mode, "activation" | "finetune"), "{mode}");
        assert_eq!(no_term(&activation), mode == "gradient", "{mode}");
        assert!((numbers("probabilities").iter().sum::<f64>() - 1.0).abs() < 1e-5);
        let best = (0..10).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("ten classes");
        assert_eq!(prediction["class"].as_u64(), Some(best as u64));
    }
}

/// Every configuration that is shipped is one that `train` takes: it gets as far as looking for the base network.
#[test]
fn the_shipped_configurations_are_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut count = 0;
    for dataset in fs::read_dir(root().join("configs")).expect("they are there") {
        for base in fs::read_dir(dataset.expect("a folder").path()).expect("a folder") {
            for config in fs::read_dir(base.expect("a folder").path()).expect("a folder") {
                let config = config.expect("a file").path();
                let nowhere = folder.path().join("nowhere");
                refused(&["train", "--config", text(&config), "--base", text(&nowhere)], &["nowhere"]);
                count += 1;
            }
        }
    }
    assert_eq!(count, 32, "as many as were published");
}

#[test]
fn train_needs_a_mode_and_compare_takes_none() {
    refused(&["train"], &["--mode", "activation, gradient, full, finetune"]);
    refused(&["compare", "--mode", "full"], &["compare fits all four"]);
    wrong_usage(&["train", "--mode", "fll"], &["unknown mode `fll`"]);
}

/// A copy of the shipped model whose w2 is `factor` times as large.
fn scaled_model(folder: &Path, factor: f32) -> PathBuf {
    let (copy, device) = (folder.join(format!("times-{factor}")), Device::flex());
    let read = |file: &str| fs::read(model().join(file)).expect("the shipped model is there");
    let base = read("model.safetensors");
    let encoder = weights::read_base(&base, &device).expect("it is a base network");
    let mut head = weights::read_head(&read("heads/full-conv5.safetensors"), &encoder, &device).expect("it is a head");
    let times = |conv: &Conv| Conv::new(conv.weight.val() * factor, conv.bias.val() * factor);
    head.parameters.tangents = head.parameters.tangents.iter().map(times).collect();
    fs::create_dir_all(copy.join("heads")).expect("the folder can be made");
    fs::write(copy.join("model.safetensors"), base).expect("the folder can be written");
    let bytes = weights::write_head(&encoder, &head, Precision::F32).expect("its numbers are finite");
    fs::write(copy.join("heads/full-conv5.safetensors"), bytes).expect("the folder can be written");
    copy
}

#[test]
fn an_average_has_the_mean_logits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (one, three) = (scaled_model(folder.path(), 1.0), scaled_model(folder.path(), 3.0));
    let (mean, image) = (folder.path().join("mean"), test_image(folder.path()));
    assert!(gradfeat(&["average", text(&one), text(&three), "--out", text(&mean)]).status.success());
    let logits = |model: &Path| -> Vec<f64> {
        let output = gradfeat(&["predict", text(model), text(&image), "--json", "--quiet"]);
        let parsed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON on standard output");
        let numbers = parsed[0]["gradient_logits"].as_array().expect("a list").iter();
        numbers.map(|number| number.as_f64().expect("a number")).collect()
    };
    for (mean, one) in logits(&mean).into_iter().zip(logits(&one)) {
        assert!((mean - 2.0 * one).abs() < 1e-4 * (1.0 + one.abs()), "{mean} should be twice {one}");
    }
    refused(&["average", text(&one), "--out", text(&mean)], &["mean", "holds a model already"]);
    let other = folder.path().join("other");
    refused(&["average", text(&model()), "--mode", "finetune", "--out", text(&other)], &["no mean", "fine-tuned"]);
    assert!(!other.exists(), "nothing is written");
}

#[test]
fn numbers_out_of_range_are_refused_by_their_option() {
    for (arguments, words) in [
        (["train", "--gradient-decay", "1e39"], "--gradient-decay has to be between 0 and 3.4"),
        (["train", "--classifier-decay", "inf"], "--classifier-decay has to be between 0 and 3.4"),
        (["train", "--learning-rate", "inf"], "--learning-rate has to be a finite number above 0"),
        (["train", "--epochs", "0"], "--epochs has to be between 1 and"),
        (["pretrain", "--learning-rate", "inf"], "--learning-rate has to be a finite number above 0"),
    ] {
        let [command, option, value] = arguments;
        let what: &[&str] = if command == "train" { &["--mode", "full"] } else { &["rotation"] };
        refused(&[&[command, option, value][..], what].concat(), &[words]);
    }
    let ridge = ["train", "--mode", "gradient", "--solver", "kernel-ridge", "--images", "0"];
    refused(&ridge, &["--images has to be 1 or more"]);
}

#[test]
fn options_without_effect_are_refused() {
    let train = |mode: &str, solver: &str, option: &str| {
        let words = format!("{option} has no effect with --solver {solver}");
        refused(&["train", "--mode", mode, "--solver", solver, option, "1"], &[words.as_str()]);
    };
    train("full", "lbfgs", "--epochs");
    train("full", "lbfgs", "--learning-rate");
    train("full", "lbfgs", "--images");
    train("full", "adam", "--iterations");
    train("full", "adam", "--tolerance");
    train("full", "adam", "--images");
    train("gradient", "kernel-ridge", "--batch");
    // Fine-tuning is by Adam in any case.
    for [solver, option] in [["lbfgs", "--epochs"], ["kernel-ridge", "--images"]] {
        refused(&["compare", "--solver", solver, option, "1", "--base", "nowhere"], &["cannot read nowhere"]);
    }
}

#[test]
fn where_the_default_network_is_not_there_it_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradfeat"));
    let output = command.args(["--device", "cpu"]).current_dir(folder.path()).output().expect("the program starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("name a base network with --base"), "{message}");
}

#[test]
fn an_error_says_each_cause_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = test_image(folder.path());
    let bytes = fs::read(&image).expect("it was just written");
    fs::write(&image, &bytes[..bytes.len() / 2]).expect("the folder can be written");
    let output = gradfeat(&["predict", text(&model()), text(&image)]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(message.matches("decoding").count(), 1, "{message}");
    let (copy, file) = (copied_model(folder.path()), "model.safetensors");
    fs::write(copy.join(file), [0; 7]).expect("the copy can be written");
    let output = gradfeat(&["predict", text(&copy), "x.png"]);
    let message = String::from_utf8_lossy(&output.stderr);
    let cause = message.trim_end().rsplit(": ").next().expect("a cause");
    assert_eq!(message.matches(cause).count(), 1, "{message}");
}

#[test]
fn ablate_leaves_penalties_to_others() {
    refused(&["ablate", "--decay", "auto"], &["ablate chooses no penalties"]);
    refused(&["ablate", "--solver", "kernel-ridge"], &["ablate chooses no penalties"]);
}
