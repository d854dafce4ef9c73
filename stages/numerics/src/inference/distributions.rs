//! Quantiles and tails of the normal, Student's t and chi-square distributions.
//!
//! The special functions are those of the crates `statrs` and `libm`; this module keeps their
//! arguments within the ranges in which they neither panic nor lose digits.

use statrs::function::beta::{beta_reg, inv_beta_reg};
use statrs::function::erf::erfc_inv;
use statrs::function::gamma::gamma_ur;

/// Returns `x` with `P(X <= x) = p` for a standard normal `X`.
///
/// Minus infinity for `p <= 0`, infinity for `p >= 1`, NaN for NaN.
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        f64::NEG_INFINITY
    } else if p >= 1.0 {
        f64::INFINITY
    } else {
        // 1 - p is exact for p >= 1/2, so that the smaller tail keeps its digits.
        let tail = p.min(1.0 - p);
        let mut x = std::f64::consts::SQRT_2 * erfc_inv(2.0 * tail);
        // Newton on the log of the tail: `erfc_inv` itself is good to ten digits only.
        for _ in 0..2 {
            let found = normal_tail(x);
            let step = (found / tail).ln() * found * SQRT_TWO_PI * (0.5 * x * x).exp();
            x += if step.is_finite() { step } else { 0.0 }; // below 1e-300
        }
        if p < 0.5 { -x } else { x }
    }
}

const SQRT_TWO_PI: f64 = 2.506_628_274_631_000_5;

