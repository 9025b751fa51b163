//! A cloud of images: what two models say of each, one across and one up.

use vocabulary::argmax;

/// What a model says of an image whose true class is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The predicted class.
    pub class: usize,
    /// The logit of the true class minus the largest of the others: positive where the model is right.
    pub margin: f32,
}

impl Verdict {
    /// None without that class, or without another.
    pub fn new(logits: &[f32], label: usize) -> Option<Self> {
        let others = logits.iter().enumerate().filter(|&(class, _)| class != label);
        let best = others.map(|(_, &logit)| logit).reduce(f32::max)?;
        Some(Self { class: argmax(logits.iter().copied())?, margin: logits.get(label)? - best })
    }
}

/// An image in a cloud.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dot {
    /// The true class.
    pub label: usize,
    /// What one model says.
    pub across: Verdict,
    /// What the other says.
    pub up: Verdict,
}

/// Which of the two models are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Both.
    Both,
    /// One of them.
    One,
    /// None.
    None,
}

impl Dot {
    /// From both models' logits.
    pub fn new(label: usize, [across, up]: [&[f32]; 2]) -> Option<Self> {
        Some(Self { label, across: Verdict::new(across, label)?, up: Verdict::new(up, label)? })
    }

    /// Which of the two models are right.
    pub fn right(&self) -> Right {
        match [self.across.class == self.label, self.up.class == self.label] {
            [true, true] => Right::Both,
            [false, false] => Right::None,
            _ => Right::One,
        }
    }
}

/// A cloud in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Images.
    pub all: usize,
    /// How many the model across has right.
    pub across: usize,
    /// How many the model up has right.
    pub up: usize,
    /// For how many both name the same class.
    pub same: usize,
    /// By how much the margins differ on average.
    pub apart: f32,
}

impl Tally {
    /// Of a cloud.
    pub fn of(dots: &[Dot]) -> Self {
        let count = |holds: fn(&Dot) -> bool| dots.iter().filter(|dot| holds(dot)).count();
        let apart: f32 = dots.iter().map(|dot| (dot.across.margin - dot.up.margin).abs()).sum();
        Self {
            all: dots.len(),
            across: count(|dot| dot.across.class == dot.label),
            up: count(|dot| dot.up.class == dot.label),
            same: count(|dot| dot.across.class == dot.up.class),
            apart: apart / dots.len().max(1) as f32,
        }
    }
}

/// A square with one scale in both directions, in which equal margins lie on the diagonal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    low: f32,
    high: f32,
}

impl Square {
    /// Around all dots and zero.
    pub fn around<'a>(dots: impl Iterator<Item = &'a Dot>) -> Self {
        let margins = dots.flat_map(|dot| [dot.across.margin, dot.up.margin]);
        let (low, high) = margins.fold((-1.0f32, 1.0f32), |(low, high), margin| (low.min(margin), high.max(margin)));
        let edge = 0.04 * (high - low);
        Self { low: low - edge, high: high + edge }
    }

    /// How far along an edge a margin is, in percent.
    pub fn along(self, margin: f32) -> f32 {
        (100.0 * (margin - self.low) / (self.high - self.low)).clamp(0.0, 100.0)
    }

    /// Where a dot is, from the left and the upper edge, in percent.
    pub fn place(self, dot: &Dot) -> [f32; 2] {
        [self.along(dot.across.margin), 100.0 - self.along(dot.up.margin)]
    }

    /// Round numbers along an edge: three to seven, zero among them.
    pub fn ticks(self) -> Vec<f32> {
        let rough = (self.high - self.low) / 6.0;
        let power = 10.0f32.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|&step| step >= rough);
        let step = step.unwrap_or(rough);
        // Margins are far below what does not fit.
        let (first, last) = ((self.low / step).ceil() as i32, (self.high / step).floor() as i32);
        (first..=last).map(|index| index as f32 * step).collect()
    }
}

/// The dot nearest to a place in percent, if it is within `reach` percent.
pub fn nearest(places: &[[f32; 2]], [x, y]: [f32; 2], reach: f32) -> Option<usize> {
    let distances = places.iter().map(|place| (place[0] - x).hypot(place[1] - y)).enumerate();
    let (dot, distance) = distances.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (distance <= reach).then_some(dot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(across: &[f32], up: &[f32]) -> Dot {
        Dot::new(1, [across, up]).unwrap()
    }

    fn dots() -> [Dot; 4] {
        [
            dot(&[0.0, 3.0, 1.0], &[0.0, 4.0, 1.0]),
            dot(&[2.0, 0.0, 1.0], &[3.0, 0.0, 4.0]),
            dot(&[0.0, 1.0, 0.5], &[1.0, 0.0, 0.5]),
            dot(&[5.0, 1.0, 0.5], &[5.0, 1.0, 0.5]),
        ]
    }

    #[test]
    fn the_margin_is_positive_where_the_model_is_right() {
        assert_eq!(Verdict::new(&[0.0, 3.0, 1.0], 1), Some(Verdict { class: 1, margin: 2.0 }));
        assert_eq!(Verdict::new(&[0.0, 3.0, 1.0], 2), Some(Verdict { class: 1, margin: -2.0 }));
        assert_eq!(Verdict::new(&[-2.0, -3.0], 0), Some(Verdict { class: 0, margin: 1.0 }));
        assert_eq!([Verdict::new(&[1.0, 2.0], 7), Verdict::new(&[1.0], 0), Verdict::new(&[], 0)], [None; 3]);
    }

    #[test]
    fn a_cloud_is_counted() {
        let wanted = Tally { all: 4, across: 2, up: 1, same: 2, apart: (1.0 + 2.0 + 1.5) / 4.0 };
        assert_eq!(Tally::of(&dots()), wanted);
        assert_eq!(Tally::of(&[]), Tally::default());
        assert_eq!(dots().map(|dot| dot.right()), [Right::Both, Right::None, Right::One, Right::None]);
    }

    #[test]
    fn equal_margins_lie_on_the_diagonal_of_the_square() {
        let square = Square::around(dots().iter());
        let places = dots().map(|dot| square.place(&dot));
        assert!(places.iter().flatten().all(|share| (0.0..=100.0).contains(share)), "{places:?}");
        assert!((places[3][0] + places[3][1] - 100.0).abs() < 1e-3, "{places:?}");
        // Up is more: the first dot lies above the diagonal, the third below it.
        assert!(places[0][1] < 100.0 - places[0][0] && places[2][1] > 100.0 - places[2][0], "{places:?}");
    }

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = Square { low: -21.0, high: 33.0 }.ticks();
        assert_eq!(ticks, [-20.0, -10.0, 0.0, 10.0, 20.0, 30.0]);
        for high in [1.0, 7.3, 12.0, 99.0] {
            let ticks = Square { low: -1.0, high }.ticks();
            assert!((3..=7).contains(&ticks.len()) && ticks.contains(&0.0), "{high}: {ticks:?}");
        }
    }

    #[test]
    fn the_nearest_dot_is_found_within_reach() {
        let places = [[10.0, 10.0], [12.0, 10.0], [90.0, 90.0]];
        assert_eq!(nearest(&places, [11.5, 10.0], 5.0), Some(1));
        assert_eq!(nearest(&places, [50.0, 50.0], 5.0), None);
        assert_eq!(nearest(&[], [0.0, 0.0], 5.0), None);
    }
}
