//! Frozen features on the disk: computed once for a base network, a data set and a scope, then read row by row.
//!
//! They are too large for memory (18 KB an image for conv5, 49 KB for conv8) and read at random, so a batch's rows are
//! read from the file as they are needed; the system's page cache makes that as fast as memory where there is room.

use crate::{data::Images, device::ComputeDevice, files, interrupt::Interrupt, progress::Progress};
use anyhow::{Context, Result, bail, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use crc32fast::Hasher;
use gradient_features::{
    Scope,
    fit::Samples,
    images::to_tensor,
    model::{
        encoder::Encoder,
        features::{FrozenFeatures, FrozenShape},
    },
    numbers_blocking,
};
use positioned_io::ReadAt;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::{
    array,
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::NamedTempFile;

/// Changes whenever the numbers or the form of the file would.
const VERSION: &str = "kept-1";
/// The ending of files that are being written.
const UNFINISHED: &str = ".unfinished";
/// An unfinished file that is locked by nobody and was not written to for so long was left by a run that was killed.
const LEFT_OVER: Duration = Duration::from_secs(600);
/// Names that a file may have: where one user's file can be neither read nor replaced by another, it is kept beside it.
const NAMES: usize = 4;
/// Images computed at once.
const BATCH: usize = 250;
/// Length of a SHA-256 in letters.
const KEY_LETTERS: usize = 64;
/// After the rows: the key, then a checksum of the rows.
const TAIL: u64 = KEY_LETTERS as u64 + 4;

/// One split's frozen features, with its labels.
pub struct FeatureFile {
    /// One after the other, each with the number of its images.
    files: Vec<(usize, File)>,
    shape: FrozenShape,
    labels: Vec<u8>,
    /// How many of the images are plain; mirrored ones come after them, in the same order.
    plain: usize,
    /// f of another network for the activation term: its width, and the rows of `[N, features]`.
    activation: Option<(usize, Vec<f32>)>,
    /// What the features depend on, as a checksum.
    pub key: String,
}

/// Where frozen features are made and found.
#[derive(Clone)]
pub struct FeatureCache<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// What computes them.
    pub compute: &'a ComputeDevice,
    /// Where progress is shown.
    pub progress: Progress,
    /// What can stop it.
    pub interrupt: &'a Interrupt,
}

impl FeatureCache<'_> {
    /// The frozen features of `images`, from the folder if they are there and whole, else computed and put there.
    pub fn get(&self, encoder: &Encoder, images: &impl Images, split: &str, scope: Scope) -> Result<FeatureFile> {
        ensure!(encoder.digest().is_some(), "features can be cached only for a network that has a checksum");
        let shape = FrozenShape::new(encoder.config().kind, scope);
        let key = key(encoder, images, scope, &self.compute.name);
        let paths = self.paths(&format!("{split}-{scope}-{}", &key[..16]));
        let (labels, plain) = (images.labels().to_vec(), images.labels().len());
        let file = match paths.iter().find_map(|path| open_whole(path, shape, plain, &key)) {
            Some(file) => file,
            None => {
                let path = self.make(encoder, images, split, shape, &key, &paths)?;
                open_whole(path, shape, plain, &key).with_context(|| {
                    format!("{} was damaged as soon as it was written; check the disk", path.display())
                })?
            }
        };
        Ok(FeatureFile { files: vec![(plain, file)], shape, labels, plain, activation: None, key })
    }

    fn paths(&self, stem: &str) -> [PathBuf; NAMES] {
        array::from_fn(|index| match index {
            0 => self.folder.join(format!("{stem}.kept")),
            _ => self.folder.join(format!("{stem}-{}.kept", index + 1)),
        })
    }

    /// Computes the features and writes them; gives the one of `paths` where they are.
    fn make<'p>(
        &self,
        encoder: &Encoder,
        images: &impl Images,
        split: &str,
        shape: FrozenShape,
        key: &str,
        paths: &'p [PathBuf],
    ) -> Result<&'p Path> {
        files::make_folder(self.folder)?;
        let count = images.labels().len();
        let bytes = (count * shape.numbers() * 4) as u64 + TAIL;
        let trouble = || {
            format!(
                "the frozen features of the {split} images need {} MB in {}; make room or the folder writable, or \
                 name another with --cache-dir",
                bytes.div_ceil(1_000_000),
                self.folder.display()
            )
        };
        remove_leftovers(self.folder);
        let mut file = files::temporary(self.folder, ["", UNFINISHED]).with_context(trouble)?;
        // Where there are no locks, the file's age protects it.
        let _ = file.as_file().try_lock();
        let mut bar = self.progress.items(&format!("features of the {split} images"), 0, count as u64);
        let mut checksum = Hasher::new();
        let mut out = BufWriter::new(file.as_file_mut());
        for start in (0..count).step_by(BATCH) {
            if self.interrupt.asked() {
                bail!("stopped while computing features; none of them were kept");
            }
            let end = count.min(start + BATCH);
            let rows = rows(encoder, &images.pixels(start..end)?, shape, &self.compute.device)?;
            let bytes = bytemuck::cast_slice(&rows);
            checksum.update(bytes);
            out.write_all(bytes).with_context(trouble)?;
            bar.set(end as u64);
        }
        out.write_all(key.as_bytes()).with_context(trouble)?;
        out.write_all(&checksum.finalize().to_le_bytes()).with_context(trouble)?;
        out.flush().with_context(trouble)?;
        drop(out);
        put(file, paths).with_context(trouble)
    }
}

