//! The likelihood of a history under the BG/BB, with its derivatives.
//!
//! A customer who last bought at opportunity `t_x` was lost after one of the opportunities
//! `m = t_x, ..., n - 1`, or is alive at `n`. With rising factorials `(a)_k` the two kinds of cases
//! have the probabilities (Fader, Hardie and Shang 2010, Marketing Science 29(6))
//!
//! ```text
//! lost after m:  (alpha)_x (beta)_(m-x) / (alpha+beta)_m * gamma (delta)_m / (gamma+delta)_(m+1)
//! alive at n:    (alpha)_x (beta)_(n-x) / (alpha+beta)_n * (delta)_n / (gamma+delta)_n
//! ```
//!
//! The case is a hidden variable: the gradient is the mean of the derivatives of the logarithms,
//! the Hessian the mean of their second derivatives plus the covariance of the first (Louis 1982,
//! JRSS B 44).

use super::{BgBb, OpportunityHistory};

/// `ln (a)_k` and its first two derivatives by `a`, for `k = 0, 1, ..., n`.
#[derive(Debug, Clone)]
struct RisingFactorials {
    ln: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl RisingFactorials {
    fn new(a: f64, n: usize) -> Self {
        let mut table = Self { ln: vec![0.0], first: vec![0.0], second: vec![0.0] };
        let (mut ln, mut first, mut second) = (0.0, 0.0, 0.0);
        for k in 0..n {
            let factor = a + k as f64;
            ln += factor.ln();
            first += 1.0 / factor;
            second -= 1.0 / (factor * factor);
            table.ln.push(ln);
            table.first.push(first);
            table.second.push(second);
        }
        table
    }
}

/// What all cells share at one set of parameters.
#[derive(Debug, Clone)]
pub(super) struct Likelihood {
    ln_gamma: f64,
    /// `1 / gamma`.
    per_gamma: f64,
    alpha: RisingFactorials,
    beta: RisingFactorials,
    alpha_beta: RisingFactorials,
    delta: RisingFactorials,
    gamma_delta: RisingFactorials,
}

/// The log-likelihood of a history and its derivatives by `(alpha, beta, gamma, delta)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    pub(super) value: f64,
    pub(super) gradient: [f64; 4],
    pub(super) hessian: [[f64; 4]; 4],
}

/// The log probabilities of all cases of a history.
#[derive(Debug, Clone, Copy)]
struct Cases {
    ln_alive: f64,
    ln_total: f64,
}

impl Likelihood {
    /// Prepares for histories of at most `n` opportunities.
    pub(super) fn new(model: &BgBb, n: u32) -> Self {
        let n = n as usize;
        let [alpha, beta, gamma, delta] = model.values();
        Self {
            ln_gamma: gamma.ln(),
            per_gamma: 1.0 / gamma,
            alpha: RisingFactorials::new(alpha, n),
            beta: RisingFactorials::new(beta, n),
            alpha_beta: RisingFactorials::new(alpha + beta, n),
            delta: RisingFactorials::new(delta, n),
            gamma_delta: RisingFactorials::new(gamma + delta, n + 1),
        }
    }

    /// Returns the log probability of a history.
    pub(super) fn ln_likelihood(&self, history: &OpportunityHistory) -> f64 {
        self.cases(history).ln_total
    }

    /// Returns the probability that the customer is alive at the last opportunity there was.
    pub(super) fn p_alive_at_end(&self, history: &OpportunityHistory) -> f64 {
        let cases = self.cases(history);
        (cases.ln_alive - cases.ln_total).exp()
    }

    /// Returns the log-likelihood with its derivatives.
    pub(super) fn terms(&self, history: &OpportunityHistory) -> Terms {
        let (x, n) = (history.frequency as usize, history.n_opportunities as usize);
        let Cases { ln_alive, ln_total } = self.cases(history);
        let mut mean = [0.0; 4];
        let mut hessian = [[0.0; 4]; 4];
        let mut add = |m: usize, survived: usize, per_gamma: f64, ln_case: f64| {
            let weight = (ln_case - ln_total).exp();
            let both = (self.alpha_beta.first[m], self.gamma_delta.first[survived]);
            let first = [
                self.alpha.first[x] - both.0,
                self.beta.first[m - x] - both.0,
                per_gamma - both.1,
                self.delta.first[m] - both.1,
            ];
            let both = (self.alpha_beta.second[m], self.gamma_delta.second[survived]);
            for i in 0..4 {
                mean[i] += weight * first[i];
                for j in 0..4 {
                    hessian[i][j] += weight * first[i] * first[j];
                }
            }
            for (block, second) in [(0, both.0), (2, both.1)] {
                for row in hessian.iter_mut().skip(block).take(2) {
                    row.iter_mut().skip(block).take(2).for_each(|entry| *entry -= weight * second);
                }
            }
            hessian[0][0] += weight * self.alpha.second[x];
            hessian[1][1] += weight * self.beta.second[m - x];
            hessian[2][2] -= weight * per_gamma * per_gamma;
            hessian[3][3] += weight * self.delta.second[m];
        };
        for m in history.recency as usize..n {
            add(m, m + 1, self.per_gamma, self.ln_lost_after(x, m));
        }
        add(n, n, 0.0, ln_alive);
        for i in 0..4 {
            for j in 0..4 {
                hessian[i][j] -= mean[i] * mean[j];
            }
        }
        Terms { value: ln_total, gradient: mean, hessian }
    }

