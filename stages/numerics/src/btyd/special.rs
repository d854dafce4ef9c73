//! Gamma functions and their logarithmic derivatives, and above all *differences* of them.
//!
//! Likelihoods of purchase counts need `ln G(z + h) - ln G(z)`, where two large numbers can leave
//! a small one. Here the difference itself is computed, to nearly all digits, by the asymptotic
//! series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12) after both arguments are raised to 16
//! or more by the recurrence.

/// From here on the series to the orders below are exact to a double's last digits.
const ASYMPTOTIC: f64 = 16.0;

/// Returns the logarithm of the gamma function of `z > 0`.
pub fn ln_gamma(z: f64) -> f64 {
    libm::lgamma(z)
}

/// Returns `ln G(z + h) - ln G(z)`, the log of the rising factorial, for `z > 0` and `h >= 0`.
pub fn ln_rising(z: f64, h: f64) -> f64 {
    if let Some(n) = few_steps(h) {
        return rising_product(z, n);
    }
    let n_raised = raises(z);
    // Prod z_i / (z_i + h), and beside it what is missing to 1: exact where h is small.
    let (mut ratio, mut missing) = (1.0_f64, 0.0_f64);
    for i in 0..n_raised {
        let from = z + f64::from(i);
        missing += ratio * (h / (from + h));
        ratio *= from / (from + h);
    }
    let raised = if missing < 0.5 { (-missing).ln_1p() } else { ratio.ln() };
    let (z, top) = (z + f64::from(n_raised), z + f64::from(n_raised) + h);
    let leading = (z - 0.5) * (h / z).ln_1p() + h * (top.ln() - 1.0);
    leading + (stirling_rest(top) - stirling_rest(z)) + raised
}

/// `z (z + 1) ... (z + n - 1)`, in parts that neither overflow nor underflow.
fn rising_product(z: f64, n: u32) -> f64 {
    let (mut product, mut sum) = (1.0, 0.0);
    for i in 0..n {
        product *= z + f64::from(i);
        if !(1e-100..1e100).contains(&product) {
            sum += product.ln();
            product = 1.0;
        }
    }
    sum + product.ln()
}

/// Returns `psi(z + h) - psi(z)` for `z > 0` and `h >= 0`.
pub fn digamma_difference(z: f64, h: f64) -> f64 {
    if let Some(n) = few_steps(h) {
        return (0..n).map(|i| 1.0 / (z + f64::from(i))).sum();
    }
    let n_raised = raises(z);
    let raised: f64 =
        (0..n_raised).map(|i| z + f64::from(i)).map(|from| h / (from * (from + h))).sum();
    let (z, top) = (z + f64::from(n_raised), z + f64::from(n_raised) + h);
    let leading = (h / z).ln_1p() + 0.5 * h / (z * top);
    raised + leading + (digamma_rest(top) - digamma_rest(z))
}

/// Returns `psi'(z + h) - psi'(z)`, 0 or below, for `z > 0` and `h >= 0`.
pub fn trigamma_difference(z: f64, h: f64) -> f64 {
    if let Some(n) = few_steps(h) {
        return -(0..n).map(|i| (z + f64::from(i)).powi(-2)).sum::<f64>();
    }
    let n_raised = raises(z);
    let fall = |from: f64| h * (2.0 * from + h) / (from * (from + h)).powi(2);
    let raised: f64 = (0..n_raised).map(|i| fall(z + f64::from(i))).sum();
    let (z, top) = (z + f64::from(n_raised), z + f64::from(n_raised) + h);
    let leading = h / (z * top) + 0.5 * fall(z);
    -raised - leading + (trigamma_rest(top) - trigamma_rest(z))
}

/// Returns the digamma function of `z > 0`, absolutely exact to about 1e-15 of the larger of 1
/// and itself.
pub fn digamma(z: f64) -> f64 {
    let n_raised = raises(z);
    let raised: f64 = (0..n_raised).map(|i| 1.0 / (z + f64::from(i))).sum();
    let z = z + f64::from(n_raised);
    z.ln() - 0.5 / z + digamma_rest(z) - raised
}

