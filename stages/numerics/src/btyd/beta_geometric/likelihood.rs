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

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::BetaGeometric;
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
    let n_chunks = cells.len().div_ceil(CHUNK);
    let partial: Vec<[f64; N_SUMS]> = (0..n_chunks)
        .into_par_iter()
        .with_max_len(1)
        .map(|chunk| {
            let range = chunk * CHUNK..cells.len().min((chunk + 1) * CHUNK);
            chunk_sums(model, cells, range, time_unit_days)
        })
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
    range: std::ops::Range<usize>,
    time_unit_days: f64,
) -> [f64; N_SUMS] {
    let mut sums = [0.0; N_SUMS];
    let mut current: Option<OfFrequency> = None;
    for cell in range {
        let Some(history) = cells.history(cell, time_unit_days) else { continue };
        let of_frequency = match current {
            Some(known) if known.frequency == history.frequency => known,
            _ => OfFrequency::new(model, history.frequency),
        };
        current = Some(of_frequency);
        let n = cells.n_customers().get(cell).copied().map_or(0.0, f64::from);
        add(&mut sums, &of_frequency.derivatives(model, &history), n);
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
pub(super) struct OfFrequency {
    frequency: u32,
    x: f64,
    n_chances: f64,
    /// `ln (r)_x + ln (b)_m - ln (a + b)_m`.
    ln_factor: f64,
    /// `ln a - ln(b + m - 1)`.
    ln_odds: f64,
    /// Differences of psi and psi' at `r`, at `b`, at `a + b`.
    psi: [f64; 3],
    psi1: [f64; 3],
}

impl OfFrequency {
    /// For [`Self::ln_likelihood`] alone: without derivatives.
    pub(super) fn value_only(model: &BetaGeometric, frequency: u32) -> Self {
        let BetaGeometric { dropout, r, a, b, .. } = *model;
        let (x, n_chances) = (f64::from(frequency), dropout.n_chances(frequency));
        Self {
            frequency,
            x,
            n_chances,
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
        let active_until = |time: f64| self.ln_active(model, (time / model.alpha).ln_1p());
        if self.n_chances <= 0.0 {
            return active_until(history.t);
        }
        let ln_odds = self.ln_odds + (model.r + self.x) * quiet(model.alpha, history);
        // The likelier of the two ways is taken whole, so that nothing cancels.
        if ln_odds > 0.0 {
            active_until(history.recency) + self.ln_odds + softplus(-ln_odds)
        } else {
            active_until(history.t) + softplus(ln_odds)
        }
    }

    /// The log density of the purchases of who then was active for a time without any;
    /// `grown` is `ln((alpha + time) / alpha)` for the time since the first purchase.
    fn ln_active(&self, model: &BetaGeometric, grown: f64) -> f64 {
        self.ln_factor - model.r * grown - self.x * (model.alpha.ln() + grown)
    }

    fn derivatives(&self, model: &BetaGeometric, history: &History) -> [f64; N_SUMS] {
        let BetaGeometric { r, alpha, .. } = *model;
        let (per_t, per_alpha) = (1.0 / (alpha + history.t), 1.0 / alpha);
        let shape = r + self.x;
        let grown = (history.t * per_alpha).ln_1p();
        let [psi_r, psi_b, psi_ab] = self.psi;
        let [psi1_r, psi1_b, psi1_ab] = self.psi1;
        let mut sums = [
            self.ln_active(model, grown),
            psi_r - grown,
            r * per_alpha - shape * per_t,
            -psi_ab,
            psi_b - psi_ab,
            psi1_r,
            history.t * per_alpha * per_t, // 1 / alpha - 1 / (alpha + T)
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
            self.add_having_left(model, history, &mut sums);
        }
        sums
    }

    /// Adds `ln(1 + e^D)` with its derivatives: `w D_i` and `w (1 - w) D_i D_j + w D_ij`.
    fn add_having_left(&self, model: &BetaGeometric, history: &History, sums: &mut [f64; N_SUMS]) {
        let BetaGeometric { r, alpha, a, b, .. } = *model;
        let shape = r + self.x;
        let (per_t, per_recency) = (1.0 / (alpha + history.t), 1.0 / (alpha + history.recency));
        let quiet = ((history.t - history.recency) * per_recency).ln_1p();
        let ln_odds = self.ln_odds + shape * quiet;
        let e = (-ln_odds.abs()).exp();
        let (share, other) = (1.0 / (1.0 + e), e / (1.0 + e));
        let (left, alive) = if ln_odds >= 0.0 { (share, other) } else { (other, share) };
        if ln_odds > 0.0 {
            let grown = (history.recency / alpha).ln_1p();
            sums[0] = self.ln_active(model, grown) + self.ln_odds;
        }
        sums[0] += e.ln_1p();

        // 1 / (alpha + T) - 1 / (alpha + t_x), without cancellation.
        let fall = (history.recency - history.t) * per_t * per_recency;
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
            OfFrequency::value_only(&model, 0).ln_likelihood(&model, &history)
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
                    let known = OfFrequency::value_only(&model, history.frequency);
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
