//! What future purchases are worth today.

use thiserror::Error;

/// Periods of equal length over which purchases are counted and discounted.
///
/// Discounted expected purchases are `sum_{i=1..n} (E_i - E_{i-1}) / (1 + rate)^i`, where `E_i`
/// are the purchases expected within the first `i` periods: purchases of a period count at its
/// end. Times the expected spend of a purchase, that is the customer's value over the horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiscountedHorizon {
    n_periods: u32,
    period_days: f64,
    rate: f64,
}

/// Why a horizon is refused.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum HorizonError {
    /// A length of time that is not a positive number.
    #[error("the period is {0} days, expected more than 0")]
    Period(f64),
    /// A discount rate that is not a number above -1.
    #[error("the discount rate is {0}, expected 0 or more")]
    Rate(f64),
}

impl DiscountedHorizon {
    /// No period at all: nothing is worth anything.
    pub(super) const NONE: Self = Self { n_periods: 0, period_days: 1.0, rate: 0.0 };

    /// Returns `n_periods` periods of `period_days` days, discounted by `rate` a period.
    ///
    /// A month is 30.4375 days; 0.01 a month is 12.7 % a year.
    ///
    /// # Errors
    /// A period that is not longer than 0 days, a rate below 0; neither may be infinite or NaN.
    pub fn new(n_periods: u32, period_days: f64, rate: f64) -> Result<Self, HorizonError> {
        if !(period_days.is_finite() && period_days > 0.0) {
            return Err(HorizonError::Period(period_days));
        }
        if !(rate.is_finite() && rate >= 0.0) {
            return Err(HorizonError::Rate(rate));
        }
        Ok(Self { n_periods, period_days, rate })
    }

    /// Returns the ends of the periods in days from now, ascending; shape `(n_periods,)`.
    pub fn ends_days(&self) -> Vec<f64> {
        (1..=self.n_periods).map(|i| f64::from(i) * self.period_days).collect()
    }

    /// Returns the discounted purchases from those expected up to the end of each period.
    ///
    /// A cumulative number below the one before it, by rounding, counts as equal.
    pub fn discounted(&self, expected_until: &[f64]) -> f64 {
        let (mut total, mut before, mut factor) = (0.0, 0.0_f64, 1.0);
        for &until in expected_until {
            factor /= 1.0 + self.rate;
            total += factor * (until - before).max(0.0);
            before = before.max(until);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purchases_count_at_the_end_of_their_period() {
        // 1 purchase in the first period, half a one in the second, at 25 %: 0.8 + 0.5 * 0.64.
        let horizon = DiscountedHorizon::new(2, 30.0, 0.25).expect("valid");
        assert!((horizon.discounted(&[1.0, 1.5]) - 1.12).abs() < 1e-15);
        assert_eq!(horizon.ends_days(), [30.0, 60.0]);
        let free = DiscountedHorizon::new(2, 30.0, 0.0).expect("valid");
        assert!((free.discounted(&[1.0, 1.5]) - 1.5).abs() < 1e-15);
    }

    #[test]
    fn a_horizon_without_meaning_is_refused() {
        for period in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(DiscountedHorizon::new(1, period, 0.0), Err(HorizonError::Period(_))));
        }
        for rate in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(DiscountedHorizon::new(1, 1.0, rate), Err(HorizonError::Rate(_))));
        }
    }
}
