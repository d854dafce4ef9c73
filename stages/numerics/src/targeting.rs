//! Targeting: which segments to invest in, and why (capability A02).
//!
//! A segment that is not chosen is still served: this decides on investment, not on care.

use thiserror::Error;

/// The measures of a segment, in the order of its components.
const MEASURES: [&str; 4] = ["value", "growth", "reachability", "cost"];

/// What is known of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentMeasures {
    /// Customers.
    pub n_customers: u64,
    /// Value, such as margin a customer; none where it is not known.
    pub value: Option<f64>,
    /// Growth, such as the change of value from one window to the next.
    pub growth: Option<f64>,
    /// Share of customers that may be contacted, from 0 to 1.
    pub reachable_share: Option<f64>,
    /// Cost of an action a customer; less is better.
    pub cost: Option<f64>,
}

/// Weights of the measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttractivenessWeights {
    /// Of the value.
    pub value: f64,
    /// Of the growth.
    pub growth: f64,
    /// Of the share that may be contacted.
    pub reachability: f64,
    /// Of the cost.
    pub cost: f64,
}

/// Checked settings of targeting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetingParams {
    weights: [f64; 4],
    score_min: f64,
    n_chosen_max: usize,
    n_customers_min: u64,
    reachable_share_min: f64,
}

/// Why settings of targeting are refused.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum TargetingError {
    /// A weight is negative or not a number.
    #[error("the weight of {measure} is {value}, expected a finite number from 0")]
    Weight {
        /// The measure.
        measure: &'static str,
        /// Its weight.
        value: f64,
    },
    /// All weights are 0.
    #[error("every weight is 0, expected a positive one")]
    NoWeight,
    /// A share is not within 0 and 1.
    #[error("`{setting}` is {value}, expected from 0 to 1")]
    Share {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: f64,
    },
}

/// One measure's part in the attractiveness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttractivenessPart {
    /// The measure from 0 (worst of all segments) to 1 (best); none where it is not known.
    pub normalised: Option<f64>,
    /// What it adds to the score; the parts sum to the score.
    pub contribution: f64,
}

/// Why a segment is chosen, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetingReason {
    /// It is among the most attractive.
    Chosen,
    /// It has too few customers.
    TooSmall,
    /// Too few of its customers may be contacted, or it is not known how many.
    Unreachable,
    /// None of its weighted measures is known.
    NotMeasured,
    /// Its score is too low.
    BelowScore,
    /// Enough others are more attractive.
    BeyondCapacity,
}

/// How attractive a segment is, and whether it is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentTarget {
    /// Attractiveness from 0 to 1; none where nothing is known.
    pub score: Option<f64>,
    /// Parts of value, growth, reachability and cost.
    pub parts: [AttractivenessPart; 4],
    /// Place among all segments by score, from 1; equal scores by the order given, unknown last.
    pub rank: u64,
    /// Whether it is chosen, and why or why not.
    pub reason: TargetingReason,
}

