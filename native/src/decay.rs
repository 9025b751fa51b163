//! `--decay auto`: the penalties on w1 and w2, each chosen from a few values by the accuracy on training images that are
//! held out for it. The test images have no part in it.

use crate::{
    answers::Answers,
    experiment::{Bench, Fitted, Settings},
    run::Run,
};
use anyhow::{Result, ensure};
use clap::ValueEnum;
pub use gradient_features::fit::Decays;
use gradient_features::{Mode, fit::FitConfig, model::linear::Head};
use serde::{Deserialize, Serialize};

/// For w1, or fine-tuning's ω.
pub const CLASSIFIER_DECAYS: [f32; 4] = [0.0, 1e-4, 1e-3, 1e-2];
/// For w2, or fine-tuning's θ2.
pub const GRADIENT_DECAYS: [f32; 4] = [0.0, 1e-6, 1e-5, 1e-4];
/// For w2 by kernel ridge, as shares of the kernel's mean diagonal.
pub const RIDGES: [f32; 5] = [1e-2, 1e-1, 1.0, 1e1, 1e2];
/// One in so many of the training images is held out.
const HELD_OUT: usize = 10;

/// How penalties come about that are not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// Chosen on held-out training images
    Auto,
}

/// One line of `metrics.jsonl`.
#[derive(Serialize)]
struct Tried {
    mode: Mode,
    decays: Decays,
    held_out_accuracy: f64,
}

/// The settings with the penalties that are to be chosen for `modes` and for the activation model, which ω̄ is of.
pub fn choose(bench: &Bench, modes: &[Mode], run: &mut Run) -> Result<Settings> {
    let mut settings = bench.settings.clone();
    if !settings.chooses_decays() {
        return Ok(settings);
    }
    let choice = Choice::new(bench)?;
    let (scope, device) = (bench.scope, &bench.chosen.device);
    let blank = Head::activation(&bench.encoder, scope, settings.dataset()?.classes(), device);
    let (decays, activation) = choice.best(&blank, "", run)?;
    settings.chosen_decays.insert(Mode::Activation, decays);
    for &mode in modes.iter().filter(|&&mode| mode != Mode::Activation) {
        if settings.open_decays(mode, &settings.fit(mode)?).concat().is_empty() {
            continue;
        }
        let start = Head::start(mode, scope, &bench.encoder, &activation.head, device);
        let (decays, _) = choice.best(&start, &activation.key, run)?;
        settings.chosen_decays.insert(mode, decays);
    }
    settings.decay = None;
    Ok(settings)
}

/// What is fitted on and what is measured on while choosing.
struct Choice<'a> {
    bench: &'a Bench<'a>,
    fitted: Vec<usize>,
    held: Vec<usize>,
}

impl<'a> Choice<'a> {
    fn new(bench: &'a Bench<'a>) -> Result<Self> {
        let (images, plain) = (bench.train.images(), bench.division.fitted.len());
        ensure!(plain >= HELD_OUT, "there are too few training images to hold some out: {plain}");
        let held = plain - plain / HELD_OUT..plain;
        // An image's mirror image stays on its side.
        let fitted = bench.fitted.iter().copied().filter(|index| !held.contains(&(index % images))).collect();
        Ok(Self { bench, fitted, held: held.collect() })
    }

    /// The best penalties of a mode, w1's before w2's, and the model that was fitted with them.
    fn best(&self, start: &Head, start_key: &str, run: &mut Run) -> Result<(Decays, Fitted)> {
        let fit = self.bench.settings.fit(start.mode)?;
        let [for_classifier, for_gradient] = self.bench.settings.open_decays(start.mode, &fit);
        let given = fit.decays();
        let (mut most, mut best) = self.accuracy(fit, start, start_key, run)?;
        let mut decays = given;
        let mut consider = |candidate: Decays, decays: &mut Decays| -> Result<()> {
            let (accuracy, fitted) = self.accuracy(fit.with_decays(candidate), start, start_key, run)?;
            if accuracy > most {
                (most, best, *decays) = (accuracy, fitted, candidate);
            }
            Ok(())
        };
        for &classifier in for_classifier.iter().filter(|&&value| value != given.classifier) {
            consider(Decays { classifier, ..decays }, &mut decays)?;
        }
        for &gradient in for_gradient.iter().filter(|&&value| value != given.gradient) {
            consider(Decays { gradient, ..decays }, &mut decays)?;
        }
        self.bench.progress.say(format!("{}: chosen are {}", start.mode, told(start.mode, decays)));
        Ok((decays, best))
    }

