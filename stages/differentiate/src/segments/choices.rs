//! Settings that are a choice among ways to make segments.

use std::fmt;

use idip_numerics::drift::DriftThresholds;
use idip_numerics::segment_registry::Thresholds;
use schemars::JsonSchema;
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::params::{Problem, in_range};

/// Segments asked for: a number, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ClusterNumber {
    /// That many.
    Fixed(usize),
    /// As many, from 3 to 10, as separate customers best and come back with other customers.
    Chosen(Auto),
}

/// The word `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    /// Chosen from the data on the first night and on each full refit.
    Auto,
}

impl ClusterNumber {
    /// `auto`.
    pub const AUTO: Self = Self::Chosen(Auto::Auto);
}

impl fmt::Display for ClusterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(n) => write!(f, "{n}"),
            Self::Chosen(Auto::Auto) => f.write_str("auto"),
        }
    }
}

impl<'de> Deserialize<'de> for ClusterNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = ClusterNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 1 to 50, or `auto`")
            }

            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<ClusterNumber, E> {
                Ok(ClusterNumber::Fixed(usize::try_from(n).unwrap_or(usize::MAX)))
            }

            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<ClusterNumber, E> {
                let n = u64::try_from(n)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(n), &self))?;
                self.visit_u64(n)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ClusterNumber, E> {
                match text {
                    "auto" => Ok(ClusterNumber::AUTO),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(NumberVisitor)
    }
}

/// How segments by value are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueMethod {
    /// k-means: each customer belongs to the nearest centroid.
    Kmeans,
    /// A mixture of normal distributions: each customer belongs to a segment with a probability.
    GaussianMixture,
}

/// What segments by need are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedFeatures {
    /// Shares of the categories.
    Shares,
    /// Shares of topics: groups of categories that are bought together.
    Topics,
}

/// How shares are made fit for distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareTransform {
    /// Square root: distances are Hellinger's, and shares of 0 are no trouble.
    Hellinger,
    /// Centred logarithm of ratios (Aitchison 1986), for shares few of which are 0.
    Clr,
}

impl ShareTransform {
    /// Its name in `cluster_model`.
    pub(super) fn name(self, features: NeedFeatures) -> &'static str {
        match (features, self) {
            (NeedFeatures::Shares, Self::Hellinger) => "hellinger",
            (NeedFeatures::Shares, Self::Clr) => "clr",
            (NeedFeatures::Topics, Self::Hellinger) => "topics_hellinger",
            (NeedFeatures::Topics, Self::Clr) => "topics_clr",
        }
    }
}

/// From which population stability index on a feature is watched, and segments are fitted anew.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DriftParams {
    /// Index from which a feature is worth a look, above 0; 0.1 by default.
    pub watch: f64,
    /// Index from which one feature makes its segments be fitted anew, at least `watch`; 0.25 by
    /// default.
    pub refit: f64,
}

impl Default for DriftParams {
    fn default() -> Self {
        Self { watch: 0.1, refit: 0.25 }
    }
}

impl DriftParams {
    /// Lists every setting that is refused, by its place below `drift`.
    pub fn check(&self) -> Vec<Problem> {
        if let Err(why) = DriftThresholds::new(self.watch, self.refit) {
            return vec![("watch".to_owned(), format!("does not fit `refit`: {why}"))];
        }
        Vec::new()
    }
}

/// When a segment that was fitted anew still is the one it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContinuityParams {
    /// Distance of the centroids beyond which two segments are never the same, by the median distance
    /// of a centroid to its nearest other, above 0 to 10; 0.5 by default.
    pub distance_max: f64,
    /// Customers in common, by those in either, below which two segments are never the same, 0 to 1;
    /// 0.25 by default.
    pub overlap_min: f64,
    /// Gain by which a full fit after drift must beat last night's segments to take their place, 0 to
    /// 1: the part of the inertia that is gone, or the nats by which a mixture makes a customer more
    /// likely; 0.05 by default.
    ///
    /// Another optimum nearly as good would only move customers about; a new kind of customer gains
    /// far more.
    ///
    /// It is also the quality that segments may lose while they follow their customers before they are
    /// fitted anew.
    pub gain_min: f64,
    /// Part of the distance by which another segment must be nearer before a customer who did not buy
    /// changes to it, 0 to 1; 0.1 by default.
    pub move_margin: f64,
    /// Part of the customers who did not buy that may change segment in one night, 0 to 1; 0.004 by
    /// default, and 1 for no bound.
    ///
    /// Those go first that gain most; the others wait.
    pub moves_max: f64,
    /// Part of the customers who did not buy that a full fit may move from segments that are no more
    /// without being asked for, 0 to 1; 0.02 by default.
    ///
    /// One that would move more, and finds no new kind of customer among those who did something, is told
    /// of in `cluster_quality` and waits for `refit`.
    pub refit_moves_max: f64,
}

impl Default for ContinuityParams {
    fn default() -> Self {
        let Thresholds { distance_max, overlap_min } = Thresholds::default();
        // On the CDNOW customers a full fit moves a third of them for a gain of 0.016.
        Self {
            distance_max,
            overlap_min,
            gain_min: 0.05,
            move_margin: 0.1,
            moves_max: 0.004,
            refit_moves_max: 0.02,
        }
    }
}

impl ContinuityParams {
    /// Lists every setting that is refused, by its place below `continuity`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        in_range(&mut problems, "distance_max", self.distance_max, f64::MIN_POSITIVE..=10.0);
        in_range(&mut problems, "overlap_min", self.overlap_min, 0.0..=1.0);
        in_range(&mut problems, "gain_min", self.gain_min, 0.0..=1.0);
        in_range(&mut problems, "move_margin", self.move_margin, 0.0..=1.0);
        in_range(&mut problems, "moves_max", self.moves_max, 0.0..=1.0);
        in_range(&mut problems, "refit_moves_max", self.refit_moves_max, 0.0..=1.0);
        problems
    }

    pub(super) fn thresholds(self) -> Thresholds {
        Thresholds { distance_max: self.distance_max, overlap_min: self.overlap_min }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_segments_is_a_number_or_a_word() {
        let read = |text: &str| serde_json::from_str::<ClusterNumber>(text);
        assert_eq!(read("7").expect("is a number"), ClusterNumber::Fixed(7));
        assert_eq!(read("\"auto\"").expect("is the word"), ClusterNumber::AUTO);
        for wrong in ["-1", "\"some\"", "1.5"] {
            let error = read(wrong).expect_err(wrong).to_string();
            assert!(error.contains("a number from 1 to 50, or `auto`"), "{error}");
        }
        let written = serde_json::to_string(&[ClusterNumber::Fixed(7), ClusterNumber::AUTO]);
        assert_eq!(written.expect("can be written"), "[7,\"auto\"]");
    }

    #[test]
    fn thresholds_out_of_order_are_refused() {
        assert_eq!(DriftParams::default().check(), []);
        assert_eq!(DriftParams { watch: 0.3, refit: 0.2 }.check().len(), 1);
        assert_eq!(DriftParams { watch: 0.0, refit: 0.2 }.check().len(), 1);
        assert_eq!(ContinuityParams::default().check(), []);
        let wrong = ContinuityParams {
            distance_max: 0.0,
            overlap_min: 1.5,
            gain_min: -0.1,
            move_margin: 2.0,
            moves_max: -1.0,
            refit_moves_max: f64::NAN,
        };
        assert_eq!(wrong.check().len(), 6);
    }
}
