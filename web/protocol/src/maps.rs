//! The maps of a layer, side by side as one picture.

use crate::insight::Maps;

/// Maps `[O, side, side]` as rows of tiles, about as many tiles across as down, with the width in numbers. What is left
/// of the last row is 0. Maps of one number are a strip.
pub fn mosaic(maps: &[f32], side: usize) -> (Vec<f32>, usize) {
    if side == 1 {
        return (maps.to_vec(), maps.len());
    }
    let side = side.max(1);
    let area = side * side;
    let count = maps.len() / area;
    let across = (count as f64).sqrt().ceil().max(1.0) as usize;
    let across = across.next_power_of_two();
    let width = across * side;
    let mut picture = vec![0.0; width * side * count.div_ceil(across)];
    for (number, map) in maps.chunks_exact(area).enumerate() {
        let start = number / across * side * width + number % across * side;
        for (row, values) in map.chunks_exact(side).enumerate() {
            picture[start + row * width..][..side].copy_from_slice(values);
        }
    }
    (picture, width)
}

/// The number of the greatest magnitude, and the map that it is in.
pub fn strongest(maps: &[f32], side: usize) -> Option<(usize, f32)> {
    let (at, value) = maps.iter().copied().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    Some((at / (side * side).max(1), value))
}

impl Maps {
    /// How many maps there are.
    pub fn count(&self) -> usize {
        self.features.len() / (self.side * self.side).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_is_a_tile_of_its_own() {
        let maps: Vec<f32> = (0..12).map(|number| number as f32).collect();
        let (picture, width) = mosaic(&maps, 2);
        assert_eq!(width, 4);
        assert_eq!(picture[..8], [0.0, 1.0, 4.0, 5.0, 2.0, 3.0, 6.0, 7.0]);
        assert_eq!(picture[8..], [8.0, 9.0, 0.0, 0.0, 10.0, 11.0, 0.0, 0.0]);
    }

    #[test]
    fn maps_of_one_number_are_a_strip() {
        assert_eq!(mosaic(&[1.0, 2.0, 3.0], 1), (vec![1.0, 2.0, 3.0], 3));
    }

    #[test]
    fn no_maps_make_an_empty_picture() {
        assert_eq!(mosaic(&[], 0), (Vec::new(), 1));
        assert_eq!(strongest(&[], 3), None);
        assert_eq!(strongest(&[1.0, 0.0, -3.0, 2.0], 1), Some((2, -3.0)));
    }
}
