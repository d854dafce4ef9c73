//! Integrals of a product of two powers: when a customer dies, and when one buys next.

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
        let growth = rise * (1.0 - self.ratio) / (self.ratio * (self.longer_exponent - rise));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn simple_integrals_are_exact() {
        // (1 + u)^-3 over (0, 1): 3/8. (1 + u/2)^-1 over (0, 2): 2 ln 2.
        let cube = PowerIntegral::new((1.0, 1.0), (1.0, 2.0), 1.0).ln_value();
        assert!((cube - 0.375_f64.ln()).abs() < 1e-15);
        let log = PowerIntegral::new((2.0, 1.0), (1e9, 1e-9), 2.0).ln_value();
        assert!((log - (2.0 * 2.0_f64.ln()).ln()).abs() < 1e-15);
        assert!(PowerIntegral::new((1.0, 1.0), (1.0, 2.0), 0.0).ln_value() < f64::MIN);
    }

    #[test]
    fn nodes_speak_in_the_terms_of_the_integral() {
        // In either order of the scales: the mean of u under (1 + u)^-1 (1 + u/3)^-3 on (0, 5).
        for (first, second) in [((1.0, 1.0), (3.0, 3.0)), ((3.0, 3.0), (1.0, 1.0))] {
            let (mut mass, mut mean) = (0.0, 0.0);
            PowerIntegral::new(first, second, 5.0).visit(|node, weight| {
                assert!((node.ln_alpha_growth - (node.u / first.0).ln_1p()).abs() < 1e-14);
                assert!((node.ln_beta_growth - (node.u / second.0).ln_1p()).abs() < 1e-14);
                mass += weight;
                mean += weight * node.u;
            });
            // Partial fractions of 27 / ((1 + u) (3 + u)^3); with 1 + u more it is 27 / (3 + u)^3.
            let with_one_more = 13.5 * (1.0 / 9.0 - 1.0 / 64.0);
            let exact_mass = 3.375 * (6.0_f64.ln() - (8.0_f64 / 3.0).ln())
                - 6.75 * (1.0 / 3.0 - 1.0 / 8.0)
                - 6.75 * (1.0 / 9.0 - 1.0 / 64.0);
            let expected = (with_one_more - exact_mass) / exact_mass;
            assert!((mean / mass - expected).abs() < 1e-13, "{} {expected}", mean / mass);
        }
    }

    proptest! {
        /// `d/du (1+u/a)^-p (1+u/b)^-q` integrates to the ends of the product.
        #[test]
        fn the_fundamental_theorem_holds(
            ln_scales in prop::array::uniform2(-9.0..9.0_f64),
            ln_exponents in prop::array::uniform2(-6.0..9.0_f64),
            ln_span in -9.0..12.0_f64,
        ) {
            let [a, b] = ln_scales.map(f64::exp);
            let [p, q] = ln_exponents.map(f64::exp);
            let span = ln_span.exp();
            let first = (p / a).ln() + PowerIntegral::new((a, p + 1.0), (b, q), span).ln_value();
            let second = (q / b).ln() + PowerIntegral::new((a, p), (b, q + 1.0), span).ln_value();
            let found = first.exp() + second.exp();
            let exponent = p * (span / a).ln_1p() + q * (span / b).ln_1p();
            let expected = -(-exponent).exp_m1();
            prop_assert!((found - expected).abs() <= 1e-12 * expected, "{found} {expected}");
        }
    }
}
