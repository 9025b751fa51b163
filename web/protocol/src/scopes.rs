//! The scopes of the page's network: how many numbers a gradient feature has in each.

use vocabulary::Scope;

/// Weights and biases of a scope's layers, in the page's network; its end-to-end tests count them in the model's file.
pub const fn parameters(scope: Scope) -> usize {
    match scope {
        Scope::Conv45 => 2_622_208,
        Scope::Conv35 => 2_753_408,
        // conv8 is of another network.
        Scope::Conv5 | Scope::Conv8 => 2_097_664,
    }
}

/// A large number as people say it, in units such as a million, with the digits that fit.
pub fn in_units(number: usize, unit: usize) -> String {
    let value = number as f64 / unit.max(1) as f64;
    if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_said_in_units() {
        let said = |scope| [1_000_000, 10_000].map(|unit| in_units(parameters(scope), unit));
        assert_eq!(said(Scope::Conv5), ["2.1", "210"]);
        assert_eq!(said(Scope::Conv45), ["2.6", "262"]);
        assert_eq!(said(Scope::Conv35), ["2.8", "275"]);
    }
}