    fn cases(&self, history: &OpportunityHistory) -> Cases {
        let (x, n) = (history.frequency as usize, history.n_opportunities as usize);
        let ln_alive = self.ln_purchases(x, n) + self.delta.ln[n] - self.gamma_delta.ln[n];
        let lost = || (history.recency as usize..n).map(|m| self.ln_lost_after(x, m));
        let top = lost().fold(ln_alive, f64::max);
        let sum: f64 = lost().map(|ln| (ln - top).exp()).sum();
        Cases { ln_alive, ln_total: top + (sum + (ln_alive - top).exp()).ln() }
    }

    /// `ln B(alpha + x, beta + m - x) / B(alpha, beta)`.
    fn ln_purchases(&self, x: usize, m: usize) -> f64 {
        self.alpha.ln[x] + self.beta.ln[m - x] - self.alpha_beta.ln[m]
    }

    fn ln_lost_after(&self, x: usize, m: usize) -> f64 {
        let ln_loss = self.ln_gamma + self.delta.ln[m] - self.gamma_delta.ln[m + 1];
        self.ln_purchases(x, m) + ln_loss
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_opportunity_can_be_worked_out_by_hand() {
        // All parameters 1: theta and p are uniform. Taken: alive 1/2, buys 1/2. Not taken: the
        // rest, of which dead 1/2 and alive 1/4.
        let model = BgBb::new(1.0, 1.0, 1.0, 1.0).expect("possible");
        let likelihood = Likelihood::new(&model, 1);
        let taken = OpportunityHistory { frequency: 1, recency: 1, n_opportunities: 1 };
        let not = OpportunityHistory { frequency: 0, recency: 0, n_opportunities: 1 };
        assert!((likelihood.ln_likelihood(&taken) - 0.25_f64.ln()).abs() < 1e-15);
        assert!((likelihood.ln_likelihood(&not) - 0.75_f64.ln()).abs() < 1e-15);
        assert!((likelihood.p_alive_at_end(&not) - 1.0 / 3.0).abs() < 1e-15);
    }

    prop_compose! {
        fn case()(
            ln_parameters in prop::array::uniform4(-2.0..3.0_f64),
            counts in prop::array::uniform3(0_u32..40),
        ) -> ([f64; 4], OpportunityHistory) {
            let mut counts = counts;
            counts.sort_unstable();
            let [frequency, recency, n_opportunities] = counts;
            let recency = if frequency > 0 { recency } else { 0 };
            (ln_parameters.map(f64::exp), OpportunityHistory { frequency, recency, n_opportunities })
        }
    }

    fn terms_at([alpha, beta, gamma, delta]: [f64; 4], history: &OpportunityHistory) -> Terms {
        let model = BgBb::new(alpha, beta, gamma, delta).expect("possible");
        Likelihood::new(&model, history.n_opportunities).terms(history)
    }

    proptest! {
        #[test]
        fn derivatives_are_those_of_the_value((at, history) in case()) {
            let found = terms_at(at, &history);
            for i in 0..4 {
                let step = 1e-5 * at[i];
                let [above, below] = [step, -step].map(|step| {
                    let mut aside = at;
                    aside[i] += step;
                    terms_at(aside, &history)
                });
                let slope = (above.value - below.value) / (2.0 * step) * at[i];
                let scale = 1e-6 * found.value.abs().max(1.0);
                prop_assert!((found.gradient[i] * at[i] - slope).abs() <= scale, "{i}: {slope}");
                for j in 0..4 {
                    let slope = (above.gradient[j] - below.gradient[j]) / (2.0 * step);
                    let error = (found.hessian[i][j] - slope) * at[i] * at[j];
                    prop_assert!(error.abs() <= scale, "{i} {j}: {slope}");
                }
            }
        }

        /// The sequences of one and the same length have probabilities that add up to 1.
        #[test]
        fn all_histories_together_are_certain(
            ln_parameters in prop::array::uniform4(-2.0..3.0_f64),
            n in 0_u32..8,
        ) {
            let [alpha, beta, gamma, delta] = ln_parameters.map(f64::exp);
            let model = BgBb::new(alpha, beta, gamma, delta).expect("possible");
            let likelihood = Likelihood::new(&model, n);
            let total: f64 = (0..1_u32 << n)
                .map(|taken| {
                    let (frequency, recency) = (taken.count_ones(), 32 - taken.leading_zeros());
                    let history = OpportunityHistory { frequency, recency, n_opportunities: n };
                    likelihood.ln_likelihood(&history).exp()
                })
                .sum();
            prop_assert!((total - 1.0).abs() < 1e-12, "{total}");
        }
    }
}
