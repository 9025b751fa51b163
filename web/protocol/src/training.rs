//! Training in the page: what the interface and the engine say of it.

use crate::{blobs, lesson, messages::Source, trouble::Trouble};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use vocabulary::{Mode, Scope, argmax};
use web_sys::Blob;

/// The models, in the order of the numbers in a [`Report`].
pub const MODES: usize = Mode::ALL.len();
/// The most images of one class to fit on: as many as the gallery has.
pub const MOST_IMAGES: usize = 100;

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
}
