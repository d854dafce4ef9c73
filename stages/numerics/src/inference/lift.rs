//! Relative lift: how far the treated are above the control, as a share of the control.

use super::{Confidence, Estimate, NotEstimable, Proportion, Sample, wilson};

/// How the interval of a ratio of means is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LiftMethod {
    /// Fieller (1954): exact for normal means, lopsided as a ratio is.
    #[default]
    Fieller,
    /// First-order delta method: symmetric, too narrow when the control's mean is uncertain.
    Delta,
}

/// Returns `m_treated / m_control - 1` with its interval; large samples (normal quantiles).
///
/// # Errors
/// A group of fewer than two; no variation in both; a control whose mean is not above zero, or,
/// for Fieller, not distinguishable from it at this confidence (the interval is unbounded).
pub fn relative_lift_of_means(
    treated: Sample,
    control: Sample,
    confidence: Confidence,
    method: LiftMethod,
) -> Result<Estimate, NotEstimable> {
    let (v1, v2) = (treated.squared_error()?, control.squared_error()?);
    let z = confidence.z();
    // Below, everything is in units of the control's mean.
    let (v1, v2) = if control.mean > 0.0 {
        (v1 / control.mean / control.mean, v2 / control.mean / control.mean)
    } else {
        return Err(NotEstimable::ControlNearZero);
    };
    let ratio = treated.mean / control.mean;
    if !(v1 + ratio * ratio * v2).is_finite() {
        return Err(NotEstimable::ControlNearZero);
    }
    if v1 + v2 <= 0.0 {
        return Err(NotEstimable::NoVariation);
    }
    let (centre, half_width) = match method {
        LiftMethod::Delta => (ratio, z * (v1 + ratio * ratio * v2).sqrt()),
        LiftMethod::Fieller => {
            let g = z * z * v2;
            if g >= 1.0 {
                return Err(NotEstimable::ControlNearZero);
            }
            let root = ((1.0 - g) * v1 + ratio * ratio * v2).sqrt();
            (ratio / (1.0 - g), z * root / (1.0 - g))
        }
    };
    Ok(Estimate {
        value: ratio - 1.0,
        lower: centre - half_width - 1.0,
        upper: centre + half_width - 1.0,
    })
}

