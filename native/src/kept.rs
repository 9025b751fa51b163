//! FrozenFeatures features on the disk: computed once for a base network, a data set and a scope, then read row by row.
//!
//! They are too large for memory (18 KB an image for conv5, 49 KB for conv8) and read at random, so a batch's rows are
//! read from the file as they are needed; the system's page cache makes that as fast as memory where there is room.

use crate::{data::Images, device::Chosen, files, interrupt::Interrupt, progress::Progress};
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
};
use positioned_io::ReadAt;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{BufWriter, Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// Changes whenever the numbers or the form of the file would.
const VERSION: &str = "kept-1";
/// The ending of files that are being written.
const UNFINISHED: &str = ".unfinished";
/// An unfinished file that nobody has written to for so long was left by a run that was killed.
const LEFT_OVER: Duration = Duration::from_secs(600);
/// Images computed at once.
const BATCH: usize = 250;
/// Length of a SHA-256 in letters.
const KEY_LETTERS: usize = 64;
/// After the rows: the key, then a checksum of the rows.
const TAIL: u64 = KEY_LETTERS as u64 + 4;

/// One split's frozen features, with its labels.
pub struct KeptFile {
    /// One after the other, each with how many images it is of.
    files: Vec<(usize, File)>,
    shape: FrozenShape,
    labels: Vec<u8>,
    /// How many of the images are plain; mirrored ones come after them, in the same order.
    plain: usize,
    /// f of another network, `[N, features]`, for the activation term.
    activation: Option<(usize, Vec<f32>)>,
    /// What the features depend on, as a checksum.
    pub key: String,
}

/// Where frozen features are made and found.
#[derive(Clone)]
pub struct Cache<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// What computes them.
    pub chosen: &'a Chosen,
    /// Who is told how it goes.
    pub progress: Progress,
    /// Who can stop it.
    pub interrupt: &'a Interrupt,
}

impl Cache<'_> {
    /// The frozen features of `images`, from the folder if they are there and whole, else computed and put there.
    pub fn get(&self, encoder: &Encoder, images: &impl Images, split: &str, scope: Scope) -> Result<KeptFile> {
        ensure!(encoder.digest().is_some(), "features can be kept only of a network that has a checksum");
        let shape = FrozenShape::new(encoder.config().kind, scope);
        let key = key(encoder, images, scope, &self.chosen.name);
        let path = self.folder.join(format!("{split}-{scope}-{}.kept", &key[..16]));
        let (labels, plain) = (images.labels().to_vec(), images.labels().len());
        let file = match open_whole(&path, shape, plain, &key) {
            Some(file) => file,
            None => {
                self.make(encoder, images, split, shape, &key, &path)?;
                open_whole(&path, shape, plain, &key).with_context(|| {
                    format!("{} was damaged as soon as it was written; check the disk", path.display())
                })?
            }
        };
        Ok(KeptFile { files: vec![(plain, file)], shape, labels, plain, activation: None, key })
    }

    fn make(
        &self,
        encoder: &Encoder,
        images: &impl Images,
        split: &str,
        shape: FrozenShape,
        key: &str,
        path: &Path,
    ) -> Result<()> {
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
        remove_left_overs(self.folder);
        let mut file = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(self.folder).with_context(trouble)?;
        let mut bar = self.progress.items(&format!("features of the {split} images"), 0, count as u64);
        let mut checksum = Hasher::new();
        let mut out = BufWriter::new(file.as_file_mut());
        for start in (0..count).step_by(BATCH) {
            if self.interrupt.asked() {
                bail!("stopped while computing features; nothing was kept of them");
            }
            let end = count.min(start + BATCH);
            let rows = rows(encoder, &images.pixels(start..end)?, shape, &self.chosen.device);
            let bytes = bytemuck::cast_slice(&rows);
            checksum.update(bytes);
            out.write_all(bytes).with_context(trouble)?;
            bar.set(end as u64);
        }
        out.write_all(key.as_bytes()).with_context(trouble)?;
        out.write_all(&checksum.finalize().to_le_bytes()).with_context(trouble)?;
        out.flush().with_context(trouble)?;
        drop(out);
        file.persist(path).map_err(|error| error.error).with_context(trouble)?;
        Ok(())
    }
}

