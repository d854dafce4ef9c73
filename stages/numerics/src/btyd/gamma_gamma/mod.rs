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
