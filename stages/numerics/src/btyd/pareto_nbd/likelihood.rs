//! The likelihood of a history under the Pareto/NBD.
//!
//! A customer is alive at T, or died at some time in `(t_x, T)`. Given gamma-distributed purchase
//! rates and death rates the two cases have the weights (Fader and Hardie 2005, "A note on deriving
//! the Pareto/NBD model", the likelihood before its integral is expressed by `2F1`)
//!
//! ```text
//! alive at T:    (alpha + T)^-(r+x) (beta + T)^-s
//! death at tau:  s (alpha + tau)^-(r+x) (beta + tau)^-(s+1) d tau
//! ```
//!
//! times `Gamma(r+x) / Gamma(r) alpha^r beta^s`.

use crate::btyd::History;
use crate::btyd::power_integral::PowerIntegral;
use crate::btyd::special::{ln_add_exp, ln_rising, logistic};

/// Parameters of one customer: with covariates `alpha` and `beta` are the customer's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    pub(super) r: f64,
    pub(super) alpha: f64,
    pub(super) s: f64,
    pub(super) beta: f64,
}

/// Log weights of the two cases, both without `(alpha + t_x)^-(r+x) (beta + t_x)^-s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LifeWeights {
    ln_alive: f64,
    /// Minus infinity where there is no time after the last purchase.
    ln_dead: f64,
}

impl LifeWeights {
    pub(super) fn of(rates: &Rates, history: &History) -> Self {
        let silence = Silence::of(rates, history);
        silence.weights(silence.deaths(rates).ln_value())
    }

    /// Returns the probability of the first case.
    pub(super) fn p_alive(&self) -> f64 {
        logistic(self.ln_alive - self.ln_dead)
    }

    pub(super) fn ln_total(&self) -> f64 {
        ln_add_exp(self.ln_alive, self.ln_dead)
    }
}

/// The time from the last purchase to the end of observation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Silence {
    pub(super) purchases: f64,
    /// `alpha + t_x`.
    pub(super) alpha_then: f64,
    /// `beta + t_x`.
    pub(super) beta_then: f64,
    /// `T - t_x`.
    pub(super) span: f64,
    /// `ln((alpha + T) / (alpha + t_x))`.
    pub(super) ln_alpha_growth: f64,
    /// `ln((beta + T) / (beta + t_x))`.
    pub(super) ln_beta_growth: f64,
    pub(super) s: f64,
}

impl Silence {
    pub(super) fn of(rates: &Rates, history: &History) -> Self {
        let (alpha_then, beta_then) = (rates.alpha + history.recency, rates.beta + history.recency);
        let span = (history.t - history.recency).max(0.0);
        Self {
            purchases: rates.r + f64::from(history.frequency),
            alpha_then,
            beta_then,
            span,
            ln_alpha_growth: (span / alpha_then).ln_1p(),
            ln_beta_growth: (span / beta_then).ln_1p(),
            s: rates.s,
        }
    }

    pub(super) fn deaths(&self, rates: &Rates) -> PowerIntegral {
        PowerIntegral::new(
            (self.alpha_then, self.purchases),
            (self.beta_then, rates.s + 1.0),
            self.span,
        )
    }

    pub(super) fn weights(&self, ln_deaths: f64) -> LifeWeights {
        LifeWeights {
            ln_alive: -self.purchases * self.ln_alpha_growth - self.s * self.ln_beta_growth,
            ln_dead: (self.s / self.beta_then).ln() + ln_deaths,
        }
    }
}

/// Returns the log density of the purchase times.
pub(super) fn ln_likelihood(rates: &Rates, history: &History) -> f64 {
    let ln_rising = ln_rising(rates.r, f64::from(history.frequency));
    ln_factor(rates, history, ln_rising) + LifeWeights::of(rates, history).ln_total()
}

/// What the two cases share, written so that it is 0 without a purchase and without time.
pub(super) fn ln_factor(rates: &Rates, history: &History, ln_rising: f64) -> f64 {
    let recency = history.recency;
    ln_rising
        - rates.r * (recency / rates.alpha).ln_1p()
        - f64::from(history.frequency) * (rates.alpha + recency).ln()
        - rates.s * (recency / rates.beta).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_of_a_simple_case_holds() {
        // r = s = alpha = beta = 1, x = 0, T = 1: alive 1/(2 * 2), dead the integral of
        // (1 + u)^-3 over (0, 1), 3/8.
        let rates = Rates { r: 1.0, alpha: 1.0, s: 1.0, beta: 1.0 };
        let history = History { frequency: 0, recency: 0.0, t: 1.0 };
        assert!((ln_likelihood(&rates, &history) - 0.625_f64.ln()).abs() < 1e-15);
        assert!((LifeWeights::of(&rates, &history).p_alive() - 0.4).abs() < 1e-15);
    }
}