/// Gives a finished file the first of the names that nothing stands in the way of.
fn put(mut file: NamedTempFile, paths: &[PathBuf]) -> io::Result<&Path> {
    let mut refused = io::Error::from(ErrorKind::PermissionDenied);
    for path in paths {
        match file.persist(path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == ErrorKind::PermissionDenied => {
                (file, refused) = (error.file, error.error);
            }
            Err(error) => return Err(error.error),
        }
    }
    Err(refused)
}

fn rows(encoder: &Encoder, pixels: &[u8], shape: FrozenShape, device: &Device) -> Result<Vec<f32>> {
    let frozen = encoder.freeze(to_tensor(pixels, encoder.config().input_range, device), shape.scope);
    Ok(shape.to_rows(&numbers_blocking(frozen.input)?, &numbers_blocking(frozen.pre)?))
}

/// Removes what killed runs have left; what cannot be removed is no reason to stop.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        let is_old = modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > LEFT_OVER));
        let is_unfinished = path.to_string_lossy().ends_with(UNFINISHED);
        if is_old && is_unfinished && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// What the features depend on.
fn key(encoder: &Encoder, images: &impl Images, scope: Scope, device: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(VERSION);
    hash.update(encoder.digest().unwrap_or_default());
    hash.update(scope.name());
    hash.update(images.checksum());
    // The features do not depend on the labels, but the fits that are cached under this key do.
    hash.update(Sha256::digest(images.labels()));
    hash.update(device);
    files::hex(&hash.finalize())
}

/// Opens a file if it is the one that `key` names and nothing in it has changed since it was written.
fn open_whole(path: &Path, shape: FrozenShape, count: usize, key: &str) -> Option<File> {
    let mut file = File::open(path).ok()?;
    let rows = (count * shape.numbers() * 4) as u64;
    if file.metadata().ok()?.len() != rows + TAIL {
        return None;
    }
    let mut checksum = Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut left = rows;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        file.read_exact(&mut buffer[..part]).ok()?;
        checksum.update(&buffer[..part]);
        left -= part as u64;
    }
    let mut tail = [0; TAIL as usize];
    file.read_exact(&mut tail).ok()?;
    let (found_key, found_checksum) = tail.split_at(KEY_LETTERS);
    (found_key == key.as_bytes() && found_checksum == checksum.finalize().to_le_bytes()).then_some(file)
}

impl Samples for FeatureFile {
    type Error = anyhow::Error;

    fn labels(&self) -> &[u8] {
        &self.labels
    }

    fn frozen(&self, indices: &[usize], device: &Device) -> Result<FrozenFeatures> {
        let [input_numbers, pre_numbers] = [self.shape.input_numbers(), self.shape.pre_numbers()];
        let mut input = vec![0.0_f32; indices.len() * input_numbers];
        let mut pre = vec![0.0_f32; indices.len() * pre_numbers];
        let images = (input.par_chunks_exact_mut(input_numbers), pre.par_chunks_exact_mut(pre_numbers), indices);
        let read = images.into_par_iter().try_for_each(|(input, pre, &index)| self.read(index, input, pre));
        read.context("the frozen features cannot be read")?;
        let mut frozen = self.shape.to_frozen(input, pre, device);
        frozen.activation = self.activation.as_ref().map(|(width, values)| {
            let of = |&index: &usize| &values[index * width..][..*width];
            let rows: Vec<f32> = indices.iter().flat_map(of).copied().collect();
            Tensor::from_data(TensorData::new(rows, [indices.len(), *width]), device)
        });
        Ok(frozen)
    }
}

impl FeatureFile {
    fn read(&self, mut index: usize, input: &mut [f32], pre: &mut [f32]) -> std::io::Result<()> {
        let mut files = self.files.iter();
        let file = files.find_map(|(images, file)| {
            let is_here = index < *images;
            index -= if is_here { 0 } else { *images };
            is_here.then_some(file)
        });
        let file = file.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let at = (index * self.shape.numbers() * 4) as u64;
        file.read_exact_at(at, bytemuck::cast_slice_mut(input))?;
        file.read_exact_at(at + (input.len() * 4) as u64, bytemuck::cast_slice_mut(pre))
    }

