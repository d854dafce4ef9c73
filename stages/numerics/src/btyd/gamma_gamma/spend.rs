//! What a fit of spend takes: customers with repeat purchases, sorted; and whether it may be taken.

use rayon::slice::ParallelSliceMut;
use thiserror::Error;

use crate::inference::{Confidence, Estimate};

/// Frequency and mean spend of customers with repeat purchases, sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatSpend {
    rows: Vec<(u32, f64)>,
    n_without_spend: u64,
}

/// Why spend is refused. Rows count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum SpendError {
    /// The columns differ in length.
    #[error("`monetary_value` has {found} row(s), expected {expected} as in `frequency`")]
    Lengths {
        /// Rows of `frequency`.
        expected: usize,
        /// Rows of `monetary_value`.
        found: usize,
    },
    /// A frequency is negative or beyond 32 bits.
    #[error("`frequency` is {value} in row {row}, expected 0 to 4294967295")]
    Frequency {
        /// The row.
        row: usize,
        /// The value.
        value: i64,
    },
    /// The mean spend of repeat purchases is not finite, or beyond 1e15.
    #[error("`monetary_value` is {value} in row {row}, expected at most 1e15")]
    Spend {
        /// The row.
        row: usize,
        /// The value.
        value: f64,
    },
}

impl RepeatSpend {
    /// Takes the customers with a repeat purchase and a positive mean spend.
    ///
    /// `monetary_value` is the mean spend of the repeat purchases, in any currency unit; it is
    /// not read where `frequency` is 0. Customers with repeat purchases and a mean of 0 or below
    /// (returns, gifts) are left out and counted: [`Self::n_without_spend`].
    ///
    /// # Errors
    /// Columns of different lengths; the first row with a negative frequency, or with repeat
    /// purchases and a mean that is not finite.
    pub fn new<X: Copy + Into<i64>>(
        frequency: &[X],
        monetary_value: &[f64],
    ) -> Result<Self, SpendError> {
        let (expected, found) = (frequency.len(), monetary_value.len());
        if expected != found {
            return Err(SpendError::Lengths { expected, found });
        }
        let rows = frequency.iter().zip(monetary_value);
        Self::from_rows(rows.map(|(&x, &value)| (x.into(), value)))
    }

    /// Takes customers as [`Self::new`] does, each with its frequency and mean spend.
    ///
    /// # Errors
    /// The first row with a negative frequency, or with repeat purchases and a mean that is not
    /// finite.
    pub fn from_rows(customers: impl IntoIterator<Item = (i64, f64)>) -> Result<Self, SpendError> {
        let mut rows = Vec::new();
        let mut n_without_spend = 0;
        for (row, (x, value)) in customers.into_iter().enumerate() {
            let frequency =
                u32::try_from(x).map_err(|_| SpendError::Frequency { row, value: x })?;
            if frequency == 0 {
                continue;
            }
            if !value.is_finite() || value > 1e15 {
                return Err(SpendError::Spend { row, value });
            }
            if value < 1e-9 {
                n_without_spend += 1;
            } else {
                rows.push((frequency, value));
            }
        }
        rows.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        Ok(Self { rows, n_without_spend })
    }

    /// Returns one customer in so many, from the first.
    pub(super) fn every(&self, step: usize) -> Self {
        let rows = self.rows.iter().copied().step_by(step.max(1)).collect();
        Self { rows, n_without_spend: self.n_without_spend }
    }

    /// Returns frequency and mean spend, ascending.
    pub(super) fn rows(&self) -> &[(u32, f64)] {
        &self.rows
    }

