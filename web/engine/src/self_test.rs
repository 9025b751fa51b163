//! Whether the GPU computes what the CPU does: a shader that fails is only logged, and leaves zeros behind.

use crate::model_error::ModelError;
use gradient_features::images::{IMAGE_BYTES, PLANE, SIDE};
use protocol::terms::Terms;

/// The largest difference that rounding may make, as a share of the largest number.
const TOLERANCE: f32 = 1e-3;

/// Why the GPU is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
    #[error("the GPU failed its self-test: its {0} differ from the CPU's by {1:.0e} of their size")]
    Differs(&'static str, f32),
    #[error("the GPU failed its self-test: {0}")]
    Model(#[from] ModelError),
}

/// A fixed image: a slope in every colour, with edges across it.
pub fn pattern() -> Vec<u8> {
    let value = |index: usize| {
        let (channel, row, column) = (index / PLANE, index % PLANE / SIDE, index % SIDE);
        let slope = (channel + 1) * row * 2 + column * 5;
        let edge = if (row / 8 + column / 8) % 2 == 0 { 0 } else { 90 };
        // Below 256: the remainder.
        ((slope + edge) % 256) as u8
    };
    (0..IMAGE_BYTES).map(value).collect()
}

/// Compares what two devices made of the same image, term by term.
pub fn compare(found: &[Terms], expected: &[Terms]) -> Result<(), SelfTestError> {
    compare_terms("activation terms", found, expected, |terms| terms.activation)?;
    compare_terms("gradient terms", found, expected, |terms| terms.gradient)
}

fn compare_terms(
    what: &'static str,
    found: &[Terms],
    expected: &[Terms],
    term: impl Fn(&Terms) -> f32,
) -> Result<(), SelfTestError> {
    let size = expected.iter().map(|terms| term(terms).abs()).fold(f32::MIN_POSITIVE, f32::max);
    let differences = found.iter().zip(expected).map(|(found, expected)| (term(found) - term(expected)).abs() / size);
    // Not a number is a difference too, and the greatest.
    match differences.max_by(f32::total_cmp) {
        Some(difference) if difference <= TOLERANCE => Ok(()),
        difference => Err(SelfTestError::Differs(what, difference.unwrap_or(f32::NAN))),
    }
}