/// Returns the trigamma function of `z > 0`.
pub fn trigamma(z: f64) -> f64 {
    let n_raised = raises(z);
    let raised: f64 = (0..n_raised).map(|i| (z + f64::from(i)).powi(-2)).sum();
    let z = z + f64::from(n_raised);
    raised + 1.0 / z + 0.5 / (z * z) + trigamma_rest(z)
}

/// Returns the log of the beta function of `a > 0` and `b > 0`.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    ln_gamma(small) - ln_rising(large, small)
}

/// Returns `ln(e^a + e^b)` without overflow; minus infinity for two of them.
pub fn ln_add_exp(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    if high == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// Returns `ln(1 + e^x)`, which is about `x` for large `x` and `e^x` for small.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Returns `1 / (1 + e^-x)`.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// Returns `h` when it is a whole number so small that the recurrence alone is as good.
fn few_steps(h: f64) -> Option<u32> {
    (h <= ASYMPTOTIC && h.fract() == 0.0).then_some(h as u32)
}

/// How often `z` must be raised by one.
fn raises(z: f64) -> u32 {
    (ASYMPTOTIC - z).max(0.0).ceil() as u32
}

/// `ln G(z) - (z - 1/2) ln z + z - ln(2 pi) / 2`.
fn stirling_rest(z: f64) -> f64 {
    let w = 1.0 / z;
    let w2 = w * w;
    let high = 1.0 / 1_188.0 + w2 * (-691.0 / 360_360.0 + w2 / 156.0);
    w * (1.0 / 12.0
        + w2 * (-1.0 / 360.0 + w2 * (1.0 / 1_260.0 + w2 * (-1.0 / 1_680.0 + w2 * high))))
}

/// `psi(z) - ln z + 1 / (2 z)`.
fn digamma_rest(z: f64) -> f64 {
    let w2 = 1.0 / (z * z);
    let high = -1.0 / 132.0 + w2 * (691.0 / 32_760.0 - w2 / 12.0);
    w2 * (-1.0 / 12.0 + w2 * (1.0 / 120.0 + w2 * (-1.0 / 252.0 + w2 * (1.0 / 240.0 + w2 * high))))
}

/// `psi'(z) - 1 / z - 1 / (2 z^2)`.
fn trigamma_rest(z: f64) -> f64 {
    let w = 1.0 / z;
    let w2 = w * w;
    let high = 5.0 / 66.0 + w2 * (-691.0 / 2_730.0 + w2 * 7.0 / 6.0);
    w * w2 * (1.0 / 6.0 + w2 * (-1.0 / 30.0 + w2 * (1.0 / 42.0 + w2 * (-1.0 / 30.0 + w2 * high))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(actual: f64, expected: f64, relative: f64) {
        assert!(
            (actual - expected).abs() <= relative * expected.abs(),
            "found {actual:e}, expected {expected:e}"
        );
    }

    /// z, h, and the differences of ln G, psi and psi', from mpmath with 50 digits.
    const DIFFERENCES: [(f64, f64, f64, f64, f64); 13] = [
        (1e-4, 1.0, -9.210_340_371_976_182, 10_000.0, -99_999_999.999_999_99),
        (1e-4, 0.5, -8.638_114_042_040_657, 9_998.614_034_553_584, -99_999_996.711_573_87),
        (0.243, 3.0, -0.389_351_767_574_943_3, 5.365_563_042_434_735, -17.781_082_177_102_363),
        (0.243, 29.0, 67.386_771_618_624_56, 7.709_538_547_217_797_5, -18.106_992_215_359_284),
        (0.243, 1e6, 12_815_506.608_273_001, 18.166_604_165_387_493, -18.141_778_787_095_57),
        (
            3.219,
            0.001,
            0.001_005_957_017_668_435,
            0.000_363_749_597_326_140_8,
            -0.000_130_959_926_506_424_17,
        ),
        (
            25.5,
            0.793,
            2.565_065_825_674_385_5,
            0.031_223_278_318_437_873,
            -0.001_229_314_512_034_309_3,
        ),
        (1e4, 1.0, 9.210_340_371_976_184, 0.0001, -1e-08),
        (1e4, 1e4, 95_966.000_753_203_79, 0.693_172_181_184_945_3, -5.000_375_014_583_333e-05),
        (1e4, 1e6, 12_871_609.786_417_346, 4.615_170_022_625_006, -9.901_490_066_661_748e-05),
        (
            9000.5,
            17.0,
            154.800_703_022_179_1,
            0.001_887_107_179_612_450_4,
            -2.094_808_565_010_501_7e-07,
        ),
        (1e6, 0.793, 10.955_699_790_390_177, 7.930_000_820_754_84e-07, -7.930_001_641_509_52e-13),
        (
            1e10,
            1e-4,
            0.002_302_585_092_989_046_4,
            1.000_000_000_049_995e-14,
            -1.000_000_000_099_99e-24,
        ),
    ];

    /// z, psi(z) and psi'(z), from mpmath with 50 digits.
    const VALUES: [(f64, f64, f64); 9] = [
        (1e-4, -10_000.577_051_183_514, 100_000_001.644_693_67),
        (0.1, -10.423_754_940_411_076, 101.433_299_150_792_75),
        (0.793, -0.981_214_309_744_387_4, 2.330_865_851_267_949),
        (1.0, -0.577_215_664_901_532_9, 1.644_934_066_848_226_4),
        (2.426, 0.666_207_914_968_796_3, 0.508_471_848_480_258),
        (10.0, 2.251_752_589_066_721, 0.105_166_335_681_685_75),
        (15.99, 2.740_368_182_503_551_5, 0.064_535_390_319_818_28),
        (100.0, 4.600_161_852_738_087, 0.010_050_166_663_333_571),
        (1e6, 13.815_510_057_964_191, 1.000_000_500_000_166_7e-06),
    ];

    #[test]
    fn differences_equal_the_reference() {
        for (z, h, ln_gamma_difference, psi, psi1) in DIFFERENCES {
            assert_near(ln_rising(z, h), ln_gamma_difference, 2e-14);
            assert_near(digamma_difference(z, h), psi, 2e-14);
            assert_near(trigamma_difference(z, h), psi1, 2e-14);
        }
    }

    #[test]
    fn values_equal_the_reference() {
        for (z, psi, psi1) in VALUES {
            assert_near(digamma(z), psi, 1e-14);
            assert_near(trigamma(z), psi1, 1e-14);
        }
        // B(1/2, 1/2) = pi; B(3, 1000) = 2 / (1000 * 1001 * 1002).
        assert_near(ln_beta(0.5, 0.5), std::f64::consts::PI.ln(), 1e-14);
        assert_near(ln_beta(1_000.0, 3.0), (2.0 / 1_003_002_000.0_f64).ln(), 1e-14);
    }

    #[test]
    fn the_recurrence_holds_across_the_ways_of_computing() {
        // Whole h up to 16 is a product, beyond it a series: raising by 1 must join them.
        for z in [1e-4, 0.3, 1.0, 15.9, 16.1, 1e4] {
            for h in [15.0_f64, 16.0, 17.0, 40.0] {
                let last = z + h;
                assert_near(ln_rising(z, h + 1.0), ln_rising(z, h) + last.ln(), 1e-14);
                let psi = digamma_difference(z, h) + 1.0 / last;
                assert_near(digamma_difference(z, h + 1.0), psi, 1e-14);
                let psi1 = trigamma_difference(z, h) - 1.0 / (last * last);
                assert_near(trigamma_difference(z, h + 1.0), psi1, 1e-14);
            }
        }
    }

    #[test]
    fn logarithms_of_sums_do_not_overflow() {
        assert_near(ln_add_exp(1_000.0, 1_000.0), 1_000.0 + 2.0_f64.ln(), 1e-15);
        assert_near(ln_add_exp(f64::NEG_INFINITY, 3.0), 3.0, 0.0);
        assert!(ln_add_exp(f64::NEG_INFINITY, f64::NEG_INFINITY) < f64::MIN);
        assert_near(softplus(-800.0 + 100.0), (-700.0_f64).exp(), 1e-12);
        assert_near(softplus(800.0), 800.0, 0.0);
        assert_near(logistic(-700.0), (-700.0_f64).exp(), 1e-12);
        assert!(logistic(-1e4) >= 0.0 && logistic(1e4) <= 1.0);
    }
}
