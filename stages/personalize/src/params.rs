//! Settings of the stage, as the project file writes them under `personalize:`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Money;

/// Settings of the Personalize stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Money that the offers of one night may cost; default no limit.
    pub budget: Option<Money>,
    /// What an offer sets aside of the budget; default `full`.
    pub reserve: Reserve,
    /// Least expected value of an offer that is made; what is worth nothing or less is never made;
    /// default 0.
    pub min_expected_value: Money,
    /// Contacts that the rate of a whole offer is worth beside a value segment's own history, and
    /// its assumed rate beside the offer's, 0 and up; default 50.
    pub shrinkage: f64,
    /// Days for which a party does not get the same offer again, 0 to 3650; default 60.
    pub repeat_days: u32,
    /// Whether a party's liking for the category of an offer changes its response; default true.
    pub match_need: bool,
    /// Days after a contact before its silence counts as no response, 0 to 365; default 14.
    pub maturity_days: u32,
}

/// What an offer sets aside of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reserve {
    /// Its cost times its probability of redemption, rounded up to the cent: the budget holds on
    /// average.
    Expected,
    /// Its cost: the budget holds even when everybody redeems.
    #[default]
    Full,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            budget: None,
            reserve: Reserve::Full,
            min_expected_value: Money::default(),
            shrinkage: 50.0,
            repeat_days: 60,
            match_need: true,
            maturity_days: 14,
        }
    }
}

/// Longest time of no repeat, in days: ten years.
const MAX_REPEAT_DAYS: u32 = 3_650;
/// Longest time to wait for a response, in days.
const MAX_MATURITY_DAYS: u32 = 365;

impl Params {
    /// Returns every value that makes no sense: where it is, and what is wrong with it.
    pub fn check(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut problem = |field: &str, message: String| problems.push((field.to_owned(), message));
        if let Some(budget) = self.budget.filter(|budget| budget.cents < 0) {
            problem("budget", format!("expected 0 or more, found {budget}"));
        }
        if self.min_expected_value.cents < 0 {
            let found = self.min_expected_value;
            problem("min_expected_value", format!("expected 0 or more, found {found}"));
        }
        if !(self.shrinkage.is_finite() && self.shrinkage >= 0.0) {
            let found = self.shrinkage;
            problem(
                "shrinkage",
                format!("expected a number of contacts, 0 or more, found {found}"),
            );
        }
        if self.repeat_days > MAX_REPEAT_DAYS {
            let found = self.repeat_days;
            problem("repeat_days", format!("expected 0 to {MAX_REPEAT_DAYS} days, found {found}"));
        }
        if self.maturity_days > MAX_MATURITY_DAYS {
            let found = self.maturity_days;
            problem(
                "maturity_days",
                format!("expected 0 to {MAX_MATURITY_DAYS} days, found {found}"),
            );
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_problem() {
        assert_eq!(Params::default().check(), []);
    }

    #[test]
    fn every_bad_value_is_named_at_once() {
        let params = Params {
            budget: Some(Money { cents: -1 }),
            min_expected_value: Money { cents: -5 },
            shrinkage: f64::INFINITY,
            repeat_days: 3_651,
            maturity_days: 366,
            ..Params::default()
        };
        let fields: Vec<String> = params.check().into_iter().map(|(field, _)| field).collect();
        assert_eq!(
            fields,
            ["budget", "min_expected_value", "shrinkage", "repeat_days", "maturity_days"]
        );
    }
}
