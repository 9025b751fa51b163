//! CPU twin of `outer_product_view.wgsl`.

use std::ops::Range;

/// A part of a matrix, and the size of the picture that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first column.
    pub left: usize,
    /// How many columns.
    pub across: usize,
    /// The first row.
    pub top: usize,
    /// How many rows.
    pub down: usize,
    /// Pixels in a row of the picture.
    pub width: usize,
    /// Rows of the picture.
    pub height: usize,
}

/// The longest side of a picture, in pixels.
const LONGEST: usize = 4096;

impl Window {
    /// The same window cut to a matrix of at least one entry; at least one entry and one pixel remain.
    pub fn within(self, rows: usize, columns: usize) -> Self {
        let (left, top) = (self.left.min(columns - 1), self.top.min(rows - 1));
        Self {
            left,
            across: self.across.clamp(1, columns - left),
            top,
            down: self.down.clamp(1, rows - top),
            width: self.width.clamp(1, LONGEST),
            height: self.height.clamp(1, LONGEST),
        }
    }
}

/// A window of `rows · columnsᵀ`: `[R]`, `[C]` → `[height, width]`.
pub fn view(rows: &[f32], columns: &[f32], window: Window) -> Vec<f32> {
    let columns = strongest(columns, window.left, window.across, window.width);
    let rows = strongest(rows, window.top, window.down, window.height);
    rows.iter().flat_map(|row| columns.iter().map(move |column| row * column)).collect()
}

/// For each pixel the number of the greatest magnitude of those that it covers.
fn strongest(numbers: &[f32], first: usize, count: usize, pixels: usize) -> Vec<f32> {
    let stronger = |a: f32, b: f32| if b.abs() > a.abs() { b } else { a };
    (0..pixels)
        .map(|pixel| numbers[covered(first, count, pixel, pixels)].iter().copied().reduce(stronger).unwrap_or_default())
        .collect()
}

/// The entries that a pixel covers: at least one.
fn covered(first: usize, count: usize, pixel: usize, pixels: usize) -> Range<usize> {
    let from = pixel * count / pixels;
    first + from..first + ((pixel + 1) * count / pixels).max(from + 1)
}
