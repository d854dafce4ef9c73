//! Sample ratio mismatch: whether the arms are as large as they were drawn to be.

use super::{NotEstimable, chi_square_tail};

/// The chi-square test of arm sizes against their planned shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRatio {
    /// Pearson's chi-square statistic.
    pub chi_square: f64,
    /// Degrees of freedom, the number of arms less one.
    pub degrees: u32,
    /// Probability of so uneven a split by chance; an alarm is usual below 0.001.
    pub p_value: f64,
}

/// Smallest expected count for which the chi-square approximation is trusted (Cochran 1954).
const MIN_EXPECTED: f64 = 5.0;

/// Tests the sizes of arms against their planned weights, which need not sum to one.
///
/// # Errors
/// Fewer than two arms, unequal lengths or weights that are not positive: invalid; nobody in any
/// arm; fewer than 5 expected in an arm: too few.
pub fn sample_ratio_mismatch(counts: &[u64], weights: &[f64]) -> Result<SampleRatio, NotEstimable> {
    let valid = weights.iter().all(|weight| weight.is_finite() && *weight > 0.0);
    let total_weight: f64 = weights.iter().sum();
    if counts.len() < 2 || counts.len() != weights.len() || !valid || !total_weight.is_finite() {
        return Err(NotEstimable::InvalidInput);
    }
    let total: f64 = counts.iter().map(|&count| count as f64).sum();
    if total <= 0.0 {
        return Err(NotEstimable::NoObservations);
    }
    let mut chi_square = 0.0;
    for (&count, weight) in counts.iter().zip(weights) {
        let expected = total * (weight / total_weight);
        if expected < MIN_EXPECTED {
            return Err(NotEstimable::TooFewObservations);
        }
        chi_square += (count as f64 - expected).powi(2) / expected;
    }
    let degrees = counts.len() as u32 - 1;
    Ok(SampleRatio {
        chi_square,
        degrees,
        p_value: chi_square_tail(chi_square, f64::from(degrees)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::assert_near;

    #[test]
    fn mendels_peas_are_as_planned() {
        // Mendel 1866: 315 round yellow, 108 round green, 101 wrinkled yellow, 32 wrinkled green
        // against 9:3:3:1. Chi-square 0.470 with 3 degrees of freedom, p = 0.925 in textbooks.
        let found = sample_ratio_mismatch(&[315, 108, 101, 32], &[9.0, 3.0, 3.0, 1.0])
            .expect("is testable");
        assert_near(found.chi_square, 0.470_023_980_815_347_7, 1e-12);
        assert_eq!(found.degrees, 3);
        assert_near(found.p_value, 0.925_425_895_103_616, 1e-11);
    }

    #[test]
    fn a_lopsided_split_alarms() {
        // 821,588 and 815,482 of a planned half each (Fabijan et al. 2019, KDD, section 1):
        // chi-square = 6106^2 / 1637070 = 22.77.
        let found = sample_ratio_mismatch(&[821_588, 815_482], &[1.0, 1.0]).expect("is testable");
        assert_near(found.chi_square, 6_106.0 * 6_106.0 / 1_637_070.0, 1e-12);
        assert!(found.p_value < 2e-6, "{found:?}");
    }

    #[test]
    fn what_cannot_be_tested_is_named() {
        let error = |counts: &[u64], weights: &[f64]| {
            sample_ratio_mismatch(counts, weights).expect_err("is not testable")
        };
        assert_eq!(error(&[5], &[1.0]), NotEstimable::InvalidInput);
        assert_eq!(error(&[5, 5], &[1.0]), NotEstimable::InvalidInput);
        assert_eq!(error(&[5, 5], &[1.0, 0.0]), NotEstimable::InvalidInput);
        assert_eq!(error(&[5, 5], &[1.0, f64::NAN]), NotEstimable::InvalidInput);
        assert_eq!(error(&[0, 0], &[1.0, 1.0]), NotEstimable::NoObservations);
        assert_eq!(error(&[40, 1], &[95.0, 5.0]), NotEstimable::TooFewObservations);
    }
}
