//! Whether more parameters are worth their number.

use crate::inference::chi_square_tail;

/// A likelihood-ratio test (Wilks 1938).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LikelihoodRatio {
    /// Twice the gain in log-likelihood.
    pub statistic: f64,
    /// Effects tested.
    pub degrees: usize,
    /// Probability of such a gain if there were no effect.
    pub p_value: f64,
}

impl LikelihoodRatio {
    /// Tests `degrees` effects by the log-likelihoods with and without them.
    ///
    /// A loss counts as no gain; without an effect the p-value is 1.
    pub fn of(ln_likelihood_with: f64, ln_likelihood_without: f64, degrees: usize) -> Self {
        let statistic = (2.0 * (ln_likelihood_with - ln_likelihood_without)).max(0.0);
        let p_value = if degrees == 0 { 1.0 } else { chi_square_tail(statistic, degrees as f64) };
        Self { statistic, degrees, p_value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_is_held_against_chance() {
        // Chi-square of 2 degrees: P(X > x) = e^(-x/2), which is the loss of likelihood itself.
        let test = LikelihoodRatio::of(-100.0, -103.0, 2);
        assert!((test.statistic - 6.0).abs() < 1e-12);
        assert!((test.p_value - (-3.0_f64).exp()).abs() < 1e-12);
        let loss = LikelihoodRatio::of(-103.0, -100.0, 2);
        assert!(loss.statistic.abs() < 1e-12 && (loss.p_value - 1.0).abs() < 1e-12);
        assert!((LikelihoodRatio::of(-1.0, -2.0, 0).p_value - 1.0).abs() < 1e-12);
    }
}
