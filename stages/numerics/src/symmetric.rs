//! Small symmetric matrices: Cholesky factors and eigenvalues, the same bits on any machine.
//!
//! Matrices are row-major slices of `n * n` values, of which the lower triangle is read. Sizes are
//! those of a feature table, tens at most; libraries that choose their kernels by the processor would
//! give other last bits elsewhere.

/// Sweeps after which eigenvalues are taken as they are: six suffice for tens of rows.
const SWEEPS_MAX: usize = 60;

/// Eigenvalues, ascending, and their eigenvectors.
#[derive(Debug, Clone)]
pub(crate) struct Eigen {
    /// Ascending.
    pub(crate) values: Vec<f64>,
    /// Row-major: row `i` is the unit eigenvector of value `i`.
    pub(crate) vectors: Vec<f64>,
}

/// Returns the lower factor of a positive definite matrix, row by row without the zeros above the
/// diagonal: `n * (n + 1) / 2` values.
///
/// None when the matrix is not positive definite, or holds a value that is not finite.
pub(crate) fn cholesky(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut factor: Vec<f64> = Vec::with_capacity(n * (n + 1) / 2);
    for i in 0..n {
        let row = factor.len();
        for j in 0..=i {
            let other = j * (j + 1) / 2;
            let dot: f64 = (0..j).map(|k| factor[row + k] * factor[other + k]).sum();
            let rest = matrix.get(i * n + j)? - dot;
            if j < i {
                factor.push(rest / factor[other + j]);
            } else if rest > 0.0 && rest.is_finite() {
                factor.push(rest.sqrt());
            } else {
                return None;
            }
        }
    }
    factor.iter().all(|value| value.is_finite()).then_some(factor)
}

/// Returns the inverse of a lower factor, in the same layout.
pub(crate) fn invert_lower(factor: &[f64], n: usize) -> Vec<f64> {
    let at = |i: usize, j: usize| i * (i + 1) / 2 + j;
    let mut inverse = vec![0.0; factor.len()];
    for j in 0..n {
        inverse[at(j, j)] = 1.0 / factor[at(j, j)];
        for i in j + 1..n {
            let dot: f64 = (j..i).map(|k| factor[at(i, k)] * inverse[at(k, j)]).sum();
            inverse[at(i, j)] = -dot / factor[at(i, i)];
        }
    }
    inverse
}

