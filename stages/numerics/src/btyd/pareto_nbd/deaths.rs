//! Integrals over the time of death for all customers with one frequency, from sums by day.
//!
//! Of customers who bought equally often the density of the time of death is one function,
//! `g(tau) = (alpha + tau)^-(r+x) (beta + tau)^-(s+1)`, and histories in whole days differ in its
//! bounds alone. So each day is integrated once, and sums from a day to the end of all give every
//! history as the difference of two of them. `g` falls, so a difference is at least the share of
//! its days of the sum it is taken from: it loses as many digits as there are days, three or four.

use super::likelihood::Rates;
use crate::btyd::EqualFrequency;
use crate::btyd::power_integral::PowerIntegral;
use crate::btyd::quadrature::NODES_8;

/// A day up to this long, as a share of the time since the pole of `g`, and over which `g` falls
/// by this exponent at most, is exact to rounding by eight nodes; others are sought with care.
const EASY_LENGTH: f64 = 0.25;
const EASY_FALL: f64 = 3.0;

/// Days that a table may have for each history it serves: beyond that each for itself is cheaper.
const DAYS_A_HISTORY: usize = 4;

/// What is known at one time of death, `tau` after the first purchase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Death {
    /// `ln(1 + tau / alpha)`.
    pub(super) ln_alpha_growth: f64,
    /// `ln(1 + tau / beta)`.
    pub(super) ln_beta_growth: f64,
    /// `alpha / (alpha + tau)`.
    pub(super) a: f64,
    /// `beta / (beta + tau)`.
    pub(super) b: f64,
}

/// `N` integrals over the time of death between any two days; the first is of `g` itself.
#[derive(Debug, Clone)]
pub(super) struct DeathsByDay<const N: usize> {
    rates: Rates,
    /// `r + x`.
    purchases: f64,
    time_unit_days: f64,
    days: Vec<Day<N>>,
}

#[derive(Debug, Clone, Copy)]
struct Day<const N: usize> {
    ln_alpha_growth: f64,
    ln_beta_growth: f64,
    /// Integrals from this day to the last, as multiples of `g` on this day.
    rest: [f64; N],
}

/// The two cases of one history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cases<const N: usize> {
    /// Weight of the case alive at T, without `(alpha + t_x)^-(r+x) (beta + t_x)^-s`.
    alive: f64,
    /// Weight of the case of death, likewise.
    dead: f64,
    /// Means over the times of death of who is dead: the first is 1, or 0 without any time.
    pub(super) means: [f64; N],
}

impl<const N: usize> Cases<N> {
    pub(super) fn p_alive(&self) -> f64 {
        self.alive / (self.alive + self.dead)
    }

    pub(super) fn ln_total(&self) -> f64 {
        (self.alive + self.dead).ln()
    }
}

/// Returns whether a table is exact and pays.
pub(super) fn pays(group: &EqualFrequency) -> bool {
    group.allows_tables() && (group.max_t_days as usize) < DAYS_A_HISTORY * group.n_histories
}

impl<const N: usize> DeathsByDay<N> {
    /// Integrates `values` of each time of death, the first of which is 1, up to a last day.
    pub(super) fn new(
        rates: &Rates,
        frequency: u32,
        time_unit_days: f64,
        max_t_days: u32,
        values: impl Fn(&Death) -> [f64; N],
    ) -> Self {
        let purchases = rates.r + f64::from(frequency);
        let mut days: Vec<Day<N>> = Vec::with_capacity(max_t_days as usize + 1);
        let mut later = [0.0; N];
        for day in (0..=max_t_days).rev() {
            let panel = Panel::new(rates, purchases, time_unit_days, day);
            // What comes after the last day is in no history.
            let rest = if day == max_t_days {
                [0.0; N]
            } else {
                let falls = (-panel.fall).exp();
                let mut rest = later.map(|sum| sum * falls);
                panel.visit(|death, weight| {
                    for (sum, value) in rest.iter_mut().zip(values(death)) {
                        *sum += weight * value;
                    }
                });
                rest
            };
            later = rest;
            let Panel { ln_alpha_growth, ln_beta_growth, .. } = panel;
            days.push(Day { ln_alpha_growth, ln_beta_growth, rest });
        }
        days.reverse();
        Self { rates: *rates, purchases, time_unit_days, days }
    }

    /// Returns the two cases of a history, or `None` beyond the last day.
    pub(super) fn cases(&self, recency_days: u32, t_days: u32) -> Option<Cases<N>> {
        let (then, now) = (self.days.get(recency_days as usize)?, self.days.get(t_days as usize)?);
        let ln_alpha_growth = now.ln_alpha_growth - then.ln_alpha_growth;
        let ln_beta_growth = now.ln_beta_growth - then.ln_beta_growth;
        let s = self.rates.s;
        let beta_then = self.rates.beta + f64::from(recency_days) / self.time_unit_days;
        let beta_now = self.rates.beta + f64::from(t_days) / self.time_unit_days;
        let ln_fall = self.purchases * ln_alpha_growth + (s + 1.0) * ln_beta_growth;
        let fall = (-ln_fall).exp();
        let mut means: [f64; N] = std::array::from_fn(|i| then.rest[i] - fall * now.rest[i]);
        let deaths = means.first().copied().unwrap_or(0.0).max(0.0);
        let factor = if deaths > 0.0 { 1.0 / deaths } else { 0.0 };
        for mean in &mut means {
            *mean *= factor;
        }
        let alive = fall * (beta_now / beta_then);
        Some(Cases { alive, dead: s / beta_then * deaths, means })
    }

