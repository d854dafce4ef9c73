//! What the BG/BB tells of a customer.

use std::collections::BTreeMap;

use super::likelihood::Likelihood;
use super::{OpportunityCells, OpportunityHistory};
use crate::btyd::ParameterError;
use crate::btyd::hypergeometric::ln_2f1_by_complement;

/// The BG/BB: a coin at each opportunity, until a death that nobody sees.
///
/// At each opportunity a customer who is alive dies with probability `theta`, then, if still
/// alive, buys with probability `p`. Over customers `p` is beta-distributed with parameters
/// `alpha` and `beta`, `theta` with `gamma` and `delta` (Fader, Hardie and Shang 2010, Marketing
/// Science 29(6)). For yearly donations, yearly renewals, one event a season.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgBb {
    alpha: f64,
    beta: f64,
    gamma: f64,
    delta: f64,
}

impl BgBb {
    /// Returns the model with these parameters.
    ///
    /// # Errors
    /// A parameter that does not lie between 1e-12 and 1e12.
    pub fn new(alpha: f64, beta: f64, gamma: f64, delta: f64) -> Result<Self, ParameterError> {
        let named = [("alpha", alpha), ("beta", beta), ("gamma", gamma), ("delta", delta)];
        for (name, value) in named {
            if !(1e-12..=1e12).contains(&value) {
                return Err(ParameterError { name, value });
            }
        }
        Ok(Self { alpha, beta, gamma, delta })
    }

    /// Returns `alpha`, `beta`, `gamma`, `delta`.
    pub fn values(&self) -> [f64; 4] {
        [self.alpha, self.beta, self.gamma, self.delta]
    }

    /// Returns the log probability of each history; shape `(n_cells,)`.
    pub fn ln_likelihood(&self, cells: &OpportunityCells) -> Vec<f64> {
        let likelihood = Likelihood::new(self, cells.max_opportunities());
        cells.histories().iter().map(|history| likelihood.ln_likelihood(history)).collect()
    }

    /// Returns the probability of being alive at the next opportunity, `n + 1`; `(n_cells,)`.
    ///
    /// P(alive at n) times `(delta + n) / (gamma + delta + n)`, as in Fader, Hardie and Shang (2010).
    pub fn p_alive(&self, cells: &OpportunityCells) -> Vec<f64> {
        self.by_cell(cells, |_, _| 1.0, |n| (self.delta + n) / (self.gamma + self.delta + n))
    }

    /// Returns the expected number of purchases at the next `n_ahead` opportunities; `(n_cells,)`.
    ///
    /// As in Fader, Hardie and Shang (2010), by a sum of positive terms: the closed form is 0/0
    /// at `gamma = 1`. The cost is linear in `n_ahead` for each number of opportunities.
    pub fn expected_purchases(&self, cells: &OpportunityCells, n_ahead: u32) -> Vec<f64> {
        let purchase_probability = |x, n| self.purchase_probability(x, n);
        self.by_cell(cells, purchase_probability, |n| self.mean_opportunities(n, n_ahead))
    }

    /// Returns the discounted expected residual purchases, all of the future; `(n_cells,)`.
    ///
    /// `discount_rate` is per opportunity, .1 for 10 %, and the next opportunity is one period
    /// away (Fader, Hardie and Shang 2010, eq. 14). Infinite without a positive rate when
    /// `gamma <= 1`, because the expected number of future purchases is.
    pub fn discounted_expected_residual(
        &self,
        cells: &OpportunityCells,
        discount_rate: f64,
    ) -> Vec<f64> {
        let purchase_probability = |x, n| self.purchase_probability(x, n);
        let of_future = |n| self.discounted_opportunities(n, discount_rate);
        self.by_cell(cells, purchase_probability, of_future)
    }

    /// Returns the expected number of purchases of a new customer at the first `n` opportunities.
    ///
    /// `alpha / (alpha + beta)` times the mean number of opportunities at which they are alive.
    pub fn expected_unconditional(&self, n: u32) -> f64 {
        self.purchase_probability(0.0, 0.0) * self.mean_opportunities(0.0, n)
    }

    /// Maps each cell to P(alive at n) times `of_purchases(x, n)` times `of_future(n)`.
    ///
    /// `of_future` is computed once for each number of opportunities.
    fn by_cell(
        &self,
        cells: &OpportunityCells,
        of_purchases: impl Fn(f64, f64) -> f64,
        of_future: impl Fn(f64) -> f64,
    ) -> Vec<f64> {
        let likelihood = Likelihood::new(self, cells.max_opportunities());
        let mut futures: BTreeMap<u32, f64> = BTreeMap::new();
        let mut value = |history: &OpportunityHistory| {
            let n = f64::from(history.n_opportunities);
            let future = *futures.entry(history.n_opportunities).or_insert_with(|| of_future(n));
            let purchases = of_purchases(f64::from(history.frequency), n);
            likelihood.p_alive_at_end(history) * purchases * future
        };
        cells.histories().iter().map(&mut value).collect()
    }

