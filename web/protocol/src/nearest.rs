//! The most similar images.

/// The places of the largest numbers, largest first.
pub fn nearest(similarities: &[f32], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..similarities.len()).collect();
    places.sort_by(|&a, &b| similarities[b].total_cmp(&similarities[a]));
    places.truncate(count);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        assert_eq!(nearest(&[0.1, 0.9, f32::NEG_INFINITY, 0.5], 2), [1, 3]);
        assert_eq!(nearest(&[], 3), Vec::<usize>::new());
    }
}
