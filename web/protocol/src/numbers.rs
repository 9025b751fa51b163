//! The arithmetic and the spelling of numbers that the views show.

use crate::terms::Terms;
use vocabulary::argmax;

/// The probabilities that logits stand for.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// The most probable class and its probability; `None` without classes.
pub fn best(terms: &[Terms]) -> Option<(usize, f64)> {
    let logits: Vec<f64> = terms.iter().map(|terms| f64::from(terms.total())).collect();
    let class = argmax(logits.iter().copied())?;
    Some((class, softmax(&logits)[class]))
}

/// A span of a bar, as shares of the half-width that stands for the scale: `-1..=1`, zero in the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The left end.
    pub from: f64,
    /// The right end.
    pub to: f64,
}

/// A diverging stacked bar: what pulls the logit up lies right of zero, what pulls it down left of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The activation term, from zero outward.
    pub activation: Span,
    /// The gradient term, beyond the activation term where they pull the same way.
    pub gradient: Span,
    /// Where the sum lies.
    pub total: f64,
}

/// Lays out one logit's terms, drawn so that `scale` fills half the width.
pub fn bar(terms: Terms, scale: f64) -> Bar {
    let (activation, gradient) = (f64::from(terms.activation) / scale, f64::from(terms.gradient) / scale);
    let start = if activation * gradient > 0.0 { activation } else { 0.0 };
    let span = |from: f64, length: f64| Span { from: from.min(from + length), to: from.max(from + length) };
    Bar { activation: span(0.0, activation), gradient: span(start, gradient), total: activation + gradient }
}

/// The scale at which every one of the bars fits.
pub fn scale<'a>(all: impl Iterator<Item = &'a Terms>) -> f64 {
    let reach = |terms: &Terms| {
        let (activation, gradient) = (f64::from(terms.activation), f64::from(terms.gradient));
        let pull = |sign: f64| (sign * activation).max(0.0) + (sign * gradient).max(0.0);
        pull(1.0).max(pull(-1.0))
    };
    all.map(reach).fold(f64::MIN_POSITIVE, f64::max)
}

/// A signed number with two decimals and a real minus sign.
pub fn signed(value: f32) -> String {
    let text = format!("{:+.2}", value);
    match text.as_str() {
        "+0.00" | "-0.00" => "0.00".to_owned(),
        _ => text.replace('-', "−"),
    }
}

/// A signed number with three digits that count, small ones with a power of ten, and a real minus sign.
pub fn precise(value: f32) -> String {
    let magnitude = value.abs();
    let text = match magnitude {
        0.0 => "0".to_owned(),
        small if small < 1e-3 => scientific(small, 2),
        middle => {
            let power = middle.log10().floor() as i32;
            format!("{middle:.*}", usize::try_from(2 - power).unwrap_or(0))
        }
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

/// A magnitude with two digits that count and a power of ten, for columns of very different ones.
pub fn rough(magnitude: f32) -> String {
    if magnitude == 0.0 { "0".to_owned() } else { scientific(magnitude, 1) }
}

fn scientific(magnitude: f32, digits: usize) -> String {
    let text = format!("{magnitude:.digits$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{digits}·10{}", power.chars().map(superscript).collect::<String>())
}

fn superscript(digit: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    digit.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize])
}

/// A time with two digits that count.
pub fn milliseconds(time: f64) -> String {
    let text = match time {
        tiny if tiny < 0.05 => "< 0.1".to_owned(),
        short if short < 9.95 => format!("{short:.1}"),
        middle if middle < 99.5 => format!("{middle:.0}"),
        long => format!("{:.0}", (long / 10.0).round() * 10.0),
    };
    format!("{text}\u{a0}ms")
}

/// A whole number in groups of three digits.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let group = |(at, digit): (usize, char)| {
        let comma = at > 0 && (digits.len() - at).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(group).collect()
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        high if (99.95..100.0).contains(&high) => "> 99.9\u{a0}%".to_owned(),
        value => format!("{value:.1}\u{a0}%"),
    }
}

/// Half of the 95 % confidence interval of a share that was measured on so many independent cases.
pub fn half_width(share: f64, cases: usize) -> f64 {
    1.96 * (share * (1.0 - share) / cases as f64).sqrt()
}

/// The 95 % interval of a share that was counted on so many cases (Wilson 1927).
pub fn interval(share: f64, count: usize) -> [f64; 2] {
    let z_squared = 1.96 * 1.96 / count as f64;
    let middle = (share + z_squared / 2.0) / (1.0 + z_squared);
    let reach = (share * (1.0 - share) * z_squared + z_squared * z_squared / 4.0).sqrt() / (1.0 + z_squared);
    [middle - reach, middle + reach]
}

/// The same interval in whole percent.
pub fn interval_text(share: f64, count: usize) -> String {
    let [low, high] = interval(share, count).map(|share| 100.0 * share);
    format!("{low:.0}–{high:.0}\u{a0}%")
}