/// Returns `P(X > x)` for a standard normal `X`.
pub fn normal_tail(x: f64) -> f64 {
    0.5 * libm::erfc(x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Beyond this many degrees of freedom the beta function loses digits and the series below has all.
const SERIES_DEGREES: f64 = 2_000.0;

/// Returns `x` with `P(X <= x) = p` for Student's t with `degrees` degrees of freedom.
///
/// NaN unless `degrees > 0`; otherwise infinite at the ends as [`normal_quantile`]. Relative error
/// below 1e-9 for `p` between 1e-12 and 1 - 1e-12 and one degree of freedom or more.
pub fn student_t_quantile(p: f64, degrees: f64) -> f64 {
    if degrees.is_nan() || degrees <= 0.0 || p.is_nan() {
        return f64::NAN;
    }
    if p <= 0.0 || p >= 1.0 {
        return normal_quantile(p);
    }
    if degrees > SERIES_DEGREES {
        return cornish_fisher(normal_quantile(p), degrees);
    }
    // 1 - p is exact for p >= 1/2, so that the smaller tail keeps its digits.
    let tail = p.min(1.0 - p);
    let y = inv_beta_reg(degrees / 2.0, 0.5, 2.0 * tail);
    let start = (degrees * (1.0 - y) / y).sqrt();
    let x = polish_t(start, tail, degrees);
    if p < 0.5 { -x } else { x }
}

/// Newton steps on the log of the tail, which is close to linear in the log of `x`.
fn polish_t(start: f64, tail: f64, degrees: f64) -> f64 {
    let mut x = start;
    for _ in 0..3 {
        let found = student_t_tail(x, degrees);
        let log_density = log_t_density(x, degrees);
        let step = (found / tail).ln() * found / log_density.exp();
        if !step.is_finite() {
            return x;
        }
        x += step;
    }
    x
}

fn log_t_density(x: f64, degrees: f64) -> f64 {
    -statrs::function::beta::ln_beta(degrees / 2.0, 0.5)
        - 0.5 * degrees.ln()
        - 0.5 * (degrees + 1.0) * (x * x / degrees).ln_1p()
}

/// Abramowitz and Stegun 26.7.5, to the fourth order in `1 / degrees`.
fn cornish_fisher(z: f64, degrees: f64) -> f64 {
    let s = z * z;
    let g1 = (s + 1.0) / 4.0;
    let g2 = ((5.0 * s + 16.0) * s + 3.0) / 96.0;
    let g3 = (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0;
    let g4 = ((((79.0 * s + 776.0) * s + 1_482.0) * s - 1_920.0) * s - 945.0) / 92_160.0;
    let w = 1.0 / degrees;
    z * (1.0 + w * (g1 + w * (g2 + w * (g3 + w * g4))))
}

/// Returns `P(X > x)` for Student's t with `degrees` degrees of freedom.
///
/// NaN unless `degrees > 0`; infinitely many degrees are the normal distribution.
pub fn student_t_tail(x: f64, degrees: f64) -> f64 {
    if degrees.is_nan() || degrees <= 0.0 || x.is_nan() {
        return f64::NAN;
    }
    let beyond = if degrees > SERIES_DEGREES {
        normal_tail(hill_deviate(x, degrees))
    } else if x * x < 1.0 {
        // Near the middle `degrees / (degrees + x^2)` would lose the digits of `x^2`.
        0.5 - 0.5 * beta_reg(0.5, degrees / 2.0, x * x / (degrees + x * x))
    } else {
        0.5 * beta_reg(degrees / 2.0, 0.5, degrees / (degrees + x * x))
    };
    if x < 0.0 { 1.0 - beyond } else { beyond }
}

/// Returns the normal deviate of `|x|` with the same tail (Hill 1970, CACM Algorithm 395).
fn hill_deviate(x: f64, degrees: f64) -> f64 {
    if degrees.is_infinite() || x.is_infinite() {
        return x.abs();
    }
    let a = degrees - 0.5;
    let b = 48.0 * a * a;
    let y = a * (x * x / degrees).ln_1p();
    let correction = ((-0.4 * y - 3.3) * y - 24.0) * y - 85.5;
    (1.0 + (correction / (0.8 * y * y + 100.0 + b) + y + 3.0) / b) * y.sqrt()
}

/// Returns `P(X > x)` for chi-square with `degrees` degrees of freedom; 1 for `x <= 0`.
///
/// NaN unless `degrees > 0`.
pub fn chi_square_tail(x: f64, degrees: f64) -> f64 {
    if degrees.is_nan() || degrees <= 0.0 || degrees.is_infinite() || x.is_nan() {
        f64::NAN
    } else if x <= 0.0 {
        1.0
    } else if x.is_infinite() {
        0.0
    } else {
        gamma_ur(degrees / 2.0, x / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::assert_near;

    // All expected values come from mpmath at 40 digits, from the definitions by the incomplete
    // beta and gamma functions; scipy agrees to 1e-13.

    #[test]
    fn normal_quantiles_and_tails_are_right_to_the_last_digits() {
        for (p, x) in [
            (1e-12, -7.034_483_825_301_132),
            (1e-6, -4.753_424_308_822_899),
            (0.025, -1.959_963_984_540_054),
            (0.3, -0.524_400_512_708_040_8),
            (0.8, 0.841_621_233_572_914_4),
            (0.9999, 3.719_016_485_455_708),
        ] {
            assert_near(normal_quantile(p), x, 1e-12);
        }
        for (x, tail) in [
            (-3.0, 0.998_650_101_968_369_9),
            (0.5, 0.308_537_538_725_986_9),
            (5.0, 2.866_515_718_791_939e-7),
            (30.0, 4.906_713_927_148_187e-198),
        ] {
            assert_near(normal_tail(x), tail, 1e-11);
        }
        assert!(normal_quantile(0.5).abs() < 1e-15);
        assert!(normal_quantile(f64::MIN_POSITIVE / 4.0) < -37.0);
        assert!(normal_quantile(0.0) < f64::MIN && normal_quantile(1.0) > f64::MAX);
    }

    #[test]
    fn student_quantiles_are_right_for_few_and_many_degrees() {
        for (p, degrees, x) in [
            (0.975, 1.0, 12.706_204_736_174_694),
            (0.975, 1.5, 6.016_663_104_427_918),
            (0.975, 2.0, 4.302_652_729_749_462),
            (0.975, 17.776, 2.102_821_310_380_221),
            (0.975, 100.0, 1.983_971_518_523_551_8),
            (0.975, 1_999.0, 1.961_151_420_170_561_5),
            (0.975, 2_001.0, 1.961_150_232_622_441),
            (0.975, 1e6, 1.959_966_356_814_106_6),
            (0.6, 1.0, 0.324_919_696_232_906_23),
            (0.6, 8.0, 0.261_921_096_748_832_3),
            (0.6, 2_001.0, 0.253_380_789_975_911_9),
            (0.9995, 1.0, 636.619_248_768_789_7),
            (0.9995, 3.0, 12.923_978_636_687_965),
            (0.999_999, 1.5, 5_219.469_324_606_886),
            (0.999_999, 17.776, 6.904_098_071_390_873),
            (0.999_999, 1_999.0, 4.767_487_194_964_782),
            (0.999_999, 2_001.0, 4.767_473_102_874_944),
        ] {
            assert_near(student_t_quantile(p, degrees), x, 1e-10);
            assert_near(student_t_quantile(1.0 - p, degrees), -x, 1e-9);
        }
    }

    #[test]
    fn student_tails_are_right_for_few_and_many_degrees() {
        for (x, degrees, tail) in [
            (0.01, 1.0, 0.496_817_007_235_091_76),
            (0.01, 1_999.0, 0.496_011_142_606_405_33),
            (0.7, 30.0, 0.244_660_221_749_835_76),
            (1.5, 1.0, 0.187_167_041_810_998_83),
            (1.5, 2_001.0, 0.066_886_078_765_555_41),
            (4.0, 3.0, 0.014_004_228_005_073_083),
            (4.0, 1_999.0, 3.282_396_616_289_897e-5),
            (4.0, 1e5, 3.169_399_877_859_767e-5),
            (12.0, 30.0, 2.790_092_707_599_628e-13),
            (12.0, 1_999.0, 2.185_468_407_718_612_3e-32),
            (12.0, 2_001.0, 2.180_239_715_651_101e-32),
            (40.0, 1.0, 0.007_956_089_912_025_814),
        ] {
            assert_near(student_t_tail(x, degrees), tail, 1e-10);
            assert_near(student_t_tail(-x, degrees), 1.0 - tail, 1e-12);
        }
        assert_near(student_t_tail(1.0, f64::INFINITY), normal_tail(1.0), 1e-15);
    }

    #[test]
    fn chi_square_tails_are_right() {
        for (x, degrees, tail) in [
            (0.01, 1.0, 0.920_344_325_445_942),
            (3.84, 1.0, 0.050_043_521_248_705_106),
            (10.83, 1.0, 0.000_998_686_379_180_258_7),
            (3.84, 3.0, 0.279_267_617_118_610_2),
            (10.83, 10.0, 0.370_915_148_480_708_1),
            (50.0, 99.0, 0.999_990_054_546_812_4),
            (50.0, 3.0, 7.989_179_244_951_472e-11),
            (300.0, 99.0, 4.226_653_464_419_626e-22),
        ] {
            assert_near(chi_square_tail(x, degrees), tail, 1e-10);
        }
        let ends = [-1.0, 0.0, f64::INFINITY].map(|x| chi_square_tail(x, 2.0).to_bits());
        assert_eq!(ends, [1.0_f64, 1.0, 0.0].map(f64::to_bits));
    }

    #[test]
    fn arguments_without_meaning_give_nan() {
        for degrees in [0.0, -1.0, f64::NAN] {
            assert!(student_t_quantile(0.9, degrees).is_nan());
            assert!(student_t_tail(0.9, degrees).is_nan());
            assert!(chi_square_tail(0.9, degrees).is_nan());
        }
        assert!(normal_quantile(f64::NAN).is_nan());
    }
}
