//! The fits themselves: made, or found in the cache.

use super::{
    context::FitContext,
    outcome::{MeasuredFit, Outcome},
    predictions::Predictions,
};
use crate::{
    cache::fits::{self, FitFiles, FitKey, FitLog},
    model_folder,
    run::Run,
};
use anyhow::{Result, anyhow};
use gradient_features::{
    Mode, Scope,
    fit::{Event, FitConfig, FitError, Job},
    model::linear::Head,
    weights::Precision,
};
use serde::Serialize;
use std::{ops::ControlFlow, time::Instant};

/// A fitted model, how that went, and the key that stands for all of it.
pub struct Fitted {
    /// The model.
    pub head: Head,
    /// How the fit went.
    pub log: FitLog,
    /// What the fit depends on, as a checksum.
    pub key: String,
}

impl FitContext<'_> {
    /// Fits the models of `modes`, saves and measures them.
    pub(super) fn fit_all(&self, modes: &[Mode], run: &mut Run) -> Result<Vec<MeasuredFit>> {
        let classes = self.settings.dataset().classes();
        let activation =
            self.fit(&Head::activation(&self.encoder, self.scope, classes, &self.compute.device), "", run)?;
        let mut fits = vec![self.save_and_measure(&activation, run)?];
        for &mode in modes.iter().filter(|&&mode| mode != Mode::Activation) {
            let start = Head::start(mode, self.scope, &self.encoder, &activation.head, &self.compute.device);
            fits.push(self.save_and_measure(&self.fit(&start, &activation.key, run)?, run)?);
        }
        fits.retain(|fit| modes.contains(&fit.outcome.mode));
        Ok(fits)
    }

    /// Saves a model with the run, and measures it.
    fn save_and_measure(&self, fitted: &Fitted, run: &mut Run) -> Result<MeasuredFit> {
        model_folder::save_head(run.folder(), &self.encoder, &fitted.head, Precision::F32)?;
        let measured = self.measure(fitted)?;
        run.log(&measured.outcome)?;
        self.progress.say(format!("{:<10} {:.2} %", measured.outcome.mode, 100.0 * measured.outcome.accuracy));
        Ok(measured)
    }

    /// Fits one model from `start`, which the fit of the key `start_key` made, or finds it in the cache.
    pub fn fit(&self, start: &Head, start_key: &str, run: &mut Run) -> Result<Fitted> {
        let config = self.settings.fit(start.mode)?;
        let (mode, scope) = (start.mode, start.scope);
        let mut log = |event| run.log(&MetricsLine { mode, scope, event });
        self.fit_on(&self.fitted, config, start, start_key, &mut log)
    }

    /// Fits one model on the images of `fitted` with the settings `config`, and gives `log` every event.
    pub fn fit_on(
        &self,
        fitted: &[usize],
        config: FitConfig,
        start: &Head,
        start_key: &str,
        log: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<Fitted> {
        let key = FitKey {
            mode: start.mode,
            config,
            features: &self.train.key,
            fitted: fits::checksum_of_indices(fitted),
            start: start_key,
            device: &self.compute.name,
        };
        let files = FitFiles::new(self.cache_dir, &key);
        let (head, log) = match files.load(&self.encoder, &self.compute.device) {
            Some((head, found)) => {
                found.events.iter().try_for_each(|&event| log(event))?;
                (head, found)
            }
            None => {
                let (head, made) = self.fit_anew(fitted, start, config, log)?;
                // The run keeps the model in any case.
                if let Err(error) = files.save(&self.encoder, &head, &made) {
                    self.progress.say(format!("The fit is not kept for other runs: {error:#}"));
                }
                (head, made)
            }
        };
        Ok(Fitted { head, log, key: files.key })
    }

    /// What a fitted model predicts, and how often that is right.
    pub fn measure(&self, fitted: &Fitted) -> Result<MeasuredFit> {
        let (head, split) = (&fitted.head, self.split);
        let of = |samples, indices| Predictions::of(&self.encoder, head, samples, indices, &self.compute.device);
        let predictions = of(if split.held_out { &self.train } else { &self.test }, &split.measured)?;
        let sample = split.measured.len().min(split.fitted.len());
        let outcome = Outcome {
            mode: head.mode,
            scope: head.scope,
            accuracy: predictions.accuracy(),
            finetune_agreement: None,
            train_accuracy: Some(of(&self.train, &split.fitted[..sample])?.accuracy()),
            train_seconds: fitted.log.seconds,
            feature_seconds: self.feature_seconds,
        };
        Ok(MeasuredFit { outcome, predictions, losses: losses(&fitted.log.events), omega: head.omega.clone() })
    }

    fn fit_anew(
        &self,
        fitted: &[usize],
        start: &Head,
        config: FitConfig,
        log: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<(Head, FitLog)> {
        let steps = config.steps(fitted.len());
        let mut bar = self.progress.items(&format!("fitting {}", start.mode), 0, steps as u64);
        let begun = Instant::now();
        let mut made = FitLog::default();
        let mut failure = None;
        let listen = |event: Event| {
            match event {
                Event::Step { step, .. } => bar.set(step as u64),
                Event::Epoch { loss, .. } => bar.describe(&format!("loss {loss:.3}")),
                Event::Iteration { images, iteration, loss, gradient } => {
                    bar.set(iteration as u64);
                    bar.describe(&format!("loss {loss:.4} and gradient {gradient:.3} on {images} images"));
                }
            }
            made.events.push(event);
            if let Err(error) = log(event) {
                failure = Some(error);
                return ControlFlow::Break(());
            }
            if self.interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        // Kernel ridge gains nothing from mirror images.
        let is_used = |&index: &usize| !matches!(config, FitConfig::Ridge(_)) || index < self.train.images();
        let indices: Vec<usize> = fitted.iter().copied().filter(is_used).collect();
        let (encoder, samples, device) = (&self.encoder, &self.train, &self.compute.device);
        let job = Job { encoder, start, samples, indices: &indices, device };
        let head = pollster::block_on(job.fit(config, listen)).map_err(|error| match error {
            FitError::Samples(error) => error,
            other => anyhow!("fitting the {} model: {other}", start.mode),
        });
        drop(bar);
        if let Some(error) = failure {
            return Err(error);
        }
        let head = head?;
        made.seconds = begun.elapsed().as_secs_f64();
        Ok((head, made))
    }
}

/// The training loss after each pass over the images, or each iteration on all of them.
fn losses(events: &[Event]) -> Vec<(f64, f64)> {
    let passes = events.iter().enumerate().filter_map(|(index, event)| match *event {
        Event::Epoch { epoch, loss, .. } => Some((epoch as f64, f64::from(loss))),
        Event::Iteration { loss, .. } => Some((index as f64, f64::from(loss))),
        Event::Step { .. } => None,
    });
    passes.collect()
}

/// An event of a fit, as a line of `metrics.jsonl`.
#[derive(Serialize)]
struct MetricsLine {
    mode: Mode,
    scope: Scope,
    #[serde(flatten)]
    event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{experiment::settings::Settings, test_support};
    use gradient_features::fit::first_order::FirstOrderConfig;
    use std::fs;

    fn start(context: &FitContext) -> Head {
        let classes = context.settings.dataset().classes();
        Head::activation(&context.encoder, context.scope, classes, &context.compute.device)
    }

    #[test]
    fn a_fit_on_as_many_other_images_is_another_fit() {
        test_support::with_context(&Settings::default(), |context, _| {
            let config = FitConfig::FirstOrder(FirstOrderConfig {
                epochs: 1,
                ..FirstOrderConfig::for_mode(Mode::Activation, 1)
            });
            let fit = |indices: std::ops::Range<usize>| {
                let indices: Vec<usize> = indices.collect();
                let made = context.fit_on(&indices, config, &start(context), "", &mut |_| Ok(()));
                let made = made.expect("it can be fitted");
                let classifier = made.head.parameters.classifier.expect("an activation model has a classifier");
                (made.key, classifier.weight.val().to_data())
            };
            let (first, last) = (fit(0..30), fit(30..60));
            assert_ne!(first.0, last.0, "their keys");
            assert_ne!(first.1, last.1, "the last images' fit is not the first images'");
            assert_eq!(fit(0..30), first, "it is found again");
        });
    }

    #[test]
    fn a_model_is_not_lost_when_the_cache_cannot_be_written() {
        test_support::with_context(&Settings { epochs: Some(1), ..Settings::default() }, |context, run| {
            fs::remove_dir_all(context.cache_dir).expect("it is there");
            fs::write(context.cache_dir, "a file in the way").expect("the folder can be written");
            let made = context.fit(&start(context), "", run).expect("it can be fitted");
            assert_eq!(made.head.mode, Mode::Activation);
        });
    }

    #[test]
    fn a_fit_from_the_cache_logs_what_it_logged_when_it_was_made() {
        test_support::with_context(&Settings { epochs: Some(12), ..Settings::default() }, |context, run| {
            let start = start(context);
            let made = context.fit(&start, "", run).expect("it can be fitted");
            let found = context.fit(&start, "", run).expect("it can be found");
            assert_eq!((&made.log.events, made.log.seconds), (&found.log.events, found.log.seconds));
            assert_eq!(losses(&found.log.events).len(), 12, "one a pass");
            let text = fs::read_to_string(run.folder().join("metrics.jsonl")).expect("it is there");
            let lines: Vec<&str> = text.lines().collect();
            let (when_made, when_found) = lines.split_at(lines.len() / 2);
            assert_eq!(when_made, when_found);
            let start = r#"{"mode":"activation","scope":"conv5","event":"epoch","epoch":1,"epochs":12,"loss":"#;
            assert!(lines[0].starts_with(start), "{}", lines[0]);
        });
    }
}