/// Percentage points with a sign and one decimal.
pub fn points(share: f64) -> String {
    let text = format!("{:+.1}", 100.0 * share);
    if text == "-0.0" { "+0.0".to_owned() } else { text.replace('-', "−") }
}

/// Bytes as megabytes.
pub fn megabytes(bytes: f64) -> String {
    format!("{:.1}", bytes / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn terms(activation: f32, gradient: f32) -> Terms {
        Terms { activation, gradient }
    }

    #[test]
    fn softmax_of_large_logits_is_finite_and_sums_to_one() {
        let probabilities = softmax(&[1000.0, 999.0, -1000.0]);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((probabilities[0] / probabilities[1] - std::f64::consts::E).abs() < 1e-9);
    }

    #[test]
    fn the_best_class_is_that_of_the_largest_total() {
        let (class, probability) = best(&[terms(3.0, -3.0), terms(0.0, 1.0), terms(0.5, 0.0)]).unwrap();
        assert_eq!(class, 1);
        assert!(probability > 0.4 && probability < 0.6);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn terms_of_one_sign_are_stacked_and_of_two_signs_diverge() {
        let same = bar(terms(1.0, 2.0), 4.0);
        assert_eq!((same.activation, same.gradient), (Span { from: 0.0, to: 0.25 }, Span { from: 0.25, to: 0.75 }));
        let opposed = bar(terms(1.0, -2.0), 4.0);
        assert_eq!(
            (opposed.activation, opposed.gradient),
            (Span { from: 0.0, to: 0.25 }, Span { from: -0.5, to: 0.0 })
        );
        assert_eq!(opposed.total, -0.25);
    }

    #[test]
    fn the_scale_holds_every_bar() {
        let all = [terms(1.0, 2.0), terms(-2.5, -1.0), terms(3.0, -3.0)];
        assert_eq!(scale(all.iter()), 3.5);
        let within = |span: Span| span.from >= -1.0 && span.to <= 1.0;
        assert!(all.iter().map(|&t| bar(t, 3.5)).all(|b| within(b.activation) && within(b.gradient)));
    }

    #[test]
    fn the_first_of_equal_classes_is_the_best() {
        let tied = [terms(0.5, 0.0), terms(1.0, 1.0), terms(0.0, 2.0), terms(2.0, 0.0)];
        assert_eq!(best(&tied).map(|(class, _)| class), Some(1));
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn precise_numbers_keep_their_digits() {
        assert_eq!([precise(-0.01234), precise(12.3456), precise(0.0)], ["−0.0123", "12.3", "0"]);
        assert_eq!([precise(0.000_056_78), precise(-3e-12)], ["5.68·10⁻⁵", "−3.00·10⁻¹²"]);
        assert_eq!([rough(0.0156), rough(0.0), rough(2.0)], ["1.6·10⁻²", "0", "2.0·10⁰"]);
    }

    #[test]
    fn times_have_two_digits() {
        let times = [0.01, 0.31, 3.64, 9.97, 42.4, 99.6, 211.3].map(milliseconds);
        let texts = ["< 0.1", "0.3", "3.6", "10", "42", "100", "210"].map(|text| format!("{text}\u{a0}ms"));
        assert_eq!(times, texts);
    }

    #[test]
    fn an_interval_is_wilsons() {
        let close = |found: [f64; 2], wanted: [f64; 2]| (0..2).all(|end| (found[end] - wanted[end]).abs() < 5e-4);
        assert!(close(interval(0.7, 100), [0.6042, 0.7811]));
        assert!(close(interval(1.0, 10), [0.7225, 1.0]), "it stays within 0 and 1");
        assert_eq!(interval_text(0.7, 100), "60–78\u{a0}%");
    }

    #[test]
    fn points_have_a_sign() {
        assert_eq!([points(0.0284), points(-0.0101), points(-0.0001)], ["+2.8", "−1.0", "+0.0"]);
    }

    #[test]
    fn whole_numbers_are_grouped() {
        assert_eq!([grouped(7), grouped(999), grouped(2_097_664)], ["7", "999", "2,097,664"]);
    }

    #[test]
    fn the_interval_of_a_share_shrinks_with_the_root_of_the_cases() {
        assert!((half_width(0.5, 100) - 0.098).abs() < 1e-12);
        assert!((half_width(0.5, 10_000) - 0.0098).abs() < 1e-12);
        assert_eq!(half_width(1.0, 10), 0.0);
    }

    #[test]
    fn zero_has_no_sign_and_certainty_is_never_claimed() {
        assert_eq!([signed(-0.001), signed(-1.5), signed(2.0)], ["0.00", "−1.50", "+2.00"]);
        assert_eq!([percent(0.9999), percent(0.5)], ["> 99.9\u{a0}%", "50.0\u{a0}%"]);
    }
}
