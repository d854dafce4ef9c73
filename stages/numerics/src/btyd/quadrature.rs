//! Integrals of log-concave functions to the last digits, whatever their scale.
//!
//! The closed forms of these models are differences of hypergeometric functions that cancel,
//! overflow, or converge slowly. The integrals behind them are positive and log-concave in the
//! right variable: one peak, tails at least exponential. Gauss-Legendre panels that start at the
//! peak and are never steep meet every case with a few nodes, and the same nodes give all
//! derivatives.

/// A positive function by its concave logarithm.
pub(super) trait LogConcave {
    /// What is known at a point, for those who want more than the integral.
    type Point: Copy;

    /// Returns the logarithm of the function, and the point.
    fn ln_value(&self, v: f64) -> (f64, Self::Point);

    /// Returns the derivative of the logarithm, falling in `v`.
    fn slope(&self, v: f64) -> f64;
}

/// What lies below `exp(-DEPTH)` of the peak is left out: its share of the integral is as small.
const DEPTH: f64 = 40.0;

/// A cut is near enough when it is no deeper than this below [`DEPTH`].
const CUT_SLACK: f64 = 4.0;

/// Tangents to a cut: each halves what is missing or moves by one unit, so that 20 are rare.
const MAX_TANGENTS: usize = 200;

/// The functions are analytic up to pi off the axis: 16 nodes on a width of 2 are exact.
const MAX_WIDTH: f64 = 2.0;

/// Sixteen nodes integrate `exp(-16 x)` over (0, 1) to 1e-16.
const MAX_FALL: f64 = 16.0;

/// Up to this width and fall 8 nodes are enough: `exp(-3 x)` to 5e-16.
const SHORT_WIDTH: f64 = 1.0;
const SHORT_FALL: f64 = 3.0;

/// Integrates from 0 to `end` and returns the logarithm, minus infinity for an empty interval.
///
/// `peak` is where the function is largest within the interval. `visit` receives each node with
/// its weight as a share of the function at the peak: the integral is `exp(ln f(peak))` times the
/// sum of the weights. The order of nodes is fixed by the arguments.
pub(super) fn ln_integral<F: LogConcave>(
    function: &F,
    peak: f64,
    end: f64,
    mut visit: impl FnMut(F::Point, f64),
) -> f64 {
    let top = function.ln_value(peak).0;
    let first = cut(function, 0.0, top - DEPTH).min(peak);
    let last = cut(function, end, top - DEPTH).max(peak);
    let mut sum = 0.0;
    for bound in [last, first] {
        sum += walk(function, (peak, bound), top, &mut visit);
    }
    top + sum.ln()
}

/// Returns a bound no nearer to the peak than where the logarithm is `target`.
///
/// Tangents of a concave function lie above it, so the walk never passes the target.
fn cut<F: LogConcave>(function: &F, from: f64, target: f64) -> f64 {
    let mut v = from;
    for _ in 0..MAX_TANGENTS {
        let missing = target - function.ln_value(v).0;
        let step = missing / function.slope(v);
        if missing <= CUT_SLACK || !step.is_finite() {
            break;
        }
        v += step;
    }
    v
}

/// Sums the panels from the peak to a bound on either side of it.
fn walk<F: LogConcave>(
    function: &F,
    (peak, bound): (f64, f64),
    top: f64,
    visit: &mut impl FnMut(F::Point, f64),
) -> f64 {
    let direction = if bound >= peak { 1.0 } else { -1.0 };
    let mut start = peak;
    let mut ln_start = top;
    let mut sum = 0.0;
    while (bound - start) * direction > 0.0 {
        let rest = (bound - start).abs();
        let mut width = rest.min(MAX_WIDTH);
        let mut ln_stop = function.ln_value(start + direction * width).0;
        if ln_start - ln_stop > MAX_FALL {
            // The fall is convex in the width, so that a share of the width falls by less.
            width *= MAX_FALL / (ln_start - ln_stop);
            ln_stop = function.ln_value(start + direction * width).0;
        }
        let stop = if width < rest { start + direction * width } else { bound };
        let is_short = width <= SHORT_WIDTH && ln_start - ln_stop <= SHORT_FALL;
        let nodes: &[(f64, f64)] = if is_short { &NODES_8 } else { &NODES_16 };
        let (middle, half) = (0.5 * (start + stop), 0.5 * (stop - start));
        for &(offset, weight) in nodes {
            for side in [-half, half] {
                let (ln_value, point) = function.ln_value(middle + side * offset);
                let weight = half.abs() * weight * (ln_value - top).exp();
                visit(point, weight);
                sum += weight;
            }
        }
        if stop.to_bits() == start.to_bits() {
            break; // narrower than numbers lie: nothing is left to add
        }
        (start, ln_start) = (stop, ln_stop);
    }
    sum
}

/// Positive nodes and weights of Gauss-Legendre on (-1, 1), eight points.
pub(super) const NODES_8: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_26),
];

/// The same, sixteen points.
const NODES_16: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_74),
    (0.755_404_408_355_003, 0.124_628_971_255_533_88),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_9),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_096),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `exp(-rate v)`.
    struct Exponential {
        rate: f64,
    }

    impl LogConcave for Exponential {
        type Point = ();

        fn ln_value(&self, v: f64) -> (f64, ()) {
            (-self.rate * v, ())
        }

        fn slope(&self, _: f64) -> f64 {
            -self.rate
        }
    }

    /// A normal density without its constant.
    struct Bell {
        mean: f64,
        deviation: f64,
    }

    impl LogConcave for Bell {
        type Point = f64;

        fn ln_value(&self, v: f64) -> (f64, f64) {
            let z = (v - self.mean) / self.deviation;
            (-0.5 * z * z, v)
        }

        fn slope(&self, v: f64) -> f64 {
            (self.mean - v) / (self.deviation * self.deviation)
        }
    }

    fn assert_near(actual: f64, expected: f64, tolerance: f64) {
        assert!((actual - expected).abs() <= tolerance, "found {actual}, expected {expected}");
    }

    #[test]
    fn an_empty_interval_has_no_integral() {
        assert!(ln_integral(&Exponential { rate: 1.0 }, 0.0, 0.0, |(), _| ()) < f64::MIN);
    }

    #[test]
    fn moments_of_a_bell_come_from_the_same_nodes() {
        // Far from both ends: the whole density, of mass sqrt(2 pi) sd, mean 5 and variance 0.01.
        let bell = Bell { mean: 5.0, deviation: 0.1 };
        let (mut mass, mut first, mut second) = (0.0, 0.0, 0.0);
        let ln = ln_integral(&bell, 5.0, 20.0, |v, weight| {
            mass += weight;
            first += weight * v;
            second += weight * (v - 5.0) * (v - 5.0);
        });
        assert_near(ln, (2.0 * std::f64::consts::PI).sqrt().ln() + 0.1_f64.ln(), 1e-14);
        assert_near(first / mass, 5.0, 1e-14);
        assert_near(second / mass, 0.01, 1e-15);
    }

    proptest! {
        #[test]
        fn exponentials_of_any_rate_are_exact(
            ln_rate in -20.0_f64..30.0,
            end in 0.0_f64..40.0,
        ) {
            let rate = ln_rate.exp();
            let found = ln_integral(&Exponential { rate }, 0.0, end, |(), _| ());
            let expected = (-f64::exp_m1(-rate * end) / rate).ln();
            prop_assert!((found - expected).abs() <= 2e-14 || end <= 0.0, "{found} {expected}");
        }
    }
}
