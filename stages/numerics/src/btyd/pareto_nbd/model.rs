//! What the Pareto/NBD tells of a customer.

use super::likelihood::{LifeWeights, Rates, ln_likelihood};
use super::of_frequency::ParetoOfFrequency;
use crate::btyd::hypergeometric::ln_discounted_survival;
use crate::btyd::model::{EqualFrequency, OfFrequency};
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
    pub(super) rates: Rates,
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
    /// weeks (Fader, Hardie and Lee 2005, Journal of Marketing Research 42, whose
    /// `z^(s-1) U(s, s, z)` is an integral here). Infinite without a positive rate when
    /// `s <= 1`, because the expected number of future purchases is.
    pub fn discounted_expected_residual(&self, history: &History, discount_rate: f64) -> f64 {
        let Future { purchase_rate, beta } = self.future(history.frequency, history.t);
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
    fn future(&self, frequency: u32, t: f64) -> Future {
        let Rates { r, alpha, beta, .. } = self.rates;
        Future { purchase_rate: (r + f64::from(frequency)) / (alpha + t), beta: beta + t }
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
    fn p_any_of_alive(&self, frequency: u32, t: f64, horizon: f64) -> f64 {
        let Rates { r, alpha, s, .. } = self.rates;
        let Future { purchase_rate, beta } = self.future(frequency, t);
        let purchases = r + f64::from(frequency);
        let span = horizon.max(0.0);
        let wait = PowerIntegral::new((alpha + t, purchases + 1.0), (beta, s), span).ln_value();
        (purchase_rate * wait.exp()).min(1.0)
    }

    /// `(r+x)(beta+T) / ((alpha+T)(s-1)) (1 - ((beta+T)/(beta+T+h))^(s-1))`, as in Fader and Hardie
    /// (2005); its limit at `s = 1`.
    fn expected_of_alive(&self, frequency: u32, t: f64, horizon: f64) -> f64 {
        let Future { purchase_rate, beta } = self.future(frequency, t);
        purchase_rate * mean_lifetime(self.rates.s, beta, horizon)
    }

    /// `r beta / (alpha (s-1)) (1 - (beta/(beta+t))^(s-1))`, as in Fader and Hardie (2005); its
    /// limit at `s = 1`.
    fn expected_unconditional(&self, t: f64) -> f64 {
        let Rates { r, alpha, s, beta } = self.rates;
        r / alpha * mean_lifetime(s, beta, t)
    }

    fn of_frequency<'a>(&'a self, group: &EqualFrequency) -> Box<dyn OfFrequency + 'a> {
        Box::new(ParetoOfFrequency::new(&self.rates, group))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: f64, expected: f64, relative: f64) -> bool {
        (found - expected).abs() <= relative * expected.abs()
    }

    #[test]
    fn a_lifetime_has_its_limit_where_s_is_one() {
        // s = 1: beta ln(1 + h / beta), 2 ln 4; s = 2: beta (1 - 1/4) = 1.5.
        assert!(near(mean_lifetime(1.0, 2.0, 6.0), 2.0 * 4.0_f64.ln(), 1e-15));
        assert!(near(mean_lifetime(2.0, 2.0, 6.0), 1.5, 1e-15));
        assert!(near(mean_lifetime(1.0 + 1e-13, 2.0, 6.0), 2.0 * 4.0_f64.ln(), 1e-12));
        assert!(mean_lifetime(0.5, 2.0, 0.0).abs() < 1e-300);
    }

    #[test]
    fn parameters_without_meaning_are_named() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = ParetoNbd::new(1.0, 1.0, bad, 1.0).expect_err("a bad parameter");
            assert_eq!(error.name, "s");
        }
    }

    #[test]
    fn without_discount_the_residual_is_the_mean_of_all_time() {
        // s = 3, alive for certain: (r + x) / (alpha + T) * (beta + T) / (s - 1).
        let model = ParetoNbd::new(0.5, 4.0, 3.0, 8.0).expect("possible");
        let history = History { frequency: 2, recency: 6.0, t: 6.0 };
        let all_time = 2.5 / 10.0 * 14.0 / 2.0;
        assert!(near(model.discounted_expected_residual(&history, 0.0), all_time, 1e-14));
        assert!(near(model.discounted_expected_residual(&history, 1e-9), all_time, 1e-7));
        let endless = ParetoNbd::new(0.5, 4.0, 0.9, 8.0).expect("possible");
        assert!(endless.discounted_expected_residual(&history, 0.0).is_infinite());
    }

    prop_compose! {
        fn case()(
            ln_parameters in prop::array::uniform4(-2.0..3.0_f64),
            frequency in 0_u32..20,
            t in 0.1..100.0_f64,
            share in 0.0..=1.0_f64,
            horizon in 0.01..100.0_f64,
        ) -> (ParetoNbd, History, f64) {
            let [r, alpha, s, beta] = ln_parameters.map(f64::exp);
            let recency = if frequency > 0 { share * t } else { 0.0 };
            let model = ParetoNbd::new(r, alpha, s, beta).expect("possible");
            (model, History { frequency, recency, t }, horizon)
        }
    }

    proptest! {
        /// Whoever bought at all bought once or more, and soon there is time for one purchase only.
        #[test]
        fn any_purchase_is_bounded_by_expected_ones((model, history, horizon) in case()) {
            let any = model.p_any(&history, horizon);
            let expected = model.expected_purchases(&history, horizon);
            prop_assert!(any <= expected * (1.0 + 1e-12) && any <= model.p_alive(&history));
            let soon = 1e-6;
            let [any, expected] =
                [model.p_any(&history, soon), model.expected_purchases(&history, soon)];
            prop_assert!(near(any, expected, 1e-3), "{any} {expected}");
        }

        /// Bayes: no purchase in the horizon is a longer history with the same purchases.
        #[test]
        fn no_purchase_is_a_longer_history((model, history, horizon) in case()) {
            let longer = History { t: history.t + horizon, ..history };
            let ln_none = model.ln_likelihood(&longer) - model.ln_likelihood(&history);
            let any = model.p_any(&history, horizon);
            prop_assert!((1.0 - any - ln_none.exp()).abs() < 1e-11, "{any} {}", ln_none.exp());
        }

        /// The chance to be alive falls with each day without a purchase.
        #[test]
        fn silence_makes_death_likely((model, history, horizon) in case()) {
            let longer = History { t: history.t + horizon, ..history };
            prop_assert!(model.p_alive(&longer) <= model.p_alive(&history) * (1.0 + 1e-12));
        }

        #[test]
        fn many_customers_at_once_are_the_same(
            (model, History { frequency, .. }, horizon) in case(),
            (recency_days, more) in (0_u32..60, 0_u32..60),
        ) {
            let horizons = [horizon, 2.0 * horizon];
            let mut together = [0.0; 4];
            model.expected_of_all_alive(frequency, &[3.0, 3.0], &horizons, &mut together);
            for (i, found) in together.into_iter().enumerate() {
                let alone = model.expected_of_alive(frequency, 3.0, horizons[i % 2]);
                prop_assert!(near(found, alone, 1e-15));
            }
            let recency_days = if frequency > 0 { recency_days } else { 0 };
            // With a table, without one, and beyond its last day.
            for (n_histories, max_t_days) in [(1_000, 120), (1, 120), (1_000, 1)] {
                let group =
                    EqualFrequency { frequency, time_unit_days: 7.0, max_t_days, n_histories };
                let of_frequency = model.of_frequency(&group);
                let t_days = recency_days + more;
                let history = group.history(recency_days, t_days);
                let found = of_frequency.p_alive(recency_days, t_days);
                prop_assert!(near(found, model.p_alive(&history), 1e-10));
                let found = of_frequency.ln_likelihood(recency_days, t_days);
                let alone = model.ln_likelihood(&history);
                prop_assert!((found - alone).abs() <= 1e-11 * alone.abs().max(1.0));
            }
        }
    }
}
