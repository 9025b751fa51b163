//! The library leaves the outside world to the programs around it. Which crate may depend on which is checked by
//! `native/tests/walls.rs`.

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
