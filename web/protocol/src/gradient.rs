//! The gradient of a logit by the last layer's weight, `(ω ∘ d) yᵀ`: its factors, their order and single entries.

use crate::{
    insight::Gradient,
    nudge::Weight,
    viewport::{Entry, Size},
};
use std::{fmt, str::FromStr};
use vocabulary::classes;

/// A logit, or the difference of two: what the gradient is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contrast {
    /// The class.
    pub class: usize,
    /// The class whose logit is taken away.
    pub against: Option<usize>,
}

/// In which order the rows or the columns are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As the weight is stored: rows by output; columns by channel, then by position.
    Stored,
    /// Columns by position, then by channel.
    Position,
    /// From the largest number to the smallest.
    #[default]
    Value,
}

/// One entry of the matrix with its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The weight that it belongs to.
    pub weight: Weight,
    /// c.
    pub channel: usize,
    /// y and x within the kernel.
    pub position: (usize, usize),
    /// ω_o, of the class or the difference of classes.
    pub omega: f32,
    /// d_o.
    pub derivative: f32,
    /// y at c, y, x.
    pub input: f32,
}

impl Part {
    /// The entry itself.
    pub fn product(&self) -> f32 {
        self.omega * self.derivative * self.input
    }
}

/// A factor in the order in which it is shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ordered {
    /// Which number of the factor is shown where.
    pub places: Vec<usize>,
    /// The numbers in that order.
    pub numbers: Vec<f32>,
}

impl Ordered {
    fn new(numbers: &[f32], places: Vec<usize>) -> Self {
        Self { numbers: places.iter().map(|&place| numbers[place]).collect(), places }
    }

    fn by_value(numbers: &[f32]) -> Self {
        let mut places: Vec<usize> = (0..numbers.len()).collect();
        places.sort_by(|&a, &b| numbers[b].total_cmp(&numbers[a]));
        Self::new(numbers, places)
    }

    /// Where the number of the greatest magnitude is shown.
    pub fn strongest(&self) -> usize {
        let magnitude = |place: &usize| self.numbers[*place].abs();
        (0..self.numbers.len()).max_by(|a, b| magnitude(a).total_cmp(&magnitude(b))).unwrap_or_default()
    }

    fn stored(numbers: &[f32]) -> Self {
        Self::new(numbers, (0..numbers.len()).collect())
    }
}

impl Gradient {
    /// 512 × 4096, for conv5.
    pub fn size(&self) -> Size {
        Size { rows: self.derivative.len(), columns: self.input.len() }
    }

    /// ω of a class, or of a difference of classes, `[O]`; zero for a class that there is not.
    pub fn omega(&self, contrast: Contrast) -> Vec<f32> {
        let outputs = self.derivative.len();
        let of = |class: usize, output: usize| self.omega.get(class * outputs + output).copied().unwrap_or_default();
        let against = |output| contrast.against.map_or(0.0, |against| of(against, output));
        (0..outputs).map(|output| of(contrast.class, output) - against(output)).collect()
    }

    /// `ω ∘ d`, `[O]`.
    pub fn row_factor(&self, contrast: Contrast) -> Vec<f32> {
        self.omega(contrast).iter().zip(&self.derivative).map(|(omega, d)| omega * d).collect()
    }

    /// The column of `(ω ∘ d) yᵀ`'s first factor, ordered.
    pub fn rows(&self, contrast: Contrast, order: Order) -> Ordered {
        let factor = self.row_factor(contrast);
        match order {
            Order::Value => Ordered::by_value(&factor),
            Order::Stored | Order::Position => Ordered::stored(&factor),
        }
    }

    /// The row of its second factor, ordered.
    pub fn columns(&self, order: Order) -> Ordered {
        let positions = self.positions();
        match order {
            Order::Stored => Ordered::stored(&self.input),
            Order::Value => Ordered::by_value(&self.input),
            Order::Position => {
                let mut places: Vec<usize> = (0..self.input.len()).collect();
                places.sort_by_key(|place| (place % positions, place / positions));
                Ordered::new(&self.input, places)
            }
        }
    }

