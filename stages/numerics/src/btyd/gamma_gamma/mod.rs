//! Gamma-Gamma: the spend of a purchase, from how much and how often a customer has bought.
//!
//! Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value": purchases of a customer
//! are gamma distributed with shape `p` and a rate that is gamma distributed over customers, with
//! shape `q` and rate `v`. Spend must not depend on frequency: [`RepeatSpend::independence`].

mod estimate;
mod spend;

use super::ParameterError;
use super::special::{ln_gamma, ln_rising};

pub use estimate::{SpendFitError, SpendFitSettings, fit_gamma_gamma};
pub use spend::{Independence, RepeatSpend, SpendError};

/// A Gamma-Gamma model with known parameters; `q > 1`, so that every mean is finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    p: f64,
    q: f64,
    v: f64,
}

impl GammaGamma {
    /// Returns the model with these parameters; `v` is in the unit of spend.
    ///
    /// # Errors
    /// `p` or `v` not within 1e-12 to 1e18; `q` not within 1 + 1e-12 to 1e12.
    pub fn new(p: f64, q: f64, v: f64) -> Result<Self, ParameterError> {
        for (name, value, beyond) in [("p", p, p), ("q", q, q - 1.0), ("v", v, v)] {
            if !(1e-12..=1e18).contains(&beyond) {
                return Err(ParameterError { name, value });
            }
        }
        Ok(Self { p, q, v })
    }

    /// Returns `p`, `q` and `v`.
    pub fn parameters(&self) -> [f64; 3] {
        [self.p, self.q, self.v]
    }

    /// Returns the mean spend of a purchase of the population, `p v / (q - 1)`.
    pub fn population_mean(&self) -> f64 {
        self.p * self.v / (self.q - 1.0)
    }

    /// Returns the expected spend of a purchase of a customer (Fader and Hardie 2013, eq. 5).
    ///
    /// The population mean for a customer without repeat purchases, or whose mean spend is not a
    /// positive number; otherwise between it and the customer's own mean.
    pub fn expected_spend(&self, frequency: u32, monetary_value: f64) -> f64 {
        if frequency == 0 || !monetary_value.is_finite() || monetary_value <= 0.0 {
            return self.population_mean();
        }
        let worth = self.p * f64::from(frequency);
        let weight = (self.q - 1.0) / (worth + self.q - 1.0);
        weight * self.population_mean() + (1.0 - weight) * monetary_value
    }

    /// Returns the log density of the mean spend of `frequency` purchases (their eq. 1a).
    ///
    /// NaN unless both are positive.
    pub fn ln_likelihood(&self, frequency: u32, monetary_value: f64) -> f64 {
        if frequency == 0 || monetary_value.is_nan() || monetary_value <= 0.0 {
            return f64::NAN;
        }
        let total = f64::from(frequency) * monetary_value;
        let shape = self.p * f64::from(frequency);
        ln_rising(shape, self.q)
            - ln_gamma(self.q)
            - self.q * (total / self.v).ln_1p()
            - shape * (self.v / total).ln_1p()
            - monetary_value.ln()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cdnow() -> GammaGamma {
        GammaGamma::new(6.25, 3.74, 15.44).expect("possible")
    }

    #[test]
    fn an_expected_spend_by_hand() {
        // (v + x z) p / (p x + q - 1) = (15.44 + 2 * 50) * 6.25 / (12.5 + 2.74).
        let found = cdnow().expected_spend(2, 50.0);
        assert!((found - 721.5 / 15.24).abs() < 1e-12, "{found}");
        let mean = 6.25 * 15.44 / 2.74;
        for (frequency, value) in [(0, 50.0), (3, f64::NAN), (3, 0.0), (3, -1.0)] {
            let found = cdnow().expected_spend(frequency, value);
            assert!((found - mean).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn the_density_of_mean_spend_integrates_to_one() {
        // By the midpoint rule over ln z.
        let density = |step: i32| {
            let ln_z = 0.01 * (f64::from(step) + 0.5);
            0.01 * (cdnow().ln_likelihood(3, ln_z.exp()) + ln_z).exp()
        };
        let total: f64 = (-500..1_500).map(density).sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
        assert!(cdnow().ln_likelihood(0, 1.0).is_nan());
        assert!(cdnow().ln_likelihood(1, 0.0).is_nan());
    }

    #[test]
    fn parameters_without_a_mean_are_refused() {
        for (p, q, v) in [(0.0, 2.0, 1.0), (1.0, 1.0, 1.0), (1.0, 2.0, f64::NAN)] {
            assert!(GammaGamma::new(p, q, v).is_err());
        }
    }

    proptest! {
        #[test]
        fn the_expectation_lies_between_population_and_customer(
            p in 0.01..100.0_f64, q in 1.01..100.0_f64, v in 0.01..1e4_f64,
            frequency in 1..1_000_000_u32, mean in 0.01..1e6_f64,
        ) {
            let model = GammaGamma::new(p, q, v).expect("possible");
            let found = model.expected_spend(frequency, mean);
            let (low, high) =
                (mean.min(model.population_mean()), mean.max(model.population_mean()));
            prop_assert!(low * (1.0 - 1e-12) <= found && found <= high * (1.0 + 1e-12));
            // More purchases, more weight on the customer.
            let surer = model.expected_spend(frequency + 1, mean);
            prop_assert!((surer - mean).abs() <= (found - mean).abs() + 1e-12 * high);
        }
    }
}
