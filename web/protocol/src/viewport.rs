//! Which part of a matrix is on show, in whole entries.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The size of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// R.
    pub rows: usize,
    /// C.
    pub columns: usize,
}

/// A part of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first column.
    pub left: usize,
    /// How many columns.
    pub across: usize,
    /// The first row.
    pub top: usize,
    /// How many rows.
    pub down: usize,
}

/// One entry of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// From 0.
    pub row: usize,
    /// From 0.
    pub column: usize,
}

/// What the visitor looks at; the rows follow from the matrix's proportions. Any numbers are allowed: [`Viewport::of`]
/// makes a window of the matrix of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewport {
    left: usize,
    top: usize,
    across: usize,
}

/// The fewest columns on show.
const CLOSEST: usize = 32;

impl Default for Viewport {
    /// The whole matrix, whatever its size.
    fn default() -> Self {
        Self { left: 0, top: 0, across: usize::MAX }
    }
}

impl Viewport {
    /// The window of a matrix.
    pub fn of(self, size: Size) -> Window {
        let across = self.across.clamp(CLOSEST.min(size.columns), size.columns.max(1));
        let down = (across * size.rows / size.columns.max(1)).max(1);
        let first = |at: usize, count: usize, all: usize| at.min(all.saturating_sub(count));
        Window { left: first(self.left, across, size.columns), across, top: first(self.top, down, size.rows), down }
    }

    /// Whether the whole matrix is on show.
    pub fn is_whole(self, size: Size) -> bool {
        self.of(size).across == size.columns
    }

    /// Half as many columns (`closer`) or twice as many; `fixed` stays where it is.
    pub fn zoomed(self, size: Size, closer: bool, fixed: Entry) -> Self {
        let before = self.of(size);
        let across = if closer { before.across.div_ceil(2) } else { before.across * 2 };
        let after = Self { across, ..self }.of(size);
        let first =
            |at: usize, from: usize, old: usize, new: usize| at.saturating_sub(at.saturating_sub(from) * new / old);
        Self {
            left: first(fixed.column, before.left, before.across, after.across),
            top: first(fixed.row, before.top, before.down, after.down),
            across: after.across,
        }
        .settled(size)
    }

    /// Moved by so many columns and rows, as far as the matrix goes.
    pub fn moved(self, size: Size, columns: isize, rows: isize) -> Self {
        let Window { left, top, across, .. } = self.of(size);
        Self { left: left.saturating_add_signed(columns), top: top.saturating_add_signed(rows), across }.settled(size)
    }

    /// Moved as little as shows an entry.
    pub fn showing(self, size: Size, entry: Entry) -> Self {
        let window = self.of(size);
        let first = |from: usize, count: usize, at: usize| from.clamp((at + 1).saturating_sub(count), at);
        Self {
            left: first(window.left, window.across, entry.column),
            top: first(window.top, window.down, entry.row),
            across: window.across,
        }
    }

    fn settled(self, size: Size) -> Self {
        let Window { left, top, across, .. } = self.of(size);
        if across == size.columns { Self::default() } else { Self { left, top, across } }
    }
}

impl Window {
    /// The entry at a place in the picture, each from 0 to 1.
    pub fn entry_at(&self, x: f64, y: f64) -> Entry {
        // Casts saturate, and the places lie within.
        let at = |place: f64, count: usize| ((place * count as f64) as usize).min(count.saturating_sub(1));
        Entry { row: self.top + at(y, self.down), column: self.left + at(x, self.across) }
    }

    /// Whether an entry is on show.
    pub fn contains(&self, Entry { row, column }: Entry) -> bool {
        (self.top..self.top + self.down).contains(&row) && (self.left..self.left + self.across).contains(&column)
    }

    /// The entry in the middle.
    pub fn middle(&self) -> Entry {
        self.entry_at(0.5, 0.5)
    }
}

impl fmt::Display for Viewport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.left, self.top, self.across)
    }
}

/// A text that is no viewport.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a viewport is three whole numbers: left, top, across")]
pub struct NotAViewport;

impl FromStr for Viewport {
    type Err = NotAViewport;

    fn from_str(text: &str) -> Result<Self, NotAViewport> {
        let numbers: Vec<usize> = text.split(',').map_while(|number| number.parse().ok()).collect();
        match numbers[..] {
            [left, top, across] if text.matches(',').count() == 2 => Ok(Self { left, top, across }),
            _ => Err(NotAViewport),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { rows: 512, columns: 4096 };

    fn viewport(text: &str) -> Viewport {
        text.parse().unwrap()
    }

    #[test]
    fn any_numbers_make_a_window_of_the_matrix() {
        assert_eq!(Viewport::default().of(SIZE), Window { left: 0, across: 4096, top: 0, down: 512 });
        assert_eq!(viewport("9999,9999,1").of(SIZE), Window { left: 4064, across: 32, top: 508, down: 4 });
        assert_eq!(viewport("1,2,512").of(SIZE), Window { left: 1, across: 512, top: 2, down: 64 });
        Viewport::default().of(Size { rows: 0, columns: 0 });
    }

    #[test]
    fn zooming_keeps_the_fixed_entry_in_its_place_and_ends() {
        let fixed = Entry { row: 256, column: 3072 };
        let closer = Viewport::default().zoomed(SIZE, true, fixed);
        assert_eq!(closer.of(SIZE), Window { left: 1536, across: 2048, top: 128, down: 256 });
        assert_eq!(closer.zoomed(SIZE, false, fixed), Viewport::default());
        let closest = (0..20).fold(closer, |view, _| view.zoomed(SIZE, true, fixed));
        assert_eq!(closest.of(SIZE).across, CLOSEST);
        assert_eq!(closest.showing(SIZE, fixed), closest);
    }

    #[test]
    fn moving_stops_at_the_edges() {
        let view = viewport("0,0,512");
        assert_eq!(view.moved(SIZE, -5, -5).of(SIZE), view.of(SIZE));
        assert_eq!(view.moved(SIZE, 5000, 9).of(SIZE), Window { left: 3584, across: 512, top: 9, down: 64 });
    }

    #[test]
    fn an_entry_outside_is_brought_to_the_edge() {
        let shown = viewport("100,100,512").showing(SIZE, Entry { row: 50, column: 900 }).of(SIZE);
        assert_eq!((shown.left, shown.top), (389, 50));
    }

    #[test]
    fn places_in_the_picture_are_entries() {
        let window = viewport("64,8,64").of(SIZE);
        assert_eq!(window.entry_at(0.0, 0.0), Entry { row: 8, column: 64 });
        assert_eq!(window.entry_at(1.0, 2.0), Entry { row: 15, column: 127 });
    }

    #[test]
    fn the_address_has_three_numbers() {
        assert_eq!(viewport("1,2,512").to_string(), "1,2,512");
        for wrong in ["", "1,2", "1,2,3,4", "1,-2,3", "a,b,c"] {
            assert_eq!(wrong.parse::<Viewport>(), Err(NotAViewport), "{wrong}");
        }
    }
}