/// Returns `p_treated / p_control - 1` with the MOVER-R interval on Wilson's limits.
///
/// Donner and Zou 2012 (Stat. Methods Med. Res. 21:347), eq. 9: the ratio's counterpart of
/// Newcombe's difference; good for small counts. The lower bound is never below -1.
///
/// # Errors
/// A group without trials or with more successes than trials; a control without successes.
pub fn relative_lift_of_proportions(
    treated: Proportion,
    control: Proportion,
    confidence: Confidence,
) -> Result<Estimate, NotEstimable> {
    let a = wilson(treated, confidence)?;
    let b = wilson(control, confidence)?;
    if control.successes == 0 {
        return Err(NotEstimable::ControlNearZero);
    }
    let product = a.value * b.value;
    let low = a.lower * (2.0 * a.value - a.lower);
    let high = a.upper * (2.0 * a.value - a.upper);
    let control_low = b.lower * (2.0 * b.value - b.lower);
    let control_high = b.upper * (2.0 * b.value - b.upper);
    // The paper's lower limit, multiplied by its conjugate: control_high may be 0 or negative.
    let root = (product * product - low * control_high).max(0.0).sqrt();
    let lower = if treated.successes == 0 { 0.0 } else { low / (product + root) };
    let upper = (product + (product * product - high * control_low).max(0.0).sqrt()) / control_low;
    Ok(Estimate { value: a.value / b.value - 1.0, lower: lower - 1.0, upper: upper - 1.0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::assert_near;

    fn sample(n: u64, mean: f64, variance: f64) -> Sample {
        Sample { n, mean, variance }
    }

    #[test]
    fn fieller_solves_his_equation() {
        // The bounds r solve (m1 - r m2)^2 = z^2 (v1 + r^2 v2). Here m1 = 12, m2 = 10,
        // v1 = 9 / 100, v2 = 4 / 50, z^2 = 3.841458820694124:
        // (100 - z^2 0.08) r^2 - 240 r + (144 - z^2 0.09) = 0.
        let z2 = 3.841_458_820_694_124;
        let (a, b, c) = (100.0 - z2 * 0.08, -240.0, 144.0 - z2 * 0.09);
        let root = f64::sqrt(b * b - 4.0 * a * c);
        let found = relative_lift_of_means(
            sample(100, 12.0, 9.0),
            sample(50, 10.0, 4.0),
            Confidence::P95,
            LiftMethod::Fieller,
        )
        .expect("is estimable");
        assert_near(found.value, 0.2, 1e-14);
        assert_near(found.lower, (-b - root) / (2.0 * a) - 1.0, 1e-12);
        assert_near(found.upper, (-b + root) / (2.0 * a) - 1.0, 1e-12);
    }

    #[test]
    fn the_delta_method_adds_squared_relative_errors() {
        // Squared relative errors 0.09 / 144 and 0.08 / 100.
        let found = relative_lift_of_means(
            sample(100, 12.0, 9.0),
            sample(50, 10.0, 4.0),
            Confidence::P95,
            LiftMethod::Delta,
        )
        .expect("is estimable");
        let half_width = 1.959_963_984_540_054 * 1.2 * (0.000_625_f64 + 0.000_8).sqrt();
        assert_near(found.lower, 0.2 - half_width, 1e-12);
        assert_near(found.upper, 0.2 + half_width, 1e-12);
    }

    #[test]
    fn a_control_near_zero_has_no_bounded_lift() {
        let lift = |control, method| {
            relative_lift_of_means(sample(9, 1.0, 1.0), control, Confidence::P95, method)
        };
        for control in [sample(4, 0.0, 1.0), sample(4, -2.0, 1.0), sample(4, 0.9, 1.0)] {
            assert_eq!(lift(control, LiftMethod::Fieller), Err(NotEstimable::ControlNearZero));
        }
        assert!(lift(sample(4, 0.9, 1.0), LiftMethod::Delta).is_ok());
        assert_eq!(
            relative_lift_of_means(
                sample(9, 1.0, 0.0),
                sample(9, 2.0, 0.0),
                Confidence::P95,
                LiftMethod::Delta
            ),
            Err(NotEstimable::NoVariation)
        );
    }

    fn lift_of(treated: (u64, u64), control: (u64, u64)) -> Result<Estimate, NotEstimable> {
        let of = |(successes, n)| Proportion { successes, n };
        relative_lift_of_proportions(of(treated), of(control), Confidence::P95)
    }

    #[test]
    fn mover_agrees_with_its_published_form() {
        // The limits of the paper, computed with mpmath from Wilson's: 56/70 against 48/80.
        let found = lift_of((56, 70), (48, 80)).expect("is estimable");
        assert_near(found.value, 1.0 / 3.0, 1e-12);
        assert_near(found.lower, 0.078_294_613_240_295_32, 1e-11);
        assert_near(found.upper, 0.662_919_966_511_078_8, 1e-11);
    }

    #[test]
    fn zero_counts_of_either_arm_are_defined_or_named() {
        let none = lift_of((0, 200), (10, 200)).expect("is estimable");
        assert_near(none.value, -1.0, 1e-15);
        assert_near(none.lower, -1.0, 1e-15);
        assert!(-1.0 < none.upper && none.upper < 0.0, "{none:?}");
        assert_eq!(lift_of((3, 200), (0, 200)), Err(NotEstimable::ControlNearZero));
    }

    proptest! {
        #[test]
        fn a_lift_of_rates_holds_its_estimate(
            (n1, s1, n2, s2) in (1_u64..100_000, 1_u64..100_000)
                .prop_flat_map(|(n1, n2)| (Just(n1), 0..=n1, Just(n2), 1..=n2)),
        ) {
            let lift = lift_of((s1, n1), (s2, n2)).expect("is estimable");
            let slack = 1e-12 * (1.0 + lift.value.abs());
            prop_assert!(-1.0 <= lift.lower && lift.lower <= lift.value + slack, "{:?}", lift);
            prop_assert!(lift.value <= lift.upper + slack && lift.upper.is_finite(), "{:?}", lift);
        }
    }
}
