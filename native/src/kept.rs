//! Kept features on the disk: computed once for a base network, a data set and a scope, then read row by row.
//!
//! They are too large for memory (18 KB an image for conv5, 49 KB for conv8) and read at random, so a batch's rows are
//! read from the file as they are needed; the system's page cache makes that as fast as memory where there is room.

use crate::{device::Chosen, files, interrupt::Interrupt, progress::Progress};
use anyhow::{Context, Result, bail, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use crc32fast::Hasher;
use sha2::{Digest, Sha256};
use shared::{
    config::Scope,
    encoder::Encoder,
    features::{Kept, KeptShape},
    images::{ImageSet, to_tensor},
    train::Samples,
};
use std::{
    fs::{self, File},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
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

/// One split's kept features, with its labels.
pub struct KeptFile {
    file: Mutex<File>,
    shape: KeptShape,
    labels: Vec<u8>,
    /// The same images mirrored; they come after the others.
    mirrored: Option<Box<KeptFile>>,
    /// f of another network, `[N, features]`, for the activation term.
    activation: Option<(usize, Vec<f32>)>,
    /// What the features depend on, as a checksum.
    pub key: String,
}

/// Where kept features are made and found.
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
    /// The kept features of `images`, from the folder if they are there and whole, else computed and put there.
    pub fn get(&self, encoder: &Encoder, images: &ImageSet, split: &str, scope: Scope) -> Result<KeptFile> {
        ensure!(!encoder.digest.is_empty(), "features can be kept only of a network that has a checksum");
        let shape = KeptShape::new(encoder.config.kind, scope);
        let key = key(encoder, images, scope, &self.chosen.name);
        let path = self.folder.join(format!("{split}-{scope}-{}.kept", &key[..16]));
        let labels = images.labels.clone();
        if let Some(file) = open_whole(&path, shape, images.len(), &key) {
            return Ok(KeptFile { file: Mutex::new(file), shape, labels, mirrored: None, activation: None, key });
        }
        self.make(encoder, images, split, shape, &key, &path)?;
        let file = open_whole(&path, shape, images.len(), &key)
            .with_context(|| format!("{} was damaged as soon as it was written; check the disk", path.display()))?;
        Ok(KeptFile { file: Mutex::new(file), shape, labels, mirrored: None, activation: None, key })
    }

    fn make(
        &self,
        encoder: &Encoder,
        images: &ImageSet,
        split: &str,
        shape: KeptShape,
        key: &str,
        path: &Path,
    ) -> Result<()> {
        files::make_folder(self.folder)?;
        let bytes = (images.len() * shape.numbers() * 4) as u64 + TAIL;
        let trouble = || {
            format!(
                "the kept features of the {split} images need {} MB in {}; make room or the folder writable, or \
                 name another with --cache-dir",
                bytes.div_ceil(1_000_000),
                self.folder.display()
            )
        };
        remove_left_overs(self.folder);
        let mut file = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(self.folder).with_context(trouble)?;
        let mut bar = self.progress.items(&format!("features of the {split} images"), 0, images.len() as u64);
        let mut checksum = Hasher::new();
        let mut out = BufWriter::new(file.as_file_mut());
        for start in (0..images.len()).step_by(BATCH) {
            if self.interrupt.asked() {
                bail!("stopped while computing features; nothing was kept of them");
            }
            let indices: Vec<usize> = (start..images.len().min(start + BATCH)).collect();
            let rows = rows(encoder, &images.gather(&indices), shape, &self.chosen.device);
            let bytes = bytemuck::cast_slice(&rows);
            checksum.update(bytes);
            out.write_all(bytes).with_context(trouble)?;
            bar.set((start + indices.len()) as u64);
        }
        out.write_all(key.as_bytes()).with_context(trouble)?;
        out.write_all(&checksum.finalize().to_le_bytes()).with_context(trouble)?;
        out.flush().with_context(trouble)?;
        drop(out);
        file.persist(path).map_err(|error| error.error).with_context(trouble)?;
        Ok(())
    }
}

fn rows(encoder: &Encoder, pixels: &[u8], shape: KeptShape, device: &Device) -> Vec<f32> {
    let kept = encoder.keep(to_tensor(pixels, encoder.config.input_range, device), shape.scope);
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
fn key(encoder: &Encoder, images: &ImageSet, scope: Scope, device: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(VERSION);
    hash.update(&encoder.digest);
    hash.update(scope.name());
    hash.update(Sha256::digest(&images.pixels));
    // Not for the features' sake, but for what is fitted on them and kept under their key.
    hash.update(Sha256::digest(&images.labels));
    hash.update(device);
    files::hex(&hash.finalize())
}

/// Opens a file if it is the one that `key` names and nothing in it has changed since it was written.
fn open_whole(path: &Path, shape: KeptShape, count: usize, key: &str) -> Option<File> {
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

    fn kept(&self, indices: &[usize], device: &Device) -> Result<Kept> {
        let row = self.shape.numbers();
        let mut rows = vec![0.0_f32; indices.len() * row];
        for (&index, values) in indices.iter().zip(rows.chunks_exact_mut(row)) {
            self.read_row(index, values).context("the kept features cannot be read")?;
        }
        let mut kept = self.shape.from_rows(&rows, device);
        kept.activation = self.activation.as_ref().map(|(width, values)| {
            let of = |&index: &usize| &values[index * width..][..*width];
            let rows: Vec<f32> = indices.iter().flat_map(of).copied().collect();
            Tensor::from_data(TensorData::new(rows, [indices.len(), *width]), device)
        });
        Ok(kept)
    }
}

impl KeptFile {
    fn read_row(&self, index: usize, values: &mut [f32]) -> std::io::Result<()> {
        if let (Some(mirrored), true) = (&self.mirrored, index >= self.images()) {
            return mirrored.read_row(index - self.images(), values);
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start((index * values.len() * 4) as u64))?;
        file.read_exact(bytemuck::cast_slice_mut(values))
    }

    /// How many images there are, mirrored ones aside.
    pub fn images(&self) -> usize {
        if self.mirrored.is_some() { self.labels.len() / 2 } else { self.labels.len() }
    }

    /// The same, with the mirrored images behind it.
    pub fn with_mirrored(self, mirrored: Self) -> Self {
        let key = files::hex(&Sha256::digest(format!("{} {}", self.key, mirrored.key)));
        let labels = [self.labels.as_slice(), &mirrored.labels].concat();
        Self { labels, mirrored: Some(Box::new(mirrored)), key, ..self }
    }

    /// The same, with the activation term by the features that `encoder` makes of `other`.
    pub fn with_activation_of(self, other: &Self, encoder: &Encoder, device: &Device) -> Result<Self> {
        let indices: Vec<usize> = (0..other.labels.len()).collect();
        let mut values = Vec::with_capacity(indices.len() * encoder.config.kind.features());
        for batch in indices.chunks(BATCH) {
            let features = encoder.features(&other.kept(batch, device)?, &[]).primal;
            values.extend(features.into_data().iter::<f32>());
        }
        let key = files::hex(&Sha256::digest(format!("{} {}", self.key, other.key)));
        Ok(Self { activation: Some((encoder.config.kind.features(), values)), key, ..self })
    }
}

/// Where kept features go unless told otherwise.
pub fn default_folder() -> Result<PathBuf> {
    let home = directories::ProjectDirs::from("", "", "gradfeat")
        .context("there is no home folder; name a folder with --cache-dir")?;
    Ok(home.cache_dir().join("features"))
}
