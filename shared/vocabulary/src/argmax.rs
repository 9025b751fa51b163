/// The index of the largest value, the first of equal ones; `None` where there is none.
///
/// Every winning class in the program is chosen by this rule, so no two places can disagree on a tie. Values are
/// compared by IEEE 754's total order, in which NaN is larger than all numbers.
///
/// ```
/// use gradient_features_vocabulary::argmax;
///
/// assert_eq!(argmax([0.1_f32, 0.45, 0.45]), Some(1));
/// assert_eq!(argmax::<f32>([]), None);
/// ```
pub fn argmax<T: Copy + Into<f64>>(values: impl IntoIterator<Item = T>) -> Option<usize> {
    let values = values.into_iter().map(Into::into).enumerate();
    let larger = |best: (usize, f64), next: (usize, f64)| if next.1.total_cmp(&best.1).is_gt() { next } else { best };
    values.reduce(larger).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::argmax;

    #[test]
    fn the_largest_wins() {
        assert_eq!(argmax([0.5_f32, 2.0, -3.0]), Some(1));
        assert_eq!(argmax([-2.0, -1.0]), Some(1));
    }

    #[test]
    fn the_first_of_equals_wins() {
        assert_eq!(argmax([1.0_f32, 3.0, 3.0, 3.0]), Some(1));
        assert_eq!(argmax([0.0_f32; 4]), Some(0));
    }

    #[test]
    fn nothing_has_no_largest() {
        assert_eq!(argmax::<f32>([]), None);
    }
}
