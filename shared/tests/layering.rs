//! The house's rules: dependencies run `shaders ← shared ← native, web`, and `shared` leaves the outside world to
//! the programs around it.

use std::{fs, path::Path};

const ROOT: &str = "..";

/// What would make `shared` read files, open sockets, print, or look at its surroundings.
const OUTSIDE: [&str; 10] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "print!(",
    "println!(",
    "dbg!(",
];

#[test]
fn shared_leaves_the_outside_world_alone() {
    let mut files = 0;
    for_each_source(&Path::new(ROOT).join("shared/src"), &mut |path, text| {
        files += 1;
        // Examples in comments may read files and print: they are for the programs around the library.
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in OUTSIDE {
            assert!(!code.iter().any(|line| line.contains(word)), "{}: {word}", path.display());
        }
        // `use std::{fs, …}` names the same modules in braces.
        for line in code.iter().filter(|line| line.trim_start().starts_with("use std::{")) {
            for word in ["fs", "net", "process", "env"] {
                assert!(!names(line, word), "{}: {line}", path.display());
            }
        }
    });
    assert!(files > 10, "only {files} source files were found");
}

#[test]
fn dependencies_run_one_way() {
    for (member, others) in [
        ("shaders", &["shared", "native", "web"] as &[&str]),
        ("shared", &["native", "web"]),
        ("native", &["web"]),
        ("web", &["native"]),
    ] {
        let manifest = read(&Path::new(ROOT).join(member).join("Cargo.toml"));
        for other in others {
            let depends = manifest
                .lines()
                .any(|line| line.strip_prefix(other).is_some_and(|rest| rest.starts_with(['.', ' ', '='])));
            assert!(!depends, "{member} depends on {other}");
        }
    }
}

#[test]
fn the_shells_never_name_each_other() {
    for (member, other) in [("native", "web"), ("web", "native"), ("shared", "native"), ("shared", "web")] {
        for_each_source(&Path::new(ROOT).join(member).join("src"), &mut |path, text| {
            let import = format!("use {other}::");
            assert!(!text.contains(&import), "{}: {import}", path.display());
        });
    }
}

/// Whether `word` is in the line as a word of its own.
fn names(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

fn for_each_source(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            for_each_source(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &read(&path));
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
