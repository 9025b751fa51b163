//! What becomes of images.

use super::{gradfeat, model, refused, test_image, text};
use flate2::{Compression, write::ZlibEncoder};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output},
};

#[test]
fn an_image_that_is_none_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fake = folder.path().join("fake.png");
    fs::write(&fake, "this is no image").expect("the folder can be written");
    refused(&["predict", text(&model()), text(&fake)], &["fake.png", "not an image"]);
    refused(&["predict", text(&model()), "nowhere.png"], &["cannot read nowhere.png"]);
}

#[test]
fn what_was_done_to_an_image_is_said_and_not_among_the_results() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("clear.png");
    image::RgbaImage::from_pixel(40, 32, image::Rgba([9, 99, 199, 50])).save(&path).expect("the folder can be written");
    let output = gradfeat(&["predict", text(&model()), text(&path), "--json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("clear.png: it is cropped") && said.contains("clear.png: what is transparent"), "{said}");
    serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON alone on standard output");
    assert!(gradfeat(&["predict", text(&model()), text(&path), "--quiet"]).stderr.is_empty());
}

#[cfg(unix)]
#[test]
fn names_of_files_cannot_command_the_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let name = folder.path().join("a\u{1b}]0;title\u{7}\n.png");
    fs::rename(test_image(folder.path()), &name).expect("the folder can be written");
    let good = gradfeat(&["predict", text(&model()), text(&name)]);
    fs::write(&name, "no image").expect("the folder can be written");
    let bad = gradfeat(&["predict", text(&model()), text(&name)]);
    assert!(good.status.success() && !bad.status.success());
    for output in [good.stdout, bad.stderr] {
        let said = String::from_utf8(output).expect("text");
        assert!(said.contains(r"a\u{1b}]0;title\u{7}\n.png") && !said.contains(['\u{1b}', '\u{7}']), "{said}");
    }
}

/// A PNG of 16,384 × 16,384 black pixels of one bit each, in 33 KB.
fn huge_png() -> Vec<u8> {
    let side = 16_384_u32;
    let mut packed = ZlibEncoder::new(vec![], Compression::best());
    let row = vec![0; 1 + side as usize / 8];
    (0..side).for_each(|_| packed.write_all(&row).expect("memory takes it"));
    let header = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let pixels = packed.finish().expect("memory takes it");
    let chunk = |name: &[u8], body: &[u8]| {
        let named = [name, body].concat();
        let length = u32::try_from(body.len()).expect("it is short").to_be_bytes();
        [&length[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
    };
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &pixels), chunk(b"IEND", b"")].concat()
}

/// Runs `predict` in a limited space of addresses.
#[cfg(target_os = "linux")]
fn predict_within(kilobytes: u32, image: &Path) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!(r#"ulimit -v {kilobytes}; exec "$0" "$@""#), env!("CARGO_BIN_EXE_gradfeat")]);
    shell.args(["predict", "--device", "cpu", text(&model()), text(image)]);
    shell.output().expect("there is a shell")
}

#[cfg(target_os = "linux")]
#[test]
fn a_huge_picture_is_read_in_little_memory_or_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let image = folder.path().join("huge.png");
    fs::write(&image, huge_png()).expect("the folder can be written");
    let output = predict_within(2_000_000, &image);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // So little that something has to give way: it is said, and the program does not abort.
    let small = test_image(folder.path());
    let enough = (1..40).map(|step| 50_000 * step).find(|&limit| predict_within(limit, &small).status.success());
    let output = predict_within(enough.expect("2 GB are enough"), &image);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("too little memory"), "{said}");
}
