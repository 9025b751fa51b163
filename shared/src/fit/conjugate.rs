//! Conjugate gradients (Hestenes and Stiefel 1952): solving with a symmetric positive definite matrix that is too large
//! for [`crate::fit::cholesky`]. It needs the matrix only as it is, in 32 bits; vectors are in 64.

use crate::kernels::threads;

/// Ends where the residual is so small a part of the right side: about what the matrix's own rounding leaves of it.
const TOLERANCE: f64 = 1e-5;

/// Why there is no solution.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the matrix is not positive definite, as far as 32 bits can tell; add more to the diagonal")]
pub struct NotSolved;

/// `(A + shift·I)⁻¹ b`, for A `[n, n]`, row by row.
///
/// # Errors
/// When a direction has no curvature, or n steps do not lead to a solution.
pub fn solve(matrix: &[f32], shift: f64, b: &[f64]) -> Result<Vec<f64>, NotSolved> {
    let (mut x, mut residual, mut direction) = (vec![0.0; b.len()], b.to_vec(), b.to_vec());
    let mut size = dot(b, b);
    let enough = size * TOLERANCE.powi(2);
    for _ in 0..b.len() {
        if size <= enough {
            return Ok(x);
        }
        let image = apply(matrix, shift, &direction);
        let curvature = dot(&direction, &image);
        if !(curvature > 0.0 && curvature.is_finite()) {
            return Err(NotSolved);
        }
        let step = size / curvature;
        add(&mut x, step, &direction);
        add(&mut residual, -step, &image);
        let next = dot(&residual, &residual);
        direction.iter_mut().zip(&residual).for_each(|(d, r)| *d = r + next / size * *d);
        size = next;
    }
    // Rounding may have left a little more than n steps should.
    if size <= enough * 1e4 { Ok(x) } else { Err(NotSolved) }
}

/// `(A + shift·I) x`.
fn apply(matrix: &[f32], shift: f64, x: &[f64]) -> Vec<f64> {
    threads::map(x.len(), |row| shift * x[row] + mixed_dot(&matrix[row * x.len()..][..x.len()], x))
}

fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `Σ a·b` in eight sums, which a processor can do at once.
fn mixed_dot(a: &[f32], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        (0..8).for_each(|lane| sums[lane] += f64::from(a[lane]) * b[lane]);
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(&a, b)| f64::from(a) * b).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::cholesky::Cholesky;

    const SIZE: usize = 37;

    /// A kernel of distances, so positive definite.
    fn kernel() -> Vec<f32> {
        (0..SIZE * SIZE).map(|at| (-((at / SIZE) as f32 - (at % SIZE) as f32).abs() / 3.0).exp()).collect()
    }

    #[test]
    fn it_agrees_with_the_factorisation() {
        let b: Vec<f64> = (0..SIZE).map(|at| (at as f64).sin()).collect();
        for shift in [0.01, 1.0] {
            let found = solve(&kernel(), shift, &b).expect("positive definite");
            let mut shifted: Vec<f64> = kernel().into_iter().map(f64::from).collect();
            shifted.iter_mut().step_by(SIZE + 1).for_each(|diagonal| *diagonal += shift);
            let expected = Cholesky::new(shifted, SIZE).expect("positive definite").solve(b.clone(), 1);
            let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-4 * largest, "{shift}: {found}, {expected}");
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert_eq!(solve(&[1.0, 2.0, 2.0, 1.0], 0.0, &[1.0, -1.0]), Err(NotSolved));
        assert_eq!(solve(&[0.0; 4], 0.0, &[1.0, 0.0]), Err(NotSolved));
        assert_eq!(solve(&[1.0, 0.0, 0.0, 1.0], 0.0, &[0.0, 0.0]), Ok(vec![0.0, 0.0]));
    }
}
