//! Writing a data set, image by image, in any order.

use super::{
    disk::{self, DiskError},
    records::{BUFFER, RECORD, Sizes, Split},
    store::{Contents, Manifest, Store},
};
use crate::progress::Bar;
use anyhow::{Result, ensure};
use std::{
    fs::{self, File},
    io::{BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

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
        let create = |split: Split| -> Result<Records> {
            let file = File::create(work.join(split.file())).map_err(|cause| DiskError::new(work, cause))?;
            Ok(Records { out: BufWriter::with_capacity(BUFFER, file), next: 0 })
        };
        Ok(Self { store, work, train: create(Split::Train)?, test: create(Split::Test)?, written: 0, bar })
    }

    /// What is to be written.
    pub fn sizes(&self) -> Sizes {
        self.store.sizes
    }

    /// Writes image `index` of a split, which nobody has written before.
    ///
    /// # Errors
    /// When its label is out of range; [`DiskError`] when the disk is full.
    pub fn write(&mut self, split: Split, index: usize, record: &[u8; RECORD]) -> Result<()> {
        let (label, classes) = (record[0], self.store.sizes.classes);
        ensure!(label < classes, "{split} image {index} has the label {label}, beyond {}", classes - 1);
        let records = match split {
            Split::Train => &mut self.train,
            Split::Test => &mut self.test,
        };
        records.put(index, record).map_err(|cause| DiskError::new(self.work, cause))?;
        self.written += 1;
        self.bar.set(self.written as u64);
        Ok(())
    }

    /// Gives the files their final names. The manifest comes last: without it, or with an older one, the other files
    /// do not count as whole.
    ///
    /// # Errors
    /// When images are missing; [`DiskError`] when the disk is full.
    pub fn finish(mut self, source: &str) -> Result<()> {
        let total = self.store.sizes.total();
        ensure!(self.written == total, "there are {} images, which should be {total}", self.written);
        let disk_error = |cause| DiskError::new(self.work, cause);
        self.train.out.flush().and_then(|()| self.test.out.flush()).map_err(disk_error)?;
        let contents = |split: Split| -> Result<Contents> {
            Ok(Contents { images: self.store.sizes.of(split), sha256: disk::sha256(&self.work.join(split.file()))? })
        };
        let manifest =
            Manifest { source: source.to_owned(), train: contents(Split::Train)?, test: contents(Split::Test)? };
        fs::write(self.work.join(&self.store.manifest), serde_json::to_string_pretty(&manifest)? + "\n")
            .map_err(disk_error)?;
        for name in Split::BOTH.map(Split::file).into_iter().chain([self.store.manifest.as_str()]) {
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
