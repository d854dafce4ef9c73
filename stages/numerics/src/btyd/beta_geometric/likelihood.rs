//! Log-likelihood of histories, with gradient and Hessian by `r`, `alpha`, `a` and `b`.
//!
//! Fader, Hardie and Lee (2005, eq. 6): with `m` chances to leave after a repeat or any purchase,
//!
//! `ln L = ln (r)_x + ln (b)_m - ln (a + b)_m + r ln alpha - (r + x) ln(alpha + T) + ln(1 + e^D)`,
//!
//! where `(z)_n` is the rising factorial and
//! `D = ln a - ln(b + m - 1) + (r + x) ln((alpha + T) / (alpha + t_x))` are the log-odds of having
//! left after the last purchase, absent when `m = 0`. What depends on `x` alone, all gamma
//! functions among it, is computed once for customers with equal frequency.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::BetaGeometric;
use super::growth::{Growth, GrowthByDay};
use crate::btyd::cells::chunks;
use crate::btyd::special::{digamma_difference, ln_rising, softplus, trigamma_difference};
use crate::btyd::{Cells, Evaluation, History};

/// Cells summed by one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4_096;

/// Value, four first and ten second derivatives.
const N_SUMS: usize = 15;

/// Place of the second derivative of each pair of parameters among the sums.
const PLACES: [[usize; 4]; 4] = [[5, 6, 7, 8], [6, 9, 10, 11], [7, 10, 12, 13], [8, 11, 13, 14]];

/// Returns the log-likelihood of all customers, with derivatives by `r`, `alpha`, `a`, `b`.
pub(super) fn evaluate(model: &BetaGeometric, cells: &Cells, time_unit_days: f64) -> Evaluation {
    let max_t_days = cells.max_t_days(0..cells.len());
    let growth = GrowthByDay::new(model.alpha, time_unit_days, max_t_days, cells.len());
    let chunks: Vec<Range<usize>> = chunks(0..cells.len(), CHUNK).collect();
    let partial: Vec<[f64; N_SUMS]> = chunks
        .into_par_iter()
        .with_max_len(1)
        .map(|range| sums_of(model, cells, range, &growth))
        .collect();
    let mut sums = [0.0; N_SUMS];
    for part in partial {
        add(&mut sums, &part, 1.0);
    }
    evaluation_of(&sums)
}

/// Returns value, gradient and Hessian from their sums.
pub(super) fn evaluation_of(sums: &[f64; N_SUMS]) -> Evaluation {
    Evaluation {
        value: sums[0],
        gradient: sums[1..5].to_vec(),
        hessian: PLACES.iter().flatten().map(|&place| sums[place]).collect(),
    }
}

/// Sums value and derivatives over some of the cells.
pub(super) fn chunk_sums(
    model: &BetaGeometric,
    cells: &Cells,
    range: Range<usize>,
    time_unit_days: f64,
) -> [f64; N_SUMS] {
    let max_t_days = cells.max_t_days(range.clone());
    let growth = GrowthByDay::new(model.alpha, time_unit_days, max_t_days, range.len());
    sums_of(model, cells, range, &growth)
}

fn sums_of(
    model: &BetaGeometric,
    cells: &Cells,
    range: Range<usize>,
    growth: &GrowthByDay,
) -> [f64; N_SUMS] {
    let mut sums = [0.0; N_SUMS];
    let mut current: Option<ByFrequency> = None;
    let frequencies = cells.frequency().get(range.clone()).unwrap_or_default();
    let recency_days = cells.recency_days().get(range.clone()).unwrap_or_default();
    let t_days = cells.t_days().get(range.clone()).unwrap_or_default();
    let customers = cells.n_customers().get(range).unwrap_or_default();
    let days = recency_days.iter().zip(t_days);
    for ((&frequency, (&recency_days, &t_days)), &n) in frequencies.iter().zip(days).zip(customers)
    {
        let known = match current {
            Some(known) if known.frequency == frequency => known,
            _ => ByFrequency::new(model, frequency),
        };
        current = Some(known);
        let part = known.derivatives(model, &growth.at(recency_days), &growth.at(t_days));
        add(&mut sums, &part, f64::from(n));
    }
    sums
}

fn add(sums: &mut [f64; N_SUMS], part: &[f64; N_SUMS], weight: f64) {
    for (sum, part) in sums.iter_mut().zip(part) {
        *sum += weight * part;
    }
}

/// Returns `D`, or `None` for who had no chance to leave.
pub(super) fn ln_odds_of_having_left(model: &BetaGeometric, history: &History) -> Option<f64> {
    let n_chances = model.dropout.n_chances(history.frequency);
    let shape = model.r + f64::from(history.frequency);
    (n_chances > 0.0).then(|| {
        (model.a / (model.b + (n_chances - 1.0))).ln() + shape * quiet(model.alpha, history)
    })
}