    /// What is shown at a place of the ordered matrix; `None` beyond its edges.
    pub fn part(&self, contrast: Contrast, rows: &Ordered, columns: &Ordered, at: Entry) -> Option<Part> {
        let (output, column) = (*rows.places.get(at.row)?, *columns.places.get(at.column)?);
        let (channel, position) = self.place(column);
        Some(Part {
            weight: Weight { output, column },
            channel,
            position,
            omega: *self.omega(contrast).get(output)?,
            derivative: *self.derivative.get(output)?,
            input: *self.input.get(column)?,
        })
    }

    /// The channel of a column, and its y and x within the kernel.
    pub fn place(&self, column: usize) -> (usize, (usize, usize)) {
        let (channel, position) = (column / self.positions(), column % self.positions());
        (channel, (position / self.kernel.max(1), position % self.kernel.max(1)))
    }

    fn positions(&self) -> usize {
        (self.kernel * self.kernel).max(1)
    }
}

/// A class that the visitor chose, or none: then the page decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassChoice(pub Option<usize>);

/// A word that names no choice.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not one of the choices")]
pub struct NotAChoice;

impl fmt::Display for ClassChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |class| write!(f, "{class}"))
    }
}

impl FromStr for ClassChoice {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        match text.parse() {
            _ if text.is_empty() => Ok(Self(None)),
            Ok(class) if class < classes::CIFAR10.len() => Ok(Self(Some(class))),
            _ => Err(NotAChoice),
        }
    }
}

impl Order {
    const ALL: [Self; 3] = [Self::Stored, Self::Position, Self::Value];

    const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Position => "position",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Order {
    type Err = NotAChoice;

    fn from_str(text: &str) -> Result<Self, NotAChoice> {
        Self::ALL.into_iter().find(|order| order.name() == text).ok_or(NotAChoice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Contrast = Contrast { class: 0, against: None };

    /// Two classes, three outputs, two channels of 2×2.
    fn gradient() -> Gradient {
        Gradient {
            omega: vec![1.0, -2.0, 3.0, 0.5, 0.5, 0.5],
            bias: vec![0.0, 0.0],
            pre: vec![1.0, -1.0, 1.0],
            slope: 0.1,
            derivative: vec![1.0, 0.1, 1.0],
            input: vec![1.0, 2.0, 3.0, 4.0, -5.0, 6.0, 7.0, 8.0],
            kernel: 2,
        }
    }

    #[test]
    fn a_difference_of_classes_is_the_difference_of_their_factors() {
        let difference = gradient().row_factor(Contrast { class: 0, against: Some(1) });
        assert_eq!(difference, [0.5, -0.25, 2.5]);
        assert_eq!(gradient().omega(Contrast { class: 7, against: None }), [0.0; 3]);
    }

    #[test]
    fn an_entry_is_found_again_in_any_order() {
        let gradient = gradient();
        for order in Order::ALL {
            let (rows, columns) = (gradient.rows(FIRST, order), gradient.columns(order));
            let at = Entry {
                row: rows.places.iter().position(|&place| place == 1).unwrap(),
                column: columns.places.iter().position(|&place| place == 6).unwrap(),
            };
            let part = gradient.part(FIRST, &rows, &columns, at).unwrap();
            assert_eq!((part.weight.output, part.channel, part.position), (1, 1, (1, 0)), "{order}");
            assert_eq!(part.product(), rows.numbers[at.row] * columns.numbers[at.column]);
            assert_eq!(gradient.part(FIRST, &rows, &columns, Entry { row: 3, column: 0 }), None);
        }
    }

    #[test]
    fn orders_are_what_they_are_called() {
        assert_eq!(gradient().rows(FIRST, Order::Value).numbers, [3.0, 1.0, -0.2]);
        assert_eq!(gradient().columns(Order::Position).places, [0, 4, 1, 5, 2, 6, 3, 7]);
        assert_eq!(gradient().columns(Order::Value).strongest(), 0);
    }

    #[test]
    fn choices_are_spelled_as_they_are_read() {
        for text in ["", "0", "9"] {
            assert_eq!(text.parse::<ClassChoice>().unwrap().to_string(), text);
        }
        for wrong in ["10", "-1", "cat"] {
            assert_eq!(wrong.parse::<ClassChoice>(), Err(NotAChoice));
        }
        assert!(Order::ALL.into_iter().all(|order| order.to_string().parse() == Ok(order)));
    }
}