fn rows(encoder: &Encoder, pixels: &[u8], shape: FrozenShape, device: &Device) -> Vec<f32> {
    let kept = encoder.freeze(to_tensor(pixels, encoder.config().input_range, device), shape.scope);
    let [input, pre] = [kept.input, kept.pre].map(|tensor| tensor.into_data());
    let numbers = |data| TensorData::as_slice::<f32>(data).expect("features are 32-bit floats");
    shape.to_rows(numbers(&input), numbers(&pre))
}

/// Removes what killed runs have left; what cannot be removed is no reason to stop.
fn remove_left_overs(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        let is_old = modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > LEFT_OVER));
        if is_old && path.to_string_lossy().ends_with(UNFINISHED) {
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
    // Not for the features' sake, but for what is fitted on them and kept under their key.
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

impl Samples for KeptFile {
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
        let mut kept = self.shape.to_frozen(input, pre, device);
        kept.activation = self.activation.as_ref().map(|(width, values)| {
            let of = |&index: &usize| &values[index * width..][..*width];
            let rows: Vec<f32> = indices.iter().flat_map(of).copied().collect();
            Tensor::from_data(TensorData::new(rows, [indices.len(), *width]), device)
        });
        Ok(kept)
    }
}

impl KeptFile {
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

    /// The same, with the activation term by the features that `encoder` makes of `other`.
    pub fn with_activation_of(self, other: &Self, encoder: &Encoder, device: &Device) -> Result<Self> {
        let indices: Vec<usize> = (0..other.labels.len()).collect();
        let mut values = Vec::with_capacity(indices.len() * encoder.config().kind.features());
        for batch in indices.chunks(BATCH) {
            let features = encoder.features(&other.frozen(batch, device)?, &[]).primal;
            values.extend(features.into_data().iter::<f32>());
        }
        let key = files::hex(&Sha256::digest(format!("{} {}", self.key, other.key)));
        Ok(Self { activation: Some((encoder.config().kind.features(), values)), key, ..self })
    }
}

/// Where frozen features go unless told otherwise.
pub fn default_folder() -> Result<PathBuf> {
    let home = directories::ProjectDirs::from("", "", "gradfeat")
        .context("there is no home folder; name a folder with --cache-dir")?;
    Ok(home.cache_dir().join("features"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{experiment::Settings, trial};

    #[test]
    fn images_stand_in_the_order_in_which_they_were_put_together() {
        trial::with_bench(&Settings { mirror: Some(true), extra: Some(true), ..Settings::default() }, |bench, _| {
            let (images, extra) = (trial::IMAGES, trial::EXTRA);
            assert_eq!((bench.train.images(), bench.train.labels().len()), (images + extra, 2 * (images + extra)));
            let everything: Vec<usize> = (0..2 * (images + extra)).collect();
            assert_eq!(bench.fitted, everything, "all are fitted on");
            let of_train = trial::images(0);
            let of_extra = trial::extra_images();
            for (index, pixels) in [
                (images - 1, of_train.image(images - 1)),
                (images, of_extra.image(0)),
                (images + extra, of_train.mirrored().image(0)),
                (2 * images + extra + 1, of_extra.mirrored().image(1)),
            ] {
                let device = &bench.chosen.device;
                let found = bench.train.frozen(&[index], device).expect("it is there").input;
                let input = to_tensor(pixels, bench.encoder.config().input_range, device);
                let expected = bench.encoder.freeze(input, bench.scope).input;
                let far = (found - expected.clone()).abs().max() / expected.abs().max();
                assert!(far.into_scalar::<f32>() < 1e-5, "image {index}");
            }
            assert!(bench.train.frozen(&[2 * (images + extra)], &bench.chosen.device).is_err(), "there are no more");
        });
    }
}
