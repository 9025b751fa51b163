//! A safe face for the `gemm` crate: one matrix product on slices.

use gemm::Parallelism;

/// A matrix in a slice: element `(r, c)` is at `r · row + c · col`.
#[derive(Clone, Copy)]
pub struct Strides {
    /// From one row to the next.
    pub row: usize,
    /// From one column to the next.
    pub col: usize,
}

impl Strides {
    /// Rows one after the other, `columns` long.
    pub fn rows(columns: usize) -> Self {
        Self { row: columns, col: 1 }
    }

    /// The transpose of a matrix whose rows are `columns` long.
    pub fn transposed(columns: usize) -> Self {
        Self { row: 1, col: columns }
    }

    fn span(self, rows: usize, cols: usize) -> usize {
        if rows == 0 || cols == 0 { 0 } else { (rows - 1) * self.row + (cols - 1) * self.col + 1 }
    }
}

/// `out [m, n] = a [m, k] · b [k, n]`, on one thread or, when `wide`, on all of them.
///
/// # Panics
/// When a slice is shorter than its matrix.
#[allow(unsafe_code, reason = "the crate's only entry point is unsafe; it is made safe here")]
#[allow(clippy::too_many_arguments, reason = "three matrices with their sizes are what a product takes")]
pub fn product(
    [m, n, k]: [usize; 3],
    out: &mut [f32],
    out_strides: Strides,
    a: &[f32],
    a_strides: Strides,
    b: &[f32],
    b_strides: Strides,
    wide: bool,
) {
    assert!(out.len() >= out_strides.span(m, n), "the output is too short");
    assert!(a.len() >= a_strides.span(m, k), "the left matrix is too short");
    assert!(b.len() >= b_strides.span(k, n), "the right matrix is too short");
    let parallelism = if wide && cfg!(not(target_family = "wasm")) { wide_parallelism() } else { Parallelism::None };
    // SAFETY: the three assertions above keep every access that the strides allow inside its slice, `out` is
    // borrowed alone, and a slice's length fits in isize.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            out_strides.col as isize,
            out_strides.row as isize,
            false,
            a.as_ptr(),
            a_strides.col as isize,
            a_strides.row as isize,
            b.as_ptr(),
            b_strides.col as isize,
            b_strides.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(not(target_family = "wasm"))]
fn wide_parallelism() -> Parallelism {
    Parallelism::Rayon(0)
}

#[cfg(target_family = "wasm")]
fn wide_parallelism() -> Parallelism {
    Parallelism::None
}
