//! Intervals, tests and tails for reading campaigns and surveys: rates, means, lift, scores.
//!
//! Every estimate is defined or says by name why it is not: [`NotEstimable`].

mod distributions;
mod lift;
mod means;
mod multiple;
mod nps;
mod proportions;
mod sample_ratio;

use thiserror::Error;

pub use distributions::{
    chi_square_tail, normal_quantile, normal_tail, student_t_quantile, student_t_tail,
};
pub use lift::{LiftMethod, relative_lift_of_means, relative_lift_of_proportions};
pub use means::{MeanDifference, Sample, standardised_mean_difference, welch};
pub use multiple::benjamini_hochberg;
pub use nps::{NetPromoterScore, NpsCounts, Ratings};
pub use proportions::{Proportion, newcombe, two_proportion_p_value, wilson};
pub use sample_ratio::{SampleRatio, sample_ratio_mismatch};

/// An estimate with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Lower bound of the interval.
    pub lower: f64,
    /// Upper bound of the interval.
    pub upper: f64,
}

/// A confidence level strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f64);

impl Confidence {
    /// 95 %, the usual level.
    pub const P95: Self = Self(0.95);

    /// Returns the level, or `None` unless it lies strictly between 0 and 1.
    pub fn new(level: f64) -> Option<Self> {
        (0.0 < level && level < 1.0).then_some(Self(level))
    }

    /// Returns the probability above the upper bound of a two-sided interval.
    pub fn upper_tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// Returns the two-sided standard normal critical value, 1.96 at 95 %.
    pub fn z(self) -> f64 {
        -normal_quantile(self.upper_tail())
    }
}

/// Why a quantity cannot be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum NotEstimable {
    /// There is nobody to count.
    #[error("no observation")]
    NoObservations,
    /// A group is too small for a variance or for the approximation used.
    #[error("too few observations")]
    TooFewObservations,
    /// All values are equal, so that their spread tells nothing.
    #[error("the values do not vary")]
    NoVariation,
    /// The control's mean may be zero, so that a lift relative to it has no bounded interval.
    #[error("the control is not distinguishable from zero")]
    ControlNearZero,
    /// The input breaks its own definition: more successes than trials, NaN, a negative variance.
    #[error("the input is not valid")]
    InvalidInput,
}

#[cfg(test)]
fn assert_near(actual: f64, expected: f64, relative: f64) {
    assert!(
        (actual - expected).abs() <= relative * expected.abs(),
        "found {actual:e}, expected {expected:e}"
    );
}
