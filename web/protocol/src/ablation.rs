//! The ablation in the page (the paper's Table 1): what the interface and the engine say of it, and what follows from
//! its numbers.

use crate::{training::Plan, trouble::Trouble};
use serde::{Deserialize, Serialize};

/// What is random or pre-trained: below the scope, the scope's layers, the classifier that the gradient goes through.
pub const PARTS: [&str; 3] = ["θ₁", "θ₂", "ω"];
/// Mixtures of these.
pub const ROWS: usize = 1 << PARTS.len();

/// Which parts of a row's mixture are pre-trained, in the order of [`PARTS`]: all of them first, none last.
pub const fn trained(row: usize) -> [bool; 3] {
    [row & 4 == 0, row & 2 == 0, row & 1 == 0]
}

/// From the interface to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToAblation {
    /// Begin an ablation in place of any other: each model learns as in live training by this plan.
    Begin(Plan),
    /// Stop.
    Stop,
}

/// From the engine to the interface, each with the plan's number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromAblation {
    /// How much of all is done, from 0 to 1.
    Progress(u32, f32),
    /// The next row.
    Row(u32, Row),
    /// It cannot go on, and why.
    Failed(u32, Trouble),
}

/// Accuracies on the images held out, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Of the gradient model.
    pub gradient: f32,
    /// Of the full model.
    pub full: f32,
}

/// What was measured beforehand, over some seeds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Measured {
    /// Images a class that the models were fitted on.
    pub images: usize,
    /// How many images were held out.
    pub held: usize,
    /// The seeds.
    pub seeds: Vec<u32>,
    /// The accuracies of each row, one a seed.
    pub rows: Vec<Accuracies>,
}

/// Accuracies on the images held out, 0 to 1, one a seed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Accuracies {
    /// Of the gradient model.
    pub gradient: Vec<f32>,
    /// Of the full model.
    pub full: Vec<f32>,
}

impl Measured {
    /// The rows' means over the seeds.
    pub fn mean(&self) -> Vec<Row> {
        let mean = |shares: &[f32]| shares.iter().sum::<f32>() / shares.len().max(1) as f32;
        self.rows.iter().map(|row| Row { gradient: mean(&row.gradient), full: mean(&row.full) }).collect()
    }
}

/// How much each part's training adds to the gradient model's accuracy, as the mean over the four pairs of rows that
/// differ in it alone; `None` until all rows are there.
pub fn effects(rows: &[Row]) -> Option<[f32; 3]> {
    let effect = |part: usize| {
        let signed = (0..ROWS).map(|row| if trained(row)[part] { rows[row].gradient } else { -rows[row].gradient });
        signed.sum::<f32>() / (ROWS / 2) as f32
    };
    (rows.len() == ROWS).then(|| std::array::from_fn(effect))
}

/// The part that matters most, if its lead over the next is more than chance makes of so many images: the difference of
/// two effects is half the sum of four accuracies, with signs, so its standard error is at most 1 / (2·√images), and two
/// of them are asked for.
pub fn foremost(effects: [f32; 3], images: usize) -> Option<usize> {
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| effects[b].total_cmp(&effects[a]));
    let lead = effects[order[0]] - effects[order[1]];
    (lead * (images as f32).sqrt() > 1.0).then_some(order[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_those_that_the_rows_are_made_of() {
        let sum = |row| trained(row).into_iter().zip([0.3, 0.1, 0.05]).filter(|part| part.0).map(|part| part.1).sum();
        let rows: Vec<Row> = (0..ROWS).map(|row| Row { gradient: sum(row), full: 0.0 }).collect();
        let found = effects(&rows).unwrap();
        assert!(found.into_iter().zip([0.3, 0.1, 0.05]).all(|(found, made)| (found - made).abs() < 1e-6), "{found:?}");
        assert_eq!(effects(&rows[1..]), None);
        assert_eq!([trained(0), trained(3), trained(7)], [[true; 3], [true, false, false], [false; 3]]);
    }

    #[test]
    fn what_was_measured_is_shown_as_means() {
        let row = Accuracies { gradient: vec![0.25, 0.75], full: vec![0.5, 0.5] };
        let measured = Measured { images: 2, held: 10, seeds: vec![1, 2], rows: vec![row] };
        assert_eq!(measured.mean(), [Row { gradient: 0.5, full: 0.5 }]);
    }

    #[test]
    fn a_part_leads_only_by_more_than_chance() {
        assert_eq!(foremost([0.1, 0.3, 0.0], 100), Some(1));
        assert_eq!(foremost([0.1, 0.19, 0.0], 100), None);
        assert_eq!(foremost([0.1, 0.19, 0.0], 800), Some(1));
    }
}
