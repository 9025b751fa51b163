//! The one training loop: steps, reports, probes and checkpoints, whatever the recipe.

use super::{
    batches::Batches,
    catalog,
    checkpoint::{Checkpoint, Identity},
    event::{Event, Window},
    options::RecipeOptions,
    probe,
    recipe::{self, Recipe, Step},
    report::{self, RunSummary},
    settings::Settings,
};
use crate::{draw::tiles, files, progress::Progress};
use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use gradient_features::{images::ImageSet, weights};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Steps between two [`Event::Steps`].
const REPORT_EVERY: usize = 50;
/// Training images that reconstructions are made of.
const ORIGINALS: usize = 64;

/// A run under way.
pub struct Session<'a> {
    identity: Identity,
    out: PathBuf,
    images: &'a ImageSet,
    device: Device,
    recipe: Box<dyn Recipe>,
    batches: Batches,
    step: usize,
    steps: usize,
    /// Seconds of training, of the runs before a --resume too.
    seconds: f64,
    options: RecipeOptions,
    checkpoint_every: Duration,
    events: Vec<Event>,
}

impl<'a> Session<'a> {
    /// From the start, or from the checkpoint in the folder `out`. `device` is one without reverse mode.
    pub fn begin(settings: &Settings, out: &Path, images: &'a ImageSet, device: &Device) -> Result<Self> {
        let (seed, schedule) = (settings.seed(), settings.schedule());
        let batches = Batches::new(images.len(), schedule.batch, seed);
        let mut session = Self {
            steps: schedule.epochs * batches.steps_an_epoch(),
            identity: Identity {
                recipe: settings.recipe,
                dataset: settings.dataset,
                batch: schedule.batch,
                learning_rate: schedule.learning_rate,
                seed,
            },
            out: out.to_owned(),
            images,
            device: device.clone(),
            recipe: catalog::start(settings.recipe, images, seed, &device.clone().autodiff()),
            batches,
            step: 0,
            seconds: 0.0,
            options: settings.options,
            checkpoint_every: settings.checkpoint_every(),
            events: vec![],
        };
        let path = session.checkpoint_path();
        if settings.resume {
            session.restore()?;
        } else if path.exists() {
            bail!("{} exists already: --resume continues its run; remove it to start a new one", path.display());
        }
        Ok(session)
    }

    /// Whether all steps are taken.
    pub fn is_done(&self) -> bool {
        self.step >= self.steps
    }

    /// Where it stands, for people.
    pub fn position(&self) -> String {
        format!("step {} of {}", self.step, self.steps)
    }

    /// Trains to the end, or until `stop` says so; then everything is on the disk.
    pub fn train(&mut self, progress: Progress, stop: impl Fn() -> bool) -> Result<()> {
        if self.events.is_empty() {
            let spinner = progress.spinner("measuring the untrained network");
            self.probe(&mut |line| spinner.say(&line));
        }
        let mut bar = progress.items("pre-training", self.step as u64, self.steps as u64);
        let mut window = Window::new(self.seconds);
        let mut saved = Instant::now();
        while !self.is_done() && !stop() {
            self.take_step(&mut window)?;
            bar.set(self.step as u64);
            if self.step.is_multiple_of(REPORT_EVERY) {
                let finished = std::mem::replace(&mut window, Window::new(self.seconds));
                self.record(finished, &mut |line| bar.describe(&line));
            }
            if self.step.is_multiple_of(self.batches.steps_an_epoch()) {
                self.end_epoch(&mut |line| bar.say(&line))?;
            }
            if saved.elapsed() >= self.checkpoint_every {
                self.save()?;
                saved = Instant::now();
            }
        }
        drop(bar);
        self.save()?;
        self.write_results()
    }

