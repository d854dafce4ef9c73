//! Settings of loyalty.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::params::{Problem, in_range};

/// Settings of `customer_loyalty`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LoyaltyParams {
    /// Days in which an act loses half its weight, from 1 to 3650; 180 by default.
    pub half_life_days: f64,
    /// Decayed weight at which intensity reaches 63 %, from 0.01 to 10,000; 6 by default.
    pub saturation_weight: f64,
    /// Days at which duration reaches 63 %, from 1 to 36,500; 365 by default.
    pub tenure_scale_days: f64,
    /// What an act of each kind weighs.
    pub weights: ActWeights,
    /// Levels from the lowest to the highest, two to ten of them.
    pub levels: Vec<LoyaltyLevel>,
    /// When a silence is longer than usual.
    pub gaps: GapParams,
    /// What a recurrent customer is.
    pub recurrence: RecurrenceSettings,
    /// Bounds of the lifecycle states.
    pub lifecycle: LifecycleSettings,
    /// Milestones in the order they are meant to be reached, at most 50.
    pub milestones: Vec<Milestone>,
}

/// What an act of each kind weighs, from 0 to 1,000.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActWeights {
    /// A day with a purchase; 3 by default.
    pub purchase: f64,
    /// An interaction the party began; 1 by default.
    pub interaction_in: f64,
    /// A response to a campaign; 2 by default.
    pub response: f64,
    /// An answer to a survey; 1 by default.
    pub survey: f64,
    /// A post; 2 by default.
    pub post: f64,
    /// An interaction the shop began; 1 by default.
    pub interaction_out: f64,
    /// A campaign that reached the party; 1 by default.
    pub campaign: f64,
}

/// A level of loyalty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoyaltyLevel {
    /// Name, unique.
    pub name: String,
    /// Degree from which it holds; 0 for the first level, ascending, below 1.
    pub from: f64,
}

/// When a silence is longer than usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GapParams {
    /// Gaps with which a customer's own decide, from 1 to 100; 4 by default. With fewer it is those of
    /// the value segment.
    pub own_gaps_min: usize,
    /// Part of the gaps that are no longer than is usual, from 0.5 to 1; 0.9 by default.
    pub quantile: f64,
    /// Usual gap in days where there is none at all, from 1 to 3650; 180 by default.
    pub default_days: f64,
}

/// What a recurrent customer is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecurrenceSettings {
    /// Purchase days at least, from 2 to 1,000; 4 by default.
    pub purchase_days_min: u32,
    /// Days from the first purchase to the last at least, from 1 to 3650; 180 by default.
    pub tenure_days_min: f64,
    /// Coefficient of variation of the gaps at most, from 0.01 to 10; 1 by default, a customer who
    /// buys at random.
    pub gap_cv_max: f64,
}

/// Bounds of the lifecycle states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LifecycleSettings {
    /// Days for which a customer is new, from 1 to 3650; 90 by default.
    pub new_days: f64,
    /// Days for which a customer that came back is won back, from 1 to 3650; 90 by default.
    pub won_back_days: f64,
    /// Multiple of the usual gap after which a customer is lapsed, from 1.01 to 100; 2 by default.
    pub lapse_multiple: f64,
}

/// What a milestone counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MilestoneEvent {
    /// The first contact of any kind, purchases included.
    Contact,
    /// Days with a purchase.
    Purchase,
    /// The first post.
    Post,
    /// Days since the first contact.
    TenureDays,
}

/// A milestone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// Name, unique.
    pub name: String,
    /// What it counts.
    pub event: MilestoneEvent,
    /// How many of them; 1 for a contact or a post.
    #[serde(default = "one")]
    pub n: u32,
}

fn one() -> u32 {
    1
}

impl Default for LoyaltyParams {
    fn default() -> Self {
        let level = |name: &str, from| LoyaltyLevel { name: name.to_owned(), from };
        let milestone = |name: &str, event, n| Milestone { name: name.to_owned(), event, n };
        Self {
            half_life_days: 180.0,
            saturation_weight: 6.0,
            tenure_scale_days: 365.0,
            weights: ActWeights::default(),
            levels: vec![
                level("none", 0.0),
                level("low", 0.05),
                level("medium", 0.2),
                level("high", 0.4),
                level("very_high", 0.6),
            ],
            gaps: GapParams::default(),
            recurrence: RecurrenceSettings::default(),
            lifecycle: LifecycleSettings::default(),
            milestones: vec![
                milestone("first_contact", MilestoneEvent::Contact, 1),
                milestone("first_purchase", MilestoneEvent::Purchase, 1),
                milestone("second_purchase", MilestoneEvent::Purchase, 2),
                milestone("fifth_purchase", MilestoneEvent::Purchase, 5),
                milestone("one_year", MilestoneEvent::TenureDays, 365),
                milestone("tenth_purchase", MilestoneEvent::Purchase, 10),
                milestone("two_years", MilestoneEvent::TenureDays, 730),
            ],
        }
    }
}

impl Default for ActWeights {
    fn default() -> Self {
        Self {
            purchase: 3.0,
            interaction_in: 1.0,
            response: 2.0,
            survey: 1.0,
            post: 2.0,
            interaction_out: 1.0,
            campaign: 1.0,
        }
    }
}

impl Default for GapParams {
    fn default() -> Self {
        Self { own_gaps_min: 4, quantile: 0.9, default_days: 180.0 }
    }
}