    /// How many images there are, mirrored ones aside.
    pub fn images(&self) -> usize {
        self.plain
    }

    /// The same, with the mirrored images behind it.
    pub fn with_mirrored(self, mirrored: Self) -> Self {
        Self { plain: self.plain, ..self.with_more(mirrored) }
    }

    /// The same, with other images behind it.
    pub fn with_more(self, more: Self) -> Self {
        let key = files::hex(&Sha256::digest(format!("{} {}", self.key, more.key)));
        let labels = [self.labels.as_slice(), &more.labels].concat();
        let files = self.files.into_iter().chain(more.files).collect();
        Self { files, labels, plain: self.plain + more.plain, key, ..self }
    }

    /// The same, with an activation term that uses the features which `encoder` computes from `other`.
    pub fn with_activation_of(self, other: &Self, encoder: &Encoder, device: &Device) -> Result<Self> {
        let indices: Vec<usize> = (0..other.labels.len()).collect();
        let mut values = Vec::with_capacity(indices.len() * encoder.config().kind.features());
        for batch in indices.chunks(BATCH) {
            let features = encoder.features(&other.frozen(batch, device)?, &[]).primal;
            values.extend(numbers_blocking(features)?);
        }
        let key = files::hex(&Sha256::digest(format!("{} {}", self.key, other.key)));
        Ok(Self { activation: Some((encoder.config().kind.features(), values)), key, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{experiment::settings::Settings, test_support};
    use std::time::SystemTime;

    #[test]
    fn images_stand_in_the_order_in_which_they_were_put_together() {
        test_support::with_context(
            &Settings { mirror: Some(true), extra: Some(true), ..Settings::default() },
            |context, _| {
                let (images, extra) = (test_support::IMAGES, test_support::EXTRA);
                assert_eq!(
                    (context.train.images(), context.train.labels().len()),
                    (images + extra, 2 * (images + extra))
                );
                let everything: Vec<usize> = (0..2 * (images + extra)).collect();
                assert_eq!(context.fitted, everything, "all are fitted on");
                let of_train = test_support::images(0);
                let of_extra = test_support::extra_images();
                for (index, pixels) in [
                    (images - 1, of_train.image(images - 1)),
                    (images, of_extra.image(0)),
                    (images + extra, of_train.mirrored().image(0)),
                    (2 * images + extra + 1, of_extra.mirrored().image(1)),
                ] {
                    let device = &context.compute.device;
                    let found = context.train.frozen(&[index], device).expect("it is there").input;
                    let input = to_tensor(pixels, context.encoder.config().input_range, device);
                    let expected = context.encoder.freeze(input, context.scope).input;
                    let far = (found - expected.clone()).abs().max() / expected.abs().max();
                    assert!(far.into_scalar::<f32>() < 1e-5, "image {index}");
                }
                assert!(
                    context.train.frozen(&[2 * (images + extra)], &context.compute.device).is_err(),
                    "there are no more"
                );
            },
        );
    }

    #[test]
    fn an_unfinished_file_is_removed_only_when_its_owner_is_gone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(format!("some{UNFINISHED}"));
        let owner = File::create(&path).expect("the folder can be written");
        owner.set_modified(SystemTime::now() - 2 * LEFT_OVER).expect("its time can be set");
        owner.try_lock().expect("nobody else has it");
        remove_leftovers(folder.path());
        assert!(path.exists(), "its owner is alive, for instance suspended");
        drop(owner);
        remove_leftovers(folder.path());
        assert!(!path.exists());
    }

    /// A name in a folder that is not writable stands for another user's file in a folder like /tmp.
    #[cfg(unix)]
    #[test]
    fn what_can_be_neither_read_nor_replaced_is_kept_beside_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let names = ["a", "b"].map(|name| folder.path().join(name));
        let file = || files::temporary(folder.path(), ["", UNFINISHED]).expect("the folder can be written");
        assert_eq!(put(file(), &names).expect("it can be written"), names[0]);
        assert_eq!(put(file(), &names).expect("it can be replaced"), names[0]);
        let locked = folder.path().join("locked");
        fs::create_dir(&locked).expect("the folder can be written");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).expect("it is ours");
        let blocked = [locked.join("a"), names[1].clone()];
        let put = put(file(), &blocked).expect("the second can be written");
        // The administrator may write anywhere.
        assert_eq!(put, if locked.join("a").exists() { &blocked[0] } else { &names[1] });
    }
}
