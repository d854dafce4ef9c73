//! The slope of log quantity on log price, from sums.

use crate::inference::NotEstimable;

/// Spread of log prices, relative to their squares, that is rounding and no difference.
///
/// Sums of a million rows are off by up to 1e-12; a price of 1,000 that moves by five cents once in
/// a while spreads by 1e-11, and would tell nothing.
const CONSTANT_WITHIN: f64 = 1e-11;

/// Sums over the purchases of a customer, with `x = ln price` and `y = ln quantity`.
///
/// An engine gives them as `COUNT(*)`, `SUM(LN(price))` and so on; logarithms of prices relative
/// to a usual one (`ln(price / list price)`) keep more digits and compare across products. Where
/// demand has seasons, take them out of the quantities first.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LogLogSums {
    /// Purchases.
    pub n: u64,
    /// `Σ x`.
    pub sum_x: f64,
    /// `Σ y`.
    pub sum_y: f64,
    /// `Σ x²`.
    pub sum_xx: f64,
    /// `Σ x y`.
    pub sum_xy: f64,
    /// `Σ y²`.
    pub sum_yy: f64,
}

/// A least-squares slope and what is needed to weigh it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogLogSlope {
    /// Purchases, 2 or more.
    pub n: u64,
    /// Percent more quantity for one percent more price; below 0 for most.
    pub elasticity: f64,
    /// `Σ (x - mean x)²`, above 0.
    pub price_spread: f64,
    /// Sum of squared residuals, 0 or more, on `n - 2` degrees of freedom.
    pub residual_squares: f64,
}

impl LogLogSums {
    /// Adds a purchase of a price and a quantity, both above 0.
    ///
    /// # Errors
    /// A price or a quantity that is not above 0 and finite; nothing is then added.
    pub fn observe(&mut self, price: f64, quantity: f64) -> Result<(), NotEstimable> {
        let (x, y) = (price.ln(), quantity.ln());
        if !(x.is_finite() && y.is_finite()) {
            return Err(NotEstimable::InvalidInput);
        }
        *self = self.merged(&Self {
            n: 1,
            sum_x: x,
            sum_y: y,
            sum_xx: x * x,
            sum_xy: x * y,
            sum_yy: y * y,
        });
        Ok(())
    }

    /// Returns the sums of both.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        Self {
            n: self.n + other.n,
            sum_x: self.sum_x + other.sum_x,
            sum_y: self.sum_y + other.sum_y,
            sum_xx: self.sum_xx + other.sum_xx,
            sum_xy: self.sum_xy + other.sum_xy,
            sum_yy: self.sum_yy + other.sum_yy,
        }
    }

    /// Returns the least-squares slope.
    ///
    /// # Errors
    /// No purchase, a single one, prices that do not vary, or sums that are not finite.
    pub fn slope(&self) -> Result<LogLogSlope, NotEstimable> {
        if self.n < 2 {
            return Err(match self.n {
                0 => NotEstimable::NoObservations,
                _ => NotEstimable::TooFewObservations,
            });
        }
        let n = self.n as f64;
        let price_spread = self.sum_xx - self.sum_x * self.sum_x / n;
        let products = self.sum_xy - self.sum_x * self.sum_y / n;
        let quantity_spread = self.sum_yy - self.sum_y * self.sum_y / n;
        if !(price_spread.is_finite() && products.is_finite() && quantity_spread.is_finite()) {
            return Err(NotEstimable::InvalidInput);
        }
        if price_spread <= CONSTANT_WITHIN * self.sum_xx {
            return Err(NotEstimable::NoVariation);
        }
        let elasticity = products / price_spread;
        Ok(LogLogSlope {
            n: self.n,
            elasticity,
            price_spread,
            residual_squares: if self.n == 2 {
                0.0 // a line through two points leaves rounding alone
            } else {
                (quantity_spread - elasticity * products).max(0.0)
            },
        })
    }
}

