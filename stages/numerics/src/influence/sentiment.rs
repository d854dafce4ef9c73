//! Net sentiment of a topic, its turns and its risks (capabilities A19 to A21).

use crate::inference::{Confidence, Estimate, NotEstimable, Proportion, Sample, wilson};

/// What is said of a topic, on balance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetSentiment {
    /// `(positive - negative) / (positive + negative)`, from -1 to 1, with its interval.
    pub net: Estimate,
    /// Share of neutral mentions in all, which the balance leaves out.
    pub neutral_share: f64,
    /// Mentions in all.
    pub n: u64,
}

/// Returns the net sentiment of mentions, with Wilson's interval of the positive share.
///
/// # Errors
///
/// No mention that is positive or negative.
pub fn net_sentiment(
    n_positive: u64,
    n_negative: u64,
    n_neutral: u64,
    confidence: Confidence,
) -> Result<NetSentiment, NotEstimable> {
    let share =
        wilson(Proportion { successes: n_positive, n: n_positive + n_negative }, confidence)?;
    let n = n_positive + n_negative + n_neutral;
    let scaled = |share: f64| 2.0 * share - 1.0;
    Ok(NetSentiment {
        net: Estimate {
            value: scaled(share.value),
            lower: scaled(share.lower),
            upper: scaled(share.upper),
        },
        neutral_share: n_neutral as f64 / n as f64,
        n,
    })
}

impl NetSentiment {
    /// Returns whether the sentiment has turned since another time: both intervals leave out 0, on
    /// different sides.
    pub fn has_turned_since(&self, before: &Self) -> bool {
        let is_good = |sentiment: &Self| sentiment.net.lower > 0.0;
        let is_bad = |sentiment: &Self| sentiment.net.upper < 0.0;
        (is_good(before) && is_bad(self)) || (is_bad(before) && is_good(self))
    }
}

/// Whether a figure is out of what it has been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReputationRisk {
    /// Mean of the history plus so many standard deviations.
    pub threshold: f64,
    /// Whether the figure lies above.
    pub is_at_risk: bool,
}

/// Returns whether the share (or volume) of negative mentions lies above `mean + z · sd`.
///
/// `history` are the periods before, `n_deviations` 3 usually (Shewhart 1931).
///
/// # Errors
///
/// Fewer than two periods of history, or a figure that is not finite.
pub fn reputation_risk(
    history: &[f64],
    now: f64,
    n_deviations: f64,
) -> Result<ReputationRisk, NotEstimable> {
    let sample = Sample::of(history);
    sample.squared_error()?;
    let threshold = sample.mean + n_deviations * sample.variance.sqrt();
    if threshold.is_finite() && now.is_finite() {
        Ok(ReputationRisk { threshold, is_at_risk: now > threshold })
    } else {
        Err(NotEstimable::InvalidInput)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(positive: u64, negative: u64, neutral: u64) -> NetSentiment {
        net_sentiment(positive, negative, neutral, Confidence::P95).expect("mentions")
    }

    #[test]
    fn neutral_mentions_are_beside_the_balance() {
        let found = of(30, 10, 60);
        assert!((found.net.value - 0.5).abs() < 1e-15);
        assert!((found.neutral_share - 0.6).abs() < 1e-15 && found.n == 100);
        // Twice Wilson's interval of 30 / 40, less 1: .598066 to .858144.
        assert!((found.net.lower - 0.196_13).abs() < 1e-4, "{found:?}");
        assert!((found.net.upper - 0.716_29).abs() < 1e-4, "{found:?}");
        let none = net_sentiment(0, 0, 5, Confidence::P95);
        assert_eq!(none, Err(NotEstimable::NoObservations));
    }

    #[test]
    fn a_turn_is_beyond_doubt_on_both_sides() {
        assert!(of(10, 30, 0).has_turned_since(&of(30, 10, 0)));
        assert!(of(30, 10, 0).has_turned_since(&of(10, 30, 0)));
        assert!(!of(9, 11, 0).has_turned_since(&of(30, 10, 0)));
        assert!(!of(30, 10, 0).has_turned_since(&of(31, 10, 0)));
    }

    #[test]
    fn a_risk_is_beyond_three_deviations() {
        // Mean 2, standard deviation 1.
        let history = [1.0, 2.0, 3.0];
        let risk = |now| reputation_risk(&history, now, 3.0).expect("three periods");
        assert!((risk(5.0).threshold - 5.0).abs() < 1e-15);
        assert!(!risk(5.0).is_at_risk && risk(5.1).is_at_risk);
        assert_eq!(reputation_risk(&[1.0], 2.0, 3.0), Err(NotEstimable::TooFewObservations));
        assert_eq!(reputation_risk(&history, f64::NAN, 3.0), Err(NotEstimable::InvalidInput));
    }
}
