//! The special functions of the Pareto/NBD and the BG/BB: `2F1(a, b; a + 1; z)` and Tricomi's `U`.

use super::quadrature::{LogConcave, ln_integral};

/// `integral over (0, span) of (1 + u/alpha)^-p (1 + u/beta)^-q du`, where `p + q > 1`.
///
/// In `v = ln(1 + u/m)`, where `m` is the smaller of `alpha` and `beta` and `M` the larger, the
/// integrand is `m e^-cv (1 + rho (e^v - 1))^-P` with `c + 1` the exponent of `m`, `P` that of `M`
/// and `rho = m/M`: log-concave, and analytic up to `pi` off the axis. Whether `alpha` or `beta`
/// is the larger makes no difference, and nothing happens where they are equal.
#[derive(Debug, Clone, Copy)]
pub(super) struct PowerIntegral {
    shorter: f64,
    decay: f64,
    longer_exponent: f64,
    ratio: f64,
    end: f64,
    alpha_is_shorter: bool,
}

/// A node of a [`PowerIntegral`].
#[derive(Debug, Clone, Copy)]
pub(super) struct PowerPoint {
    /// `u / m`.
    growth: f64,
    ln_shorter: f64,
    ln_longer: f64,
}

/// A node in the terms of the integral.
#[derive(Debug, Clone, Copy)]
pub(super) struct PowerNode {
    /// `u`.
    pub(super) u: f64,
    /// `ln(1 + u/alpha)`.
    pub(super) ln_alpha_growth: f64,
    /// `ln(1 + u/beta)`.
    pub(super) ln_beta_growth: f64,
}

impl PowerIntegral {
    pub(super) fn new((alpha, p): (f64, f64), (beta, q): (f64, f64), span: f64) -> Self {
        let alpha_is_shorter = alpha <= beta;
        let ((shorter, shorter_exponent), (longer, longer_exponent)) =
            if alpha_is_shorter { ((alpha, p), (beta, q)) } else { ((beta, q), (alpha, p)) };
        Self {
            shorter,
            decay: shorter_exponent - 1.0,
            longer_exponent,
            ratio: shorter / longer,
            end: (span / shorter).ln_1p(),
            alpha_is_shorter,
        }
    }

    /// Returns the logarithm of the integral; minus infinity for no span.
    pub(super) fn ln_value(&self) -> f64 {
        self.shorter.ln() + ln_integral(self, self.peak(), self.end, |_, _| ())
    }

    /// Visits nodes with weights that are proportional to the integrand, and returns
    /// [`Self::ln_value`].
    pub(super) fn visit(&self, mut visit: impl FnMut(PowerNode, f64)) -> f64 {
        let ln = ln_integral(self, self.peak(), self.end, |point: PowerPoint, weight| {
            let (ln_alpha_growth, ln_beta_growth) = if self.alpha_is_shorter {
                (point.ln_shorter, point.ln_longer)
            } else {
                (point.ln_longer, point.ln_shorter)
            };
            let u = self.shorter * point.growth;
            visit(PowerNode { u, ln_alpha_growth, ln_beta_growth }, weight);
        });
        self.shorter.ln() + ln
    }

    /// Where the slope is zero, within the interval.
    fn peak(&self) -> f64 {
        let rise = -self.decay;
        if rise <= self.longer_exponent * self.ratio {
            return 0.0;
        }
        // e^v = rise (1 - rho) / (rho (P - rise)); P > rise because p + q > 1.
        let growth =
            rise * (1.0 - self.ratio) / (self.ratio * (self.longer_exponent - rise));
        growth.ln().clamp(0.0, self.end)
    }
}

impl LogConcave for PowerIntegral {
    type Point = PowerPoint;

    fn ln_value(&self, v: f64) -> (f64, PowerPoint) {
        let growth = v.exp_m1();
        let ln_longer = (self.ratio * growth).ln_1p();
        let ln_value = -self.decay * v - self.longer_exponent * ln_longer;
        (ln_value, PowerPoint { growth, ln_shorter: v, ln_longer })
    }

    fn slope(&self, v: f64) -> f64 {
        let grown = self.ratio * v.exp();
        -self.decay - self.longer_exponent * grown / (1.0 - self.ratio + grown)
    }
}

