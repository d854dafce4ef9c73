//! Eigenvalues of the small symmetric matrices of Newton's method.

/// Eigenvalues and eigenvectors of a small symmetric matrix.
#[derive(Debug)]
pub(super) struct SymmetricEigen {
    /// Eigenvalues, in no order.
    pub(super) values: Vec<f64>,
    /// Eigenvector `k` is column `k`; row by row.
    vectors: Vec<f64>,
}

impl SymmetricEigen {
    /// Decomposes minus a matrix by cyclic Jacobi rotations (Golub and Van Loan 2013, 8.5).
    pub(super) fn of_minus(matrix: &[f64], n: usize) -> Self {
        let mut m: Vec<f64> = (0..n * n)
            .map(|e| -0.5 * (matrix[e] + matrix[(e % n) * n + e / n])) // the symmetric part
            .collect();
        let mut vectors: Vec<f64> =
            (0..n * n).map(|e| f64::from(u8::from(e / n == e % n))).collect();
        // Convergence is quadratic: a handful of sweeps is the rule.
        for _ in 0..50 {
            let mut rotated = false;
            for p in 0..n {
                for q in p + 1..n {
                    let off = m[p * n + q];
                    let (diagonal_p, diagonal_q) = (m[p * n + p], m[q * n + q]);
                    if off.abs() <= 1e-18 * (diagonal_p.abs() * diagonal_q.abs()).sqrt()
                        || off.abs() < f64::MIN_POSITIVE
                    {
                        continue;
                    }
                    rotated = true;
                    let ratio = (diagonal_q - diagonal_p) / (2.0 * off);
                    let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
                    let cosine = 1.0 / tangent.hypot(1.0);
                    rotate(&mut m, &mut vectors, n, (p, q), cosine, tangent * cosine);
                }
            }
            if !rotated {
                break;
            }
        }
        Self { values: (0..n).map(|i| m[i * n + i]).collect(), vectors }
    }

    /// Returns `V f(values) V' vector`.
    pub(super) fn apply(&self, vector: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
        let n = self.values.len();
        let mut result = vec![0.0; n];
        for (k, &value) in self.values.iter().enumerate() {
            let dot: f64 = (0..n).map(|i| self.vectors[i * n + k] * vector[i]).sum();
            let scaled = f(value) * dot;
            for (i, entry) in result.iter_mut().enumerate() {
                *entry += self.vectors[i * n + k] * scaled;
            }
        }
        result
    }
}

fn rotate(
    m: &mut [f64],
    vectors: &mut [f64],
    n: usize,
    (p, q): (usize, usize),
    cosine: f64,
    sine: f64,
) {
    for k in 0..n {
        let (a, b) = (m[k * n + p], m[k * n + q]);
        m[k * n + p] = cosine * a - sine * b;
        m[k * n + q] = sine * a + cosine * b;
    }
    for k in 0..n {
        let (a, b) = (m[p * n + k], m[q * n + k]);
        m[p * n + k] = cosine * a - sine * b;
        m[q * n + k] = sine * a + cosine * b;
        let (a, b) = (vectors[k * n + p], vectors[k * n + q]);
        vectors[k * n + p] = cosine * a - sine * b;
        vectors[k * n + q] = sine * a + cosine * b;
    }
    m[p * n + q] = 0.0;
    m[q * n + p] = 0.0;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn eigenvectors_rebuild_the_matrix(entries in prop::collection::vec(-10.0..10.0_f64, 15)) {
            // The lower triangle of a symmetric 5 by 5 matrix.
            let at = |i: usize, j: usize| {
                let (row, column) = (i.max(j), i.min(j));
                entries[row * (row + 1) / 2 + column]
            };
            let minus: Vec<f64> = (0..25).map(|e| -at(e / 5, e % 5)).collect();
            let eigen = SymmetricEigen::of_minus(&minus, 5);
            for column in 0..5 {
                let unit: Vec<f64> = (0..5).map(|i| f64::from(u8::from(i == column))).collect();
                for (row, found) in eigen.apply(&unit, |value| value).into_iter().enumerate() {
                    prop_assert!((found - at(row, column)).abs() < 1e-12, "{found}");
                }
            }
        }
    }
}
