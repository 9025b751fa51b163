//! The one form in which a data set is kept: `train.bin` and `test.bin` in the record format of CIFAR-10's binary
//! archive (a label byte, then 3072 planar bytes), with a manifest beside them that tells a whole pair from a
//! damaged one.

use super::disk::{self, DiskError};
use crate::{files, progress::Bar};
use anyhow::{Context, Result, ensure};
use gradient_features::images::{IMAGE_BYTES, ImageSet};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A label byte and an image.
pub const RECORD: usize = 1 + IMAGE_BYTES;
/// Bytes that are read or written at once.
const BUFFER: usize = 1 << 20;

/// How many classes and images a data set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Labels are below it.
    pub classes: u8,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
}

/// One of a data set's two sets of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// What is learnt from.
    Train,
    /// What is only measured on.
    Test,
}

impl Half {
    const BOTH: [Self; 2] = [Self::Train, Self::Test];

    const fn file(self) -> &'static str {
        match self {
            Self::Train => "train.bin",
            Self::Test => "test.bin",
        }
    }
}

impl Display for Half {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Train => "training",
            Self::Test => "test",
        })
    }
}

impl Sizes {
    /// How many images a half has.
    pub const fn of(self, half: Half) -> usize {
        match half {
            Half::Train => self.train,
            Half::Test => self.test,
        }
    }

    /// How many images there are in all.
    pub const fn total(self) -> usize {
        self.train + self.test
    }
}

/// A data set in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What is learnt from.
    pub train: ImageSet,
    /// What is only measured on.
    pub test: ImageSet,
}

/// Images that features are computed of.
pub trait Images {
    /// `[N]`.
    fn labels(&self) -> &[u8];
    /// What tells the images, their labels aside, from others.
    fn checksum(&self) -> Vec<u8>;
    /// The bytes of some of them, `[len, 3, 32, 32]`.
    ///
    /// # Errors
    /// When they cannot be read.
    fn pixels(&self, range: Range<usize>) -> Result<Vec<u8>>;
}

impl Images for ImageSet {
    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn checksum(&self) -> Vec<u8> {
        Sha256::digest(&self.pixels).to_vec()
    }

    fn pixels(&self, range: Range<usize>) -> Result<Vec<u8>> {
        Ok(self.pixels[range.start * IMAGE_BYTES..range.end * IMAGE_BYTES].to_vec())
    }
}

/// A set of images that stays on the disk; its labels alone are in memory.
#[derive(Clone)]
pub struct Stream {
    path: PathBuf,
    labels: Vec<u8>,
    /// Of the records.
    sha256: String,
    is_mirrored: bool,
}

impl Stream {
    /// The same images, left and right exchanged.
    pub fn mirrored(&self) -> Self {
        Self { is_mirrored: !self.is_mirrored, ..self.clone() }
    }
}

impl Images for Stream {
    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn checksum(&self) -> Vec<u8> {
        format!("{} {}", self.sha256, self.is_mirrored).into_bytes()
    }

    fn pixels(&self, range: Range<usize>) -> Result<Vec<u8>> {
        let mut records = vec![0; range.len() * RECORD];
        let mut read = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start((range.start * RECORD) as u64))?;
            file.read_exact(&mut records)
        };
        read().with_context(|| format!("cannot read {}", self.path.display()))?;
        let pixels = records.chunks_exact(RECORD).flat_map(|record| &record[1..]).copied().collect();
        let set = ImageSet { pixels, labels: vec![] };
        Ok(if self.is_mirrored { set.mirrored().pixels } else { set.pixels })
    }
}

/// What the manifest says about the two files beside it.
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

/// Where a data set is kept, and what should be there.
#[derive(Debug, Clone)]
pub struct Store {
    /// The folder.
    pub folder: PathBuf,
    /// The manifest's file name.
    pub manifest: String,
    /// What the files should hold.
    pub sizes: Sizes,
}

impl Store {
    /// Whether there is something, whole or not.
    pub fn is_there(&self) -> bool {
        self.folder.join(&self.manifest).exists()
    }

