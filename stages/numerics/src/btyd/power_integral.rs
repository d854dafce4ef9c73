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
