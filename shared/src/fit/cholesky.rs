//! Solving with small symmetric positive definite matrices, in 64 bits: linear algebra that Burn does not
//! have. Matrices are slices, row by row.

/// `L` of `A = L Lᵀ`, lower triangular.
#[derive(Debug, Clone)]
pub struct Cholesky {
    size: usize,
    lower: Vec<f64>,
}

/// A matrix that is not positive definite, as far as 64 bits can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the matrix is not positive definite: row {row} follows from those above it; add to the diagonal")]
pub struct NotPositiveDefinite {
    /// The row at which it showed.
    pub row: usize,
}

impl Cholesky {
    /// Factorises `matrix [size, size]`; only its lower triangle is read.
    ///
    /// # Errors
    /// When it is not positive definite.
    pub fn new(mut matrix: Vec<f64>, size: usize) -> Result<Self, NotPositiveDefinite> {
        for row in 0..size {
            let (above, rest) = matrix.split_at_mut(row * size);
            let current = &mut rest[..size];
            for (column, other) in above.chunks_exact(size).enumerate() {
                current[column] = (current[column] - dot(&current[..column], &other[..column])) / other[column];
            }
            let pivot = current[row] - dot(&current[..row], &current[..row]);
            if !(pivot > 0.0 && pivot.is_finite()) {
                return Err(NotPositiveDefinite { row });
            }
            current[row] = pivot.sqrt();
        }
        Ok(Self { size, lower: matrix })
    }

    /// `A⁻¹ b` for the columns of `b [size, columns]`: forwards through L, then backwards through Lᵀ.
    pub fn solve(&self, mut b: Vec<f64>, columns: usize) -> Vec<f64> {
        for row in 0..self.size {
            let (above, rest) = b.split_at_mut(row * columns);
            let rows_above = above.chunks_exact(columns).zip(&self.lower[row * self.size..]);
            rows_above.for_each(|(other, &factor)| subtract(&mut rest[..columns], other, factor));
            scale(&mut rest[..columns], 1.0 / self.lower[row * self.size + row]);
        }
        for row in (0..self.size).rev() {
            let (upto, below) = b.split_at_mut((row + 1) * columns);
            let current = &mut upto[row * columns..];
            for (at, other) in below.chunks_exact(columns).enumerate() {
                subtract(current, other, self.lower[(row + 1 + at) * self.size + row]);
            }
            scale(current, 1.0 / self.lower[row * self.size + row]);
        }
        b
    }

    /// `A⁻¹`, `[size, size]`.
    pub fn inverse(&self) -> Vec<f64> {
        let mut identity = vec![0.0; self.size * self.size];
        identity.iter_mut().step_by(self.size + 1).for_each(|one| *one = 1.0);
        self.solve(identity, self.size)
    }
}

fn subtract(from: &mut [f64], row: &[f64], factor: f64) {
    from.iter_mut().zip(row).for_each(|(to, &value)| *to -= factor * value);
}

fn scale(row: &mut [f64], factor: f64) {
    row.iter_mut().for_each(|value| *value *= factor);
}

/// `Σ a·b` in eight sums, which a processor can do at once.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        (0..8).for_each(|lane| sums[lane] += a[lane] * b[lane]);
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_inverts() {
        const SIZE: usize = 19;
        // A positive definite matrix: `exp(−|i−j|)` is a kernel of distances.
        let matrix: Vec<f64> =
            (0..SIZE * SIZE).map(|at| (-((at / SIZE) as f64 - (at % SIZE) as f64).abs()).exp()).collect();
        let inverse = Cholesky::new(matrix.clone(), SIZE).expect("positive definite").inverse();
        for row in 0..SIZE {
            for column in 0..SIZE {
                let sum: f64 = (0..SIZE).map(|k| matrix[row * SIZE + k] * inverse[k * SIZE + column]).sum();
                assert!((sum - f64::from(u8::from(row == column))).abs() < 1e-12, "({row}, {column}): {sum}");
            }
        }
    }

    #[test]
    fn refuses_what_is_not_positive_definite() {
        let error = Cholesky::new(vec![1.0, 2.0, 2.0, 1.0], 2).expect_err("it has a negative eigenvalue");
        assert_eq!(error, NotPositiveDefinite { row: 1 });
    }
}
