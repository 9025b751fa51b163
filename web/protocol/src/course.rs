//! How training in the page went: its steps, what was measured, and the curves.

use crate::training::{Mark, Report, Step};
use std::ops::Range;

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
    use crate::training::MODES;

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
