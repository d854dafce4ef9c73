//! Expected purchases of a customer who is alive, at any parameters.
//!
//! Given the chance `p` of leaving and the rate of purchases, a living customer makes
//! `(1 - exp(-rate p t)) / p` purchases on average within `t`. Over the gamma distribution of the
//! rate that is `(1 - (1 + p w)^-R) / p` with `R = r + x` and `w = t / (alpha + T)`, and over the
//! beta distribution of `p`, with parameters `a` and `c`, it is
//!
//! `g(w) = integral of p^(a-2) (1-p)^(c-1) [1 - (1 + p w)^-R] dp / B(a, c)`.
//!
//! The textbook writes it with a Gauss hypergeometric function, which overflows for frequent
//! buyers and is 0/0 at `a = 1`. Both ways here add positive terms only.

use crate::btyd::special::{ln_gamma, ln_rising, softplus};

/// Terms that the series may cost before the integral is cheaper.
const MAX_TERMS: f64 = 1_000.0;

/// The chance of leaving and the rate of a living customer, as far as the history tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dropping {
    /// Parameters of the beta distribution of `p`.
    a: f64,
    c: f64,
    /// Shape `R` of the gamma distribution of the rate.
    shape: f64,
    /// `ln B(a, c)`.
    ln_beta: f64,
}

impl Dropping {
    pub(super) fn new(a: f64, c: f64, shape: f64) -> Self {
        Self { a, c, shape, ln_beta: ln_gamma(a) - ln_rising(c, a) }
    }

    /// Returns the expected purchases within `t = w (alpha + T)`, given that the customer is
    /// alive; 0 for `w <= 0`.
    pub(super) fn expected_while_alive(&self, w: f64) -> f64 {
        if w <= 0.0 || w.is_nan() {
            return 0.0;
        }
        let total = self.a + self.c - 1.0;
        let n_terms = (self.a + 40.0) * (1.0 + w);
        let expected = if total > 0.0 && self.shape <= 2.0 * total && n_terms <= MAX_TERMS {
            self.series(w)
        } else {
            self.integral(w)
        };
        expected.clamp(0.0, self.shape * w)
    }

    /// The hypergeometric form after Euler's transformation, its two parts joined term by term.
    ///
    /// With `z = w / (1 + w)`, `C = a + c - 1`, `A = C - R` and `Q_n = C (1 - (A)_n / (C)_n)`:
    /// `g = (1 - z)^(a-1) sum_{n>=1} (a)_{n-1} z^n Q_n / n!`, where `Q_1 = R` and
    /// `Q_{n+1} = Q_n + (C - Q_n) R / (C + n)`. All terms are positive for `R <= 2 C`.
    fn series(&self, w: f64) -> f64 {
        let (z, total) = (w / (1.0 + w), self.a + self.c - 1.0);
        let (mut power, mut rest, mut sum) = (z, self.shape, 0.0);
        let mut n = 1.0;
        loop {
            sum += power * rest;
            let ratio = (self.a - 1.0 + n) / (1.0 + n) * z;
            power *= ratio;
            // From here the terms are below a geometric series with the larger of the ratios.
            let decline = 1.0 - ratio.max(z);
            if power * 2.0 * total <= 0.5 * f64::EPSILON * sum * decline {
                return ((1.0 - self.a) * w.ln_1p()).exp() * sum;
            }
            rest += (total - rest) * self.shape / (total + n);
            n += 1.0;
        }
    }

    /// Gauss-Legendre over `s = logit p`, where the integrand is smooth and has one peak; its far
    /// tails, exponential in `s`, are integrated exactly.
    fn integral(&self, w: f64) -> f64 {
        let log_integrand = |s: f64| self.ln_integrand(s, w);
        // First-order coefficients of the integrand beside its exponential tails, in p and 1 - p.
        let left_bend = self.a + self.c + 0.5 * (self.shape + 1.0) * w;
        let right_bend = self.a + self.c + self.shape + 2.0;
        let left_end = (TAIL / left_bend).ln();
        let right_end = -(TAIL / right_bend).ln();
        let peak = self.peak(w, left_end, right_end);
        let top = log_integrand(peak);
        let from = edge(&log_integrand, peak, left_end, top - NEGLIGIBLE);
        let to = edge(&log_integrand, peak, right_end, top - NEGLIGIBLE);

        let bend = self.slope(peak - 1e-3, w) - self.slope(peak + 1e-3, w);
        let spread = (2e-3 / bend.max(f64::MIN_POSITIVE)).sqrt();
        let n_panels = ((to - from) / (4.0 * spread).min(2.0)).ceil().clamp(1.0, 1_000.0);
        let half = 0.5 * (to - from) / n_panels;
        let mut sum = 0.0;
        for panel in 0..n_panels as u32 {
            let middle = from + f64::from(2 * panel + 1) * half;
            for (node, weight) in NODES {
                sum += weight
                    * ((log_integrand(middle - half * node) - top).exp()
                        + (log_integrand(middle + half * node) - top).exp());
            }
        }
        let mut total = sum * half * top.exp();
        // An end that was not moved inwards has a tail behind it that counts.
        if from <= left_end {
            let height = (self.a * left_end - self.ln_beta).exp() * self.shape * w;
            total += height * (1.0 / self.a - left_bend * left_end.exp() / (self.a + 1.0));
        }
        if to >= right_end {
            let height = (-self.c * right_end - self.ln_beta).exp() * self.bought_before_leaving(w);
            let bend = self.a + self.c - 1.0 + self.decay(w);
            total += height * (1.0 / self.c - bend * (-right_end).exp() / (self.c + 1.0));
        }
        total
    }

