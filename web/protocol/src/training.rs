//! Training in the page: what the interface and the engine say of it, which images it is on, and its curves.

use crate::{blobs, lesson, messages::Source, trouble::Trouble};
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range, str::FromStr};
use vocabulary::{Mode, Scope, argmax};
use web_sys::Blob;

/// The models, in the order of the numbers in a [`Report`].
pub const MODES: usize = Mode::ALL.len();
/// The most images of one class to fit on: as many as the gallery has.
pub const MOST_IMAGES: usize = 100;
/// Of so many images of a class that are the visitor's own, at least one is held out.
const ONE_HELD_OF: usize = 5;

/// From the interface to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToTrainer {
    /// Begin training in place of any other.
    Begin(Plan),
    /// Take so many steps of each model, or as many as fit into a while, and report.
    Advance {
        /// Its number.
        id: u32,
        /// Steps.
        steps: usize,
    },
    /// Make a file of a model.
    Save {
        /// Its number.
        id: u32,
        /// Which model.
        mode: Mode,
    },
    /// Take a fitted model from a file, to predict with. Training ends.
    Load {
        /// Sent back in the answer.
        id: u32,
        /// The file.
        #[serde(with = "blobs::one")]
        file: Blob,
    },
    /// Predict an image by the models in training, or by those that were loaded.
    Predict {
        /// Sent back in the answer.
        id: u32,
        /// The image.
        source: Source,
    },
    /// Read an image as the network sees it.
    Read {
        /// Sent back in the answer.
        id: u32,
        /// The image.
        source: Source,
    },
}

/// What to train on, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Sent back in every answer.
    pub id: u32,
    /// Which layers the gradient is taken by.
    pub scope: Scope,
    /// The classes' names.
    pub classes: Vec<String>,
    /// The images, each with its class: those that are fitted on, then those held out.
    pub images: Vec<(Source, u8)>,
    /// How many are fitted on.
    pub fitted: usize,
    /// About how many steps there are.
    pub steps: usize,
    /// Where the order of the images comes from.
    pub seed: u32,
    /// Whether large weights are penalised.
    pub is_regularised: bool,
    /// Where it stood, when it was begun before.
    pub from: Option<Snapshot>,
}

/// The models at one step. The bytes are the browser's to keep: they cost the interface nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Steps done.
    pub step: usize,
    /// A file for each model, in the order of [`Mode::ALL`].
    #[serde(with = "blobs::many")]
    pub models: Vec<Blob>,
}

/// From the engine to the interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromTrainer {
    /// How far the images are read and ω̄ is fitted, from 0 to 1.
    Preparing {
        /// Its number.
        id: u32,
        /// The share that is done.
        share: f32,
    },
    /// Some steps are done, or the start is reached.
    Report(Report),
    /// The models as they are, to go on from should the engine break.
    Snapshot {
        /// Its number.
        id: u32,
        /// The models.
        snapshot: Snapshot,
    },
    /// A model's file.
    Saved {
        /// Its number.
        id: u32,
        /// Which model.
        mode: Mode,
        /// The file.
        #[serde(with = "blobs::one")]
        file: Blob,
    },
    /// A file's model can predict.
    Loaded {
        /// The request.
        id: u32,
        /// What it is of.
        fitted: Fitted,
    },
    /// What the models say of an image, or why they do not.
    Predicted {
        /// The request.
        id: u32,
        /// What they say.
        verdicts: Result<Verdicts, Trouble>,
    },
    /// Training cannot go on, and why.
    Failed {
        /// Its number.
        id: u32,
        /// Why.
        trouble: Trouble,
    },
    /// A request that cannot be met while training goes on, and why.
    Refused {
        /// Its number.
        id: u32,
        /// Why.
        trouble: Trouble,
    },
    /// An image as the network sees it, or why it is none.
    Read {
        /// The request.
        id: u32,
        /// Planar bytes `[3, 32, 32]`.
        image: Result<Vec<u8>, Trouble>,
    },
}

impl FromTrainer {
    /// The training that it is part of.
    pub fn id(&self) -> u32 {
        match self {
            Self::Report(report) => report.id,
            Self::Preparing { id, .. }
            | Self::Snapshot { id, .. }
            | Self::Saved { id, .. }
            | Self::Loaded { id, .. }
            | Self::Predicted { id, .. }
            | Self::Failed { id, .. }
            | Self::Refused { id, .. }
            | Self::Read { id, .. } => *id,
        }
    }
}

/// What models say of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// The classes' names.
    pub classes: Vec<String>,
    /// Every model's probabilities, one a class.
    pub models: Vec<(Mode, Vec<f32>)>,
}

impl Verdicts {
    /// The class that a model finds most probable, by its name, and its probability.
    pub fn best(&self, mode: Mode) -> Option<(&str, f32)> {
        let (_, probabilities) = self.models.iter().find(|(model, _)| *model == mode)?;
        let class = argmax(probabilities.iter().copied())?;
        Some((self.classes.get(class)?, probabilities[class]))
    }
}

