//! The network's logit along a line in its weights, beside its tangent.

use crate::{gradient::Contrast, insight::Linearization};

/// Both at one place of the line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// How far the weights have moved.
    pub r: f32,
    /// The network's logit, or difference of logits.
    pub network: f32,
    /// What the tangent line says instead.
    pub tangent: f32,
}

impl Point {
    /// By how much the tangent line is off.
    pub fn error(&self) -> f32 {
        self.tangent - self.network
    }
}

impl Linearization {
    /// How many places the network was evaluated at.
    pub fn points(&self) -> usize {
        self.network.len() / self.start.len().max(1)
    }

    /// Where the curve is at an `r` within it, taken as straight between two places; `None` without any.
    pub fn at(&self, r: f32, contrast: Contrast) -> Option<Point> {
        let last = self.points().checked_sub(1)?;
        // NaN becomes 0.
        let r = r.max(0.0).min(last as f32 * self.step);
        let place = r / self.step;
        let index = (place as usize).min(last);
        let (from, to) = (self.point(index, contrast)?, self.point((index + 1).min(last), contrast)?);
        let between = |from: f32, to: f32| from + (place - index as f32) * (to - from);
        Some(Point { r, network: between(from.network, to.network), tangent: between(from.tangent, to.tangent) })
    }

    /// All places.
    pub fn curve(&self, contrast: Contrast) -> Vec<Point> {
        (0..self.points()).filter_map(|index| self.point(index, contrast)).collect()
    }

    fn point(&self, index: usize, Contrast { class, against }: Contrast) -> Option<Point> {
        let classes = self.start.len();
        let r = index as f32 * self.step;
        let of = |class: usize| {
            let network = *self.network.get(index * classes..)?.get(class)?;
            Some((network, self.start.get(class)? + r * self.slope.get(class)?))
        };
        let ((network, tangent), (less, tangent_less)) = (of(class)?, against.map_or(Some((0.0, 0.0)), of)?);
        Some(Point { r, network: network - less, tangent: tangent - tangent_less })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Contrast = Contrast { class: 1, against: None };

    fn line() -> Linearization {
        Linearization {
            step: 0.5,
            network: vec![1.0, 2.0, 3.0, 5.0, 4.0, 9.0],
            start: vec![1.0, 2.0],
            slope: vec![3.0, 5.0],
        }
    }

    #[test]
    fn points_lie_on_the_curve() {
        assert_eq!(line().at(0.5, SECOND), Some(Point { r: 0.5, network: 5.0, tangent: 4.5 }));
        assert_eq!(line().at(0.75, SECOND), Some(Point { r: 0.75, network: 7.0, tangent: 5.75 }));
        assert_eq!([-1.0, 9.0, f32::NAN].map(|r| line().at(r, SECOND).unwrap().r), [0.0, 1.0, 0.0]);
        assert_eq!(line().curve(SECOND).len(), 3);
    }

    #[test]
    fn differences_are_differences() {
        let point = line().at(1.0, Contrast { class: 1, against: Some(0) }).unwrap();
        assert_eq!((point.network, point.tangent, point.error()), (5.0, 3.0, -2.0));
    }

    #[test]
    fn what_is_not_there_is_not_shown() {
        let empty = Linearization { network: Vec::new(), ..line() };
        assert_eq!(empty.at(1.0, SECOND), None);
        assert_eq!(line().at(1.0, Contrast { class: 7, against: None }), None);
    }
}