/// Returns eigenvalues and eigenvectors by Jacobi's rotations (Golub and Van Loan 2013, 8.5).
///
/// Small eigenvalues of positive definite matrices come out to high relative accuracy (Demmel and
/// Veselic 1992). Values must be finite.
pub(crate) fn eigen(matrix: &[f64], n: usize) -> Eigen {
    let mut a = matrix.to_vec();
    for i in 0..n {
        for j in 0..i {
            a[j * n + i] = a[i * n + j];
        }
    }
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    for _ in 0..SWEEPS_MAX {
        let mut is_diagonal = true;
        for p in 0..n {
            for q in p + 1..n {
                is_diagonal &= !rotate(&mut a, &mut vectors, n, p, q);
            }
        }
        if is_diagonal {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[i * n + i].total_cmp(&a[j * n + j]).then(i.cmp(&j)));
    Eigen {
        values: order.iter().map(|&i| a[i * n + i]).collect(),
        vectors: order.iter().flat_map(|&i| vectors[i * n..(i + 1) * n].iter().copied()).collect(),
    }
}

/// Rotates rows and columns `p < q` so that their common element is 0; tells whether it was not.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) -> bool {
    let (app, aqq, apq) = (a[p * n + p], a[q * n + q], a[p * n + q]);
    if apq == 0.0 || apq.abs() <= f64::EPSILON * (app.abs() * aqq.abs()).sqrt() {
        return false;
    }
    let theta = (aqq - app) / (2.0 * apq);
    // The smaller of the two angles; for a huge ratio its square must not overflow.
    let tangent = if theta.abs() > 1e150 {
        0.5 / theta
    } else {
        (1.0 / (theta.abs() + (theta * theta + 1.0).sqrt())).copysign(theta)
    };
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for i in (0..n).filter(|&i| i != p && i != q) {
        let (aip, aiq) = (a[i * n + p], a[i * n + q]);
        let (rotated_p, rotated_q) = (cosine * aip - sine * aiq, sine * aip + cosine * aiq);
        (a[i * n + p], a[p * n + i]) = (rotated_p, rotated_p);
        (a[i * n + q], a[q * n + i]) = (rotated_q, rotated_q);
    }
    a[p * n + p] = app - tangent * apq;
    a[q * n + q] = aqq + tangent * apq;
    (a[p * n + q], a[q * n + p]) = (0.0, 0.0);
    for i in 0..n {
        let (vp, vq) = (vectors[p * n + i], vectors[q * n + i]);
        vectors[p * n + i] = cosine * vp - sine * vq;
        vectors[q * n + i] = sine * vp + cosine * vq;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_factor_and_its_inverse_follow_by_hand() {
        // [[4, 2], [2, 5]] = L L' with L = [[2, 0], [1, 2]].
        let factor = cholesky(&[4.0, 2.0, 2.0, 5.0], 2).expect("positive definite");
        assert_eq!(factor, [2.0, 1.0, 2.0]);
        assert_eq!(invert_lower(&factor, 2), [0.5, -0.25, 0.5]);
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        for matrix in [[1.0, 2.0, 2.0, 1.0], [0.0; 4], [f64::NAN; 4], [f64::INFINITY; 4]] {
            assert_eq!(cholesky(&matrix, 2), None);
        }
    }

    #[test]
    fn eigenvalues_follow_by_hand() {
        // [[2, 1], [1, 2]]: 1 along (1, -1), 3 along (1, 1).
        let eigen = eigen(&[2.0, 1.0, 1.0, 2.0], 2);
        assert!((eigen.values[0] - 1.0).abs() < 1e-15 && (eigen.values[1] - 3.0).abs() < 1e-15);
        assert!((eigen.vectors[0] + eigen.vectors[1]).abs() < 1e-15);
        assert!((eigen.vectors[2] - eigen.vectors[3]).abs() < 1e-15);
    }

    #[test]
    fn a_small_eigenvalue_is_not_lost_beside_a_large_one() {
        // [[1e12, 1], [1, 2e-12]]: determinant 1, trace about 1e12, so the small one is 1e-12.
        let eigen = eigen(&[1e12, 1.0, 1.0, 2e-12], 2);
        assert!((eigen.values[0] / 1e-12 - 1.0).abs() < 1e-10, "{:?}", eigen.values);
    }

    proptest! {
        #[test]
        fn eigenvectors_give_the_matrix_back(
            (n, values) in (1_usize..7).prop_flat_map(|n| {
                (Just(n), prop::collection::vec(-5.0..5.0_f64, n * n))
            }),
        ) {
            let mut matrix = values;
            for i in 0..n {
                for j in 0..i {
                    matrix[j * n + i] = matrix[i * n + j];
                }
            }
            let found = eigen(&matrix, n);
            prop_assert!(found.values.windows(2).all(|pair| pair[0] <= pair[1]));
            for i in 0..n {
                for j in 0..n {
                    let sum = |term: &dyn Fn(usize) -> f64| (0..n).map(term).sum::<f64>();
                    let v = |k: usize, i: usize| found.vectors[k * n + i];
                    let back = sum(&|k| found.values[k] * v(k, i) * v(k, j));
                    prop_assert!((back - matrix[i * n + j]).abs() < 1e-12);
                    let dot = sum(&|k| v(i, k) * v(j, k));
                    prop_assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-13);
                }
            }
        }

        #[test]
        fn factor_times_itself_is_the_matrix(
            (n, values) in (1_usize..7).prop_flat_map(|n| {
                (Just(n), prop::collection::vec(-2.0..2.0_f64, n * n))
            }),
        ) {
            // A A' + I is positive definite.
            let mut matrix = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..n {
                    let dot: f64 = (0..n).map(|k| values[i * n + k] * values[j * n + k]).sum();
                    matrix[i * n + j] = dot + f64::from(u8::from(i == j));
                }
            }
            let factor = cholesky(&matrix, n).expect("positive definite");
            let inverse = invert_lower(&factor, n);
            let at = |lower: &[f64], i: usize, j: usize| {
                if j > i { 0.0 } else { lower[i * (i + 1) / 2 + j] }
            };
            for i in 0..n {
                for j in 0..n {
                    let sum = |term: &dyn Fn(usize) -> f64| (0..n).map(term).sum::<f64>();
                    let square = sum(&|k| at(&factor, i, k) * at(&factor, j, k));
                    prop_assert!((square - matrix[i * n + j]).abs() < 1e-12);
                    let one = sum(&|k| at(&factor, i, k) * at(&inverse, k, j));
                    prop_assert!((one - f64::from(u8::from(i == j))).abs() < 1e-12);
                }
            }
        }
    }
}