/// What the models of some files are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fitted {
    /// Which layers the gradient is taken by.
    pub scope: Scope,
    /// The classes' names.
    pub classes: Vec<String>,
    /// Which models there are.
    pub modes: Vec<Mode>,
}

impl Fitted {
    /// Adds another file's model: beside those of the same scope and classes, in place of others.
    pub fn add(&mut self, other: Self) {
        if (self.scope, &self.classes) != (other.scope, &other.classes) {
            *self = other;
        } else {
            self.modes.retain(|mode| !other.modes.contains(mode));
            self.modes.extend(other.modes);
            self.modes.sort_unstable();
        }
    }
}

/// What happened since the last report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Report {
    /// Its number.
    pub id: u32,
    /// Steps done.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// The steps since the last report.
    pub taken: Vec<Step>,
    /// Accuracies that were measured.
    pub marks: Vec<Mark>,
}

/// One step of all models.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Each model's loss before it.
    pub losses: [f32; MODES],
    /// Seconds that each model's steps took so far.
    pub seconds: [f32; MODES],
}

/// Accuracies at one step, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Mark {
    /// Steps done.
    pub step: usize,
    /// On the images that are fitted on.
    pub fitted: [f32; MODES],
    /// On those held out; not a number where there are none.
    pub held: [f32; MODES],
}

/// The classes of the training, by their labels in CIFAR-10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Classes(pub [bool; 10]);

impl Default for Classes {
    /// Those of the lesson.
    fn default() -> Self {
        Self(std::array::from_fn(|label| lesson::CLASSES.contains(&label)))
    }
}

impl Classes {
    /// The labels of the classes that are taken.
    pub fn labels(self) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(move |&label| self.0[label])
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = (b'0'..).zip(self.0).filter(|(_, taken)| *taken);
        labels.map(|(digit, _)| char::from(digit)).try_for_each(|digit| fmt::Write::write_char(out, digit))
    }
}

impl FromStr for Classes {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let mut classes = [false; 10];
        for digit in word.chars() {
            classes[digit.to_digit(10).ok_or(())? as usize] = true;
        }
        Ok(Self(classes))
    }
}

/// One class's images: those that are fitted on, and those held out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldoutSplit<T> {
    /// To fit on.
    pub fitted: Vec<T>,
    /// To measure on.
    pub held: Vec<T>,
}

/// Deals a class's images out, in an order of the seed: as many as are wanted to fit on, the rest held out. Where no
/// others are held out beside them, that is one of five at least.
pub fn split<T>(mut images: Vec<T>, others: Vec<T>, wanted: usize, seed: u32) -> HoldoutSplit<T> {
    shuffle(&mut images, seed);
    let spared = if others.is_empty() { images.len() / ONE_HELD_OF } else { 0 };
    let mut held = images.split_off(wanted.min(images.len() - spared));
    held.extend(others);
    HoldoutSplit { fitted: images, held }
}

/// Fisher and Yates's, by xorshift: a handful of images needs no more, and the interface no crate for it.
fn shuffle<T>(items: &mut [T], seed: u32) {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize
    };
    // The first numbers of small seeds are small.
    (0..8).for_each(|_| _ = next());
    for last in (1..items.len()).rev() {
        items.swap(last, next() % (last + 1));
    }
}

/// How training went so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Course {
    /// Every step.
    pub taken: Vec<Step>,
    /// What was measured.
    pub marks: Vec<Mark>,
    /// Steps in all.
    pub steps: usize,
}

impl Course {
    /// Takes a report in.
    pub fn add(&mut self, report: Report) {
        self.steps = report.steps;
        self.taken.extend(report.taken);
        self.marks.extend(report.marks);
    }

    /// Forgets what was after a step, where training continues from it.
    pub fn cut(&mut self, step: usize) {
        self.taken.truncate(step);
        self.marks.retain(|mark| mark.step <= step);
    }

    /// Seconds that a model's steps took up to a step.
    pub fn seconds(&self, step: usize, mode: usize) -> f32 {
        step.checked_sub(1).and_then(|at| self.taken.get(at)).map_or(0.0, |step| step.seconds[mode])
    }

    /// A model's losses, as the means of at most `points` equal parts: by step, and the mean.
    pub fn losses(&self, mode: usize, points: usize) -> Vec<(usize, f32)> {
        let part = self.taken.len().div_ceil(points).max(1);
        let mean = |(index, steps): (usize, &[Step])| {
            let sum: f32 = steps.iter().map(|step| step.losses[mode]).sum();
            (index * part + steps.len().div_ceil(2), sum / steps.len() as f32)
        };
        self.taken.chunks(part).enumerate().map(mean).collect()
    }
}

