//! Expected purchases as a smooth curve of `ln w`, for customers with equal frequency.
//!
//! Customers who bought equally often differ in `w = t / (alpha + T)` alone. `g(w) / w` is analytic
//! in `ln w`, so on panels one unit wide a Chebyshev polynomial of degree 15 gives it to about
//! twelve digits, for a tenth of the cost of one expectation. Panels lie at whole numbers, so a
//! value does not depend on which other customers there are.

use super::expectation::Dropping;

/// Coefficients of a panel: an analytic strip of half-width `pi / 2` leaves `6.4^-16 = 1e-13`.
const N_COEFFICIENTS: usize = 16;

/// Below this many values a panel would not pay.
const MIN_VALUES: usize = 4 * N_COEFFICIENTS;

/// Panels cover `ln w` from -64 to 64, which is all that days and parameters can make.
const N_PANELS: usize = 128;

/// The expectation of one frequency, its panels made when first needed.
#[derive(Debug)]
pub(super) struct ExpectationCurve {
    dropping: Dropping,
    /// Coefficients of the panels made so far; empty when there are too few values to pay.
    panels: Vec<Option<[f64; N_COEFFICIENTS]>>,
}

impl ExpectationCurve {
    /// Returns the curve; `n_values` tells how often it will be asked.
    pub(super) fn new(dropping: Dropping, n_values: usize) -> Self {
        let n_panels = if n_values < MIN_VALUES { 0 } else { N_PANELS };
        Self { dropping, panels: vec![None; n_panels] }
    }

    /// Returns `g(w)` from `ln w`; 0 for minus infinity.
    pub(super) fn at_ln(&mut self, ln_w: f64) -> f64 {
        let w = ln_w.exp();
        let panel = ln_w.floor();
        let place = panel + (N_PANELS / 2) as f64;
        let slot = if place >= 0.0 { self.panels.get_mut(place as usize) } else { None };
        let Some(slot) = slot else { return self.dropping.expected_while_alive(w) };
        let coefficients = slot.get_or_insert_with(|| coefficients(&self.dropping, panel));
        w * clenshaw(coefficients, 2.0 * (ln_w - panel) - 1.0)
    }
}

/// Chebyshev coefficients of `g(w) / w` over `ln w` from `panel` to `panel + 1`.
fn coefficients(dropping: &Dropping, panel: f64) -> [f64; N_COEFFICIENTS] {
    let n = N_COEFFICIENTS as f64;
    let angle = |node: usize| std::f64::consts::PI * (node as f64 + 0.5) / n;
    let values: [f64; N_COEFFICIENTS] = std::array::from_fn(|node| {
        let w = (panel + 0.5 + 0.5 * angle(node).cos()).exp();
        dropping.expected_while_alive(w) / w
    });
    std::array::from_fn(|k| {
        let sum: f64 =
            values.iter().enumerate().map(|(node, v)| v * (k as f64 * angle(node)).cos()).sum();
        if k == 0 { sum / n } else { 2.0 * sum / n }
    })
}

/// Clenshaw's recurrence (1955) at `x` in [-1, 1].
fn clenshaw(coefficients: &[f64; N_COEFFICIENTS], x: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &coefficient in coefficients[1..].iter().rev() {
        (b1, b2) = (coefficient + 2.0 * x * b1 - b2, b1);
    }
    coefficients[0] + x * b1 - b2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_the_expectation() {
        for (a, c, shape) in [(0.8, 2.4, 0.24), (0.05, 30.0, 28.0), (900.0, 400.0, 1e5)] {
            let dropping = Dropping::new(a, c, shape);
            let mut curve = ExpectationCurve::new(dropping, MIN_VALUES);
            for tenth in -200..100 {
                let ln_w = f64::from(tenth) / 10.0;
                let expected = dropping.expected_while_alive(ln_w.exp());
                let found = curve.at_ln(ln_w);
                assert!((found / expected - 1.0).abs() < 2e-12, "{ln_w}: {found}, {expected}");
            }
            assert_eq!(curve.at_ln(f64::NEG_INFINITY).to_bits(), 0);
            // Beyond the panels it is computed directly.
            assert!((curve.at_ln(-80.0) / (shape * (-80.0_f64).exp()) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_value_does_not_depend_on_the_values_before_it() {
        let dropping = Dropping::new(0.8, 5.4, 3.24);
        let mut one = ExpectationCurve::new(dropping, 1_000);
        let mut other = ExpectationCurve::new(dropping, 9_999);
        let _ = (0..90).map(|i| one.at_ln(f64::from(i) / 7.0 - 6.0)).sum::<f64>();
        for ln_w in [-2.3, 0.1, 1.9] {
            assert_eq!(one.at_ln(ln_w).to_bits(), other.at_ln(ln_w).to_bits());
        }
    }
}
