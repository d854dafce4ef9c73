//! What the Pareto/NBD tells of a customer.

use super::likelihood::{LifeWeights, Rates, ln_likelihood};
use crate::btyd::hypergeometric::ln_discounted_survival;
use crate::btyd::power_integral::PowerIntegral;
use crate::btyd::{History, ModelKind, ParameterError, PurchaseModel};

/// The Pareto/NBD: purchases at a rate, until a death that nobody sees.
///
/// While alive a customer buys as a Poisson process of rate `lambda`, and dies at rate `mu`;
/// `lambda` is gamma-distributed over customers with shape `r` and rate `alpha`, `mu` with shape
/// `s` and rate `beta` (Schmittlein, Morrison and Colombo 1987, Management Science 33). Rates are
/// per unit of time, so that `alpha` and `beta` are times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoNbd {
    rates: Rates,
}

impl ParetoNbd {
    /// Returns the model with these parameters; `alpha` and `beta` are in the model's time unit.
    ///
    /// # Errors
    /// A parameter that does not lie between 1e-12 and 1e12.
    pub fn new(r: f64, alpha: f64, s: f64, beta: f64) -> Result<Self, ParameterError> {
        for (name, value) in [("r", r), ("alpha", alpha), ("s", s), ("beta", beta)] {
            if !(1e-12..=1e12).contains(&value) {
                return Err(ParameterError { name, value });
            }
        }
        Ok(Self { rates: Rates { r, alpha, s, beta } })
    }

    /// Returns the shape of the purchase rates over customers.
    pub fn r(&self) -> f64 {
        self.rates.r
    }

    /// Returns the rate parameter of the purchase rates: their mean is `r / alpha`.
    pub fn alpha(&self) -> f64 {
        self.rates.alpha
    }

    /// Returns the shape of the death rates over customers.
    pub fn s(&self) -> f64 {
        self.rates.s
    }

    /// Returns the rate parameter of the death rates: their mean is `s / beta`.
    pub fn beta(&self) -> f64 {
        self.rates.beta
    }

    pub(super) fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Returns the discounted expected residual transactions, all of the future at today's value.
    ///
    /// `discount_rate` is continuous and per unit of time: `ln(1.15) / 52` for 15 % a year with
    /// weeks (Fader, Hardie and Lee 2005, Journal of Marketing Research 42, eq. 2, whose
    /// `z^(s-1) U(s, s, z)` is an integral here). Infinite without a positive rate when
    /// `s <= 1`, because the expected number of future purchases is.
    pub fn discounted_expected_residual(&self, history: &History, discount_rate: f64) -> f64 {
        let Future { purchase_rate, beta } = self.future(history);
        let ln_lifetime = if discount_rate > 0.0 {
            ln_discounted_survival(self.rates.s, discount_rate * beta)
        } else if self.rates.s > 1.0 {
            -(self.rates.s - 1.0).ln()
        } else {
            f64::INFINITY
        };
        let p_alive = self.p_alive(history);
        if p_alive > 0.0 { p_alive * purchase_rate * beta * ln_lifetime.exp() } else { 0.0 }
    }

    /// What is known of the rates of a customer who is alive at the end of observation.
    fn future(&self, history: &History) -> Future {
        let Rates { r, alpha, beta, .. } = self.rates;
        let purchases = r + f64::from(history.frequency);
        Future { purchase_rate: purchases / (alpha + history.t), beta: beta + history.t }
    }
}

/// The state of a customer who is alive: the mean of `lambda`, and the rate of `mu`'s gamma.
#[derive(Debug, Clone, Copy)]
struct Future {
    purchase_rate: f64,
    beta: f64,
}

impl PurchaseModel for ParetoNbd {
    fn kind(&self) -> ModelKind {
        ModelKind::ParetoNbd
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        let Rates { r, alpha, s, beta } = self.rates;
        vec![("r", r), ("alpha", alpha), ("s", s), ("beta", beta)]
    }

    fn ln_likelihood(&self, history: &History) -> f64 {
        ln_likelihood(&self.rates, history)
    }

    fn p_alive(&self, history: &History) -> f64 {
        LifeWeights::of(&self.rates, history).p_alive()
    }

    /// The first purchase after T comes at `u`, and the customer lives until then.
    ///
    /// Given that the customer is alive at T, `lambda` has shape `r + x` and rate `alpha + T`, and
    /// `mu`, independently, shape `s` and rate `beta + T`. So
    ///
    /// ```text
    /// P(any | alive) = (r+x) / (alpha+T) * integral over (0, h) of
    ///                  (1 + u/(alpha+T))^-(r+x+1) (1 + u/(beta+T))^-s du
    /// ```
    ///
    /// which is one less `P(X(T, T+h) = 0)` of Fader and Hardie (2014, "Deriving the conditional
    /// PMF of the Pareto/NBD model"), without its cancellation for small `h`.
    fn p_any(&self, history: &History, horizon: f64) -> f64 {
        let Rates { r, alpha, s, .. } = self.rates;
        let Future { purchase_rate, beta } = self.future(history);
        let purchases = r + f64::from(history.frequency);
        let span = horizon.max(0.0);
        let wait =
            PowerIntegral::new((alpha + history.t, purchases + 1.0), (beta, s), span).ln_value();
        (self.p_alive(history) * purchase_rate * wait.exp()).min(1.0)
    }

    /// Fader and Hardie (2005), eq. 41, times P(alive); its limit at `s = 1`.
    fn expected_purchases(&self, history: &History, horizon: f64) -> f64 {
        let Future { purchase_rate, beta } = self.future(history);
        self.p_alive(history) * purchase_rate * mean_lifetime(self.rates.s, beta, horizon)
    }

    /// Fader and Hardie (2005), eq. 27; its limit at `s = 1`.
    fn expected_unconditional(&self, t: f64) -> f64 {
        let Rates { r, alpha, s, beta } = self.rates;
        r / alpha * mean_lifetime(s, beta, t)
    }

    fn expected_purchases_of(&self, histories: &[History], horizons: &[f64], expected: &mut [f64]) {
        if horizons.is_empty() {
            return;
        }
        for (history, row) in histories.iter().zip(expected.chunks_exact_mut(horizons.len())) {
            let Future { purchase_rate, beta } = self.future(history);
            let rate_now = self.p_alive(history) * purchase_rate;
            for (horizon, expected) in horizons.iter().zip(row) {
                *expected = rate_now * mean_lifetime(self.rates.s, beta, *horizon);
            }
        }
    }
}

/// Returns the mean time lived within `horizon`: `beta/(s-1) (1 - (beta/(beta+h))^(s-1))`.
fn mean_lifetime(s: f64, beta: f64, horizon: f64) -> f64 {
    let ln_growth = (horizon.max(0.0) / beta).ln_1p();
    let exponent = (s - 1.0) * ln_growth;
    // (1 - e^-y) / y is 1 at y = 0, which is s = 1 or no horizon.
    let mean_survival =
        if exponent.abs() < f64::EPSILON { 1.0 } else { -(-exponent).exp_m1() / exponent };
    beta * ln_growth * mean_survival
}
