//! Rates: Wilson's interval, Newcombe's interval for a difference, the score test.

use super::{Confidence, Estimate, NotEstimable, normal_tail};

/// Successes among independent trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    /// Number of successes, at most `n`.
    pub successes: u64,
    /// Number of trials.
    pub n: u64,
}

impl Proportion {
    /// Returns `successes / n`.
    ///
    /// # Errors
    /// No trials, or more successes than trials.
    pub fn rate(self) -> Result<f64, NotEstimable> {
        if self.successes > self.n {
            Err(NotEstimable::InvalidInput)
        } else if self.n == 0 {
            Err(NotEstimable::NoObservations)
        } else {
            Ok(self.successes as f64 / self.n as f64)
        }
    }
}

/// Returns a rate with Wilson's score interval (Wilson 1927), good for any count, 0 and `n` too.
///
/// # Errors
/// No trials, or more successes than trials.
pub fn wilson(observed: Proportion, confidence: Confidence) -> Result<Estimate, NotEstimable> {
    let p = observed.rate()?;
    let n = observed.n as f64;
    let z = confidence.z();
    let centre = p + z * z / (2.0 * n);
    let half_width = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // The formula gives exactly 0 and 1 there; rounding would not.
    let lower = if observed.successes == 0 { 0.0 } else { (centre - half_width) / scale };
    let upper = if observed.successes == observed.n { 1.0 } else { (centre + half_width) / scale };
    Ok(Estimate { value: p, lower, upper })
}

/// Returns `p1 - p2` with Newcombe's hybrid score interval (Newcombe 1998, method 10).
///
/// # Errors
/// A group without trials, or with more successes than trials.
pub fn newcombe(
    first: Proportion,
    second: Proportion,
    confidence: Confidence,
) -> Result<Estimate, NotEstimable> {
    let a = wilson(first, confidence)?;
    let b = wilson(second, confidence)?;
    let value = a.value - b.value;
    Ok(Estimate {
        value,
        lower: value - (a.value - a.lower).hypot(b.upper - b.value),
        upper: value + (a.upper - a.value).hypot(b.value - b.lower),
    })
}

/// Returns the two-sided p-value of equal rates by the pooled score test (Pearson's, uncorrected).
///
/// # Errors
/// A group without trials or with more successes than trials; no variation when all trials of
/// both groups end alike.
pub fn two_proportion_p_value(first: Proportion, second: Proportion) -> Result<f64, NotEstimable> {
    let difference = first.rate()? - second.rate()?;
    let (n1, n2) = (first.n as f64, second.n as f64);
    let pooled = (first.successes as f64 + second.successes as f64) / (n1 + n2);
    let variance = pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2);
    if variance <= 0.0 {
        return Err(NotEstimable::NoVariation);
    }
    Ok((2.0 * normal_tail(difference.abs() / variance.sqrt())).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inference::assert_near;

    fn of(successes: u64, n: u64) -> Proportion {
        Proportion { successes, n }
    }

    fn rounded(estimate: Estimate) -> (f64, f64) {
        let round = |x: f64| (x * 1e4).round() / 1e4;
        (round(estimate.lower), round(estimate.upper))
    }

    #[test]
    fn wilson_reproduces_newcombes_examples() {
        // Newcombe 1998, Statistics in Medicine 17:857-872 (single proportion), Table I, method 3.
        for (successes, n, interval) in [
            (81, 263, (0.2553, 0.3662)),
            (15, 148, (0.0624, 0.1605)),
            (0, 20, (0.0, 0.1611)),
            (1, 29, (0.0061, 0.1718)),
            (29, 29, (0.8830, 1.0)),
        ] {
            let found = wilson(of(successes, n), Confidence::P95).expect("is estimable");
            assert_eq!(rounded(found), interval, "{successes}/{n}");
        }
    }

    #[test]
    fn newcombe_reproduces_his_examples() {
        // Newcombe 1998, Statistics in Medicine 17:873-890 (difference), Table II, method 10.
        for (first, second, interval) in [
            (of(56, 70), of(48, 80), (0.0524, 0.3339)),
            (of(9, 10), of(3, 10), (0.1705, 0.8090)),
            (of(6, 7), of(2, 7), (0.0582, 0.8062)),
            (of(5, 56), of(0, 29), (-0.0381, 0.1926)),
            (of(0, 10), of(0, 20), (-0.1611, 0.2775)),
            (of(0, 10), of(0, 10), (-0.2775, 0.2775)),
            (of(10, 10), of(0, 20), (0.6791, 1.0)),
            (of(10, 10), of(0, 10), (0.6075, 1.0)),
        ] {
            let found = newcombe(first, second, Confidence::P95).expect("is estimable");
            assert_eq!(rounded(found), interval, "{first:?} {second:?}");
        }
    }

    #[test]
    fn the_score_test_is_pearsons() {
        // scipy `chi2_contingency(correction=False)` of the two-by-two table: 7.02341, p below.
        let p = two_proportion_p_value(of(56, 70), of(48, 80)).expect("is estimable");
        assert_near(p, 0.008_045_081_368_196_59, 1e-12);
        assert_eq!(two_proportion_p_value(of(0, 5), of(0, 9)), Err(NotEstimable::NoVariation));
    }

    #[test]
    fn impossible_counts_are_named() {
        assert_eq!(wilson(of(0, 0), Confidence::P95), Err(NotEstimable::NoObservations));
        assert_eq!(wilson(of(2, 1), Confidence::P95), Err(NotEstimable::InvalidInput));
    }

    proptest! {
        #[test]
        fn intervals_hold_their_estimate_and_stay_in_range(
            (n1, s1, n2, s2, level) in (1_u64..1_000_000, 1_u64..1_000_000, 0.5..0.999_f64)
                .prop_flat_map(|(n1, n2, level)| (Just(n1), 0..=n1, Just(n2), 0..=n2, Just(level))),
        ) {
            let level = Confidence::new(level).expect("in range");
            let rate = wilson(of(s1, n1), level).expect("is estimable");
            prop_assert!(0.0 <= rate.lower && rate.lower <= rate.value + 1e-15);
            prop_assert!(rate.value <= rate.upper + 1e-15 && rate.upper <= 1.0);
            let difference = newcombe(of(s1, n1), of(s2, n2), level).expect("is estimable");
            prop_assert!(difference.lower <= difference.value && difference.value <= difference.upper);
            prop_assert!(-1.0 - 1e-12 <= difference.lower && difference.upper <= 1.0 + 1e-12);
        }
    }
}
