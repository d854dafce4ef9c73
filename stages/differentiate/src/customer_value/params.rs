//! Settings of customer value over time.

use idip_numerics::btyd::ModelKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::params::{Problem, in_range};

/// Which model of purchases is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelChoice {
    /// The best by log score of a holdout; without one `mbg_nbd` when more than half bought once,
    /// else `bg_nbd`.
    #[default]
    Auto,
    /// BG/NBD (Fader, Hardie and Lee 2005).
    BgNbd,
    /// MBG/NBD (Batislam, Denizel and Filiztekin 2007).
    MbgNbd,
    /// Pareto/NBD (Schmittlein, Morrison and Colombo 1987).
    ParetoNbd,
}

impl ModelChoice {
    /// The models to fit.
    pub(super) fn candidates(self) -> &'static [ModelKind] {
        match self {
            Self::Auto => &[ModelKind::BgNbd, ModelKind::MbgNbd, ModelKind::ParetoNbd],
            Self::BgNbd => &[ModelKind::BgNbd],
            Self::MbgNbd => &[ModelKind::MbgNbd],
            Self::ParetoNbd => &[ModelKind::ParetoNbd],
        }
    }
}

/// Settings of customer value over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClvParams {
    /// Model of purchases: `auto` (default), `bg_nbd`, `mbg_nbd` or `pareto_nbd`.
    pub model: ModelChoice,
    /// Days within which a purchase counts as staying, 1 to 3,650. By default twice the median of all
    /// days between purchases, rounded up, from 14 to 365; 90 where nobody bought twice.
    pub horizon_days: Option<u32>,
    /// Months of future purchases that `clv` counts, 1 to 120; 12 by default.
    pub clv_months: u32,
    /// Yearly rate by which they are discounted, 0 to 1; 0.10 by default.
    pub discount_rate: f64,
    /// Share of the observed days that is held back to check forecasts, 0 to 0.8; a third by default,
    /// 0 for no check.
    pub holdout_share: f64,
    /// Days in the time unit of the models, 1 to 365; 7 by default.
    pub time_unit_days: u32,
    /// Customers below which a weak prior helps an estimate, and there is no holdout, 1 to 1,000,000;
    /// 100 by default.
    pub min_customers: u32,
}

impl Default for ClvParams {
    fn default() -> Self {
        Self {
            model: ModelChoice::default(),
            horizon_days: None,
            clv_months: 12,
            discount_rate: 0.10,
            holdout_share: 1.0 / 3.0,
            time_unit_days: 7,
            min_customers: 100,
        }
    }
}

impl ClvParams {
    /// Lists every setting that is refused, by its place below `clv`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(days) = self.horizon_days {
            in_range(&mut problems, "horizon_days", days, 1..=3650);
        }
        in_range(&mut problems, "clv_months", self.clv_months, 1..=120);
        in_range(&mut problems, "discount_rate", self.discount_rate, 0.0..=1.0);
        in_range(&mut problems, "holdout_share", self.holdout_share, 0.0..=0.8);
        in_range(&mut problems, "time_unit_days", self.time_unit_days, 1..=365);
        in_range(&mut problems, "min_customers", self.min_customers, 1..=1_000_000);
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_setting_is_named() {
        let params = ClvParams {
            horizon_days: Some(0),
            clv_months: 121,
            discount_rate: f64::NAN,
            holdout_share: 0.9,
            time_unit_days: 0,
            min_customers: 0,
            ..ClvParams::default()
        };
        let names: Vec<String> = params.check().into_iter().map(|problem| problem.0).collect();
        assert_eq!(
            names,
            [
                "horizon_days",
                "clv_months",
                "discount_rate",
                "holdout_share",
                "time_unit_days",
                "min_customers"
            ]
        );
        assert_eq!(ClvParams::default().check(), []);
    }

    #[test]
    fn a_model_is_written_as_in_the_tables() {
        for (choice, word) in [
            (ModelChoice::Auto, "auto"),
            (ModelChoice::BgNbd, "bg_nbd"),
            (ModelChoice::MbgNbd, "mbg_nbd"),
            (ModelChoice::ParetoNbd, "pareto_nbd"),
        ] {
            assert_eq!(serde_json::to_value(choice).expect("is a word"), word);
        }
    }
}
