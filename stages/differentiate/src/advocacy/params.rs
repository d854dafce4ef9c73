//! Settings of advocacy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::params::{Problem, in_range};

/// Settings of `customer_advocacy`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdvocacyParams {
    /// Days in which an event loses half its weight, from 1 to 3650; 90 by default.
    pub half_life_days: f64,
    /// Days of posts that count for participation, sentiment and reach, from 7 to 3650; 365 by default.
    pub window_days: u32,
    /// Days after which an answer to a survey no longer counts, from 1 to 365; 365 by default.
    pub answer_days_max: i64,
    /// Weight of a post, from 0 to 1,000; 3 by default.
    pub post_weight: f64,
    /// Weight of an interaction the party began; 1 by default.
    pub interaction_in_weight: f64,
    /// Weight of a response; 2 by default.
    pub response_weight: f64,
    /// Weight of an answer to a survey; 1 by default.
    pub survey_weight: f64,
    /// Sentiment up to which a post is neutral, either way, from 0 to 0.99; 0.1 by default.
    pub neutral_band: f64,
    /// Rated posts that neutrality is worth beside a party's own, from 0 to 1,000; 3 by default.
    pub sentiment_prior_posts: f64,
    /// Part of contributors that are not among the top, from 0 to 1; 0.9 by default.
    pub top_quantile: f64,
    /// Least lead of the best platform over the second, as a share, from 0 to 1; 0.1 by default.
    pub platform_lead_min: f64,
    /// Least decayed posts for a platform to be named, from 0 to 1,000; 0.5 by default.
    pub platform_posts_min: f64,
    /// Purpose of consent that counts beside `all`; `marketing` by default.
    pub purpose: String,
    /// Who may be asked to be an ambassador.
    pub ambassador: AmbassadorSettings,
    /// When a price elasticity is told.
    pub price: PriceSettings,
    /// What it is assumed to bring and to cost to win a party over as an advocate.
    pub investment: InvestmentSettings,
}

/// What it is assumed to bring and to cost to win a party over as an advocate; not known by default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InvestmentSettings {
    /// Purchases by person reached, from 0 to 1.
    pub conversions_per_reach: Option<f64>,
    /// Margin of one of them, from 0 to a million.
    pub conversion_margin: Option<f64>,
    /// Cost of winning one party over, from 0 to a million.
    pub activation_cost: Option<f64>,
}

/// Who may be asked to be an ambassador.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AmbassadorSettings {
    /// Least score, from 0 to 1; 0.05 by default.
    pub score_min: f64,
    /// Least sentiment, shrunk to neutral, from -1 to 1; 0.2 by default.
    pub sentiment_min: f64,
    /// Weeks of the window with a post at least, up to 520; 4 by default.
    pub active_weeks_min: u32,
    /// Whether only who has bought may be asked; true by default.
    pub needs_purchase: bool,
}

/// When a price elasticity is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PriceSettings {
    /// Priced lines at least, from 3 to 10,000; 5 by default.
    pub lines_min: i64,
    /// Least standard deviation of log prices, from 0.001 to 1; 0.02 by default: prices that differ by
    /// less, such as by rounding, do not vary.
    pub spread_min: f64,
}

impl Default for AdvocacyParams {
    fn default() -> Self {
        Self {
            half_life_days: 90.0,
            window_days: 365,
            answer_days_max: 365,
            post_weight: 3.0,
            interaction_in_weight: 1.0,
            response_weight: 2.0,
            survey_weight: 1.0,
            neutral_band: 0.1,
            sentiment_prior_posts: 3.0,
            top_quantile: 0.9,
            platform_lead_min: 0.1,
            platform_posts_min: 0.5,
            purpose: "marketing".to_owned(),
            ambassador: AmbassadorSettings::default(),
            price: PriceSettings::default(),
            investment: InvestmentSettings::default(),
        }
    }
}

impl Default for AmbassadorSettings {
    fn default() -> Self {
        Self { score_min: 0.05, sentiment_min: 0.2, active_weeks_min: 4, needs_purchase: true }
    }
}

impl Default for PriceSettings {
    fn default() -> Self {
        Self { lines_min: 5, spread_min: 0.02 }
    }
}

impl AdvocacyParams {
    /// Lists every setting that is refused, by its place below `advocacy`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, value, range) in [
            ("half_life_days", self.half_life_days, 1.0..=3650.0),
            ("post_weight", self.post_weight, 0.0..=1000.0),
            ("interaction_in_weight", self.interaction_in_weight, 0.0..=1000.0),
            ("response_weight", self.response_weight, 0.0..=1000.0),
            ("survey_weight", self.survey_weight, 0.0..=1000.0),
            ("neutral_band", self.neutral_band, 0.0..=0.99),
            ("sentiment_prior_posts", self.sentiment_prior_posts, 0.0..=1000.0),
            ("top_quantile", self.top_quantile, 0.0..=1.0),
            ("platform_lead_min", self.platform_lead_min, 0.0..=1.0),
            ("platform_posts_min", self.platform_posts_min, 0.0..=1000.0),
            ("ambassador.score_min", self.ambassador.score_min, 0.0..=1.0),
            ("ambassador.sentiment_min", self.ambassador.sentiment_min, -1.0..=1.0),
            ("price.spread_min", self.price.spread_min, 0.001..=1.0),
        ] {
            in_range(&mut problems, field, value, range);
        }
        let investment = &self.investment;
        for (field, value, most) in [
            ("investment.conversions_per_reach", investment.conversions_per_reach, 1.0),
            ("investment.conversion_margin", investment.conversion_margin, 1e6),
            ("investment.activation_cost", investment.activation_cost, 1e6),
        ] {
            if let Some(value) = value {
                in_range(&mut problems, field, value, 0.0..=most);
            }
        }
        in_range(&mut problems, "window_days", self.window_days, 7..=3650);
        in_range(&mut problems, "answer_days_max", self.answer_days_max, 1..=365);
        let weeks = self.ambassador.active_weeks_min;
        in_range(&mut problems, "ambassador.active_weeks_min", weeks, 0..=520);
        in_range(&mut problems, "price.lines_min", self.price.lines_min, 3..=10_000);
        if !crate::params::is_file_name(&self.purpose) {
            let why = "is no name: up to 80 of `a-z`, `0-9`, blank, `_`, `+`, `-`".to_owned();
            problems.push(("purpose".to_owned(), why));
        }
        problems
    }
}