    fn take_step(&mut self, window: &mut Window) -> Result<()> {
        let begun = Instant::now();
        let pixels = self.images.gather(self.batches.indices(self.step));
        let values = self.recipe.step(Step {
            pixels: &pixels,
            seed: self.identity.seed,
            index: self.step,
            steps: self.steps,
            rate: self.identity.learning_rate,
            options: self.options,
        });
        if let Some((name, _)) = values.iter().find(|(_, value)| !value.is_finite()) {
            bail!(
                "{name} is no longer a number at step {}; the last checkpoint in {} is from before that. Try a smaller \
                 --learning-rate than {}, a larger --batch than {}, or another --seed",
                self.step,
                self.out.display(),
                self.identity.learning_rate,
                self.identity.batch
            );
        }
        self.step += 1;
        self.seconds += begun.elapsed().as_secs_f64();
        window.add(&values, self.identity.batch);
        Ok(())
    }

    /// Records how the last steps went.
    fn record(&mut self, window: Window, describe: &mut dyn FnMut(String)) {
        let event = window.event(self.step, self.steps, self.seconds);
        if let Event::Steps { values, images_per_second, .. } = &event {
            let values: Vec<String> = values.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
            describe(format!("{}, {images_per_second:.0} images/s", values.join(", ")));
        }
        self.events.push(event);
        // In the first epoch the generated images may still be nearly alike.
        if self.step > self.batches.steps_an_epoch() {
            self.events.extend(window.collapse(self.step));
        }
    }

    /// Measures the representation. A run begins with it too, so that training can be compared with the start.
    fn probe(&mut self, say: &mut dyn FnMut(String)) {
        let epoch = self.step / self.batches.steps_an_epoch();
        let accuracy = probe::accuracy(&self.recipe.encoder(), self.images, &self.device);
        self.events.push(Event::Probe { step: self.step, epoch, accuracy });
        say(format!("epoch {epoch}: a linear classifier on f has {:.1} % right", 100.0 * accuracy));
    }

    /// Measures the representation and writes the results.
    fn end_epoch(&mut self, say: &mut dyn FnMut(String)) -> Result<()> {
        self.probe(say);
        if let Some(Event::Collapse { spread, .. }) = self.events.iter().rfind(
            |event| matches!(event, Event::Collapse { step, .. } if *step + self.batches.steps_an_epoch() > self.step),
        ) {
            say(format!(
                "the generated images are nearly all alike (they vary {:.0} % as much as the data): the generator has \
                 collapsed. Try another --seed, a larger --batch, or a smaller --learning-rate",
                100.0 * spread
            ));
        }
        self.write_results()
    }

    fn restore(&mut self) -> Result<()> {
        let path = self.checkpoint_path();
        let checkpoint = Checkpoint::load(&path, &self.identity)?;
        recipe::restore(self.recipe.as_mut(), &checkpoint.parts).with_context(|| {
            format!("{} cannot be resumed; put a whole checkpoint there, or remove it to start again", path.display())
        })?;
        self.step = checkpoint.step;
        self.seconds = checkpoint.seconds;
        self.options = self.options.or(checkpoint.options);
        self.events = checkpoint.events;
        Ok(())
    }

    fn save(&mut self) -> Result<()> {
        let checkpoint = Checkpoint {
            identity: self.identity.clone(),
            step: self.step,
            seconds: self.seconds,
            options: self.options,
            events: self.events.clone(),
            parts: recipe::save(self.recipe.as_mut())?,
        };
        checkpoint.save(&self.checkpoint_path())
    }

    /// Writes the base network, the metrics, the pictures, and the report with all of them. The network has the 16 bits
    /// that it is shipped with, so that models are fitted later on exactly these numbers.
    fn write_results(&self) -> Result<()> {
        let encoder = self.recipe.encoder();
        let bytes = weights::write_base(&encoder, weights::Precision::F16).context("the network cannot be saved")?;
        files::write_whole(&self.out.join("model.safetensors"), &bytes)?;
        let lines: Result<Vec<String>, _> = self.events.iter().map(serde_json::to_string).collect();
        let metrics: String = lines?.into_iter().map(|line| line + "\n").collect();
        files::write_whole(&self.out.join("metrics.jsonl"), metrics.as_bytes())?;
        let originals: Vec<usize> = (0..ORIGINALS.min(self.images.len())).collect();
        let pictures = self.recipe.pictures(&self.images.gather(&originals), self.identity.seed)?;
        for picture in &pictures {
            files::write_whole(&self.out.join(format!("{}.png", picture.name)), &tiles::png(&picture.image)?)?;
        }
        let summary = RunSummary {
            identity: &self.identity,
            position: self.position(),
            options: self.options,
            seconds: self.seconds,
        };
        let page = report::page(&summary, &self.events, &pictures)?;
        files::write_whole(&self.out.join("report.html"), page.as_bytes())
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.out.join("checkpoint.safetensors")
    }
}

