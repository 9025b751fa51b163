//! The walls between the crates, as Cargo resolves them: data flows one way, and the page's interface cannot name the
//! model.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// The packages of the workspace from which `shaders ← shared ← native, engine` is checked.
const SHADERS: &str = "gradient-features-shaders";
const LIBRARY: &str = "gradient-features";
const VOCABULARY: &str = "gradient-features-vocabulary";

/// Every package's name, and the names of the packages that it depends on.
struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    /// As `cargo metadata` resolves it, for all targets and without development dependencies.
    fn read() -> Self {
        let cargo = Command::new(env!("CARGO"))
            .args(["metadata", "--offline", "--locked", "--format-version", "1"])
            .output()
            .expect("cargo runs");
        assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
        let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("cargo metadata is JSON");
        let names: BTreeMap<&str, &str> =
            list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
        let mut graph = BTreeMap::<String, BTreeSet<String>>::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let normal = list(&node["deps"]).iter().filter(|dependency| {
                list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].as_str() != Some("dev"))
            });
            let needed = normal.map(|dependency| names[text(&dependency["pkg"])].to_owned());
            graph.entry(names[text(&node["id"])].to_owned()).or_default().extend(needed);
        }
        Self(graph)
    }

    /// Everything that a package needs, directly or not.
    fn needs<'a>(&'a self, package: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![package];
        while let Some(next) = open.pop() {
            let direct = self.0.get(next).unwrap_or_else(|| panic!("there is no package {next}"));
            open.extend(direct.iter().map(String::as_str).filter(|&needed| found.insert(needed)));
        }
        found
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// Whether a package is part of the model: the library, or what it computes with.
fn is_model(package: &str) -> bool {
    package == LIBRARY || package == SHADERS || ["burn", "cubecl", "wgpu"].iter().any(|it| package.starts_with(it))
}

#[test]
fn the_interface_and_the_protocol_do_not_link_the_model() {
    let graph = Graph::read();
    for package in ["app", "protocol", VOCABULARY] {
        let model: Vec<&str> = graph.needs(package).into_iter().filter(|needed| is_model(needed)).collect();
        assert!(model.is_empty(), "{package} links {model:?}");
    }
    // The walk itself finds the model where it is.
    assert!(graph.needs("engine").into_iter().any(|needed| needed.starts_with("burn")));
}

#[test]
fn dependencies_run_one_way() {
    let graph = Graph::read();
    let outer = ["native", "protocol", "engine", "app"];
    for (package, forbidden) in [
        (SHADERS, [&outer[..], &[LIBRARY, VOCABULARY]].concat()),
        (VOCABULARY, [&outer[..], &[LIBRARY, SHADERS]].concat()),
        (LIBRARY, outer.to_vec()),
        ("native", vec!["protocol", "engine", "app"]),
        ("protocol", vec!["native", "engine", "app"]),
        ("engine", vec!["native", "app"]),
        ("app", vec!["native", "engine"]),
    ] {
        let needs = graph.needs(package);
        let wrong: Vec<&&str> = forbidden.iter().filter(|other| needs.contains(**other)).collect();
        assert!(wrong.is_empty(), "{package} depends on {wrong:?}");
    }
    for package in ["native", "engine"] {
        assert!(graph.needs(package).contains(LIBRARY), "{package} does not use {LIBRARY}");
    }
    assert!(graph.needs(LIBRARY).contains(SHADERS));
}
