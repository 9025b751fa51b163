//! The page's self-check: what it finds, and its arithmetic.

use crate::{floats, loading::Backend, trouble::Trouble};
use serde::{Deserialize, Serialize};
use vocabulary::Mode;

/// What the page found out about itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Check {
    /// Difference quotients of the network's logits beside `J w2`.
    pub quotients: Vec<Quotient>,
    /// The error at h = 1 that one rounding of a logit makes; it grows as 1/h.
    pub rounding: f32,
    /// The GPU's numbers beside the CPU's; empty where there is no GPU.
    pub agreements: Vec<Agreement>,
    /// How long predictions take, a processor each.
    pub timings: Vec<Timing>,
    /// The first half of the SHA-256 of the network's file.
    pub digest: String,
    /// Bytes of memory that the engine has taken from the browser.
    pub memory: f64,
    /// Pieces of work that are done.
    pub done: usize,
    /// Pieces of work in all.
    pub pieces: usize,
    /// Why there is no more, where something went wrong.
    pub trouble: Option<Trouble>,
}

impl Check {
    /// Whether all of it is done.
    pub fn is_done(&self) -> bool {
        self.done == self.pieces
    }
}

/// The error of one difference quotient, as a share of the largest derivative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quotient {
    /// How far the weights moved along w2.
    pub h: f32,
    /// The largest over the classes.
    pub error: f32,
}

/// Numbers that a GPU and the CPU are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantity {
    /// The features f.
    Activations,
    /// The logits of a model.
    Logits(Mode),
}

/// How far the GPU's numbers are from the CPU's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Which numbers.
    pub what: Quantity,
    /// The largest difference.
    pub difference: f32,
    /// The largest number.
    pub size: f32,
}

/// How long one image's prediction took on a processor, time after time, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The processor.
    pub backend: Backend,
    /// By the activation model.
    #[serde(with = "floats")]
    pub plain: Vec<f32>,
    /// By the full model, which carries a tangent along.
    #[serde(with = "floats")]
    pub with_jvp: Vec<f32>,
}

/// The steps h along w2, largest first: powers of two, so that dividing by them does not round.
pub fn steps() -> impl Iterator<Item = f32> {
    (0..9).map(|power| 0.25_f32.powi(power))
}

/// How far `(F(h) − F(0)) / h` is from the derivative, for the logits of all classes.
pub fn quotient(h: f32, at_zero: &[f32], at_h: &[f32], slope: &[f32]) -> Quotient {
    let errors = at_zero.iter().zip(at_h).zip(slope).map(|((zero, moved), slope)| ((moved - zero) / h - slope).abs());
    Quotient { h, error: largest(errors) / largest(slope.iter().copied()).max(f32::MIN_POSITIVE) }
}

/// The error of a quotient with h = 1 by one rounding of the largest logit, in the same measure.
pub fn rounding(at_zero: &[f32], slope: &[f32]) -> f32 {
    f32::EPSILON * largest(at_zero.iter().copied()) / largest(slope.iter().copied()).max(f32::MIN_POSITIVE)
}

/// Compares numbers with those that they should be.
pub fn agreement(what: Quantity, found: &[f32], expected: &[f32]) -> Agreement {
    let difference = match found.len() == expected.len() {
        true => largest(found.iter().zip(expected).map(|(found, expected)| found - expected)),
        false => f32::NAN,
    };
    Agreement { what, difference, size: largest(expected.iter().copied()) }
}

impl Timing {
    /// Without any time yet.
    pub fn new(backend: Backend) -> Self {
        Self { backend, plain: Vec::new(), with_jvp: Vec::new() }
    }
}

/// The number in the middle; `None` without any.
pub fn median(numbers: &[f32]) -> Option<f32> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => Some((sorted.get(middle.checked_sub(1)?)? + sorted.get(middle)?) / 2.0),
        _ => sorted.get(middle).copied(),
    }
}

/// The largest magnitude. Not a number counts as the largest of all.
fn largest(numbers: impl Iterator<Item = f32>) -> f32 {
    numbers.map(f32::abs).max_by(f32::total_cmp).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quotient_of_a_parabola_is_off_by_the_step() {
        // F = r², 3r at r = 0: slopes 0 and 3.
        for h in steps() {
            let found = quotient(h, &[0.0, 0.0], &[h * h, 3.0 * h], &[0.0, 3.0]);
            assert!((found.error - h / 3.0).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn agreement_is_of_the_worst_number_and_nothing_hides() {
        let found = agreement(Quantity::Activations, &[1.0, -2.5, 3.0], &[1.0, -2.0, 4.0]);
        assert_eq!((found.difference, found.size), (1.0, 4.0));
        assert!(agreement(Quantity::Activations, &[f32::NAN, 9.0], &[1.0, 1.0]).difference.is_nan());
        assert!(agreement(Quantity::Activations, &[1.0], &[1.0, 1.0]).difference.is_nan());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!([median(&[]), median(&[3.0]), median(&[9.0, 1.0, 2.0])], [None, Some(3.0), Some(2.0)]);
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }
}
