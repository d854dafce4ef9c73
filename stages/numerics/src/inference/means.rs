//! Means: Welch's interval and test, and the standardised mean difference.

use super::{Confidence, Estimate, NotEstimable, student_t_quantile, student_t_tail};

/// Size, mean and variance of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Number of observations.
    pub n: u64,
    /// Mean.
    pub mean: f64,
    /// Unbiased variance (divisor `n - 1`), in the square of the mean's unit.
    pub variance: f64,
}

impl Sample {
    /// Returns size, mean and variance of values; the variance of fewer than two is 0.
    ///
    /// Two passes over the values, so that a large mean costs no digits.
    pub fn of(values: &[f64]) -> Self {
        Self::of_each(values.iter().copied())
    }

    /// Returns the same of values that lie nowhere as a list.
    pub fn of_each(values: impl ExactSizeIterator<Item = f64> + Clone) -> Self {
        let n_values = values.len();
        if n_values == 0 {
            return Self { n: 0, mean: 0.0, variance: 0.0 };
        }
        let n = n_values as f64;
        let mean = values.clone().sum::<f64>() / n;
        let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
        Self { n: n_values as u64, mean, variance: squares / (n - 1.0).max(1.0) }
    }

    /// Returns the squared standard error of the mean.
    ///
    /// # Errors
    /// Fewer than two observations, or numbers that are not finite, or a negative variance.
    pub fn squared_error(&self) -> Result<f64, NotEstimable> {
        if self.n == 0 {
            Err(NotEstimable::NoObservations)
        } else if !self.mean.is_finite() || !self.variance.is_finite() || self.variance < 0.0 {
            Err(NotEstimable::InvalidInput)
        } else if self.n == 1 {
            Err(NotEstimable::TooFewObservations)
        } else {
            Ok(self.variance / self.n as f64)
        }
    }
}

/// A difference of two means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanDifference {
    /// First mean minus second, with its interval.
    pub estimate: Estimate,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Welch-Satterthwaite degrees of freedom.
    pub degrees: f64,
    /// Two-sided p-value of no difference.
    pub p_value: f64,
}

/// Returns the difference of two means with Welch's interval and test (Welch 1947).
///
/// # Errors
/// A group of fewer than two; no variation when neither group varies, since the interval would
/// claim certainty.
pub fn welch(
    first: Sample,
    second: Sample,
    confidence: Confidence,
) -> Result<MeanDifference, NotEstimable> {
    let (v1, v2) = (first.squared_error()?, second.squared_error()?);
    let variance = v1 + v2;
    if variance <= 0.0 {
        return Err(NotEstimable::NoVariation);
    }
    // Shares of the variance rather than its square, which would underflow for tiny amounts.
    let (s1, s2) = (v1 / variance, v2 / variance);
    let degrees = 1.0 / (s1 * s1 / (first.n - 1) as f64 + s2 * s2 / (second.n - 1) as f64);
    let standard_error = variance.sqrt();
    let value = first.mean - second.mean;
    let half_width = -student_t_quantile(confidence.upper_tail(), degrees) * standard_error;
    Ok(MeanDifference {
        estimate: Estimate { value, lower: value - half_width, upper: value + half_width },
        standard_error,
        degrees,
        p_value: (2.0 * student_t_tail(value.abs() / standard_error, degrees)).min(1.0),
    })
}

/// Returns `(m1 - m2) / sqrt((s1^2 + s2^2) / 2)`, the balance measure of Austin (2009).
///
/// 0 when neither group varies and the means are equal.
///
/// # Errors
/// A group of fewer than two; no variation when neither group varies and the means differ.
pub fn standardised_mean_difference(first: Sample, second: Sample) -> Result<f64, NotEstimable> {
    first.squared_error()?;
    second.squared_error()?;
    let difference = first.mean - second.mean;
    let sd = f64::midpoint(first.variance, second.variance).sqrt();
    if sd > 0.0 {
        Ok(difference / sd)
    } else if difference.abs() > 0.0 {
        Err(NotEstimable::NoVariation)
    } else {
        Ok(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::assert_near;

    #[test]
    fn welch_reproduces_his_test_on_students_sleep_data() {
        // Student 1908 (R's `sleep`); R's documentation of `t.test` gives
        // t = -1.8608, df = 17.776, p = 0.07939, 95 % interval -3.3654832 to 0.2054832.
        let first = Sample::of(&[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]);
        let second = Sample::of(&[1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);
        let found = welch(first, second, Confidence::P95).expect("is estimable");
        assert_near(found.estimate.value / found.standard_error, -1.8608, 2e-5);
        assert_near(found.degrees, 17.776, 3e-5);
        assert_near(found.p_value, 0.07939, 6e-5);
        assert_near(found.estimate.lower, -3.365_483_2, 2e-8);
        assert_near(found.estimate.upper, 0.205_483_2, 2e-7);
        // (0.75 - 2.33) / sqrt((3.200556 + 4.009) / 2) = -0.8321811 (Cohen's d of these data).
        let smd = standardised_mean_difference(first, second).expect("is estimable");
        assert_near(smd, -0.832_181_1, 1e-7);
    }

    #[test]
    fn what_does_not_vary_or_is_too_small_is_named() {
        let sample = |n, mean, variance| Sample { n, mean, variance };
        let flat = sample(9, 1.0, 0.0);
        let good = sample(9, 1.0, 2.0);
        let error = |a, b| welch(a, b, Confidence::P95).expect_err("is not estimable");
        assert_eq!(error(flat, flat), NotEstimable::NoVariation);
        assert_eq!(error(good, sample(1, 1.0, 0.0)), NotEstimable::TooFewObservations);
        assert_eq!(error(Sample::of(&[]), good), NotEstimable::NoObservations);
        assert_eq!(error(good, sample(3, f64::NAN, 1.0)), NotEstimable::InvalidInput);
        assert_eq!(error(good, sample(3, 0.0, -1.0)), NotEstimable::InvalidInput);
        // One flat group leaves the degrees of freedom of the other.
        assert_near(welch(good, flat, Confidence::P95).expect("is estimable").degrees, 8.0, 1e-15);

        assert_eq!(standardised_mean_difference(flat, flat), Ok(0.0));
        assert_eq!(
            standardised_mean_difference(flat, sample(9, 2.0, 0.0)),
            Err(NotEstimable::NoVariation)
        );
    }
}
