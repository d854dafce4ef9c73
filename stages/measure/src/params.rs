//! Settings of the stage, as the project file writes them under `measure:`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ALL, definition};

/// Longest window of outcomes, in days: two years.
const OUTCOME_WINDOW_DAYS_MAX: u32 = 731;

/// Settings of the Measure stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Days that count as the outcome of a campaign, the day of the contact included, 1 to 731;
    /// default 28.
    pub outcome_window_days: u32,
    /// Share of control planned in every campaign, above 0 and below 1; default none. Only a planned
    /// share can be tested against the one found, so without it there is no sample-ratio test.
    pub control_share: Option<f64>,
    /// Share of control planned in single campaigns, by campaign, above 0 and below 1; default none.
    pub control_shares: BTreeMap<String, f64>,
    /// Goals to hold the key figures against; default none.
    pub goals: Vec<Goal>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            outcome_window_days: 28,
            control_share: None,
            control_shares: BTreeMap::new(),
            goals: Vec::new(),
        }
    }
}

/// A value that one key figure is to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Key figure, a name of the catalogue.
    pub kpi: String,
    /// Value to reach, in the unit of the figure: a share of 30 % is 0.3.
    pub target: f64,
    /// Whether more or less is better.
    pub direction: Direction,
    /// Value segment it is about; default `(all)`.
    #[serde(default = "all")]
    pub segment: String,
    /// Value the goal started from, in the unit of the figure; default none.
    #[serde(default)]
    pub baseline: Option<f64>,
    /// Day by which it is to be reached, as `2026-12-31`; default none.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub due: Option<Date>,
}

fn all() -> String {
    ALL.to_owned()
}

/// Which side of the target is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The target or more.
    AtLeast,
    /// The target or less.
    AtMost,
}

impl Direction {
    /// The word for it in tables.
    pub fn code(self) -> &'static str {
        match self {
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
        }
    }
}

impl Params {
    /// Every bad value: its path below `measure`, and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        if !(1..=OUTCOME_WINDOW_DAYS_MAX).contains(&self.outcome_window_days) {
            let message = format!(
                "is {}, expected 1 to {OUTCOME_WINDOW_DAYS_MAX} days",
                self.outcome_window_days
            );
            problems.push(("outcome_window_days".to_owned(), message));
        }
        let shares =
            self.control_share.iter().map(|share| ("control_share".to_owned(), *share)).chain(
                self.control_shares.iter().map(|(name, s)| (format!("control_shares.{name}"), *s)),
            );
        for (path, share) in shares {
            if !(share > 0.0 && share < 1.0) {
                problems.push((path, format!("is {share}, expected above 0 and below 1")));
            }
        }
        let mut seen = BTreeSet::new();
        for (index, goal) in self.goals.iter().enumerate() {
            problems.extend(
                goal.check().into_iter().map(|(field, m)| (format!("goals[{index}].{field}"), m)),
            );
            if !seen.insert((&goal.kpi, &goal.segment)) {
                let message = format!(
                    "a goal for `{}` of `{}` is already set, expected one at most",
                    goal.kpi, goal.segment
                );
                problems.push((format!("goals[{index}]"), message));
            }
        }
        problems
    }

    /// The planned share of control in one campaign.
    pub(crate) fn planned_control(&self, campaign: &str) -> Option<f64> {
        self.control_shares.get(campaign).copied().or(self.control_share)
    }
}

impl Goal {
    fn check(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        match definition(&self.kpi) {
            None => {
                let message = format!("`{}` is not a key figure of the catalogue", self.kpi);
                problems.push(("kpi", message));
            }
            Some(figure) if self.segment != ALL && !figure.by_segment => {
                let message =
                    format!("`{}` is known of all parties only, expected `{ALL}`", self.kpi);
                problems.push(("segment", message));
            }
            Some(_) => {}
        }
        if !self.target.is_finite() {
            problems.push(("target", format!("is {}, expected a number", self.target)));
        }
        match self.baseline {
            Some(baseline) if !baseline.is_finite() => {
                problems.push(("baseline", format!("is {baseline}, expected a number")));
            }
            // No way leads from the target to itself.
            Some(baseline) if baseline.total_cmp(&self.target).is_eq() => {
                problems.push(("baseline", "is the target, expected another value".to_owned()));
            }
            _ => {}
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(kpi: &str) -> Goal {
        Goal {
            kpi: kpi.into(),
            target: 0.3,
            direction: Direction::AtLeast,
            segment: ALL.into(),
            baseline: None,
            due: None,
        }
    }

    #[test]
    fn defaults_and_a_good_goal_are_accepted() {
        assert_eq!(Params::default().check(), []);
        let params = Params { goals: vec![goal("repeat_rate")], ..Params::default() };
        assert_eq!(params.check(), []);
    }

    #[test]
    fn every_bad_value_is_told_at_once_with_its_path() {
        let params = Params {
            outcome_window_days: 0,
            control_share: Some(1.0),
            control_shares: BTreeMap::from([("spring".to_owned(), f64::NAN)]),
            goals: vec![
                goal("profit"),
                Goal { segment: "vip".into(), ..goal("gini") },
                Goal { baseline: Some(0.3), target: 0.3, ..goal("repeat_rate") },
                goal("repeat_rate"),
            ],
        };
        let paths: Vec<String> = params.check().into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            [
                "outcome_window_days",
                "control_share",
                "control_shares.spring",
                "goals[0].kpi",
                "goals[1].segment",
                "goals[2].baseline",
                "goals[3]",
            ]
        );
    }

    #[test]
    fn a_campaign_of_its_own_plan_is_not_held_to_the_common_one() {
        let params = Params {
            control_share: Some(0.1),
            control_shares: BTreeMap::from([("spring".to_owned(), 0.5)]),
            ..Params::default()
        };
        assert_eq!(params.planned_control("spring"), Some(0.5));
        assert_eq!(params.planned_control("summer"), Some(0.1));
    }
}
