//! What fitting on one network needs, and the fits themselves: made, or found where they are kept.

use super::{Division, Outcome, Settings, Surroundings};
use crate::{
    answers::Answers,
    data::{Dataset, Split, Stream},
    device::Chosen,
    interrupt::Interrupt,
    kept::{self, KeptFile},
    kept_fit::{Facts, Place, Story},
    model_folder,
    progress::Progress,
    report::Entry,
    run::Run,
};
use anyhow::{Result, anyhow};
use gradient_features::{
    Mode, Scope,
    fit::{Event, FitConfig, FitError, Job},
    images::ImageSet,
    model::{encoder::Encoder, linear::Head},
    weights::Precision,
};
use serde::{Deserialize, Serialize};
use std::{ops::ControlFlow, path::Path, time::Instant};

/// Everything that fitting needs, loaded.
pub struct Bench<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The base network.
    pub encoder: Encoder,
    /// The layers whose parameters the gradient is taken by.
    pub scope: Scope,
    /// What computes.
    pub chosen: &'a Chosen,
    /// Who is told how it goes.
    pub progress: Progress,
    /// Who can stop it.
    pub interrupt: &'a Interrupt,
    /// Where fits are kept.
    pub cache_dir: &'a Path,
    /// The training images' features.
    pub train: KeptFile,
    /// Those of them that are fitted on.
    pub fitted: Vec<usize>,
    /// The test images'.
    pub test: KeptFile,
    /// Which of them count.
    pub division: &'a Division,
    /// Seconds that the features took.
    pub feature_seconds: f64,
}

/// Where an experiment's images, features and fits come from.
pub struct Source<'a, 'images> {
    /// The settings.
    pub settings: &'a Settings,
    /// The data set.
    pub dataset: Dataset,
    /// Its images.
    pub images: &'images Split,
    /// More to fit on.
    pub extra: Option<&'images Stream>,
    /// Which of them count.
    pub division: &'a Division,
    /// Everything around.
    pub surroundings: &'a Surroundings,
    /// Who can stop it.
    pub interrupt: &'a Interrupt,
}

impl<'a> Source<'a, '_> {
    /// What fitting on `encoder` needs: its frozen features, computed or found.
    pub fn bench(&self, encoder: Encoder, scope: Scope) -> Result<Bench<'a>> {
        let Surroundings { cache_dir, chosen, progress, .. } = self.surroundings;
        let begun = Instant::now();
        let cache = kept::Cache { folder: cache_dir, chosen, progress: *progress, interrupt: self.interrupt };
        let name = |name: &str| format!("{}-{name}", self.dataset);
        let split = |set: &ImageSet, of: &str| cache.get(&encoder, set, &name(of), scope);
        let with_extra = |train: KeptFile, extra: Option<Stream>, of: &str| match extra {
            Some(extra) => Ok(train.with_more(cache.get(&encoder, &extra, &name(of), scope)?)),
            None => anyhow::Ok(train),
        };
        let mut train = with_extra(split(&self.images.train, "train")?, self.extra.cloned(), "extra")?;
        let images = train.images();
        if self.settings.mirror() {
            let mirrored = split(&self.images.train.mirrored(), "train-mirrored")?;
            let extra = self.extra.map(Stream::mirrored);
            train = train.with_mirrored(with_extra(mirrored, extra, "extra-mirrored")?);
        }
        let test = split(&self.images.test, "test")?;
        // Mirrored images come after the others, and are fitted on where the others are.
        let plain: Vec<usize> = self.division.fitted.iter().copied().chain(self.images.train.len()..images).collect();
        let mirrored = plain.iter().map(|index| index + images).filter(|_| self.settings.mirror());
        let fitted = plain.iter().copied().chain(mirrored).collect();
        Ok(Bench {
            settings: self.settings,
            encoder,
            scope,
            chosen,
            progress: *progress,
            interrupt: self.interrupt,
            cache_dir,
            train,
            fitted,
            test,
            division: self.division,
            feature_seconds: begun.elapsed().as_secs_f64(),
        })
    }
}

/// A fitted model, how that went, and the key that stands for all of it.
pub struct Fitted {
    /// The model.
    pub head: Head,
    /// How the fit went.
    pub story: Story,
    /// What the fit depends on, as a checksum.
    pub key: String,
}