    /// Returns the number of customers with repeat purchases and spend.
    pub fn n_customers(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Returns the number of customers left out for a mean spend of 0 or below.
    pub fn n_without_spend(&self) -> u64 {
        self.n_without_spend
    }

    /// Returns the correlation of frequency and mean spend, or `None` where either does not vary
    /// or there are fewer than four customers.
    pub fn independence(&self, confidence: Confidence) -> Option<Independence> {
        let n = self.rows.len() as f64;
        let mean = |of: &dyn Fn(&(u32, f64)) -> f64| self.rows.iter().map(of).sum::<f64>() / n;
        let (mean_x, mean_z) = (mean(&|row| f64::from(row.0)), mean(&|row| row.1));
        let product = |a: &dyn Fn(&(u32, f64)) -> f64| self.rows.iter().map(a).sum::<f64>();
        let xx = product(&|row| (f64::from(row.0) - mean_x).powi(2));
        let zz = product(&|row| (row.1 - mean_z).powi(2));
        let xz = product(&|row| (f64::from(row.0) - mean_x) * (row.1 - mean_z));
        let correlation = (xz / (xx.sqrt() * zz.sqrt())).clamp(-1.0, 1.0);
        // Sums of squares that are rounding of equal values tell nothing.
        if n < 4.0 || xx <= 0.0 || zz <= 1e-24 * n * mean_z * mean_z || correlation.is_nan() {
            return None;
        }
        // Fisher (1921); close to 1 the transformation is infinite and so are its bounds.
        let half = confidence.z() / (n - 3.0).sqrt();
        let centre = correlation.atanh();
        let value = correlation;
        let estimate =
            Estimate { value, lower: (centre - half).tanh(), upper: (centre + half).tanh() };
        Some(Independence { correlation: estimate })
    }
}

/// Whether spend and frequency are independent, as the model assumes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Independence {
    /// Pearson's correlation with Fisher's interval, which is narrow for long-tailed spend.
    pub correlation: Estimate,
}

impl Independence {
    /// From this correlation on, either way, the model misleads: expected spend of frequent
    /// buyers is then off by more than it helps.
    pub const LIMIT: f64 = 0.3;

    /// Returns whether the correlation is beyond [`Self::LIMIT`].
    pub fn is_doubtful(&self) -> bool {
        self.correlation.value.abs() > Self::LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_repeat_purchases_with_spend_count() {
        let mean = [f64::NAN, 10.0, 0.0, -5.0, 20.0];
        let spend = RepeatSpend::new(&[0_i64, 2, 1, 1, 1], &mean).expect("valid");
        assert_eq!(spend.rows(), [(1, 20.0), (2, 10.0)]);
        assert_eq!((spend.n_customers(), spend.n_without_spend()), (2, 2));
    }

    #[test]
    fn the_first_bad_row_is_named() {
        let error = |x: &[i64], z: &[f64]| RepeatSpend::new(x, z).expect_err("bad").to_string();
        assert_eq!(
            error(&[0, 1], &[0.0, f64::NAN]),
            "`monetary_value` is NaN in row 1, expected at most 1e15"
        );
        assert_eq!(error(&[-2], &[1.0]), "`frequency` is -2 in row 0, expected 0 to 4294967295");
        assert_eq!(error(&[1], &[]), "`monetary_value` has 0 row(s), expected 1 as in `frequency`");
    }

    #[test]
    fn a_strong_correlation_is_doubtful() {
        let correlation = |mean: &[f64]| {
            let spend = RepeatSpend::new(&[1_i64, 2, 3, 4, 5], mean).expect("valid");
            spend.independence(Confidence::P95)
        };
        // Means 1, 3, 2, 5, 4: deviations -2..2 with -2, 0, -1, 2, 1 give 8 / 10.
        let strong = correlation(&[1.0, 3.0, 2.0, 5.0, 4.0]).expect("both vary");
        assert!((strong.correlation.value - 0.8).abs() < 1e-15 && strong.is_doubtful());
        // Fisher: atanh(0.8) = 1.0986, half-width 1.96 / sqrt(2) = 1.3859.
        assert!((strong.correlation.lower - (-0.2873_f64).tanh()).abs() < 1e-4);
        assert!((strong.correlation.upper - 2.4845_f64.tanh()).abs() < 1e-4);
        let none = correlation(&[2.0, 1.0, 4.0, 1.0, 2.0]).expect("both vary");
        assert!(none.correlation.value.abs() < 1e-15 && !none.is_doubtful());
        assert_eq!(correlation(&[0.1; 5]), None);
        let few = RepeatSpend::new(&[1_i64, 2, 3], &[1.0, 2.0, 4.0]).expect("valid");
        assert_eq!(few.independence(Confidence::P95), None);
    }
}