/// Returns `ln 2F1(a, b; a + 1; z)`, the function in the likelihood of the Pareto/NBD.
///
/// For `a > 0`, `0 < b < a + 1` and `0 <= z < 1`; NaN elsewhere. Error about 1e-13, relative where
/// the logarithm exceeds 1. With `a = r + s + x` and `b = s + 1` or `r + x` it is `F_0` of Fader
/// and Hardie (2005, "A note on deriving the Pareto/NBD model"), and by Euler's transformation
/// `2F1(1, c - b; c; z) = (1 - z)^(b - 1) 2F1(c - 1, b; c; z)` that of the BG/BB.
pub fn ln_hypergeometric_2f1(a: f64, b: f64, z: f64) -> f64 {
    ln_2f1_by_complement(a, b, 1.0 - z)
}

/// Up to this argument the power series has at most 60 terms.
const SERIES_MAX_Z: f64 = 0.5;

/// Takes `1 - z`, which keeps its digits where `z` is close to 1.
///
/// Euler's integral is split at `z u = 1/2`: below it a series of positive terms, above it
/// quadrature, so that nothing cancels and nothing is slow as `z` nears 1.
pub(super) fn ln_2f1_by_complement(a: f64, b: f64, not_z: f64) -> f64 {
    let are_legal = a > 0.0 && a.is_finite() && b > 0.0 && b < a + 1.0;
    if !are_legal || not_z <= 0.0 || not_z > 1.0 || not_z.is_nan() {
        return f64::NAN;
    }
    let z = 1.0 - not_z;
    if z <= SERIES_MAX_Z {
        return ln_series_2f1(a, b, z);
    }
    // u = 1/(1 + y): y to 2z - 1 by quadrature, beyond it the function itself, at 1/2.
    let near = PowerIntegral::new((1.0, a + 1.0 - b), (not_z, b), 2.0 * z - 1.0);
    let ln_near = a.ln() - b * not_z.ln() + near.ln_value();
    let ln_far = -a * (2.0 * z).ln() + ln_series_2f1(a, b, SERIES_MAX_Z);
    ln_sum_exp(ln_near, ln_far)
}

/// `(1 - z)^(1 - b) sum (a + 1 - b)_n / (a + 1)_n z^n`: Euler's transformation of the power series.
fn ln_series_2f1(a: f64, b: f64, z: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0, 1.0, 0.0);
    while term > f64::EPSILON * 0.25 * sum {
        term *= z * (a + 1.0 - b + n) / (a + 1.0 + n);
        sum += term;
        n += 1.0;
    }
    (1.0 - b) * (-z).ln_1p() + sum.ln()
}

/// Returns Tricomi's `U(s, s, z)`, which is `e^z Gamma(1 - s, z)`.
///
/// For `s > 0` and `z > 0`, infinite where it exceeds the largest number; NaN elsewhere. Relative
/// error about 1e-14 times `1 + s |ln z|`.
pub fn tricomi_u(s: f64, z: f64) -> f64 {
    ((1.0 - s) * z.ln() + ln_discounted_survival(s, z)).exp()
}

/// Returns `ln of the integral over t > 0 of e^(-z t) (1 + t)^(-s)`, where `s > 0` and `z > 0`.
///
/// It is `ln U(1, 2 - s, z)`, and `z^(1-s)` times it is `U(s, s, z)` by Kummer's transformation
/// (Abramowitz and Stegun 13.1.29). NaN elsewhere.
pub(super) fn ln_discounted_survival(s: f64, z: f64) -> f64 {
    let is_defined = s > 0.0 && z > 0.0 && s.is_finite() && z.is_finite();
    if !is_defined {
        return f64::NAN;
    }
    let function = DiscountedSurvival { rise: 1.0 - s, z };
    let peak = (function.rise / z).max(1.0).ln();
    // Beyond z e^v = z + 60 the integrand is below e^-50 of its peak for every s.
    ln_integral(&function, peak, (60.0 / z).ln_1p(), |(), _| ())
}

/// `e^(rise v - z (e^v - 1))`: the integrand in `v = ln(1 + t)`.
#[derive(Debug, Clone, Copy)]
struct DiscountedSurvival {
    rise: f64,
    z: f64,
}

impl LogConcave for DiscountedSurvival {
    type Point = ();

    fn ln_value(&self, v: f64) -> (f64, ()) {
        (self.rise * v - self.z * v.exp_m1(), ())
    }

    fn slope(&self, v: f64) -> f64 {
        self.rise - self.z * v.exp()
    }
}

/// Returns `ln(e^a + e^b)` without overflow.
pub(super) fn ln_sum_exp(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low.is_infinite() { high } else { high + (low - high).exp().ln_1p() }
}