    fn accuracy(&self, fit: FitConfig, start: &Head, start_key: &str, run: &mut Run) -> Result<(f64, Fitted)> {
        let Bench { encoder, train, chosen, progress, .. } = self.bench;
        let fitted = self.bench.fit_on(&self.fitted, fit, start, start_key, &mut |_| Ok(()))?;
        let accuracy = Answers::of(encoder, &fitted.head, train, &self.held, &chosen.device)?.accuracy();
        let (mode, decays) = (start.mode, fit.decays());
        run.log_text(&serde_json::to_string(&Tried { mode, decays, held_out_accuracy: accuracy })?)?;
        progress.say(format!("{mode}: with {} {:.2} % of those held out", told(mode, decays), 100.0 * accuracy));
        Ok((accuracy, fitted))
    }
}

/// The penalties that a mode has a use for.
fn told(mode: Mode, decays: Decays) -> String {
    let classifier = mode.has_classifier().then(|| format!("{:e} on w1", decays.classifier));
    let gradient = (mode != Mode::Activation).then(|| format!("{:e} on w2", decays.gradient));
    classifier.into_iter().chain(gradient).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{experiment::settings::Solver, trial};
    use std::fs;

    #[derive(Deserialize)]
    struct Line {
        mode: Mode,
        decays: Decays,
        held_out_accuracy: f64,
    }

    /// What was tried, in order, and what was chosen.
    fn chosen(settings: &Settings, modes: &[Mode]) -> (Vec<Line>, Settings) {
        let mut found = None;
        trial::with_bench(settings, |bench, run| {
            let settings = choose(bench, modes, run).expect("the models can be fitted");
            let text = fs::read_to_string(run.folder().join("metrics.jsonl")).expect("it is there");
            let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
            found = Some((lines, settings));
        });
        found.expect("the test was run")
    }

    #[test]
    fn the_best_of_every_value_is_chosen_for_every_solver() {
        for solver in [Solver::Adam, Solver::Lbfgs] {
            let settings = Settings {
                decay: Some(Decay::Auto),
                solver: Some(solver),
                iterations: Some(2),
                epochs: (solver == Solver::Adam).then_some(1),
                ..Settings::default()
            };
            let (lines, found) = chosen(&settings, &[Mode::Activation, Mode::Full]);
            assert_eq!(found.decay, None, "it is chosen now");
            for mode in [Mode::Activation, Mode::Full] {
                let tried: Vec<&Line> = lines.iter().filter(|line| line.mode == mode).collect();
                let decays = found.chosen_decays[&mode];
                let most = tried.iter().map(|line| line.held_out_accuracy).fold(0.0, f64::max);
                let first = tried.iter().find(|line| line.held_out_accuracy == most).expect("one is the best");
                assert_eq!(decays, first.decays, "{mode} by {solver:?}");
                for value in CLASSIFIER_DECAYS {
                    assert!(tried.iter().any(|line| line.decays.classifier == value), "{mode}: {value} on w1");
                }
                let on_w2 = GRADIENT_DECAYS.iter().filter(|&&v| tried.iter().any(|line| line.decays.gradient == v));
                assert_eq!(on_w2.count() == GRADIENT_DECAYS.len(), mode == Mode::Full, "{mode}");
                assert_eq!(found.fit(mode).expect("a fit").decays(), decays);
            }
        }
    }

    #[test]
    fn what_is_given_stays_and_what_is_chosen_can_be_read_again() {
        let settings =
            Settings { decay: Some(Decay::Auto), classifier_decay: Some(0.5), epochs: Some(1), ..Settings::default() };
        let (lines, found) = chosen(&settings, &[Mode::Full]);
        assert!(lines.iter().all(|line| line.decays.classifier == 0.5), "w1's is given");
        let text = toml::to_string(&found).expect("it can be written");
        let read: Settings = toml::from_str(&text).expect("it can be read");
        assert_eq!(read, found, "{text}");
        let asked = Settings { gradient_decay: Some(0.25), ..Settings::default() }.or(read);
        assert_eq!(asked.fit(Mode::Full).expect("a fit").decays(), Decays { classifier: 0.5, gradient: 0.25 });
    }

    #[test]
    fn images_that_are_held_out_are_not_fitted_on_even_mirrored() {
        trial::with_bench(&Settings::default(), |bench, _| {
            let choice = Choice::new(bench).expect("there are enough images");
            assert_eq!((choice.held.len(), choice.fitted.len()), (6, 2 * 54));
            let seen = |index: &usize| choice.fitted.iter().any(|other| other % trial::IMAGES == *index);
            assert!(!choice.held.iter().any(seen));
        });
    }
}