impl Default for RecurrenceSettings {
    fn default() -> Self {
        Self { purchase_days_min: 4, tenure_days_min: 180.0, gap_cv_max: 1.0 }
    }
}

impl Default for LifecycleSettings {
    fn default() -> Self {
        Self { new_days: 90.0, won_back_days: 90.0, lapse_multiple: 2.0 }
    }
}

impl LoyaltyParams {
    /// Lists every setting that is refused, by its place below `loyalty`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let days = 1.0..=3650.0;
        let weights = &self.weights;
        for (field, value, range) in [
            ("half_life_days", self.half_life_days, days.clone()),
            ("saturation_weight", self.saturation_weight, 0.01..=10_000.0),
            ("tenure_scale_days", self.tenure_scale_days, 1.0..=36_500.0),
            ("weights.purchase", weights.purchase, 0.0..=1000.0),
            ("weights.interaction_in", weights.interaction_in, 0.0..=1000.0),
            ("weights.response", weights.response, 0.0..=1000.0),
            ("weights.survey", weights.survey, 0.0..=1000.0),
            ("weights.post", weights.post, 0.0..=1000.0),
            ("weights.interaction_out", weights.interaction_out, 0.0..=1000.0),
            ("weights.campaign", weights.campaign, 0.0..=1000.0),
            ("gaps.quantile", self.gaps.quantile, 0.5..=1.0),
            ("gaps.default_days", self.gaps.default_days, days.clone()),
            ("recurrence.tenure_days_min", self.recurrence.tenure_days_min, days.clone()),
            ("recurrence.gap_cv_max", self.recurrence.gap_cv_max, 0.01..=10.0),
            ("lifecycle.new_days", self.lifecycle.new_days, days.clone()),
            ("lifecycle.won_back_days", self.lifecycle.won_back_days, days),
            ("lifecycle.lapse_multiple", self.lifecycle.lapse_multiple, 1.01..=100.0),
        ] {
            in_range(&mut problems, field, value, range);
        }
        in_range(&mut problems, "gaps.own_gaps_min", self.gaps.own_gaps_min, 1..=100);
        let n_days = self.recurrence.purchase_days_min;
        in_range(&mut problems, "recurrence.purchase_days_min", n_days, 2..=1000);
        self.check_levels(&mut problems);
        self.check_milestones(&mut problems);
        problems
    }

    fn check_levels(&self, problems: &mut Vec<Problem>) {
        let n = self.levels.len();
        if !(2..=10).contains(&n) {
            problems.push(("levels".to_owned(), format!("has {n} level(s), expected 2 to 10")));
        }
        let mut before = None;
        for (at, level) in self.levels.iter().enumerate() {
            let is_fit = match before {
                None => level.from == 0.0,
                Some(before) => level.from > before && level.from < 1.0,
            };
            if !is_fit {
                let expected = "expected 0 for the first level, then ascending, below 1";
                let why = format!("is {}, {expected}", level.from);
                problems.push((format!("levels[{at}].from"), why));
            }
            before = Some(level.from);
        }
        let names: Vec<&str> = self.levels.iter().map(|level| level.name.as_str()).collect();
        check_names("levels", &names, problems);
    }

    fn check_milestones(&self, problems: &mut Vec<Problem>) {
        let n = self.milestones.len();
        if n > 50 {
            problems.push(("milestones".to_owned(), format!("has {n} of them, expected up to 50")));
        }
        for (at, milestone) in self.milestones.iter().enumerate() {
            let most = match milestone.event {
                MilestoneEvent::Contact | MilestoneEvent::Post => 1,
                MilestoneEvent::Purchase => 10_000,
                MilestoneEvent::TenureDays => 36_500,
            };
            in_range(problems, &format!("milestones[{at}].n"), milestone.n, 1..=most);
            let is_same =
                |other: &Milestone| other.event == milestone.event && other.n == milestone.n;
            if self.milestones.iter().take(at).any(is_same) {
                problems.push((format!("milestones[{at}]"), "repeats an earlier one".to_owned()));
            }
        }
        let names: Vec<&str> =
            self.milestones.iter().map(|milestone| milestone.name.as_str()).collect();
        check_names("milestones", &names, problems);
    }
}

/// Refuses names that are empty, too long or there twice.
fn check_names(list: &str, names: &[&str], problems: &mut Vec<Problem>) {
    for (at, name) in names.iter().enumerate() {
        if !crate::params::is_file_name(name) {
            let why = "is no name: up to 80 of `a-z`, `0-9`, blank, `_`, `+`, `-`".to_owned();
            problems.push((format!("{list}[{at}].name"), why));
        }
        if names.iter().take(at).any(|other| other == name) {
            problems.push((format!("{list}[{at}].name"), "is there twice".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_well_and_every_bad_setting_is_named() {
        let mut params = LoyaltyParams::default();
        assert_eq!(params.check(), []);
        params.half_life_days = f64::NAN;
        params.weights.post = -1.0;
        params.levels[1].from = 0.9;
        params.milestones[1].n = 0;
        params.milestones[2].name = "first_contact".to_owned();
        let places: Vec<String> = params.check().into_iter().map(|(place, _)| place).collect();
        // Level 2 lies below level 1 now.
        let expected = [
            "half_life_days",
            "weights.post",
            "levels[2].from",
            "milestones[1].n",
            "milestones[2].name",
        ];
        assert_eq!(places, expected);
    }
}