/// `ln((alpha + T) / (alpha + t_x))`, exact when the last purchase is recent.
fn quiet(alpha: f64, history: &History) -> f64 {
    ((history.t - history.recency) / (alpha + history.recency)).ln_1p()
}

/// What the likelihood takes from the frequency alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByFrequency {
    frequency: u32,
    x: f64,
    /// `r + x`.
    shape: f64,
    n_chances: f64,
    /// `ln alpha`.
    ln_alpha: f64,
    /// `ln (r)_x + ln (b)_m - ln (a + b)_m`.
    ln_factor: f64,
    /// `ln a - ln(b + m - 1)`.
    ln_odds: f64,
    /// Differences of psi and psi' at `r`, at `b`, at `a + b`.
    psi: [f64; 3],
    psi1: [f64; 3],
}

impl ByFrequency {
    /// For [`Self::ln_likelihood`] alone: without derivatives.
    pub(super) fn value_only(model: &BetaGeometric, frequency: u32) -> Self {
        let BetaGeometric { dropout, r, alpha, a, b } = *model;
        let (x, n_chances) = (f64::from(frequency), dropout.n_chances(frequency));
        Self {
            frequency,
            x,
            shape: r + x,
            n_chances,
            ln_alpha: alpha.ln(),
            ln_factor: ln_rising(r, x) + ln_rising(b, n_chances) - ln_rising(a + b, n_chances),
            ln_odds: (a / (b + (n_chances - 1.0))).ln(),
            psi: [0.0; 3],
            psi1: [0.0; 3],
        }
    }

    fn new(model: &BetaGeometric, frequency: u32) -> Self {
        let value_only = Self::value_only(model, frequency);
        let arguments = [
            (model.r, value_only.x),
            (model.b, value_only.n_chances),
            (model.a + model.b, value_only.n_chances),
        ];
        Self {
            psi: arguments.map(|(z, h)| digamma_difference(z, h)),
            psi1: arguments.map(|(z, h)| trigamma_difference(z, h)),
            ..value_only
        }
    }

    /// Returns the log-likelihood of one history with this frequency.
    pub(super) fn ln_likelihood(&self, model: &BetaGeometric, history: &History) -> f64 {
        let grown = |time: f64| (time / model.alpha).ln_1p();
        let (then, now) = (grown(history.recency), grown(history.t));
        self.ln_likelihood_of(model, then, now, quiet(model.alpha, history))
    }

    /// Returns it from `ln((alpha + time) / alpha)` at the last purchase and at the end.
    pub(super) fn ln_likelihood_at(&self, model: &BetaGeometric, then: f64, now: f64) -> f64 {
        self.ln_likelihood_of(model, then, now, now - then)
    }

    fn ln_likelihood_of(&self, model: &BetaGeometric, then: f64, now: f64, quiet: f64) -> f64 {
        match self.ln_odds_of_having_left(quiet) {
            None => self.ln_active(model, now),
            // The likelier of the two ways is taken whole, so that nothing cancels.
            Some(odds) if odds > 0.0 => {
                self.ln_active(model, then) + self.ln_odds + softplus(-odds)
            }
            Some(odds) => self.ln_active(model, now) + softplus(odds),
        }
    }

    /// Returns `D` from `ln((alpha + T) / (alpha + t_x))`, or `None` for who had no chance to leave.
    pub(super) fn ln_odds_of_having_left(&self, quiet: f64) -> Option<f64> {
        (self.n_chances > 0.0).then_some(self.ln_odds + self.shape * quiet)
    }

    /// The log density of the purchases of who then was active for a time without any;
    /// `grown` is `ln((alpha + time) / alpha)` for the time since the first purchase.
    fn ln_active(&self, model: &BetaGeometric, grown: f64) -> f64 {
        self.ln_factor - model.r * grown - self.x * (self.ln_alpha + grown)
    }

    fn derivatives(&self, model: &BetaGeometric, then: &Growth, now: &Growth) -> [f64; N_SUMS] {
        let BetaGeometric { r, alpha, .. } = *model;
        let (per_t, per_alpha) = (now.per, 1.0 / alpha);
        let (shape, grown) = (self.shape, now.ln);
        let [psi_r, psi_b, psi_ab] = self.psi;
        let [psi1_r, psi1_b, psi1_ab] = self.psi1;
        let mut sums = [
            self.ln_active(model, grown),
            psi_r - grown,
            r * per_alpha - shape * per_t,
            -psi_ab,
            psi_b - psi_ab,
            psi1_r,
            now.time * per_alpha * per_t, // 1 / alpha - 1 / (alpha + T)
            0.0,
            0.0,
            shape * per_t * per_t - r * per_alpha * per_alpha,
            0.0,
            0.0,
            -psi1_ab,
            -psi1_ab,
            psi1_b - psi1_ab,
        ];
        if self.n_chances > 0.0 {
            self.add_having_left(model, then, now, &mut sums);
        }
        sums
    }

