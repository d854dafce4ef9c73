//! Many tests at once: the false discovery rate.

use super::NotEstimable;

/// Returns adjusted p-values (q-values) by Benjamini and Hochberg (1995), in the order given.
///
/// Rejecting where the adjusted value is at most `q` keeps the expected share of false
/// discoveries at or below `q` for independent (or positively dependent) tests. O(n log n).
///
/// # Errors
/// A p-value that is NaN or outside [0, 1].
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, NotEstimable> {
    if p_values.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(NotEstimable::InvalidInput);
    }
    let n_tests = p_values.len() as f64;
    let mut order: Vec<(f64, usize)> =
        p_values.iter().enumerate().map(|(position, &p)| (p, position)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));

    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest_so_far = 1.0_f64;
    for (rank, &(p, position)) in order.iter().enumerate().rev() {
        smallest_so_far = smallest_so_far.min(p * (n_tests / (rank + 1) as f64));
        adjusted[position] = smallest_so_far;
    }
    Ok(adjusted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::assert_near;

    #[test]
    fn the_example_of_the_paper_rejects_four_of_fifteen() {
        // Benjamini and Hochberg 1995, section 3.2 (thrombolysis trial of Neuhaus et al. 1992).
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let adjusted = benjamini_hochberg(&p).expect("p-values");
        assert_eq!(adjusted.iter().filter(|&&q| q <= 0.05).count(), 4);
        assert_near(adjusted[3], 0.0095 * 15.0 / 4.0, 1e-15);
        // The sixth, 0.0278 * 15 / 6 = 0.0695, is undercut by the seventh, 0.0298 * 15 / 7.
        assert_near(adjusted[5], 0.0298 * 15.0 / 7.0, 1e-15);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert_eq!(benjamini_hochberg(&[0.5, f64::NAN]), Err(NotEstimable::InvalidInput));
        assert_eq!(benjamini_hochberg(&[1.5]), Err(NotEstimable::InvalidInput));
        assert_eq!(benjamini_hochberg(&[]), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn order_is_kept_and_nothing_becomes_smaller(
            p in prop::collection::vec(0.0..=1.0_f64, 1..40),
        ) {
            let adjusted = benjamini_hochberg(&p).expect("p-values");
            for i in 0..p.len() {
                prop_assert!(p[i] <= adjusted[i] && adjusted[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }
}
