//! The log-likelihood of a history with gradient and Hessian, in one pass.
//!
//! The time of death is a hidden variable, whose distribution given the history comes with the
//! integral of the likelihood, node by node. The gradient is the mean of the derivatives of the
//! logarithm of the weights, the Hessian the mean of their second derivatives plus the covariance
//! of the first (Louis 1982, JRSS B 44).

use super::likelihood::{Rates, Silence, ln_factor};
use crate::btyd::History;
use crate::btyd::special::{digamma_difference, ln_rising, trigamma_difference};

/// `ln Gamma(r + x) - ln Gamma(r)` and its first two derivatives by `r`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RisingFactorial {
    pub(super) ln: f64,
    pub(super) first: f64,
    pub(super) second: f64,
}

impl RisingFactorial {
    pub(super) fn of(r: f64, frequency: u32) -> Self {
        let x = f64::from(frequency);
        Self {
            ln: ln_rising(r, x),
            first: digamma_difference(r, x),
            second: trigamma_difference(r, x),
        }
    }
}

/// The log-likelihood of a history and its derivatives by `(ln r, ln alpha, ln s, ln beta)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Terms {
    pub(super) value: f64,
    pub(super) gradient: [f64; 4],
    pub(super) hessian: [[f64; 4]; 4],
}

impl Terms {
    pub(super) fn add(&mut self, part: &Self, weight: f64) {
        self.value += weight * part.value;
        let hessians = self.hessian.iter_mut().flatten().zip(part.hessian.iter().flatten());
        let sums = self.gradient.iter_mut().zip(&part.gradient).chain(hessians);
        sums.for_each(|(sum, part)| *sum += weight * part);
    }
}

/// Returns the log-likelihood with its derivatives by the logarithms of the parameters.
///
/// With `A = alpha / (alpha + tau)`, `B = beta / (beta + tau)`, `d = 1` in the case of death, 0 in
/// the other (where `tau = T`), the derivatives of a log weight and of the factor before it are
///
/// ```text
/// by ln r:      r (psi(r+x) - psi(r) - ln(1 + tau/alpha))
/// by ln alpha:  r - (r+x) A
/// by ln s:      d - s ln(1 + tau/beta)
/// by ln beta:   s - (s+d) B
/// ```
pub(super) fn terms(rates: &Rates, history: &History, rising: &RisingFactorial) -> Terms {
    let silence = Silence::of(rates, history);
    let mut dead = Moments::default();
    let ln_deaths = silence.deaths(rates).visit(|node, weight| {
        let growth = (node.ln_alpha_growth, node.ln_beta_growth);
        dead.add(&Derivatives::at(rates, history, &silence, node.u, growth, 1.0), weight);
    });
    let weights = silence.weights(ln_deaths);
    let p_alive = weights.p_alive();

    let mut all = dead.scaled_to(1.0 - p_alive);
    let growth = (silence.ln_alpha_growth, silence.ln_beta_growth);
    all.add(&Derivatives::at(rates, history, &silence, silence.span, growth, 0.0), p_alive);

    let Rates { r, alpha, s, beta } = *rates;
    let recency = history.recency;
    let of_r = r * (rising.first - (recency / alpha).ln_1p());
    let of_s = -s * (recency / beta).ln_1p();
    let gradient = [
        of_r + all.first[0],
        r - silence.purchases * (alpha / silence.alpha_then) + all.first[1],
        of_s + all.first[2],
        s - s * (beta / silence.beta_then) + all.first[3],
    ];
    let mut upper = all.covariance();
    upper[0][0] += gradient[0] + r * r * rising.second;
    upper[0][1] += r * all.curvature[0];
    upper[1][1] -= silence.purchases * all.curvature[1];
    upper[2][2] += gradient[2] - all.deaths;
    upper[2][3] += s * all.curvature[2];
    upper[3][3] -= all.curvature[3];
    let hessian = std::array::from_fn(|i| std::array::from_fn(|j| upper[i.min(j)][i.max(j)]));
    let value = ln_factor(rates, history, rising.ln) + weights.ln_total();
    Terms { value, gradient, hessian }
}

/// Derivatives of a log weight at one time of death, or at the end of observation.
#[derive(Debug, Clone, Copy)]
struct Derivatives {
    /// First derivatives, less what they are for someone alive at `t_x`.
    first: [f64; 4],
    /// `1 - A`, `A (1 - A)`, `1 - B`, `(s + d) B (1 - B)`: what the second derivatives are made of.
    curvature: [f64; 4],
    /// `d`.
    death: f64,
}

impl Derivatives {
    /// `u` is the time since the last purchase, `death` is 1 or 0.
    fn at(
        rates: &Rates,
        history: &History,
        silence: &Silence,
        u: f64,
        (ln_alpha_growth, ln_beta_growth): (f64, f64),
        death: f64,
    ) -> Self {
        let (alpha_now, beta_now) = (silence.alpha_then + u, silence.beta_then + u);
        let (a, b) = (rates.alpha / alpha_now, rates.beta / beta_now);
        let since_first = history.recency + u;
        let (not_a, not_b) = (since_first / alpha_now, since_first / beta_now);
        let s = rates.s;
        Self {
            first: [
                -rates.r * ln_alpha_growth,
                silence.purchases * (rates.alpha / silence.alpha_then) * (u / alpha_now),
                death - s * ln_beta_growth,
                s * (rates.beta / silence.beta_then) * (u / beta_now) - death * b,
            ],
            curvature: [not_a, a * not_a, not_b, (s + death) * b * not_b],
            death,
        }
    }
}

