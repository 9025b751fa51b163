//! The lesson that live training opens with, and what it came to over ten seeds, measured beforehand.

use crate::course::{self, Course};
use serde::Deserialize;
use std::{collections::BTreeMap, ops::Range};
use vocabulary::Mode;

/// Labels of its classes: bird, cat, deer, dog and horse.
pub const CLASSES: [usize; 5] = [2, 3, 4, 5, 7];
/// Images a class to fit on, of the gallery's 100. The others and 200 more are held out.
pub const IMAGES: usize = 90;
/// Images a class to hold out: all that there are beside those.
pub const HELD: usize = 210;
/// About how many steps.
pub const STEPS: usize = 400;

/// What the models came to, as `web/e2e/lesson.bench.js` writes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Summary {
    /// How many seeds.
    pub seeds: usize,
    /// Images that were held out each time.
    pub held_out: usize,
    /// By model.
    pub models: BTreeMap<Mode, Outcome>,
}

/// What one model came to. All accuracies are on the images held out, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Outcome {
    /// Mean accuracy over the seeds.
    pub mean: f64,
    /// By how much it is above the activation model's; not there for that model itself.
    pub above_activation: Option<Difference>,
    /// Mean accuracy on the way, with its 95 % interval.
    pub curve: Vec<CurvePoint>,
}

/// The mean of paired differences over the seeds, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Difference {
    /// The mean.
    pub mean: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A mean after some steps, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct CurvePoint {
    /// Steps done.
    pub step: usize,
    /// The mean.
    pub mean: f32,
    /// The interval's lower end.
    pub low: f32,
    /// Its upper end.
    pub high: f32,
}

/// The area between the ends of a curve's intervals as an SVG path, in the places of [`course::path`].
pub fn band(curve: &[CurvePoint], right: f32, range: &Range<f32>) -> String {
    let upper = curve.iter().map(|point| (point.step as f32, point.high));
    let lower = curve.iter().rev().map(|point| (point.step as f32, point.low));
    let edge = course::path(upper.chain(lower), right, range);
    if edge.is_empty() { edge } else { edge + "Z" }
}

/// The heights of a plot of accuracies: whole steps of 5 % around all that is shown. Where training starts says little,
/// so the first fifth of the steps does not count.
pub fn heights(course: &Course, summary: Option<&Summary>, steps: usize) -> Range<f32> {
    const STEP: f32 = 0.05;
    let late = |step: usize| 5 * step >= steps;
    let run = course.marks.iter().filter(|mark| late(mark.step)).flat_map(|mark| mark.held);
    let curves = summary.iter().flat_map(|summary| summary.models.values()).flat_map(|model| &model.curve);
    let curves = curves.filter(|point| late(point.step)).flat_map(|point| [point.low, point.high]);
    let shown = run.chain(curves).filter(|share| share.is_finite());
    let (low, high) = shown.fold((1.0_f32, 0.0_f32), |(low, high), share| (low.min(share), high.max(share)));
    if low > high {
        return 0.0..1.0;
    }
    let (low, high) = ((low / STEP).floor() * STEP, (high / STEP).ceil() * STEP);
    if high - low < STEP { (low - STEP).max(0.0)..(low + STEP).min(1.0) } else { low..high }
}

/// One model's accuracies on the way of a run.
pub fn held(course: &Course, mode: usize) -> impl Iterator<Item = (f32, f32)> {
    course.marks.iter().map(move |mark| (mark.step as f32, mark.held[mode]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::{MODES, Mark};

    fn point(step: usize, mean: f32) -> CurvePoint {
        CurvePoint { step, mean, low: mean - 0.02, high: mean + 0.02 }
    }

    #[test]
    fn a_band_goes_along_its_upper_edge_and_back_along_the_lower() {
        let curve = [point(0, 0.5), point(10, 0.7)];
        assert_eq!(band(&curve, 10.0, &(0.0..1.0)), "M0 480L1000 280L1000 320L0 520Z");
        assert_eq!(band(&[], 10.0, &(0.0..1.0)), "");
    }

    #[test]
    fn heights_are_cropped_to_what_is_shown_after_the_start() {
        let mark = |step, share| Mark { step, fitted: [1.0; MODES], held: [share; MODES] };
        let course = Course { marks: vec![mark(0, 0.2), mark(20, 0.61), mark(100, 0.68)], ..Course::default() };
        let close = |found: Range<f32>, from: f32, to: f32| {
            assert!((found.start - from).abs() < 1e-6 && (found.end - to).abs() < 1e-6, "{found:?}");
        };
        close(heights(&course, None, 100), 0.6, 0.7);
        close(heights(&Course::default(), None, 100), 0.0, 1.0);
        let outcome = Outcome { mean: 0.74, above_activation: None, curve: vec![point(0, 0.3), point(100, 0.74)] };
        let summary = Summary { seeds: 10, held_out: 250, models: BTreeMap::from([(Mode::Full, outcome)]) };
        close(heights(&course, Some(&summary), 100), 0.6, 0.8);
        let flat = Course { marks: vec![mark(100, 1.0)], ..Course::default() };
        close(heights(&flat, None, 100), 0.95, 1.0);
    }
}
