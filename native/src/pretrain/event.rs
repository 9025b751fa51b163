//! What happens in a run: one line of `metrics.jsonl` each, and what the report is drawn from.

use super::recipe::{SPREAD, Values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Below this share of the data's deviation, generated images are nearly all alike.
const COLLAPSED: f64 = 0.05;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Some more steps are done.
    Steps {
        /// Steps done.
        step: usize,
        /// Steps in all.
        steps: usize,
        /// Means since the last such event, by name.
        values: BTreeMap<String, f64>,
        /// Images a second of training since then.
        images_per_second: f64,
        /// Seconds of training so far, of the runs before a --resume too.
        seconds: f64,
    },
    /// The representation was measured.
    Probe {
        /// Steps done.
        step: usize,
        /// Passes over the data done.
        epoch: usize,
        /// Of a linear classifier on f, on held-out training images, 0 to 1.
        accuracy: f64,
    },
    /// The generated images have become all alike.
    Collapse {
        /// Steps done.
        step: usize,
        /// Their deviation, as a share of the data's.
        spread: f64,
    },
}

/// Sums since the last event.
pub struct Window {
    sums: BTreeMap<&'static str, (f64, usize)>,
    images: usize,
    /// Seconds of training when it began.
    begun: f64,
}

impl Window {
    /// A window that begins after so many seconds of training.
    pub fn new(seconds: f64) -> Self {
        Self { sums: BTreeMap::new(), images: 0, begun: seconds }
    }

    /// Adds a step's values.
    pub fn add(&mut self, values: &Values, images: usize) {
        for &(name, value) in values {
            let (sum, count) = self.sums.entry(name).or_default();
            *sum += value;
            *count += 1;
        }
        self.images += images;
    }

    /// The means, after so many seconds of training.
    pub fn event(&self, step: usize, steps: usize, seconds: f64) -> Event {
        let mean = |(&name, &(sum, count)): (&&'static str, &(f64, usize))| (name.to_owned(), sum / count as f64);
        Event::Steps {
            step,
            steps,
            values: self.sums.iter().map(mean).collect(),
            images_per_second: self.images as f64 / (seconds - self.begun),
            seconds,
        }
    }

    /// The event that the generated images have become all alike, if they have.
    pub fn collapse(&self, step: usize) -> Option<Event> {
        let &(sum, count) = self.sums.get(SPREAD)?;
        let spread = sum / count as f64;
        (spread < COLLAPSED).then_some(Event::Collapse { step, spread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_the_steps_that_have_a_value() {
        let mut window = Window::new(3.0);
        window.add(&vec![("a", 1.0), ("b", 5.0)], 10);
        window.add(&vec![("a", 3.0)], 10);
        let values = BTreeMap::from([("a".to_owned(), 2.0), ("b".to_owned(), 5.0)]);
        let expected = Event::Steps { step: 2, steps: 9, values, images_per_second: 40.0, seconds: 3.5 };
        assert_eq!(window.event(2, 9, 3.5), expected);
    }

    #[test]
    fn images_that_are_all_alike_are_a_collapse() {
        let spread = |value| {
            let mut window = Window::new(0.0);
            window.add(&vec![(SPREAD, value)], 1);
            window.collapse(7)
        };
        assert_eq!(spread(0.01), Some(Event::Collapse { step: 7, spread: 0.01 }));
        assert_eq!(spread(0.5), None);
        assert_eq!(Window::new(0.0).collapse(7), None, "a recipe that makes no images");
    }
}
