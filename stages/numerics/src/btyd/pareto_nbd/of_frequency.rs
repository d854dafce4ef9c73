//! The likelihood and P(alive) of customers who bought equally often.

use super::deaths::{self, Cases, DeathsByDay};
use super::likelihood::{LifeWeights, Rates, ln_factor};
use crate::btyd::model::{EqualFrequency, OfFrequency};
use crate::btyd::special::ln_rising;

/// One table of times of death for all of them, where it pays.
#[derive(Debug, Clone)]
pub(super) struct ParetoOfFrequency {
    rates: Rates,
    group: EqualFrequency,
    ln_rising: f64,
    deaths: Option<DeathsByDay<1>>,
}

impl ParetoOfFrequency {
    pub(super) fn new(rates: &Rates, group: &EqualFrequency) -> Self {
        let EqualFrequency { frequency, time_unit_days, max_t_days, .. } = *group;
        let deaths = deaths::pays(group)
            .then(|| DeathsByDay::new(rates, frequency, time_unit_days, max_t_days, |_| [1.0]));
        let ln_rising = ln_rising(rates.r, f64::from(frequency));
        Self { rates: *rates, group: *group, ln_rising, deaths }
    }

    fn cases(&self, recency_days: u32, t_days: u32) -> Option<Cases<1>> {
        self.deaths.as_ref()?.cases(recency_days, t_days)
    }
}

impl OfFrequency for ParetoOfFrequency {
    fn ln_likelihood(&self, recency_days: u32, t_days: u32) -> f64 {
        let by_table = || {
            let cases = self.cases(recency_days, t_days)?;
            let (alpha_growth, beta_growth) = self.deaths.as_ref()?.growth(recency_days)?;
            let x = f64::from(self.group.frequency);
            let Rates { r, alpha, s, .. } = self.rates;
            let ln_factor = self.ln_rising
                - r * alpha_growth
                - x * (alpha.ln() + alpha_growth)
                - s * beta_growth;
            Some(ln_factor + cases.ln_total())
        };
        by_table().unwrap_or_else(|| {
            let history = self.group.history(recency_days, t_days);
            ln_factor(&self.rates, &history, self.ln_rising)
                + LifeWeights::of(&self.rates, &history).ln_total()
        })
    }

    fn p_alive(&self, recency_days: u32, t_days: u32) -> f64 {
        let alone = || LifeWeights::of(&self.rates, &self.group.history(recency_days, t_days));
        self.cases(recency_days, t_days).map_or_else(|| alone().p_alive(), |cases| cases.p_alive())
    }
}