#[cfg(test)]
mod tests {
    use super::super::recipe_name::RecipeName;
    use super::*;
    use crate::data::Dataset;
    use gradient_features::images::IMAGE_BYTES;
    use std::{cell::Cell, fs, path::Path};

    fn images() -> ImageSet {
        let pixels = (0..12 * IMAGE_BYTES).map(|at| (at * at % 251) as u8).collect();
        ImageSet { pixels, labels: (0..12).map(|index| index % 2).collect() }
    }

    fn settings(recipe: RecipeName, out: &Path) -> Settings {
        Settings {
            recipe,
            dataset: Dataset::Cifar10,
            epochs: Some(2),
            batch: Some(2),
            learning_rate: None,
            options: RecipeOptions::default(),
            out: Some(out.to_owned()),
            resume: false,
            checkpoint_every: 60,
            seed: Some(3),
        }
    }

    fn begin<'a>(settings: &Settings, images: &'a ImageSet) -> Result<Session<'a>> {
        Session::begin(settings, &settings.out(Path::new("runs")), images, &Device::flex())
    }

    /// Trains until `steps` more are taken, and gives the base network's file and the pictures. The checkpoint itself
    /// cannot be compared, since Burn gives parameters new names in every run.
    fn results_after(settings: &Settings, steps: usize) -> Vec<Vec<u8>> {
        let images = images();
        let mut session = begin(settings, &images).expect("it begins");
        let polls = Cell::new(0);
        session.train(Progress::new(true), || polls.replace(polls.get() + 1) == steps).expect("a small run trains");
        let base = fs::read(session.out.join("model.safetensors")).expect("the network is there");
        let pictures = session.recipe.pictures(&images.pixels, settings.seed()).expect("the device can be read");
        pictures.into_iter().map(|picture| picture.image.into_raw()).chain([base]).collect()
    }

    #[test]
    fn a_run_that_was_stopped_and_resumed_equals_one_that_was_not() {
        for &recipe in RecipeName::ALL {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let whole = results_after(&settings(recipe, &folder.path().join("whole")), 99);
            let parts = settings(recipe, &folder.path().join("parts"));
            assert!(results_after(&parts, 7) != whole, "{recipe:?}: seven steps of twelve are not all of them");
            let resumed = Settings { resume: true, ..parts };
            assert!(results_after(&resumed, 99) == whole, "{recipe:?}: the resumed run came to other weights");
            let metrics = fs::read_to_string(folder.path().join("parts/metrics.jsonl")).expect("it is there");
            let probes: Vec<&str> = metrics.lines().filter(|line| line.contains("\"probe\"")).collect();
            let epochs = (0..=2).map(|epoch| format!("\"step\":{},\"epoch\":{epoch},", 6 * epoch));
            assert!(epochs.zip(&probes).all(|(epoch, probe)| probe.contains(&epoch)), "{recipe:?}: {metrics}");
            assert_eq!(probes.len(), 3, "{recipe:?}: {metrics}");
            let report = fs::read_to_string(folder.path().join("parts/report.html")).expect("it is there");
            assert!(report.contains("step 12 of 12") && report.contains("<svg"), "{recipe:?}");
        }
    }

    /// The checkpoint knows the options, unless the command line says otherwise.
    #[test]
    fn a_resumed_run_keeps_its_recipe_options() {
        let warm_up: fn(&mut Settings, Option<f64>) = |settings, times| {
            settings.options.warm_up = times.map(|times| 2 * settings.epochs.unwrap_or(1) * times as usize)
        };
        let cycle: fn(&mut Settings, Option<f64>) = |settings, weight| settings.options.cycle = weight;
        let pace: fn(&mut Settings, Option<f64>) = |settings, times| settings.options.pace = times;
        let deterministic: fn(&mut Settings, Option<f64>) =
            |settings, number| settings.options.deterministic = number.map(|number| number > 0.0);
        let average: fn(&mut Settings, Option<f64>) =
            |settings, steps| settings.options.average = steps.map(|steps| steps as usize);
        // The Wasserstein BiGAN's encoder and generator have one step for five of the critic.
        for (recipe, epochs, options) in [
            (
                RecipeName::Ali,
                1,
                &[
                    (warm_up, "Steps as an autoencoder"),
                    (cycle, "Weight of the cycle-consistency"),
                    (pace, "Pace of the encoder and generator"),
                    (deterministic, "Latents without noise"),
                    (average, "Steps of encoder and generator that are averaged"),
                ][..],
            ),
            (
                RecipeName::Wali,
                2,
                &[
                    (warm_up, "Steps as an autoencoder"),
                    (cycle, "Weight of the cycle-consistency"),
                    (deterministic, "Latents without noise"),
                    (average, "Steps of encoder and generator that are averaged"),
                ],
            ),
        ] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let plain = Settings { epochs: Some(epochs), ..settings(recipe, &folder.path().join("without")) };
            let without = results_after(&plain, 99);
            for (depart, row) in options {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let with = |name, number, resume| {
                    let out = Some(folder.path().join(name));
                    let mut settings = Settings { resume, out, ..plain.clone() };
                    depart(&mut settings, number);
                    settings
                };
                let whole = results_after(&with("whole", Some(2.0), false), 99);
                let report = fs::read_to_string(folder.path().join("whole/report.html")).expect("it is there");
                assert!(report.contains(row), "{recipe:?}");
                assert!(whole != without, "{recipe:?}: {row} changes nothing");
                results_after(&with("parts", Some(2.0), false), 2 * epochs + 1);
                copy(&folder.path().join("parts"), &folder.path().join("changed"));
                assert!(results_after(&with("parts", None, true), 99) == whole, "{recipe:?}: {row} was forgotten");
                assert!(results_after(&with("changed", Some(0.0), true), 99) != whole, "{recipe:?}: {row} stayed");
            }
        }
    }

    /// Copies the files of a run's folder.
    fn copy(from: &Path, to: &Path) {
        fs::create_dir(to).expect("the folder can be made");
        for entry in fs::read_dir(from).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            fs::copy(entry.path(), to.join(entry.file_name())).expect("the file can be copied");
        }
    }

    #[test]
    fn a_finished_run_goes_further_with_more_epochs() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let short = settings(RecipeName::Ali, &folder.path().join("short"));
        let long = Settings { epochs: Some(3), ..settings(RecipeName::Ali, &folder.path().join("long")) };
        results_after(&short, 99);
        let extended = Settings { epochs: Some(3), resume: true, ..short };
        assert!(results_after(&extended, 99) == results_after(&long, 99));
    }

    #[test]
    fn a_checkpoint_of_another_run_or_a_cut_one_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = settings(RecipeName::Rotation, folder.path());
        results_after(&settings, 1);
        let images = images();
        let refusal = |settings: &Settings| match begin(settings, &images) {
            Ok(_) => panic!("the run began"),
            Err(error) => format!("{error:#}"),
        };
        assert!(refusal(&settings).contains("--resume"));
        let resumed = Settings { resume: true, ..settings.clone() };
        let others = [
            Settings { seed: Some(4), ..resumed.clone() },
            Settings { recipe: RecipeName::Ali, ..resumed.clone() },
            Settings { dataset: Dataset::Svhn, ..resumed.clone() },
        ];
        for other in others {
            assert!(refusal(&other).contains("another run"), "{other:?}");
        }
        let path = folder.path().join("checkpoint.safetensors");
        let bytes = fs::read(&path).expect("the checkpoint is there");
        for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).expect("the file can be written");
            assert!(refusal(&resumed).contains("no whole checkpoint"), "cut at {length}");
        }
    }
}
