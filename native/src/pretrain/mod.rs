//! Base networks, trained without labels.

mod checkpoint;
mod rotation;

use crate::{
    data::{self, Dataset},
    files,
    interrupt::Interrupt,
    progress::Progress,
};
use anyhow::{Context, Result, bail};
use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    store::ModuleRecord,
    tensor::{Bytes, Device},
};
use checkpoint::{Checkpoint, Identity};
use rotation::RotationNet;
use serde::Serialize;
use shared::{images::ImageSet, weights};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The name of the one recipe there is so far.
const ROTATION: &str = "rotation";
/// Steps between two reports.
const REPORT_EVERY: usize = 50;
/// The most images a step: in four rotations, their activations have to fit into memory.
const MAX_BATCH: usize = 1024;
/// The most passes.
const MAX_EPOCHS: usize = 10_000;
/// Time between two checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// What to pre-train, as the command line says it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The recipe's name.
    pub recipe: String,
    /// Whose training images.
    pub dataset: Dataset,
    /// Where they are, or are fetched to.
    pub data_dir: PathBuf,
    /// Where the base network goes; the checkpoint stands beside it until it is done.
    pub out: PathBuf,
    /// Passes over the data.
    pub epochs: usize,
    /// Images a step, before rotation.
    pub batch: usize,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Go on from the checkpoint.
    pub resume: bool,
}

/// One line of `metrics.jsonl`.
#[derive(Debug, Serialize)]
struct Report {
    step: usize,
    steps: usize,
    loss: f64,
    accuracy: f64,
    images_per_second: f64,
    seconds: f64,
}

/// Runs a recipe to its end, or until the user stops it.
pub fn run(settings: &Settings, device: &Device, progress: Progress) -> Result<()> {
    if settings.recipe != ROTATION {
        bail!("there is no recipe {:?} yet; there is {ROTATION}", settings.recipe);
    }
    let images = data::load_or_fetch(settings.dataset, &settings.data_dir, progress)?.train;
    if !(1..=MAX_BATCH).contains(&settings.batch) || !(1..=MAX_EPOCHS).contains(&settings.epochs) {
        bail!("--batch has to be between 1 and {MAX_BATCH}, and --epochs between 1 and {MAX_EPOCHS}");
    }
    files::make_folder(&settings.out)?;
    let interrupt = Interrupt::listen()?;
    let mut run = Run::begin(settings, &device.clone().autodiff())?;
    run.train(&images, progress, || interrupt.asked())?;
    if run.step < run.steps {
        progress.say(format!("Stopped at step {} of {}; --resume goes on from there.", run.step, run.steps));
        return Ok(());
    }
    run.finish()?;
    run.remove_checkpoint()?;
    progress.say(format!("The base network is in {}.", settings.out.display()));
    Ok(())
}

/// A run under way.
struct Run {
    identity: Identity,
    out: PathBuf,
    device: Device,
    net: RotationNet,
    optimizer: ModuleOptimizer,
    step: usize,
    steps: usize,
    /// Seconds of earlier sittings.
    seconds: f64,
    metrics: Vec<u8>,
}

impl Run {
    /// From the start, or from the checkpoint.
    fn begin(settings: &Settings, device: &Device) -> Result<Self> {
        let identity = Identity {
            recipe: settings.recipe.clone(),
            dataset: settings.dataset.name().to_owned(),
            epochs: settings.epochs,
            batch: settings.batch,
            seed: settings.seed,
        };
        let mut run = Self {
            identity,
            out: settings.out.clone(),
            device: device.clone(),
            net: RotationNet::random(settings.seed, device),
            optimizer: rotation::optimizer(),
            step: 0,
            steps: 0,
            seconds: 0.0,
            metrics: Vec::new(),
        };
        if settings.resume {
            run.restore()?;
        } else if run.checkpoint_path().exists() {
            bail!(
                "{} holds an unfinished run; go on with --resume, or remove it to start anew",
                run.checkpoint_path().display()
            );
        }
        Ok(run)
    }