    /// Returns `ln(1 + t/alpha)` and `ln(1 + t/beta)` of a day.
    pub(super) fn growth(&self, day: u32) -> Option<(f64, f64)> {
        let day = self.days.get(day as usize)?;
        Some((day.ln_alpha_growth, day.ln_beta_growth))
    }
}

/// One day of times of death.
#[derive(Debug, Clone, Copy)]
struct Panel {
    rates: Rates,
    purchases: f64,
    /// `alpha` and `beta` with the time up to this day.
    alpha_then: f64,
    beta_then: f64,
    ln_alpha_growth: f64,
    ln_beta_growth: f64,
    length: f64,
    /// Fall of `ln g` over the day.
    fall: f64,
}

impl Panel {
    fn new(rates: &Rates, purchases: f64, time_unit_days: f64, day: u32) -> Self {
        let then = f64::from(day) / time_unit_days;
        let length = 1.0 / time_unit_days;
        let (alpha_then, beta_then) = (rates.alpha + then, rates.beta + then);
        let ends = ((length / alpha_then).ln_1p(), (length / beta_then).ln_1p());
        Self {
            rates: *rates,
            purchases,
            alpha_then,
            beta_then,
            ln_alpha_growth: (then / rates.alpha).ln_1p(),
            ln_beta_growth: (then / rates.beta).ln_1p(),
            length,
            fall: purchases * ends.0 + (rates.s + 1.0) * ends.1,
        }
    }

    /// Visits times of death with weights that sum `g` over the day, as multiples of `g` before it.
    fn visit(&self, mut visit: impl FnMut(&Death, f64)) {
        let shorter = self.alpha_then.min(self.beta_then);
        if self.length > EASY_LENGTH * shorter || self.fall > EASY_FALL {
            return self.visit_with_care(visit);
        }
        let half = 0.5 * self.length;
        for &(offset, weight) in &NODES_8 {
            for side in [-offset, offset] {
                let u = half + half * side;
                let ln_alpha = (u / self.alpha_then).ln_1p();
                let ln_beta = (u / self.beta_then).ln_1p();
                let ln_g = -self.purchases * ln_alpha - (self.rates.s + 1.0) * ln_beta;
                visit(&self.death(u, ln_alpha, ln_beta), half * weight * ln_g.exp());
            }
        }
    }

    fn visit_with_care(&self, mut visit: impl FnMut(&Death, f64)) {
        let (of_alpha, of_beta) =
            ((self.alpha_then, self.purchases), (self.beta_then, self.rates.s + 1.0));
        let mut nodes = Vec::new();
        let ln_total = PowerIntegral::new(of_alpha, of_beta, self.length)
            .visit(|node, weight| nodes.push((node, weight)));
        let factor = ln_total.exp() / nodes.iter().map(|node| node.1).sum::<f64>();
        for (node, weight) in nodes {
            let death = self.death(node.u, node.ln_alpha_growth, node.ln_beta_growth);
            visit(&death, factor * weight);
        }
    }

    fn death(&self, u: f64, ln_alpha: f64, ln_beta: f64) -> Death {
        Death {
            ln_alpha_growth: self.ln_alpha_growth + ln_alpha,
            ln_beta_growth: self.ln_beta_growth + ln_beta,
            a: self.rates.alpha / (self.alpha_then + u),
            b: self.rates.beta / (self.beta_then + u),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::btyd::History;
    use crate::btyd::pareto_nbd::likelihood::LifeWeights;

    proptest! {
        /// Every history of a table has the weights that it has for itself.
        #[test]
        fn a_table_tells_what_each_history_tells(
            ln_parameters in prop::array::uniform4(-4.0..5.0_f64),
            frequency in 0_u32..400,
            (recency_days, more) in (0_u32..700, 0_u32..700),
            unit in 1.0..40.0_f64,
        ) {
            let [r, alpha, s, beta] = ln_parameters.map(f64::exp);
            let rates = Rates { r, alpha, s, beta };
            let recency_days = if frequency > 0 { recency_days } else { 0 };
            let (recency_days, t_days) = (recency_days.min(recency_days + more), recency_days + more);
            let table = DeathsByDay::new(&rates, frequency, unit, 1_400, |_| [1.0]);
            let found = table.cases(recency_days, t_days).expect("within the table");
            let history = History {
                frequency,
                recency: f64::from(recency_days) / unit,
                t: f64::from(t_days) / unit,
            };
            let expected = LifeWeights::of(&rates, &history);
            let (alive, dead) = (expected.p_alive(), 1.0 - expected.p_alive());
            prop_assert!((found.p_alive() - alive).abs() <= 1e-10 * alive.min(dead).max(1e-6));
            prop_assert!((found.ln_total() - expected.ln_total()).abs() < 1e-10);
            prop_assert!(table.cases(0, 1_401).is_none());
        }
    }
}