    /// The log of the integrand by `s`, which is `p (1 - p)` times that by `p`.
    fn ln_integrand(&self, s: f64, w: f64) -> f64 {
        let (ln_p, ln_q) = (-softplus(-s), -softplus(s));
        let bought = self.bought_before_leaving(ln_p.exp() * w).max(f64::MIN_POSITIVE);
        (self.a - 1.0) * ln_p + self.c * ln_q + bought.ln() - self.ln_beta
    }

    /// The derivative of [`Self::ln_integrand`] by `s`; falls from `a` to `-c` or below.
    fn slope(&self, s: f64, w: f64) -> f64 {
        let (p, q) = (1.0 / (1.0 + (-s).exp()), 1.0 / (1.0 + s.exp()));
        self.a * q - self.c * p + q * (self.decay(p * w) - 1.0)
    }

    /// `1 - (1 + y)^-R`.
    fn bought_before_leaving(&self, y: f64) -> f64 {
        -(-self.shape * y.ln_1p()).exp_m1()
    }

    /// The derivative of the log of [`Self::bought_before_leaving`] by `ln y`, from 1 down to 0.
    fn decay(&self, y: f64) -> f64 {
        let grown = (self.shape * y.ln_1p()).exp_m1();
        if grown > 0.0 { (self.shape * y / (1.0 + y) / grown).min(1.0) } else { 1.0 }
    }

    fn peak(&self, w: f64, left: f64, right: f64) -> f64 {
        let (mut low, mut high) = (left, right);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if self.slope(middle, w) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }
}

/// How far into a tail its first-order form is taken: the error is the square of it.
const TAIL: f64 = 1e-7;

/// The integrand is left out where it has fallen by e to this.
const NEGLIGIBLE: f64 = 40.0;

/// Returns where the log-integrand falls to `level` between its peak and an end, or the end.
fn edge(log_integrand: &impl Fn(f64) -> f64, peak: f64, end: f64, level: f64) -> f64 {
    if log_integrand(end) > level {
        return end;
    }
    let (mut inner, mut outer) = (peak, end);
    for _ in 0..12 {
        let middle = 0.5 * (inner + outer);
        if log_integrand(middle) > level {
            inner = middle;
        } else {
            outer = middle;
        }
    }
    outer
}

/// Positive nodes and weights of the Gauss-Legendre rule of 16 points on [-1, 1].
const NODES: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_37, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_74),
    (0.755_404_408_355_003, 0.124_628_971_255_533_88),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_79),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_894),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_096),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_and_the_integral_agree() {
        for a in [0.05, 0.5, 1.0, 1.5, 10.0] {
            for c in [0.7, 2.5, 30.0, 3_000.0] {
                for shape in [0.05, 1.0, 5.0, 900.0] {
                    for w in [1e-3, 0.3, 3.0, 15.0] {
                        let dropping = Dropping::new(a, c, shape);
                        if a + c - 1.0 < 0.5 * shape || a + c <= 1.0 {
                            continue; // beyond the series
                        }
                        let (series, integral) = (dropping.series(w), dropping.integral(w));
                        let close = (series / integral - 1.0).abs() < 1e-12;
                        assert!(close, "{dropping:?} at {w}: {series} {integral}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_expectation_by_hand() {
        // a = 1, c = 1: p is uniform. With R = 1 the integrand is w / (1 + p w), so
        // g(w) = ln(1 + w).
        let dropping = Dropping::new(1.0, 1.0, 1.0);
        for w in [1e-6, 0.1, 1.0, 50.0, 1e6] {
            let found = dropping.expected_while_alive(w);
            assert!((found / w.ln_1p() - 1.0).abs() < 1e-12, "{w}: {found}");
        }
        let nothing = [0.0, -1.0, f64::NAN].map(|w| dropping.expected_while_alive(w).to_bits());
        assert_eq!(nothing, [0; 3]);
    }

    #[test]
    fn hardly_ever_leaving_is_a_poisson_process() {
        // Mean chance of leaving 1e-12: R w purchases.
        let dropping = Dropping::new(1e-4, 1e8, 3.0);
        assert!((dropping.expected_while_alive(2.0) / 6.0 - 1.0).abs() < 1e-6);
    }
}
