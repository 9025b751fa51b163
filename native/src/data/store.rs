//! A data set on the disk: `train.bin` and `test.bin`, files of records, with a manifest beside them by which damage is
//! found.

use super::{
    disk,
    images::{ImageSets, Stream},
    records::{BUFFER, RECORD, Sizes, Split},
};
use crate::files;
use anyhow::{Context, Result, ensure};
use gradient_features::images::{IMAGE_BYTES, ImageSet};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{BufReader, Read},
    path::PathBuf,
};

/// What the manifest says about the two files beside it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Where the images come from.
    pub source: String,
    /// The training images.
    pub train: Contents,
    /// The test images.
    pub test: Contents,
}

/// One file of records.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contents {
    /// How many there are.
    pub images: usize,
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
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
    /// When a file is missing, has another size or checksum than the manifest says, or holds a label that is out of range.
    pub fn load(&self) -> Result<ImageSets> {
        let empty = |count: usize| ImageSet {
            pixels: Vec::with_capacity(count * IMAGE_BYTES),
            labels: Vec::with_capacity(count),
        };
        let mut images = ImageSets { train: empty(self.sizes.train), test: empty(self.sizes.test) };
        self.visit(|split, record| {
            let set = match split {
                Split::Train => &mut images.train,
                Split::Test => &mut images.test,
            };
            set.labels.push(record[0]);
            set.pixels.extend_from_slice(&record[1..]);
        })?;
        Ok(images)
    }

    /// Opens a split that is to stay on the disk, after checking all that [`Store::load`] checks of it.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub fn stream(&self, split: Split) -> Result<Stream> {
        let manifest = self.read_manifest()?;
        let contents = match split {
            Split::Train => &manifest.train,
            Split::Test => &manifest.test,
        };
        let mut labels = Vec::with_capacity(self.sizes.of(split));
        self.visit_split(split, contents, |record| labels.push(record[0]))?;
        Ok(Stream::new(self.folder.join(split.file()), labels, contents.sha256.clone()))
    }

    fn read_manifest(&self) -> Result<Manifest> {
        let path = self.folder.join(&self.manifest);
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    /// Calls `visit` with every record, training images first, and checks each.
    fn visit(&self, mut visit: impl FnMut(Split, &[u8; RECORD])) -> Result<()> {
        let manifest = self.read_manifest()?;
        self.visit_split(Split::Train, &manifest.train, |record| visit(Split::Train, record))?;
        self.visit_split(Split::Test, &manifest.test, |record| visit(Split::Test, record))
    }

    fn visit_split(&self, split: Split, contents: &Contents, mut visit: impl FnMut(&[u8; RECORD])) -> Result<()> {
        let path = self.folder.join(split.file());
        let name = path.display();
        let images = self.sizes.of(split);
        let file = File::open(&path).with_context(|| format!("cannot read {name}"))?;
        let (size, expected) = (disk::length(&path), (images * RECORD) as u64);
        ensure!(contents.images == images, "{name} should hold {images} images, not {}", contents.images);
        ensure!(size == expected, "{name} is damaged: it should have {expected} bytes, not {size}");
        let mut reader = BufReader::with_capacity(BUFFER, file);
        let mut hasher = Sha256::new();
        let mut record = [0; RECORD];
        for index in 0..images {
            reader.read_exact(&mut record).with_context(|| format!("cannot read {name}"))?;
            let label = record[0];
            ensure!(label < self.sizes.classes, "{name} is damaged: image {index} has the label {label}");
            hasher.update(record);
            visit(&record);
        }
        let found = files::hex(&hasher.finalize());
        ensure!(found == contents.sha256, "{name} is damaged: its SHA-256 is {found}, not {}", contents.sha256);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{Place, records};
    use super::*;
    use crate::data::{images::Images, writer::Writer};
    use std::path::Path;

    const SIZES: Sizes = Sizes { classes: 10, train: 4, test: 2 };

    /// Writes everything, from the last image to the first.
    fn write_backwards(_: &Path, writer: &mut Writer<'_>) -> Result<()> {
        for (index, record) in records(SIZES).iter().enumerate().rev() {
            let record = record.as_slice().try_into()?;
            match index.checked_sub(SIZES.train) {
                None => writer.write(Split::Train, index, record)?,
                Some(index) => writer.write(Split::Test, index, record)?,
            }
        }
        Ok(())
    }

    #[test]
    fn images_may_come_in_any_order() -> Result<()> {
        Place::new(SIZES, &[], write_backwards)?.assert_whole(&records(SIZES))
    }

    #[test]
    fn a_split_on_the_disk_is_read_in_parts() -> Result<()> {
        let place = Place::new(SIZES, &[], write_backwards)?;
        let (stream, whole) = (place.store.stream(Split::Train)?, place.store.load()?.train);
        assert_eq!(stream.labels(), whole.labels);
        for range in [0..2, 1..SIZES.train, 2..2] {
            assert_eq!(stream.pixels(range.clone())?, whole.pixels(range.clone())?);
            assert_eq!(stream.mirrored().pixels(range.clone())?, whole.mirrored().pixels(range)?);
        }
        assert!(stream.pixels(0..SIZES.train + 1).is_err());
        assert_ne!(stream.checksum(), stream.mirrored().checksum(), "their features are kept apart");
        change(&place.store.folder.join("train.bin"), |bytes| bytes[100] ^= 1)?;
        assert!(place.store.stream(Split::Train).err().expect("damaged").to_string().contains("SHA-256"));
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
