//! What the tests of this folder share.

use super::{records::Sizes, store::Store, writer::Writer};
use crate::progress::Progress;
use anyhow::Result;
use gradient_features::images::{IMAGE_BYTES, ImageSet};
use std::{fs, path::Path};

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
        let images = self.store.load()?;
        assert_eq!([join(&images.train), join(&images.test)].concat(), expected.concat());
        assert_eq!((images.train.len(), images.test.len()), (self.store.sizes.train, self.store.sizes.test));
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