    /// Checks everything that [`Store::load`] checks, without keeping the images.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub fn verify(&self) -> Result<()> {
        self.visit(|_, _| ())
    }

    /// Reads the training set `[train, 3, 32, 32]` and the test set `[test, 3, 32, 32]`.
    ///
    /// # Errors
    /// When a file is missing, has another size or checksum than the manifest says, or holds a label that is none.
    pub fn load(&self) -> Result<Split> {
        let empty = |count: usize| ImageSet {
            pixels: Vec::with_capacity(count * IMAGE_BYTES),
            labels: Vec::with_capacity(count),
        };
        let mut split = Split { train: empty(self.sizes.train), test: empty(self.sizes.test) };
        self.visit(|half, record| {
            let set = match half {
                Half::Train => &mut split.train,
                Half::Test => &mut split.test,
            };
            set.labels.push(record[0]);
            set.pixels.extend_from_slice(&record[1..]);
        })?;
        Ok(split)
    }

    /// Opens a half that is to stay on the disk, after checking all that [`Store::load`] checks of it.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub fn stream(&self, half: Half) -> Result<Stream> {
        let manifest = self.read_manifest()?;
        let contents = match half {
            Half::Train => &manifest.train,
            Half::Test => &manifest.test,
        };
        let mut labels = Vec::with_capacity(self.sizes.of(half));
        self.visit_half(half, contents, |record| labels.push(record[0]))?;
        let (path, sha256) = (self.folder.join(half.file()), contents.sha256.clone());
        Ok(Stream { path, labels, sha256, is_mirrored: false })
    }

    fn read_manifest(&self) -> Result<Manifest> {
        let path = self.folder.join(&self.manifest);
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    /// Shows every record to `visit`, training set first, and checks them on the way.
    fn visit(&self, mut visit: impl FnMut(Half, &[u8; RECORD])) -> Result<()> {
        let manifest = self.read_manifest()?;
        self.visit_half(Half::Train, &manifest.train, |record| visit(Half::Train, record))?;
        self.visit_half(Half::Test, &manifest.test, |record| visit(Half::Test, record))
    }

    fn visit_half(&self, half: Half, contents: &Contents, mut visit: impl FnMut(&[u8; RECORD])) -> Result<()> {
        let path = self.folder.join(half.file());
        let shown = path.display();
        let images = self.sizes.of(half);
        let file = File::open(&path).with_context(|| format!("cannot read {shown}"))?;
        let (size, expected) = (disk::length(&path), (images * RECORD) as u64);
        ensure!(contents.images == images, "{shown} should hold {images} images, not {}", contents.images);
        ensure!(size == expected, "{shown} is damaged: it should have {expected} bytes, not {size}");
        let mut reader = BufReader::with_capacity(BUFFER, file);
        let mut hasher = Sha256::new();
        let mut record = [0; RECORD];
        for index in 0..images {
            reader.read_exact(&mut record).with_context(|| format!("cannot read {shown}"))?;
            let label = record[0];
            ensure!(label < self.sizes.classes, "{shown} is damaged: image {index} has the label {label}");
            hasher.update(record);
            visit(&record);
        }
        let found = files::hex(&hasher.finalize());
        ensure!(found == contents.sha256, "{shown} is damaged: its SHA-256 is {found}, not {}", contents.sha256);
        Ok(())
    }
}

/// Makes the files of a [`Store`]. Images come in any order; the files appear whole or not at all.
pub struct Writer<'a> {
    store: &'a Store,
    work: &'a Path,
    train: Records,
    test: Records,
    written: usize,
    bar: Bar,
}

/// A file in the making.
struct Records {
    out: BufWriter<File>,
    /// The image that the next record would be of.
    next: usize,
}

impl<'a> Writer<'a> {
    /// `work` is a folder on the store's file system, for what is not finished.
    ///
    /// # Errors
    /// [`DiskError`] when it cannot be written.
    pub fn new(store: &'a Store, work: &'a Path, bar: Bar) -> Result<Self> {
        let create = |half: Half| -> Result<Records> {
            let file = File::create(work.join(half.file())).map_err(|cause| DiskError::new(work, cause))?;
            Ok(Records { out: BufWriter::with_capacity(BUFFER, file), next: 0 })
        };
        Ok(Self { store, work, train: create(Half::Train)?, test: create(Half::Test)?, written: 0, bar })
    }