    /// Adds `ln(1 + e^D)` with its derivatives: `w D_i` and `w (1 - w) D_i D_j + w D_ij`.
    fn add_having_left(
        &self,
        model: &BetaGeometric,
        then: &Growth,
        now: &Growth,
        sums: &mut [f64; N_SUMS],
    ) {
        let BetaGeometric { a, b, .. } = *model;
        let shape = self.shape;
        let (per_t, per_recency) = (now.per, then.per);
        let quiet = now.ln - then.ln;
        let ln_odds = self.ln_odds + shape * quiet;
        let e = (-ln_odds.abs()).exp();
        let (share, other) = (1.0 / (1.0 + e), e / (1.0 + e));
        let (left, alive) = if ln_odds >= 0.0 { (share, other) } else { (other, share) };
        if ln_odds > 0.0 {
            sums[0] = self.ln_active(model, then.ln) + self.ln_odds;
        }
        sums[0] += e.ln_1p();

        // 1 / (alpha + T) - 1 / (alpha + t_x), without cancellation.
        let fall = (then.time - now.time) * per_t * per_recency;
        let per_b = 1.0 / (b + (self.n_chances - 1.0));
        let first = [quiet, shape * fall, 1.0 / a, -per_b];
        for (sum, d) in sums[1..5].iter_mut().zip(first) {
            *sum += left * d;
        }
        for (i, row) in PLACES.iter().enumerate() {
            for (j, &place) in row.iter().enumerate().skip(i) {
                sums[place] += left * alive * first[i] * first[j];
            }
        }
        sums[6] += left * fall;
        sums[9] -= left * shape * fall * (per_t + per_recency);
        sums[12] -= left / (a * a);
        sums[14] += left * per_b * per_b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btyd::Dropout;

    const PARAMETERS: [f64; 4] = [0.6, 7.0, 0.9, 2.2];

    fn model(dropout: Dropout, [r, alpha, a, b]: [f64; 4]) -> BetaGeometric {
        BetaGeometric::new(dropout, r, alpha, a, b).expect("possible")
    }

    fn cells() -> Cells {
        // Without and with repeats, T of 0, a last purchase today and long ago, many purchases.
        let frequency = [0_i64, 0, 1, 1, 3, 40, 40, 2_000];
        let recency_days = [0_i64, 0, 10, 200, 90, 365, 100, 30];
        let t_days = [0_i64, 365, 365, 200, 100, 365, 365, 700];
        Cells::compress(&frequency, &recency_days, &t_days).expect("histories").0
    }

    #[test]
    fn likelihoods_of_a_first_purchase_follow_from_their_definitions() {
        // Nobody came back within T = alpha: the gamma mixture of exp(-rate T) is 2^-r.
        let history = History { frequency: 0, recency: 0.0, t: 7.0 };
        let bg = model(Dropout::AfterRepeats, PARAMETERS).dropout();
        assert_eq!(bg, Dropout::AfterRepeats);
        let of = |dropout| {
            let model = model(dropout, PARAMETERS);
            ByFrequency::value_only(&model, 0).ln_likelihood(&model, &history)
        };
        assert!((of(Dropout::AfterRepeats) - -0.6 * 2.0_f64.ln()).abs() < 1e-15);
        // MBG/NBD: gone at once with chance a / (a + b), or not.
        let expected = (0.9 / 3.1 + 2.2 / 3.1 * 2.0_f64.powf(-0.6)).ln();
        assert!((of(Dropout::AfterEvery) - expected).abs() < 1e-15);
    }

    #[test]
    fn derivatives_equal_differences() {
        let cells = cells();
        for dropout in [Dropout::AfterRepeats, Dropout::AfterEvery] {
            let at = evaluate(&model(dropout, PARAMETERS), &cells, 7.0);
            let sum: f64 = cells
                .histories(7.0)
                .map(|(history, n)| {
                    let model = model(dropout, PARAMETERS);
                    let known = ByFrequency::value_only(&model, history.frequency);
                    f64::from(n) * known.ln_likelihood(&model, &history)
                })
                .sum();
            assert!((at.value - sum).abs() <= 1e-13 * sum.abs());
            for i in 0..4 {
                let moved = |sign: f64| {
                    let mut parameters = PARAMETERS;
                    parameters[i] *= 1.0 + sign * 1e-5;
                    evaluate(&model(dropout, parameters), &cells, 7.0)
                };
                let (up, down) = (moved(1.0), moved(-1.0));
                let step = 2e-5 * PARAMETERS[i];
                let slope = (up.value - down.value) / step;
                let scale = at.gradient[i].abs().max(1.0);
                assert!((slope - at.gradient[i]).abs() < 1e-5 * scale, "{dropout:?} {i}");
                for j in 0..4 {
                    let bend = (up.gradient[j] - down.gradient[j]) / step;
                    let found = at.hessian[i * 4 + j];
                    assert!((bend - found).abs() < 1e-6 * found.abs().max(1.0), "{i} {j} {bend}");
                }
            }
        }
    }
}
