//! Settings of the coverage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who counts as a prosumer: `identify.coverage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CoverageParams {
    /// Posts with which a customer who buys is a prosumer, one who produces as well as consumes. From 1
    /// to 1000. Default: 3.
    pub prosumer_posts_min: u32,
    /// Days of posts that count for that. From 7 to 3650. Default: 365.
    pub window_days: u32,
}

impl Default for CoverageParams {
    fn default() -> Self {
        Self { prosumer_posts_min: 3, window_days: 365 }
    }
}

impl CoverageParams {
    /// Every bad value, as the field's path and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        [
            ("prosumer_posts_min", self.prosumer_posts_min, 1, 1_000),
            ("window_days", self.window_days, 7, 3_650),
        ]
        .into_iter()
        .filter(|(_, value, least, most)| !(least..=most).contains(&value))
        .map(|(field, value, least, most)| {
            (field.to_owned(), format!("is {value}, expected a number from {least} to {most}"))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_value_is_told() {
        assert_eq!(CoverageParams::default().check(), []);
        let bad = CoverageParams { prosumer_posts_min: 0, window_days: 6 };
        let fields: Vec<_> = bad.check().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["prosumer_posts_min", "window_days"]);
    }
}
