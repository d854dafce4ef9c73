//! Gamma functions and their logarithmic derivatives, and above all *differences* of them.
//!
//! Likelihoods of purchase counts need `ln G(z + h) - ln G(z)`, where two large numbers can leave
//! a small one. Here the difference itself is computed, to nearly all digits, by the asymptotic
//! series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12) after both arguments are raised above
//! [`ASYMPTOTIC`] by the recurrence.

/// From here on the series to the orders below are exact to a double's last digits.
const ASYMPTOTIC: f64 = 16.0;

/// Returns the logarithm of the gamma function of `z > 0`.
pub fn ln_gamma(z: f64) -> f64 {
    libm::lgamma(z)
}

/// Returns `ln G(z + h) - ln G(z)`, the log of the rising factorial, for `z > 0` and `h >= 0`.
pub fn ln_rising(z: f64, h: f64) -> f64 {
    if h <= ASYMPTOTIC && h.fract() == 0.0 {
        return rising_product(z, h as u32);
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
    let n_raised = if h.fract() == 0.0 && h <= ASYMPTOTIC { h as u32 } else { raises(z) };
    if f64::from(n_raised) == h {
        return (0..n_raised).map(|i| 1.0 / (z + f64::from(i))).sum();
    }
    let raised: f64 =
        (0..n_raised).map(|i| z + f64::from(i)).map(|from| h / (from * (from + h))).sum();
    let (z, top) = (z + f64::from(n_raised), z + f64::from(n_raised) + h);
    let leading = (h / z).ln_1p() + 0.5 * h / (z * top);
    raised + leading + (digamma_rest(top) - digamma_rest(z))
}

/// Returns `psi'(z + h) - psi'(z)`, 0 or below, for `z > 0` and `h >= 0`.
pub fn trigamma_difference(z: f64, h: f64) -> f64 {
    let n_raised = if h.fract() == 0.0 && h <= ASYMPTOTIC { h as u32 } else { raises(z) };
    if f64::from(n_raised) == h {
        return -(0..n_raised).map(|i| (z + f64::from(i)).powi(-2)).sum::<f64>();
    }
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
        (1e-4, 1.0, -9.210340371976182, 10000.0, -99999999.99999999),
        (1e-4, 0.5, -8.638114042040657, 9998.614034553584, -99999996.71157387),
        (0.243, 3.0, -0.3893517675749433, 5.365563042434735, -17.781082177102363),
        (0.243, 29.0, 67.38677161862456, 7.7095385472177975, -18.106992215359284),
        (0.243, 1e6, 12815506.608273001, 18.166604165387493, -18.14177878709557),
        (3.219, 0.001, 0.001005957017668435, 0.0003637495973261408, -0.00013095992650642417),
        (25.5, 0.793, 2.5650658256743855, 0.031223278318437873, -0.0012293145120343093),
        (1e4, 1.0, 9.210340371976184, 0.0001, -1e-08),
        (1e4, 1e4, 95966.00075320379, 0.6931721811849453, -5.000375014583333e-05),
        (1e4, 1e6, 12871609.786417346, 4.615170022625006, -9.901490066661748e-05),
        (9000.5, 17.0, 154.8007030221791, 0.0018871071796124504, -2.0948085650105017e-07),
        (1e6, 0.793, 10.955699790390177, 7.93000082075484e-07, -7.93000164150952e-13),
        (1e10, 1e-4, 0.0023025850929890464, 1.000000000049995e-14, -1.00000000009999e-24),
    ];

    /// z, psi(z) and psi'(z), from mpmath with 50 digits.
    const VALUES: [(f64, f64, f64); 9] = [
        (1e-4, -10000.577051183514, 100000001.64469367),
        (0.1, -10.423754940411076, 101.43329915079275),
        (0.793, -0.9812143097443874, 2.330865851267949),
        (1.0, -0.5772156649015329, 1.6449340668482264),
        (2.426, 0.6662079149687963, 0.508471848480258),
        (10.0, 2.251752589066721, 0.10516633568168575),
        (15.99, 2.7403681825035515, 0.06453539031981828),
        (100.0, 4.600161852738087, 0.010050166663333571),
        (1e6, 13.815510057964191, 1.0000005000001667e-06),
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
