//! The special functions of the Pareto/NBD and the BG/BB: `2F1(a, b; a + 1; z)` and Tricomi's `U`.

use super::power_integral::PowerIntegral;
use super::quadrature::{LogConcave, ln_integral};
use super::special::ln_add_exp;

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
    ln_add_exp(ln_near, ln_far)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_near(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "found {found:e}, expected {expected:e}");
    }

    #[test]
    fn elementary_cases_of_2f1_hold() {
        for z in [1e-9_f64, 0.3, 0.5, 0.500_001, 0.9, 0.999, 1.0 - 1e-9] {
            // 2F1(1, 1; 2; z) = -ln(1 - z)/z; 2F1(2, 1; 3; z) = -2 (z + ln(1 - z))/z^2.
            let log = -(-z).ln_1p();
            assert_near(ln_hypergeometric_2f1(1.0, 1.0, z), (log / z).ln(), 1e-14);
            if z > 0.1 {
                let expected = (2.0 * (log - z) / (z * z)).ln();
                assert_near(ln_hypergeometric_2f1(2.0, 1.0, z), expected, 1e-13);
            }
        }
        assert_near(ln_hypergeometric_2f1(3.0, 2.0, 0.0), 0.0, 0.0);
    }

    #[test]
    fn elementary_cases_of_u_hold() {
        // U(1, 1, z) = e^z E1(z): E1(1) = .2193839343955203, A&S table 5.1.
        assert_near(tricomi_u(1.0, 1.0), 0.219_383_934_395_520_3 * 1.0_f64.exp(), 1e-15);
        // U(1/2, 1/2, z) = sqrt(pi) e^z erfc(sqrt z).
        for z in [1e-6, 0.04, 1.0, 9.0] {
            let expected = std::f64::consts::PI.sqrt() * f64::exp(z) * libm::erfc(f64::sqrt(z));
            assert_near(tricomi_u(0.5, z), expected, 1e-13 * expected);
        }
    }

    #[test]
    fn arguments_without_meaning_give_nan() {
        for (a, b, z) in [
            (0.0, 1.0, 0.5),
            (1.0, 0.0, 0.5),
            (1.0, 2.0, 0.5),
            (1.0, 1.0, 1.0),
            (1.0, 1.0, -0.1),
            (1.0, 1.0, f64::NAN),
            (f64::NAN, 1.0, 0.5),
        ] {
            assert!(ln_hypergeometric_2f1(a, b, z).is_nan(), "{a} {b} {z}");
        }
        for (s, z) in [(0.0, 1.0), (1.0, 0.0), (1.0, -1.0), (f64::NAN, 1.0), (1.0, f64::INFINITY)] {
            assert!(tricomi_u(s, z).is_nan(), "{s} {z}");
        }
    }

    proptest! {
        /// Gauss's contiguous relation: `a F(a+1, b; a+2; z)` from `F(a, b; a+1; z)`, where
        /// `(a + 1 - b) z F(a+1, b; a+2; z) = (a+1) (F(a, b; a+1; z) - (1-z)^(1-b))`.
        #[test]
        fn neighbours_are_related(ln_a in -5.0..7.0_f64, share in 0.01..0.9_f64, z in 0.05..0.99_f64) {
            let a = ln_a.exp();
            let b = share * (a + 1.0);
            let here = ln_hypergeometric_2f1(a, b, z);
            let next = ln_hypergeometric_2f1(a + 1.0, b, z);
            let by_next = ((a + 1.0 - b) * z / (a + 1.0)).ln() + next;
            let expected = ln_add_exp(by_next, (1.0 - b) * (-z).ln_1p());
            prop_assert!((here - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{here} {expected}");
        }

        /// By parts: `s I(s + 1) = 1 - z I(s)`, where `I` is the discounted survival.
        #[test]
        fn discounted_survivals_are_related(ln_s in -6.0..6.0_f64, ln_z in -12.0..6.0_f64) {
            let (s, z) = (ln_s.exp(), ln_z.exp());
            let [this, next] = [s, s + 1.0].map(|s| ln_discounted_survival(s, z).exp());
            prop_assert!((s * next + z * this - 1.0).abs() < 1e-13);
        }
    }
}
