//! Every shader parses and validates, with no GPU at hand.

use naga::valid::{Capabilities, ValidationFlags, Validator};

#[test]
fn every_kernel_is_valid_wgsl() {
    for kernel in gradient_features_shaders::ALL {
        let module = naga::front::wgsl::parse_str(kernel.source)
            .unwrap_or_else(|error| panic!("{}: {}", kernel.name, error.emit_to_string(kernel.source)));
        Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}: {}", kernel.name, error.emit_to_string(kernel.source)));
        let [entry] = &module.entry_points[..] else { panic!("{}: not one entry point", kernel.name) };
        assert_eq!((entry.name.as_str(), entry.workgroup_size), ("main", [kernel.workgroup, 1, 1]), "{}", kernel.name);
    }
}

#[test]
fn every_wgsl_file_is_listed() {
    let folder = "src";
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the source folder is there")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".wgsl")?.to_owned()))
        .collect();
    let mut listed: Vec<String> = gradient_features_shaders::ALL.iter().map(|kernel| kernel.name.to_owned()).collect();
    files.sort();
    listed.sort();
    assert_eq!(files, listed);
}