impl LogLogSlope {
    /// Returns the degrees of freedom of the residuals, `n - 2`.
    pub fn degrees(&self) -> f64 {
        self.n.saturating_sub(2) as f64
    }

    /// Returns the customer's own residual variance (divisor `n - 2`).
    ///
    /// # Errors
    /// Two purchases, through which a line always passes.
    pub fn residual_variance(&self) -> Result<f64, NotEstimable> {
        if self.n <= 2 {
            return Err(NotEstimable::TooFewObservations);
        }
        Ok(self.residual_squares / self.degrees())
    }

    /// Returns the standard error of the slope from the customer's own residuals.
    ///
    /// # Errors
    /// As for [`Self::residual_variance`].
    pub fn standard_error(&self) -> Result<f64, NotEstimable> {
        Ok((self.residual_variance()? / self.price_spread).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sums(purchases: &[(f64, f64)]) -> LogLogSums {
        let mut sums = LogLogSums::default();
        for &(price, quantity) in purchases {
            sums.observe(price, quantity).expect("above 0");
        }
        sums
    }

    #[test]
    fn the_slope_is_that_of_least_squares_on_logarithms() {
        // x = 0 1 2 (in units of ln 2), y = 2 0 1: slope -1/2, fitted 1.5 1 0.5, residuals
        // .5 -1 .5, whose squares sum to 1.5 (ln 2)².
        let slope = sums(&[(1.0, 4.0), (2.0, 1.0), (4.0, 2.0)]).slope().expect("prices vary");
        let unit = std::f64::consts::LN_2.powi(2);
        assert!((slope.elasticity + 0.5).abs() < 1e-14);
        assert!((slope.price_spread - 2.0 * unit).abs() < 1e-14);
        assert!((slope.residual_squares - 1.5 * unit).abs() < 1e-14);
        let error = slope.standard_error().expect("three purchases");
        assert!((error - 0.75_f64.sqrt()).abs() < 1e-14);
    }

    #[test]
    fn what_has_no_slope_says_why() {
        let error = |purchases: &[(f64, f64)]| sums(purchases).slope().expect_err("no slope");
        assert_eq!(error(&[]), NotEstimable::NoObservations);
        assert_eq!(error(&[(3.0, 1.0)]), NotEstimable::TooFewObservations);
        assert_eq!(error(&[(19.99, 1.0); 7]), NotEstimable::NoVariation);
        assert_eq!(error(&[(1.0, 3.0), (1.0, 5.0)]), NotEstimable::NoVariation);
        let two = sums(&[(1.0, 3.0), (2.0, 5.0)]).slope().expect("prices vary");
        assert_eq!(two.standard_error(), Err(NotEstimable::TooFewObservations));
        let before = sums(&[(1.0, 3.0)]);
        let mut after = before;
        assert_eq!(after.observe(0.0, 1.0), Err(NotEstimable::InvalidInput));
        assert_eq!(after.observe(1.0, f64::NAN), Err(NotEstimable::InvalidInput));
        assert_eq!(after, before);
    }

    proptest! {
        #[test]
        fn currency_and_pack_size_do_not_matter(
            purchases in prop::collection::vec((1.0..100.0_f64, 1.0..10.0_f64), 3..30),
            rate in 0.01..100.0_f64,
        ) {
            let other: Vec<(f64, f64)> =
                purchases.iter().map(|&(price, quantity)| (price * rate, quantity * 6.0)).collect();
            if let (Ok(a), Ok(b)) = (sums(&purchases).slope(), sums(&other).slope()) {
                prop_assert!((a.elasticity - b.elasticity).abs() < 1e-6 / a.price_spread);
            }
            let (first, rest) = purchases.split_at(1);
            let merged = sums(first).merged(&sums(rest));
            prop_assert_eq!(merged.n, purchases.len() as u64);
            prop_assert!((merged.sum_xy - sums(&purchases).sum_xy).abs() < 1e-10);
        }
    }
}
