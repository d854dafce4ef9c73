//! One projected Newton direction for a convex function of non-negative variables.

/// Symmetric matrix in full storage, row by row.
#[derive(Debug, Clone)]
pub(super) struct Symmetric {
    size: usize,
    entries: Vec<f64>,
}

impl Symmetric {
    pub(super) fn zero(size: usize) -> Self {
        Self { size, entries: vec![0.0; size * size] }
    }

    /// Adds to the lower triangle; `row` must not be below `column`.
    pub(super) fn add(&mut self, row: usize, column: usize, amount: f64) {
        self.entries[row * self.size + column] += amount;
    }

    pub(super) fn get(&self, row: usize, column: usize) -> f64 {
        self.entries[row.max(column) * self.size + row.min(column)]
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.entries.iter_mut().for_each(|entry| *entry *= factor);
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(entry, other)| *entry += other);
    }
}

/// Returns a descent direction for `point >= 0`, or zeros at a stationary point (Bertsekas 1982).
///
/// Variables at zero whose gradient is positive stay there; the others take the Newton step of
/// the Hessian with `ridge` added to its diagonal. A variable without ridge goes to zero: the
/// function has no curvature in it and nobody uses its resource.
pub(super) fn direction(
    point: &[f64],
    gradient: &[f64],
    hessian: &Symmetric,
    ridge: &[f64],
) -> Vec<f64> {
    let is_pinned = |r: usize| point[r] <= 0.0 && gradient[r] >= 0.0;
    let free: Vec<usize> = (0..point.len()).filter(|&r| !is_pinned(r) && ridge[r] > 0.0).collect();
    let mut matrix = Symmetric::zero(free.len());
    for (i, &row) in free.iter().enumerate() {
        for (j, &column) in free.iter().enumerate().take(i + 1) {
            matrix.add(i, j, hessian.get(row, column));
        }
        matrix.add(i, i, ridge[row]);
    }
    let descent: Vec<f64> = free.iter().map(|&r| -gradient[r]).collect();
    let step = solve(matrix, descent).unwrap_or_else(|| {
        // Rounding can cost positive definiteness; the diagonal alone still descends.
        free.iter().map(|&r| -gradient[r] / (hessian.get(r, r).max(0.0) + ridge[r])).collect()
    });

    let mut direction: Vec<f64> =
        (0..point.len()).map(|r| if is_pinned(r) { 0.0 } else { -point[r] }).collect();
    for (&r, step) in free.iter().zip(step) {
        direction[r] = step;
    }
    direction
}

/// Solves a positive definite system by Cholesky; `None` when it is not positive definite.
fn solve(mut matrix: Symmetric, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = matrix.size;
    for column in 0..n {
        for row in column..n {
            let dot: f64 = (0..column).map(|k| matrix.get(row, k) * matrix.get(column, k)).sum();
            let rest = matrix.get(row, column) - dot;
            let entry = if row > column {
                rest / matrix.get(column, column)
            } else if rest > 0.0 && rest.is_finite() {
                rest.sqrt()
            } else {
                return None;
            };
            matrix.entries[row * n + column] = entry;
        }
    }
    for row in 0..n {
        let dot: f64 = (0..row).map(|k| matrix.get(row, k) * right[k]).sum();
        right[row] = (right[row] - dot) / matrix.get(row, row);
    }
    for row in (0..n).rev() {
        let dot: f64 = (row + 1..n).map(|k| matrix.get(k, row) * right[k]).sum();
        right[row] = (right[row] - dot) / matrix.get(row, row);
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric(rows: &[&[f64]]) -> Symmetric {
        let mut matrix = Symmetric::zero(rows.len());
        for (i, row) in rows.iter().enumerate() {
            (0..=i).for_each(|j| matrix.add(i, j, row[j]));
        }
        matrix
    }

    #[test]
    fn a_positive_definite_system_is_solved() {
        // 4x + 2y = 10, 2x + 3y = 9 -> x = 1.5, y = 2.
        let solution = solve(symmetric(&[&[4.0, 2.0], &[2.0, 3.0]]), vec![10.0, 9.0]);
        let solution = solution.expect("positive definite");
        assert!((solution[0] - 1.5).abs() < 1e-14 && (solution[1] - 2.0).abs() < 1e-14);
        assert!(solve(symmetric(&[&[1.0, 2.0], &[2.0, 1.0]]), vec![1.0, 1.0]).is_none());
    }

    #[test]
    fn a_variable_at_zero_that_would_fall_stays() {
        let hessian = symmetric(&[&[2.0, 1.0, 0.0], &[1.0, 2.0, 0.0], &[0.0, 0.0, 0.0]]);
        let step = direction(&[0.0, 1.0, 3.0], &[5.0, 4.0, 1.0], &hessian, &[1e-12, 1e-12, 0.0]);
        assert!(step[0].abs() < 1e-15 && (step[1] + 2.0).abs() < 1e-9);
        assert!((step[2] + 3.0).abs() < 1e-15); // without curvature: to zero
    }
}