    /// What is to be written.
    pub fn sizes(&self) -> Sizes {
        self.store.sizes
    }

    /// Writes image `index` of a half, which nobody has written before.
    ///
    /// # Errors
    /// When it has a label that is none; [`DiskError`] when the disk is full.
    pub fn write(&mut self, half: Half, index: usize, record: &[u8; RECORD]) -> Result<()> {
        let (label, classes) = (record[0], self.store.sizes.classes);
        ensure!(label < classes, "{half} image {index} has the label {label}, beyond {}", classes - 1);
        let records = match half {
            Half::Train => &mut self.train,
            Half::Test => &mut self.test,
        };
        records.put(index, record).map_err(|cause| DiskError::new(self.work, cause))?;
        self.written += 1;
        self.bar.set(self.written as u64);
        Ok(())
    }

    /// Gives the files their final names. The manifest comes last: without it, or with an older one, the others are
    /// not taken for whole.
    ///
    /// # Errors
    /// When images are missing; [`DiskError`] when the disk is full.
    pub fn finish(mut self, source: &str) -> Result<()> {
        let total = self.store.sizes.total();
        ensure!(self.written == total, "there are {} images, which should be {total}", self.written);
        let disk_error = |cause| DiskError::new(self.work, cause);
        self.train.out.flush().and_then(|()| self.test.out.flush()).map_err(disk_error)?;
        let contents = |half: Half| -> Result<Contents> {
            Ok(Contents { images: self.store.sizes.of(half), sha256: disk::sha256(&self.work.join(half.file()))? })
        };
        let manifest =
            Manifest { source: source.to_owned(), train: contents(Half::Train)?, test: contents(Half::Test)? };
        fs::write(self.work.join(&self.store.manifest), serde_json::to_string_pretty(&manifest)? + "\n")
            .map_err(disk_error)?;
        for name in Half::BOTH.map(Half::file).into_iter().chain([self.store.manifest.as_str()]) {
            disk::publish(&self.work.join(name), &self.store.folder.join(name))?;
        }
        Ok(())
    }
}

impl Records {
    fn put(&mut self, index: usize, record: &[u8; RECORD]) -> std::io::Result<()> {
        if index != self.next {
            self.out.seek(SeekFrom::Start((index * RECORD) as u64))?;
        }
        self.next = index + 1;
        self.out.write_all(record)
    }
}

/// What the tests of this folder share.
#[cfg(test)]
pub mod testing {
    use super::*;
    use crate::progress::Progress;

    /// A folder where a data set has been written, or not.
    pub struct Place {
        _root: tempfile::TempDir,
        /// Where it should be.
        pub store: Store,
        /// How that went.
        pub result: Result<()>,
    }

    impl Place {
        /// Has `read` write a data set from the files that are put into a folder.
        pub fn new(
            sizes: Sizes,
            files: &[(&str, &[u8])],
            read: impl FnOnce(&Path, &mut Writer<'_>) -> Result<()>,
        ) -> Result<Self> {
            let root = tempfile::tempdir()?;
            let (folder, work) = (root.path().join("set"), root.path().join("work"));
            fs::create_dir(&folder)?;
            fs::create_dir(&work)?;
            for (name, bytes) in files {
                fs::write(root.path().join(name), bytes)?;
            }
            let store = Store { folder, manifest: "set.json".to_owned(), sizes };
            let mut writer = Writer::new(&store, &work, Progress::new(true).items("", 0, 0))?;
            let result = read(root.path(), &mut writer).and_then(|()| writer.finish("test"));
            Ok(Self { _root: root, store, result })
        }

        /// The records that are there are `expected`, training set first.
        pub fn assert_whole(&self, expected: &[Vec<u8>]) -> Result<()> {
            assert!(self.result.is_ok(), "{:?}", self.result);
            let split = self.store.load()?;
            assert_eq!([join(&split.train), join(&split.test)].concat(), expected.concat());
            assert_eq!((split.train.len(), split.test.len()), (self.store.sizes.train, self.store.sizes.test));
            self.store.verify()
        }

        /// There is nothing, and the reason has `message` in it.
        pub fn assert_refused(&self, message: &str) -> Result<()> {
            let error = format!("{:#}", self.result.as_ref().unwrap_err());
            assert!(error.contains(message), "{error}");
            assert_eq!(fs::read_dir(&self.store.folder)?.count(), 0, "nothing may be left under a final name");
            Ok(())
        }
    }