/// Weighted sums of [`Derivatives`] and of the products of the first ones.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    weight: f64,
    first: [f64; 4],
    /// Upper triangle.
    second: [[f64; 4]; 4],
    curvature: [f64; 4],
    deaths: f64,
}

impl Moments {
    fn add(&mut self, at: &Derivatives, weight: f64) {
        self.weight += weight;
        self.deaths += weight * at.death;
        for i in 0..4 {
            let weighted = weight * at.first[i];
            self.first[i] += weighted;
            self.curvature[i] += weight * at.curvature[i];
            for j in i..4 {
                self.second[i][j] += weighted * at.first[j];
            }
        }
    }

    /// Scales the sums so that the weights add up to `total`; nothing where there are none.
    fn scaled_to(mut self, total: f64) -> Self {
        let factor = if self.weight > 0.0 { total / self.weight } else { 0.0 };
        self.weight *= factor;
        self.deaths *= factor;
        let rows = self.second.iter_mut().flatten();
        let sums = self.first.iter_mut().chain(&mut self.curvature).chain(rows);
        sums.for_each(|sum| *sum *= factor);
        self
    }

    /// Returns the covariance of the first derivatives, for weights that add to 1; below the
    /// diagonal it means nothing.
    fn covariance(&self) -> [[f64; 4]; 4] {
        std::array::from_fn(|i| {
            std::array::from_fn(|j| self.second[i][j] - self.first[i] * self.first[j])
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::btyd::pareto_nbd::likelihood::ln_likelihood;

    fn terms_at(ln_parameters: [f64; 4], history: &History) -> Terms {
        let [r, alpha, s, beta] = ln_parameters.map(f64::exp);
        let rates = Rates { r, alpha, s, beta };
        terms(&rates, history, &RisingFactorial::of(r, history.frequency))
    }

    #[test]
    fn without_time_there_is_nothing_to_tell() {
        let at = terms_at([0.3, 1.0, -0.5, 2.0], &History { frequency: 0, recency: 0.0, t: 0.0 });
        assert_eq!(at, Terms::default());
    }

    prop_compose! {
        fn case()(
            ln_parameters in prop::array::uniform4(-3.0..4.0_f64),
            same_scale in any::<bool>(),
            frequency in prop_oneof![Just(0_u32), 1_u32..60],
            t in 0.1..200.0_f64,
            share in prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64],
        ) -> ([f64; 4], History) {
            let mut ln_parameters = ln_parameters;
            if same_scale {
                ln_parameters[3] = ln_parameters[1];
            }
            let recency = if frequency > 0 { share * t } else { 0.0 };
            (ln_parameters, History { frequency, recency, t })
        }
    }

    proptest! {
        #[test]
        fn derivatives_are_those_of_the_value((at, history) in case()) {
            let found = terms_at(at, &history);
            let [r, alpha, s, beta] = at.map(f64::exp);
            let value = ln_likelihood(&Rates { r, alpha, s, beta }, &history);
            prop_assert!((found.value - value).abs() <= 1e-12 * value.abs().max(1.0));
            let step = 1e-4;
            for i in 0..4 {
                let [above, below] = [step, -step].map(|step| {
                    let mut aside = at;
                    aside[i] += step;
                    terms_at(aside, &history)
                });
                // Central differences: the error is a third derivative times step^2 / 6.
                let scale = found.value.abs().max(f64::from(history.frequency)).max(1.0);
                let slope = (above.value - below.value) / (2.0 * step);
                prop_assert!((found.gradient[i] - slope).abs() <= 1e-6 * scale, "{i}: {slope}");
                for j in 0..4 {
                    let slope = (above.gradient[j] - below.gradient[j]) / (2.0 * step);
                    let found = found.hessian[i][j];
                    prop_assert!((found - slope).abs() <= 1e-6 * scale, "{i} {j}: {found} {slope}");
                }
            }
        }

        /// Up to a million purchases and 1e5 units of time at parameters from 1e-4 to 1e4.
        #[test]
        fn derivatives_are_finite_at_the_extremes(
            ln_parameters in prop::array::uniform4(-9.3..9.3_f64),
            frequency in prop_oneof![Just(0), 1_u32..50, 50_u32..=1_000_000],
            ln_t in -7.0..11.6_f64,
            share in prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64],
        ) {
            let t = ln_t.exp();
            let recency = if frequency > 0 { share * t } else { 0.0 };
            let found = terms_at(ln_parameters, &History { frequency, recency, t });
            prop_assert!(found.value.is_finite());
            let mut derivatives = found.gradient.iter().chain(found.hessian.iter().flatten());
            prop_assert!(derivatives.all(|d| d.is_finite()), "{found:?}");
        }

        #[test]
        fn equal_scales_are_no_special_case((at, history) in case()) {
            let mut equal = at;
            equal[3] = at[1];
            let middle = terms_at(equal, &history);
            let [above, below] = [1e-9, -1e-9].map(|step| {
                let mut aside = equal;
                aside[3] += step;
                terms_at(aside, &history).value
            });
            let scale = 1e-8 * middle.value.abs().max(1.0);
            prop_assert!((middle.value - above).abs() <= scale * middle.gradient[3].abs().max(1.0));
            prop_assert!((middle.value - below).abs() <= scale * middle.gradient[3].abs().max(1.0));
        }
    }
}