/// A curve as an SVG path within 1000 by 1000, for a plot from 0 to `right` and over a `range` of heights.
pub fn path(points: impl Iterator<Item = (f32, f32)>, right: f32, range: &Range<f32>) -> String {
    // The casts saturate; a point beyond the edge is drawn on it.
    let place = |share: f32| (share.clamp(0.0, 1.0) * 1000.0).round() as i32;
    let mut path = String::new();
    for (x, y) in points.filter(|(_, y)| y.is_finite()) {
        let letter = if path.is_empty() { 'M' } else { 'L' };
        let height = (y - range.start) / (range.end - range.start);
        path += &format!("{letter}{} {}", place(x / right), place(1.0 - height));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_keep_their_spelling() {
        let pets: Classes = "35".parse().unwrap();
        assert_eq!((pets.to_string(), pets.labels().collect()), ("35".to_owned(), vec![3, 5]));
        assert_eq!(Classes::default().labels().collect::<Vec<_>>(), lesson::CLASSES);
        assert_eq!("3x".parse::<Classes>(), Err(()));
    }

    #[test]
    fn a_verdict_is_the_most_probable_class_by_its_name() {
        let classes = ["cup", "pot"].map(str::to_owned).to_vec();
        let verdicts = Verdicts { classes, models: vec![(Mode::Full, vec![0.25, 0.75])] };
        assert_eq!(verdicts.best(Mode::Full), Some(("pot", 0.75)));
        assert_eq!(verdicts.best(Mode::Gradient), None);
    }

    #[test]
    fn models_of_the_same_classes_and_scope_are_kept_together() {
        let fitted = |scope, class: &str, mode| Fitted { scope, classes: vec![class.to_owned()], modes: vec![mode] };
        let mut all = fitted(Scope::Conv5, "cup", Mode::Full);
        all.add(fitted(Scope::Conv5, "cup", Mode::Activation));
        all.add(fitted(Scope::Conv5, "cup", Mode::Full));
        assert_eq!(all.modes, [Mode::Activation, Mode::Full]);
        all.add(fitted(Scope::Conv45, "cup", Mode::Gradient));
        assert_eq!(all, fitted(Scope::Conv45, "cup", Mode::Gradient));
    }

    #[test]
    fn every_image_is_dealt_once_and_the_rest_is_held_out() {
        let HoldoutSplit { fitted, held } = split((0..100).collect(), vec![], 50, 1);
        assert_eq!((fitted.len(), held.len()), (50, 50));
        let mut all = [fitted.clone(), held].concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_ne!(fitted, split((0..100).collect(), vec![], 50, 2).fitted, "another seed, other images");
        assert_eq!(fitted, split((0..100).collect(), vec![], 50, 1).fitted);
    }

    #[test]
    fn others_are_held_out_beside_the_rest() {
        let HoldoutSplit { fitted, held } = split((0..5).collect(), vec![7, 8], 4, 1);
        assert_eq!((fitted.len(), held.len()), (4, 3));
        assert!(!fitted.contains(&7) && held.contains(&7) && held.contains(&8));
        assert_eq!(split((0..5).collect(), vec![7], 9, 1).fitted.len(), 5, "none needs to be spared");
    }

    #[test]
    fn of_few_images_one_of_five_is_held_out() {
        let sizes = |count: u32, wanted| {
            let HoldoutSplit { fitted, held } = split((0..count).collect(), vec![], wanted, 1);
            (fitted.len(), held.len())
        };
        assert_eq!([sizes(5, 50), sizes(4, 50), sizes(12, 5), sizes(0, 5)], [(4, 1), (4, 0), (5, 7), (0, 0)]);
    }

    #[test]
    fn paths_stay_within_their_plot_and_leave_out_what_is_no_number() {
        let points = [(0.0, 0.0), (1.0, f32::NAN), (1.0, 2.0), (2.0, 9.0)];
        assert_eq!(path(points.into_iter(), 2.0, &(0.0..4.0)), "M0 1000L500 500L1000 0");
        assert_eq!(path(points.into_iter(), 2.0, &(1.0..3.0)), "M0 1000L500 500L1000 0");
    }

    #[test]
    fn a_course_is_thinned_by_means_and_cut_where_it_goes_on() {
        let step = |at: u8| Step { losses: [f32::from(at); MODES], seconds: [f32::from(at + 1); MODES] };
        let marks = [0, 4, 8].map(|step| Mark { step, ..Mark::default() }).to_vec();
        let mut course = Course::default();
        course.add(Report { steps: 20, taken: (0..8).map(step).collect(), marks, ..Report::default() });
        assert_eq!(course.losses(1, 4), [(1, 0.5), (3, 2.5), (5, 4.5), (7, 6.5)]);
        assert_eq!([course.seconds(0, 0), course.seconds(3, 0)], [0.0, 3.0]);
        course.cut(4);
        assert_eq!((course.taken.len(), course.marks.len()), (4, 2));
    }
}
