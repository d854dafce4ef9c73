//! Normal scores of ranks.

use super::{TransformError, check_finite};
use crate::inference::normal_quantile;

/// Returns the standard normal quantile of each value's rank, whatever the values' own shape.
///
/// `Phi^-1((rank - 1/2) / N)`, with the average rank of equal values (Hazen's plotting position).
/// What remains is the order alone: outliers are as far out as `N` allows. O(N log N).
///
/// # Errors
///
/// [`TransformError::NotFinite`].
pub fn rank_normal(values: &[f64]) -> Result<Vec<f64>, TransformError> {
    check_finite(0, values)?;
    // Adding 0 turns -0 into 0, which it equals.
    let mut ranked: Vec<(f64, usize)> =
        values.iter().enumerate().map(|(row, value)| (value + 0.0, row)).collect();
    ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));

    let mut scores = vec![0.0; values.len()];
    let mut n_below = 0;
    for equals in ranked.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        // Ranks n_below + 1 to n_up_to have the average (n_below + 1 + n_up_to) / 2.
        let n_up_to = n_below + equals.len();
        let score = normal_quantile((n_below + n_up_to) as f64 / (2.0 * values.len() as f64));
        for &(_, row) in equals {
            if let Some(cell) = scores.get_mut(row) {
                *cell = score;
            }
        }
        n_below = n_up_to;
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scores_are_quantiles_of_average_ranks() {
        // Ranks 1, 2.5, 2.5, 4 of four: probabilities 1/8, 1/2, 1/2, 7/8; Phi^-1(7/8) = 1.15035.
        let scores = rank_normal(&[-3.0, 0.0, -0.0, 1e9]).expect("finite");
        for (score, expected) in scores.iter().zip([-1.150_349_380_4, 0.0, 0.0, 1.150_349_380_4]) {
            assert!((score - expected).abs() < 1e-10, "{score} {expected}");
        }
        assert_eq!(rank_normal(&[]), Ok(vec![]));
        let error = TransformError::NotFinite { column: 0, row: 1 };
        assert_eq!(rank_normal(&[0.0, f64::NAN]), Err(error));
    }

    proptest! {
        #[test]
        fn turning_the_values_round_turns_the_scores_round(
            values in prop::collection::vec(-20_i32..20, 1..60),
        ) {
            let up: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            let down: Vec<f64> = up.iter().map(|v| -v).collect();
            let (up, down) = (rank_normal(&up).expect("finite"), rank_normal(&down).expect("finite"));
            for (up, down) in up.iter().zip(&down) {
                prop_assert!((up + down).abs() < 1e-12);
            }
        }
    }
}