impl Bench<'_> {
    /// Fits the models of `modes`, saves and measures them.
    pub(super) fn fit_all(&self, modes: &[Mode], run: &mut Run) -> Result<Vec<Entry>> {
        let classes = self.settings.dataset()?.classes();
        let activation =
            self.fit(&Head::activation(&self.encoder, self.scope, classes, &self.chosen.device), "", run)?;
        let mut entries = vec![self.keep_entry(&activation, run)?];
        for &mode in modes.iter().filter(|&&mode| mode != Mode::Activation) {
            let start = Head::start(mode, self.scope, &self.encoder, &activation.head, &self.chosen.device);
            entries.push(self.keep_entry(&self.fit(&start, &activation.key, run)?, run)?);
        }
        entries.retain(|entry| modes.contains(&entry.outcome.mode));
        Ok(entries)
    }

    /// Saves a model with the run, and measures it.
    fn keep_entry(&self, fitted: &Fitted, run: &mut Run) -> Result<Entry> {
        model_folder::save_head(run.folder(), &self.encoder, &fitted.head, Precision::F32)?;
        let entry = self.measure(fitted)?;
        run.log_text(&serde_json::to_string(&entry.outcome)?)?;
        self.progress.say(format!("{:<10} {:.2} %", entry.outcome.mode, 100.0 * entry.outcome.accuracy));
        Ok(entry)
    }

    /// Fits one model from `start`, itself come of the fit of the key `start_key`, or finds it kept.
    pub fn fit(&self, start: &Head, start_key: &str, run: &mut Run) -> Result<Fitted> {
        let config = self.settings.fit(start.mode)?;
        self.fit_on(&self.fitted, config, start, start_key, &mut |line| run.log_text(line))
    }

    /// The same on images and with settings of one's own, telling `log` its lines.
    pub fn fit_on(
        &self,
        fitted: &[usize],
        config: FitConfig,
        start: &Head,
        start_key: &str,
        log: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<Fitted> {
        let facts = Facts {
            mode: start.mode,
            config,
            features: &self.train.key,
            count: fitted.len(),
            start: start_key,
            device: &self.chosen.name,
        };
        let place = Place::new(self.cache_dir, &facts);
        let (head, story) = match place.load(&self.encoder, &self.chosen.device) {
            Some((head, story)) => {
                story.lines.iter().try_for_each(|line| log(line))?;
                (head, story)
            }
            None => {
                let (head, story) = self.fit_anew(fitted, start, config, log)?;
                place.save(&self.encoder, &head, &story)?;
                (head, story)
            }
        };
        Ok(Fitted { head, story, key: place.key })
    }

    /// What a fitted model answers, and how often that is right.
    pub fn measure(&self, fitted: &Fitted) -> Result<Entry> {
        let (head, division) = (&fitted.head, self.division);
        let of = |samples, indices| Answers::of(&self.encoder, head, samples, indices, &self.chosen.device);
        let answers = of(if division.held_out { &self.train } else { &self.test }, &division.measured)?;
        let sample = division.measured.len().min(division.fitted.len());
        let outcome = Outcome {
            mode: head.mode,
            scope: head.scope,
            accuracy: answers.accuracy(),
            train_accuracy: Some(of(&self.train, &division.fitted[..sample])?.accuracy()),
            train_seconds: fitted.story.seconds,
            feature_seconds: self.feature_seconds,
        };
        Ok(Entry { outcome, answers, losses: losses(&fitted.story), omega: head.omega.clone() })
    }

    fn fit_anew(
        &self,
        fitted: &[usize],
        start: &Head,
        fit: FitConfig,
        log: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<(Head, Story)> {
        let steps = fit.steps(fitted.len()) as u64;
        let mut bar = self.progress.items(&format!("fitting {}", start.mode), 0, steps);
        let begun = Instant::now();
        let mut story = Story::default();
        let mut trouble = None;
        let listen = |event: Event| {
            match event {
                Event::Step { step, .. } => bar.set(step as u64),
                Event::Epoch { loss, .. } => bar.describe(&format!("loss {loss:.3}")),
                Event::Iteration { images, iteration, loss, gradient } => {
                    bar.set(iteration as u64);
                    bar.describe(&format!("loss {loss:.4} and gradient {gradient:.3} on {images} images"));
                }
            }
            if let Err(error) = record(&mut story, log, &Line { mode: start.mode, scope: start.scope, event }) {
                trouble = Some(error);
                return ControlFlow::Break(());
            }
            if self.interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        // Kernel ridge has no use for an image's mirror image.
        let is_chosen = |&index: &usize| !matches!(fit, FitConfig::Ridge(_)) || index < self.train.images();
        let indices: Vec<usize> = fitted.iter().copied().filter(is_chosen).collect();
        let (encoder, samples, device) = (&self.encoder, &self.train, &self.chosen.device);
        let job = Job { encoder, start, samples, indices: &indices, device };
        let head = pollster::block_on(job.fit(fit, listen)).map_err(|error| match error {
            FitError::Samples(error) => error,
            other => anyhow!("fitting the {} model: {other}", start.mode),
        });
        drop(bar);
        if let Some(error) = trouble {
            return Err(error);
        }
        let head = head?;
        story.seconds = begun.elapsed().as_secs_f64();
        Ok((head, story))
    }
}

/// The training loss after each pass over the images, or each iteration on all of them.
fn losses(story: &Story) -> Vec<(f64, f64)> {
    let events = story.lines.iter().filter_map(|line| serde_json::from_str::<Line>(line).ok()).map(|line| line.event);
    let passes = events.enumerate().filter_map(|(index, event)| match event {
        Event::Epoch { epoch, loss, .. } => Some((epoch as f64, f64::from(loss))),
        Event::Iteration { loss, .. } => Some((index as f64, f64::from(loss))),
        Event::Step { .. } => None,
    });
    passes.collect()
}

/// Adds a line to the run's metrics and to the story that is kept.
fn record(story: &mut Story, log: &mut impl FnMut(&str) -> Result<()>, line: &Line) -> Result<()> {
    let text = serde_json::to_string(line)?;
    log(&text)?;
    story.lines.push(text);
    Ok(())
}

/// One line of `metrics.jsonl`.
#[derive(Serialize, Deserialize)]
struct Line {
    mode: Mode,
    scope: Scope,
    #[serde(flatten)]
    event: Event,
}
