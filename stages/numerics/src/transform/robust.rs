//! Scaling by median and absolute deviation, which outliers cannot move.

use super::{TransformError, check_finite, quantile};

/// Makes a median absolute deviation a standard deviation of normal data: `1 / Phi^-1(3/4)`.
const MEDIAN_DEVIATION_SCALE: f64 = 1.4826;

/// The same for a mean absolute deviation: `sqrt(pi / 2)`.
const MEAN_DEVIATION_SCALE: f64 = 1.253_314_137_315_500_3;

/// Centre and spread of a column that few extreme values cannot move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RobustScale {
    /// The median, in the column's unit.
    pub median: f64,
    /// An estimate of the standard deviation, 0 or more, in the column's unit.
    pub sd: f64,
    /// What the deviation comes from.
    pub basis: DeviationBasis,
}

/// What a robust deviation is estimated from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviationBasis {
    /// The median absolute deviation from the median, times 1.4826.
    Median,
    /// The mean absolute deviation, times 1.2533: half the values or more are equal.
    Mean,
    /// All values are equal.
    Constant,
}

impl RobustScale {
    /// Learns the scale of a column: that of the modified z-score of Iglewicz and Hoaglin 1993.
    ///
    /// Counts of which most are 1 have a median absolute deviation of 0; the mean absolute
    /// deviation then takes its place. O(N log N).
    ///
    /// # Errors
    ///
    /// [`TransformError`] when there is no value or one is not finite.
    pub fn fit(values: &[f64]) -> Result<Self, TransformError> {
        check_finite(0, values)?;
        let median = median(values.to_vec()).ok_or(TransformError::NoRows)?;
        let deviations: Vec<f64> = values.iter().map(|x| (x - median).abs()).collect();
        let mean = deviations.iter().map(|d| d / values.len() as f64).sum::<f64>();
        let of_median = self::median(deviations).ok_or(TransformError::NoRows)?;
        let (sd, basis) = if of_median > 0.0 {
            (MEDIAN_DEVIATION_SCALE * of_median, DeviationBasis::Median)
        } else if mean > 0.0 {
            (MEAN_DEVIATION_SCALE * mean, DeviationBasis::Mean)
        } else {
            (0.0, DeviationBasis::Constant)
        };
        Ok(Self { median, sd, basis })
    }

    /// Returns `(x - median) / sd`; 0 throughout when the fitted column was constant.
    pub fn apply(&self, values: &[f64]) -> Vec<f64> {
        let scale = if self.sd > 0.0 { 1.0 / self.sd } else { 0.0 };
        values.iter().map(|x| (x - self.median) * scale).collect()
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    quantile(&values, 0.5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_outlier_moves_neither_centre_nor_spread() {
        // Deviations from 3: 2 1 0 1 997, whose median is 1.
        let scale = RobustScale::fit(&[1.0, 2.0, 3.0, 4.0, 1000.0]).expect("five values");
        assert_eq!(scale, RobustScale { median: 3.0, sd: 1.4826, basis: DeviationBasis::Median });
        let z = scale.apply(&[3.0, 3.0 + 2.0 * 1.4826]);
        assert!(z.iter().zip([0.0, 2.0]).all(|(z, expected)| (z - expected).abs() < 1e-12));
    }

    #[test]
    fn values_most_of_which_are_equal_still_have_a_spread() {
        // Deviations from 1: 0 0 0 4, whose median is 0 and whose mean is 1.
        let scale = RobustScale::fit(&[1.0, 1.0, 1.0, 5.0]).expect("four values");
        assert_eq!((scale.median, scale.basis), (1.0, DeviationBasis::Mean));
        assert!((scale.sd - (std::f64::consts::PI / 2.0).sqrt()).abs() < 1e-15);
        let constant = RobustScale::fit(&[7.0; 3]).expect("three values");
        assert_eq!(constant.basis, DeviationBasis::Constant);
        assert_eq!(constant.apply(&[7.0, 9.0]), [0.0, 0.0]);
        assert_eq!(RobustScale::fit(&[]), Err(TransformError::NoRows));
    }

    proptest! {
        #[test]
        fn units_do_not_matter(
            values in prop::collection::vec(-1000_i32..1000, 1..60), shift in -1000_i32..1000,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let other: Vec<f64> = values.iter().map(|x| 4.0 * x + f64::from(shift)).collect();
            let z = RobustScale::fit(&values).expect("finite").apply(&values);
            let other = RobustScale::fit(&other).expect("finite").apply(&other);
            for (z, other) in z.iter().zip(&other) {
                prop_assert!((z - other).abs() <= 1e-12 * z.abs(), "{} {}", z, other);
            }
        }
    }
}
