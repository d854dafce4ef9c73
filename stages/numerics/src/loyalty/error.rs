//! Why settings or histories are refused.

use thiserror::Error;

/// Why a loyalty cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LoyaltyError {
    /// A setting is not a finite number above 0.
    #[error("`{setting}` is {value}, expected a finite number above 0")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: f64,
    },
    /// A quantile is not between 0 and 1.
    #[error("`gap_quantile` is {0}, expected above 0 and at most 1")]
    Quantile(f64),
    /// The activity of a side makes no sense.
    #[error(
        "activity of weight {decayed_weight}, first {first_age_days} and last {last_age_days} days \
         ago, expected a weight from 0 and first no later than last, last no later than today"
    )]
    Activity {
        /// Decayed weight of its interactions.
        decayed_weight: f64,
        /// Age of the first of them.
        first_age_days: f64,
        /// Age of the last of them.
        last_age_days: f64,
    },
    /// Cut points and names of levels do not fit.
    #[error("{names} name(s) of levels for {cut_points} cut point(s), expected one name more")]
    LevelNames {
        /// Names given.
        names: usize,
        /// Cut points given.
        cut_points: usize,
    },
    /// A cut point of levels does not lie above the one before, or not between 0 and 1.
    #[error("cut point {position} (counted from 0) is {value}, expected ascending within 0 and 1")]
    CutPoint {
        /// Place of the cut point.
        position: usize,
        /// The cut point.
        value: f64,
    },
    /// Purchase days do not ascend.
    #[error("purchase day {position} (counted from 0) is not after the one before it")]
    PurchaseOrder {
        /// Place of the day.
        position: usize,
    },
    /// A purchase lies after the date of scoring.
    #[error("the last purchase is on day {last_day}, after the date of scoring, {as_of_day}")]
    Future {
        /// Day of the purchase.
        last_day: i32,
        /// Date of scoring.
        as_of_day: i32,
    },
    /// A milestone is named twice.
    #[error("milestone {position} (counted from 0) repeats an earlier one")]
    RepeatedMilestone {
        /// Place of the milestone.
        position: usize,
    },
}

/// Returns the value where it is a finite number above 0.
pub(super) fn above_zero(setting: &'static str, value: f64) -> Result<f64, LoyaltyError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(LoyaltyError::Setting { setting, value })
    }
}
