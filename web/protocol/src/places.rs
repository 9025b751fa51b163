//! Points on a map: how it frames them, and which one an arrow key leads to.

/// A square that holds all points, with the same scale in both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    middle: [f32; 2],
    reach: f32,
}

impl Frame {
    /// Around some points.
    pub fn around(points: &[[f32; 2]]) -> Self {
        let ends = [0, 1].map(|at| {
            let values = || points.iter().map(|point| point[at]);
            (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max))
        });
        // A single point lies in the middle.
        let reach = ends.map(|(low, high)| (high - low) / 2.0).into_iter().fold(1e-6, f32::max);
        Self { middle: ends.map(|(low, high)| f32::midpoint(low, high)), reach }
    }

    /// Where a point is, from the left and the upper edge, in percent.
    pub fn place(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let share = |value: f32, middle: f32| 50.0 * (1.0 + (value - middle) / self.reach);
        [share(x, self.middle[0]), 100.0 - share(y, self.middle[1])]
    }
}

/// The point that lies next in a direction, away from which it may be half as much as along it.
pub fn next(points: &[[f32; 2]], from: usize, direction: [f32; 2]) -> Option<usize> {
    let start = points.get(from)?;
    let cost = |point: &[f32; 2]| {
        let [x, y] = [point[0] - start[0], point[1] - start[1]];
        let (along, aside) = (x * direction[0] + y * direction[1], (x * direction[1] - y * direction[0]).abs());
        (along > 0.5 * aside).then_some(along + 2.0 * aside)
    };
    let costs = points.iter().enumerate().filter_map(|(at, point)| Some((at, cost(point)?)));
    costs.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [[f32; 2]; 4] = [[0.0, 0.0], [2.0, 0.1], [1.0, 1.5], [-3.0, 0.0]];

    #[test]
    fn the_frame_holds_all_points_upright() {
        let frame = Frame::around(&POINTS);
        let places = POINTS.map(|point| frame.place(point));
        assert!(places.iter().flatten().all(|share| (0.0..=100.0).contains(share)), "{places:?}");
        assert_eq!((places[3][0], places[1][0]), (0.0, 100.0));
        assert!(places[2][1] < places[0][1], "up is up");
        assert_eq!(Frame::around(&[[7.0, 7.0]]).place([7.0, 7.0]), [50.0, 50.0]);
    }

    #[test]
    fn arrows_lead_to_what_lies_ahead() {
        assert_eq!(next(&POINTS, 0, [1.0, 0.0]), Some(1));
        assert_eq!(next(&POINTS, 0, [0.0, 1.0]), Some(2));
        assert_eq!(next(&POINTS, 0, [-1.0, 0.0]), Some(3));
        assert_eq!(next(&POINTS, 3, [-1.0, 0.0]), None);
        assert_eq!(next(&[], 0, [1.0, 0.0]), None);
    }
}
