//! Settings of the stage, as the project file holds them under `differentiate:`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::advocacy::AdvocacyParams;
pub use crate::customer_value::{ClvParams, ModelChoice};
use crate::loyalty::LoyaltyParams;
use crate::portfolio::PortfolioParams;
pub use crate::rfm::{FrequencyMeasure, MonetaryMeasure, RfmParams, RfmSegment, TieHandling};
pub use crate::segments::{
    Auto, ClusterNumber, ContinuityParams, DriftParams, NeedFeatures, NeedParams, ShareTransform,
    ValueCategory, ValueFeature, ValueMethod, ValueParams,
};

/// What is wrong with a setting: where it stands, and why it is refused.
pub type Problem = (String, String);

/// Settings of the Differentiate stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Recency, frequency and monetary scores.
    pub rfm: RfmParams,
    /// Value over time.
    pub clv: ClvParams,
    /// Segments by value.
    pub value: ValueParams,
    /// Segments by need.
    pub need: NeedParams,
    /// Loyalty, lifecycle and milestones.
    pub loyalty: LoyaltyParams,
    /// Engagement, satisfaction, voice, baskets and prices.
    pub advocacy: AdvocacyParams,
    /// The portfolio, and which segments to invest in.
    pub portfolio: PortfolioParams,
    /// From when on segments are fitted anew.
    pub drift: DriftParams,
    /// When a segment that was fitted anew still is the one it was.
    pub continuity: ContinuityParams,
}

impl Params {
    /// Lists every setting that is refused; none when all are well.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (block, found) in [
            ("rfm", self.rfm.check()),
            ("clv", self.clv.check()),
            ("value", self.value.check()),
            ("need", self.need.check()),
            ("loyalty", self.loyalty.check()),
            ("advocacy", self.advocacy.check()),
            ("portfolio", self.portfolio.check()),
            ("drift", self.drift.check()),
            ("continuity", self.continuity.check()),
        ] {
            problems
                .extend(found.into_iter().map(|(field, why)| (format!("{block}.{field}"), why)));
        }
        problems
    }
}

/// Refuses a number outside a range.
pub(crate) fn in_range<T: Copy + PartialOrd + std::fmt::Display>(
    problems: &mut Vec<Problem>,
    field: &str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) {
    if !range.contains(&value) {
        problems.push((
            field.to_owned(),
            format!("is {value}, expected {} to {}", range.start(), range.end()),
        ));
    }
}

/// Whether a name can name a file everywhere: `a-z`, `0-9`, blank, `_`, `+`, `-`, up to 80 of them.
pub(crate) fn is_file_name(name: &str) -> bool {
    let is_fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || " _+-".contains(c);
    !name.is_empty() && name.len() <= 80 && name == name.trim() && name.chars().all(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_well() {
        assert_eq!(Params::default().check(), []);
    }

    #[test]
    fn every_bad_setting_is_named_with_its_place() {
        let mut params = Params::default();
        params.rfm.buckets = 1;
        params.clv.clv_months = 0;
        params.value.n_clusters = ClusterNumber::Fixed(0);
        params.value.features.clear();
        params.need.n_starts = 101;
        params.need.prior_baskets = f64::NAN;
        let places: Vec<String> = params.check().into_iter().map(|(place, _)| place).collect();
        assert!(places.contains(&"rfm.buckets".to_owned()));
        assert!(places.contains(&"clv.clv_months".to_owned()));
        assert!(places.contains(&"value.n_clusters".to_owned()));
        assert!(places.contains(&"value.features".to_owned()));
        assert!(places.contains(&"need.n_starts".to_owned()));
        assert!(places.contains(&"need.prior_baskets".to_owned()));
    }
}
