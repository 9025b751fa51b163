//! The marks of a cloud as paths: a disc where both models are right, a cross where none is, a diamond where one is.

use protocol::cloud::{Dot, Right, Square};

/// The paths' `d`, in a picture 100 wide and high.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    /// Where both are right.
    pub both: String,
    /// Where one is right.
    pub one: String,
    /// Where none is right.
    pub none: String,
    /// From every mark down or up to the diagonal.
    pub apart: String,
}

impl Marks {
    /// Of all dots.
    pub fn of(dots: &[Dot], square: Square) -> Self {
        let mut marks = Self::default();
        for dot in dots {
            let [x, y] = square.place(dot);
            marks.apart += &format!("M{x:.2} {y:.2}V{:.2}", 100.0 - x);
            match dot.right() {
                // A line of no length, of which the round ends are seen.
                Right::Both => marks.both += &format!("M{x:.2} {y:.2}h0"),
                Right::One => marks.one += &format!("M{x:.2} {:.2}l1.3 1.3l-1.3 1.3l-1.3 -1.3z", y - 1.3),
                Right::None => marks.none += &format!("M{:.2} {:.2}l1.8 1.8m0 -1.8l-1.8 1.8", x - 0.9, y - 0.9),
            }
        }
        marks
    }
}