    fn restore(&mut self) -> Result<()> {
        let path = self.checkpoint_path();
        let checkpoint = Checkpoint::load(&path, &self.identity)?;
        let damaged = || format!("{} cannot be gone on from", path.display());
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(checkpoint.model)).with_context(damaged)?;
        self.net = self.net.clone().try_load_record(record).with_context(damaged)?;
        let optimizer = rotation::optimizer();
        self.optimizer = optimizer.from_bytes(Bytes::from_bytes_vec(checkpoint.optimizer)).with_context(damaged)?;
        self.step = checkpoint.step;
        self.seconds = checkpoint.seconds;
        self.metrics = checkpoint.metrics;
        Ok(())
    }

    fn train(&mut self, images: &ImageSet, progress: Progress, stop: impl Fn() -> bool) -> Result<()> {
        self.steps = self.identity.epochs * (images.len() / self.identity.batch);
        let mut bar = progress.items("pre-training", self.step as u64, self.steps as u64);
        let (begun, earlier) = (Instant::now(), self.seconds);
        let mut saved = Instant::now();
        let mut window = Window::default();
        while self.step < self.steps && !stop() {
            let (loss, right) = self.train_step(images);
            if !loss.is_finite() {
                bail!("the loss is no longer a number at step {}; the last checkpoint is from before that", self.step);
            }
            window.add(loss, right, self.identity.batch * rotation::TURNS);
            self.seconds = earlier + begun.elapsed().as_secs_f64();
            bar.set(self.step as u64);
            if self.step.is_multiple_of(REPORT_EVERY) {
                let report = window.report(self.step, self.steps, self.seconds);
                bar.describe(&format!("loss {:.3}, right {:.1} %", report.loss, 100.0 * report.accuracy));
                serde_json::to_writer(&mut self.metrics, &report)?;
                self.metrics.push(b'\n');
                window = Window::default();
            }
            if saved.elapsed() > CHECKPOINT_EVERY {
                self.save()?;
                saved = Instant::now();
            }
        }
        drop(bar);
        self.save()
    }

    fn train_step(&mut self, images: &ImageSet) -> (f64, f64) {
        let (pixels, turns) = rotation::batch(images, self.identity.batch, self.identity.seed, self.step, &self.device);
        let (loss, right) = self.net.loss(pixels, turns);
        let grads = GradientsParams::from_grads(loss.backward(), &self.net);
        let rate = rotation::learning_rate(self.step, self.steps);
        self.net = self.optimizer.step(rate, self.net.clone(), grads);
        self.step += 1;
        (f64::from(loss.into_scalar::<f32>()), f64::from(right.into_scalar::<i32>()))
    }

    fn save(&self) -> Result<()> {
        let checkpoint = Checkpoint {
            identity: self.identity.clone(),
            step: self.step,
            seconds: self.seconds,
            metrics: self.metrics.clone(),
            model: self.net.clone().into_record().into_bytes().context("the network cannot be saved")?.to_vec(),
            optimizer: self.optimizer.into_bytes().context("the optimiser cannot be saved")?.to_vec(),
        };
        checkpoint.save(&self.checkpoint_path())?;
        files::write_whole(&self.out.join("metrics.jsonl"), &self.metrics)
    }

    fn remove_checkpoint(&self) -> Result<()> {
        let path = self.checkpoint_path();
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}, which is done with", path.display()))
    }

    /// Writes the base network, in the 16 bits that it is shipped in: what is fitted on it later sees it as it is.
    fn finish(&self) -> Result<()> {
        let encoder = self.net.valid().encoder();
        let bytes = weights::write_base(&encoder, weights::Precision::F16).context("the network cannot be saved")?;
        files::write_whole(&self.out.join("model.safetensors"), &bytes)
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.out.join("checkpoint.safetensors")
    }
}

/// Sums since the last report.
struct Window {
    loss: f64,
    right: f64,
    steps: usize,
    images: usize,
    begun: Instant,
}

impl Default for Window {
    fn default() -> Self {
        Self { loss: 0.0, right: 0.0, steps: 0, images: 0, begun: Instant::now() }
    }
}

impl Window {
    fn add(&mut self, loss: f64, right: f64, images: usize) {
        self.loss += loss;
        self.right += right;
        self.steps += 1;
        self.images += images;
    }

    fn report(&self, step: usize, steps: usize, seconds: f64) -> Report {
        Report {
            step,
            steps,
            loss: self.loss / self.steps as f64,
            accuracy: self.right / self.images as f64,
            images_per_second: self.images as f64 / self.begun.elapsed().as_secs_f64(),
            seconds,
        }
    }
}

/// Where a recipe's base network goes unless told otherwise.
pub fn default_out(runs: &Path, dataset: Dataset, recipe: &str) -> PathBuf {
    runs.join(format!("{}-{recipe}", dataset.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::images::IMAGE_BYTES;
    use std::cell::Cell;

    fn images() -> ImageSet {
        let pixels = (0..8 * IMAGE_BYTES).map(|at| (at * at % 251) as u8).collect();
        ImageSet { pixels, labels: vec![0; 8] }
    }

    fn settings(out: &Path) -> Settings {
        Settings {
            recipe: ROTATION.to_owned(),
            dataset: Dataset::Cifar10,
            data_dir: PathBuf::new(),
            out: out.to_owned(),
            epochs: 2,
            batch: 2,
            seed: 3,
            resume: false,
        }
    }

    fn cpu() -> Device {
        Device::flex().autodiff()
    }

    fn weights_after(run: &mut Run, stop_after: usize) -> Vec<u8> {
        let polls = Cell::new(0);
        let stop = || polls.replace(polls.get() + 1) == stop_after;
        run.train(&images(), Progress::new(true), stop).expect("a small run trains");
        run.finish().expect("the folder can be written");
        std::fs::read(run.out.join("model.safetensors")).expect("the network is there")
    }

    #[test]
    fn a_run_that_was_stopped_and_resumed_equals_one_that_was_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let whole =
            weights_after(&mut Run::begin(&settings(&folder.path().join("whole")), &cpu()).expect("begins"), 99);
        let parts = settings(&folder.path().join("parts"));
        let stopped = weights_after(&mut Run::begin(&parts, &cpu()).expect("begins"), 3);
        assert!(stopped != whole, "three steps of eight are not all of them");
        let resumed = Settings { resume: true, ..parts };
        let mut run = Run::begin(&resumed, &cpu()).expect("resumes");
        assert_eq!(run.step, 3);
        assert!(weights_after(&mut run, 99) == whole, "the resumed run came to other weights");
    }

    #[test]
    fn a_checkpoint_of_another_run_or_a_cut_one_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = settings(folder.path());
        weights_after(&mut Run::begin(&settings, &cpu()).expect("begins"), 1);
        let refusal = |settings: &Settings| match Run::begin(settings, &cpu()) {
            Ok(_) => panic!("the run began"),
            Err(error) => format!("{error:#}"),
        };
        assert!(refusal(&settings).contains("--resume"));
        let other = Settings { seed: 4, resume: true, ..settings.clone() };
        assert!(refusal(&other).contains("another run"));
        let path = folder.path().join("checkpoint.safetensors");
        let bytes = std::fs::read(&path).expect("the checkpoint is there");
        for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).expect("the file can be written");
            let resumed = Settings { resume: true, ..settings.clone() };
            assert!(refusal(&resumed).contains("no whole checkpoint"), "cut at {length}");
        }
    }
}