    fn join(set: &ImageSet) -> Vec<u8> {
        (0..set.len()).flat_map(|index| [&[set.labels[index]], set.image(index)].concat()).collect()
    }

    /// Bytes without order, so that compressing them leaves their size.
    pub fn noise(count: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..count).map(|_| next()).collect()
    }

    /// Images in the order of the data set, training set first.
    pub fn records(sizes: Sizes) -> Vec<Vec<u8>> {
        let pixels = noise(sizes.total() * IMAGE_BYTES);
        let label = |index: usize| (index * 7 % usize::from(sizes.classes)) as u8;
        let record = |(index, image): (usize, &[u8])| [&[label(index)], image].concat();
        pixels.chunks_exact(IMAGE_BYTES).enumerate().map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Place, records};
    use super::*;

    const SIZES: Sizes = Sizes { classes: 10, train: 4, test: 2 };

    /// Writes everything, from the last image to the first.
    fn write_backwards(_: &Path, writer: &mut Writer<'_>) -> Result<()> {
        for (index, record) in records(SIZES).iter().enumerate().rev() {
            let record = record.as_slice().try_into()?;
            match index.checked_sub(SIZES.train) {
                None => writer.write(Half::Train, index, record)?,
                Some(index) => writer.write(Half::Test, index, record)?,
            }
        }
        Ok(())
    }

    #[test]
    fn images_may_come_in_any_order() -> Result<()> {
        Place::new(SIZES, &[], write_backwards)?.assert_whole(&records(SIZES))
    }

    #[test]
    fn a_half_on_the_disk_is_read_in_parts() -> Result<()> {
        let place = Place::new(SIZES, &[], write_backwards)?;
        let (stream, whole) = (place.store.stream(Half::Train)?, place.store.load()?.train);
        assert_eq!(stream.labels(), whole.labels);
        for range in [0..2, 1..SIZES.train, 2..2] {
            assert_eq!(stream.pixels(range.clone())?, whole.pixels(range.clone())?);
            assert_eq!(stream.mirrored().pixels(range.clone())?, whole.mirrored().pixels(range)?);
        }
        assert!(stream.pixels(0..SIZES.train + 1).is_err());
        assert_ne!(stream.checksum(), stream.mirrored().checksum(), "their features are kept apart");
        change(&place.store.folder.join("train.bin"), |bytes| bytes[100] ^= 1)?;
        assert!(place.store.stream(Half::Train).err().expect("damaged").to_string().contains("SHA-256"));
        Ok(())
    }

    #[test]
    fn missing_images_are_found_out() -> Result<()> {
        Place::new(SIZES, &[], |_, _| Ok(()))?.assert_refused("there are 0 images, which should be 6")
    }

    #[test]
    fn kept_files_that_are_damaged_are_found_out() -> Result<()> {
        type Damage = fn(&Path) -> std::io::Result<()>;
        let cases: [(Damage, &str); 6] = [
            (|folder| fs::remove_file(folder.join("set.json")), "set.json"),
            (|folder| fs::write(folder.join("set.json"), "{"), "set.json is damaged"),
            (|folder| fs::remove_file(folder.join("test.bin")), "test.bin"),
            (|folder| change(&folder.join("train.bin"), |bytes| bytes.truncate(RECORD)), "should have"),
            (|folder| change(&folder.join("train.bin"), |bytes| bytes[100] ^= 1), "SHA-256"),
            (|folder| change(&folder.join("test.bin"), |bytes| bytes[RECORD] = 10), "has the label 10"),
        ];
        for (damage, message) in cases {
            let place = Place::new(SIZES, &[], write_backwards)?;
            damage(&place.store.folder)?;
            let error = format!("{:#}", place.store.load().unwrap_err());
            assert!(error.contains(message), "{error}");
            assert!(place.store.verify().is_err());
        }
        Ok(())
    }

    fn change(path: &Path, damage: fn(&mut Vec<u8>)) -> std::io::Result<()> {
        let mut bytes = fs::read(path)?;
        damage(&mut bytes);
        fs::write(path, bytes)
    }
}