impl TargetingParams {
    /// Returns settings that choose every segment with anything known; weights are divided by their
    /// sum.
    ///
    /// # Errors
    ///
    /// [`TargetingError`] for a weight that is negative or not finite, or weights that are all 0.
    pub fn new(weights: AttractivenessWeights) -> Result<Self, TargetingError> {
        let weights = [weights.value, weights.growth, weights.reachability, weights.cost];
        for (measure, value) in MEASURES.into_iter().zip(weights) {
            if !(value.is_finite() && value >= 0.0) {
                return Err(TargetingError::Weight { measure, value });
            }
        }
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(TargetingError::NoWeight);
        }
        Ok(Self {
            weights: weights.map(|weight| weight / total),
            score_min: 0.0,
            n_chosen_max: usize::MAX,
            n_customers_min: 0,
            reachable_share_min: 0.0,
        })
    }

    /// Sets the least score, from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`TargetingError::Share`].
    pub fn score_min(self, score_min: f64) -> Result<Self, TargetingError> {
        Ok(Self { score_min: share("score_min", score_min)?, ..self })
    }

    /// Sets the least share of customers that may be contacted, from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`TargetingError::Share`].
    pub fn reachable_share_min(self, reachable_share_min: f64) -> Result<Self, TargetingError> {
        let reachable_share_min = share("reachable_share_min", reachable_share_min)?;
        Ok(Self { reachable_share_min, ..self })
    }

    /// Sets how many segments may be chosen.
    #[must_use]
    pub fn n_chosen_max(self, n_chosen_max: usize) -> Self {
        Self { n_chosen_max, ..self }
    }

    /// Sets the least number of customers.
    #[must_use]
    pub fn n_customers_min(self, n_customers_min: u64) -> Self {
        Self { n_customers_min, ..self }
    }

    /// Judges segments among themselves, in the order given.
    ///
    /// Each measure is brought to 0 to 1 between the worst and the best segment, the cost turned
    /// round; where all are equal it is a half. A measure that is not known leaves its weight to
    /// the others. A segment is chosen when it is large enough, reachable, scores high enough, and
    /// fewer than the limit of those that also are score higher; the first of these that fails is
    /// the reason.
    pub fn judge(&self, segments: &[SegmentMeasures]) -> Vec<SegmentTarget> {
        let measures = [
            normalised(segments, |segment| segment.value),
            normalised(segments, |segment| segment.growth),
            normalised(segments, |segment| segment.reachable_share),
            normalised(segments, |segment| segment.cost.map(|cost| -cost)),
        ];
        let mut targets: Vec<SegmentTarget> = segments
            .iter()
            .enumerate()
            .map(|(position, segment)| {
                let own = |measure: &Vec<Option<f64>>| measure.get(position).copied().flatten();
                let (score, parts) = self.score(measures.each_ref().map(own));
                let reason = self.own_reason(segment, score);
                SegmentTarget { score, parts, rank: 0, reason }
            })
            .collect();

        let mut order: Vec<(usize, &mut SegmentTarget)> = targets.iter_mut().enumerate().collect();
        let key = |target: &SegmentTarget| target.score.unwrap_or(f64::NEG_INFINITY);
        order.sort_by(|a, b| key(b.1).total_cmp(&key(a.1)).then(a.0.cmp(&b.0)));
        let mut n_chosen = 0;
        for (rank, (_, target)) in (1..).zip(order) {
            target.rank = rank;
            if target.reason == TargetingReason::Chosen {
                if n_chosen < self.n_chosen_max {
                    n_chosen += 1;
                } else {
                    target.reason = TargetingReason::BeyondCapacity;
                }
            }
        }
        targets
    }

    fn score(&self, normalised: [Option<f64>; 4]) -> (Option<f64>, [AttractivenessPart; 4]) {
        let known = normalised.iter().zip(self.weights);
        let total: f64 = known.filter(|(value, _)| value.is_some()).map(|(_, weight)| weight).sum();
        let mut weights = self.weights.iter();
        let parts = normalised.map(|value| {
            let weight = weights.next().copied().unwrap_or(0.0);
            let contribution =
                if total > 0.0 { value.unwrap_or(0.0) * weight / total } else { 0.0 };
            AttractivenessPart { normalised: value, contribution }
        });
        let score: f64 = parts.iter().map(|part| part.contribution).sum();
        ((total > 0.0).then_some(score.min(1.0)), parts)
    }

    /// The reason of a segment by itself, whatever the others are.
    fn own_reason(&self, segment: &SegmentMeasures, score: Option<f64>) -> TargetingReason {
        let is_reachable = self.reachable_share_min <= 0.0
            || segment.reachable_share.is_some_and(|share| share >= self.reachable_share_min);
        match score {
            _ if segment.n_customers < self.n_customers_min => TargetingReason::TooSmall,
            _ if !is_reachable => TargetingReason::Unreachable,
            None => TargetingReason::NotMeasured,
            Some(score) if score < self.score_min => TargetingReason::BelowScore,
            Some(_) => TargetingReason::Chosen,
        }
    }
}

impl SegmentTarget {
    /// Returns whether the segment is chosen.
    pub fn is_chosen(&self) -> bool {
        self.reason == TargetingReason::Chosen
    }
}

impl TargetingReason {
    /// Returns the code used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::TooSmall => "too_small",
            Self::Unreachable => "unreachable",
            Self::NotMeasured => "not_measured",
            Self::BelowScore => "below_score",
            Self::BeyondCapacity => "beyond_capacity",
        }
    }
}

fn share(setting: &'static str, value: f64) -> Result<f64, TargetingError> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(TargetingError::Share { setting, value })
    }
}

/// Brings a measure to 0 to 1 between its least and its greatest; what is not finite is not known.
fn normalised(
    segments: &[SegmentMeasures],
    measure: impl Fn(&SegmentMeasures) -> Option<f64>,
) -> Vec<Option<f64>> {
    let values: Vec<Option<f64>> =
        segments.iter().map(|segment| measure(segment).filter(|x| x.is_finite())).collect();
    let least = values.iter().flatten().fold(f64::INFINITY, |least, x| least.min(*x));
    let greatest = values.iter().flatten().fold(f64::NEG_INFINITY, |most, x| most.max(*x));
    // Halved, so that the span of two huge values is finite.
    let span = greatest / 2.0 - least / 2.0;
    let scale = |x: f64| if span > 0.0 { (x / 2.0 - least / 2.0) / span } else { 0.5 };
    values.into_iter().map(|value| value.map(scale)).collect()
}

#[cfg(test)]
mod tests;