    /// The mean of `p` given `x` purchases at `n` opportunities, all of them alive.
    fn purchase_probability(&self, x: f64, n: f64) -> f64 {
        (self.alpha + x) / (self.alpha + self.beta + n)
    }

    /// The mean number of the next opportunities at which someone alive at `n` is alive.
    fn mean_opportunities(&self, n: f64, n_ahead: u32) -> f64 {
        let (mut survival, mut sum) = (1.0, 0.0);
        for i in 0..n_ahead {
            let lived = self.delta + n + f64::from(i);
            survival *= lived / (lived + self.gamma);
            if survival * f64::from(n_ahead - i) < f64::EPSILON * sum {
                break; // survival only falls: the rest is below rounding
            }
            sum += survival;
        }
        sum
    }

    /// The same over all opportunities, each worth `(1 + d)^-k` after `k` periods.
    fn discounted_opportunities(&self, n: f64, discount_rate: f64) -> f64 {
        let lived = self.delta + n;
        let next = lived / (lived + self.gamma);
        if discount_rate > 0.0 {
            let z = 1.0 / (1.0 + discount_rate);
            let not_z = discount_rate * z;
            // 2F1(1, b; c; z) = (1-z)^(c-b-1) 2F1(c-1, c-b; c; z), Euler's transformation.
            let ln_mean = (self.gamma - 1.0) * not_z.ln()
                + ln_2f1_by_complement(lived + self.gamma, self.gamma, not_z);
            next * z * ln_mean.exp()
        } else if self.gamma > 1.0 {
            lived / (self.gamma - 1.0)
        } else {
            f64::INFINITY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, relative: f64) -> bool {
        (found - expected).abs() <= relative * expected.abs()
    }

    /// Someone who took the last of six opportunities, so that they are alive at it.
    fn active() -> OpportunityCells {
        let history = OpportunityHistory { frequency: 3, recency: 6, n_opportunities: 6 };
        OpportunityCells::compress(&[history]).expect("possible").0
    }

    #[test]
    fn the_sum_of_the_future_is_the_closed_form() {
        // The closed form while alive: (delta + n) / (gamma - 1) times
        // 1 - Gamma ratio, here for gamma = 2: 1 - (delta + n + 1) / (delta + n + 1 + n*).
        let model = BgBb::new(1.2, 0.75, 2.0, 2.8).expect("possible");
        let lived = 8.8;
        let rate = 4.2 / (1.2 + 0.75 + 6.0);
        for n_ahead in [1, 7, 1_000] {
            let opportunities = lived * (1.0 - (lived + 1.0) / (lived + 1.0 + f64::from(n_ahead)));
            let found = model.expected_purchases(&active(), n_ahead)[0];
            assert!(near(found, rate * opportunities, 1e-13), "{n_ahead}: {found}");
        }
        let forever = model.discounted_expected_residual(&active(), 0.0)[0];
        assert!(near(forever, rate * lived, 1e-14));
        // Hardly any discount: what it costs is about the rate times its logarithm.
        assert!(near(model.discounted_expected_residual(&active(), 1e-8)[0], forever, 1e-5));
        let endless = BgBb::new(1.2, 0.75, 0.7, 2.8).expect("possible");
        assert!(endless.discounted_expected_residual(&active(), 0.0)[0].is_infinite());
    }

    #[test]
    fn discounting_is_the_sum_of_discounted_periods() {
        for gamma in [0.3, 1.0, 4.0] {
            let model = BgBb::new(1.2, 0.75, gamma, 2.8).expect("possible");
            let mut sum = 0.0;
            let mut before = 0.0;
            for n_ahead in 1..=400 {
                let until = model.expected_purchases(&active(), n_ahead)[0];
                sum += (until - before) * 1.1_f64.powi(-(n_ahead as i32));
                before = until;
            }
            let found = model.discounted_expected_residual(&active(), 0.1)[0];
            assert!(near(found, sum, 1e-12), "{gamma}: {found} {sum}");
        }
    }

    #[test]
    fn a_new_customer_is_one_without_opportunities() {
        let model = BgBb::new(1.2, 0.75, 0.66, 2.8).expect("possible");
        let nobody = OpportunityHistory { frequency: 0, recency: 0, n_opportunities: 0 };
        let (cells, _) = OpportunityCells::compress(&[nobody]).expect("possible");
        let found = model.expected_purchases(&cells, 6)[0];
        assert!(near(found, model.expected_unconditional(6), 1e-15));
    }

    #[test]
    fn parameters_without_meaning_are_named() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(BgBb::new(1.0, bad, 1.0, 1.0).expect_err("bad").name, "beta");
        }
    }
}
