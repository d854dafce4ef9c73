//! The likelihood and P(alive) of customers who bought equally often.

use super::BetaGeometric;
use super::growth::GrowthByDay;
use super::likelihood::ByFrequency;
use crate::btyd::model::{EqualFrequency, OfFrequency};
use crate::btyd::special::logistic;

/// Gamma functions and logarithms computed once for all of them.
#[derive(Debug, Clone)]
pub(super) struct GeometricOfFrequency<'a> {
    model: &'a BetaGeometric,
    known: ByFrequency,
    growth: GrowthByDay,
}

impl<'a> GeometricOfFrequency<'a> {
    pub(super) fn new(model: &'a BetaGeometric, group: &EqualFrequency) -> Self {
        let EqualFrequency { frequency, time_unit_days, max_t_days, n_histories } = *group;
        let growth = GrowthByDay::new(model.alpha, time_unit_days, max_t_days, n_histories);
        Self { model, known: ByFrequency::value_only(model, frequency), growth }
    }
}

impl OfFrequency for GeometricOfFrequency<'_> {
    fn ln_likelihood(&self, recency_days: u32, t_days: u32) -> f64 {
        let (then, now) = (self.growth.at(recency_days).ln, self.growth.at(t_days).ln);
        self.known.ln_likelihood_at(self.model, then, now)
    }

    fn p_alive(&self, recency_days: u32, t_days: u32) -> f64 {
        let quiet = self.growth.at(t_days).ln - self.growth.at(recency_days).ln;
        self.known.ln_odds_of_having_left(quiet).map_or(1.0, |odds| logistic(-odds))
    }
}
