//! The shipped models on CIFAR-10's real test images. It fetches them, so it is not among the tests that run by
//! default; `check.sh` runs it.

use serde_json::Value;
use std::{fs, path::Path, process::Command};

fn evaluate(scope: &str) -> Value {
    let root = Path::new("..");
    let output = Command::new(env!("CARGO_BIN_EXE_gradfeat"))
        .current_dir(root)
        .args(["evaluate", "models/cifar10-rotation", "--scope", scope, "--device", "cpu", "--json"])
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

#[test]
#[ignore = "fetches CIFAR-10"]
fn the_shipped_models_reach_what_the_readme_says() {
    let results = evaluate("conv5");
    let accuracy = |mode: &str| results[mode]["test_accuracy"].as_f64().expect("each mode is measured");
    let (activation, gradient, full) = (accuracy("activation"), accuracy("gradient"), accuracy("full"));
    for (mode, reached) in [("gradient", gradient), ("full", full)] {
        assert!(reached >= 0.72, "{mode}: {reached}");
        assert!(reached >= activation + 0.08, "{mode}: {reached}, activation: {activation}");
    }
    assert!(accuracy("finetune") >= 0.72);
    the_page_shows_these(&results);
}

/// The figures that the page quotes are those that `evaluate` prints.
fn the_page_shows_these(results: &Value) {
    let file = fs::read("../models/cifar10-rotation/test.json").expect("the page's figures are there");
    let shown: Value = serde_json::from_slice(&file).expect("they are JSON");
    for mode in ["activation", "gradient", "full", "finetune"] {
        assert_eq!(shown[mode]["images"], results[mode]["images"], "{mode}");
        for figure in ["test_accuracy", "finetune_agreement"] {
            let [shown, now] = [&shown, results].map(|from| from[mode][figure].as_f64().expect("a share"));
            assert!((shown - now).abs() <= 1e-3, "{mode}, {figure}: {shown} on the page, but {now}");
        }
    }
}
