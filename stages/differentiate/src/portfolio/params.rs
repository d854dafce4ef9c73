//! Settings of the portfolio.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::params::{Problem, in_range};

/// Settings of `portfolio`, `lorenz_point` and `segment_target`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PortfolioParams {
    /// Steps of the Lorenz curve, from 2 to 1,000; 50 by default.
    pub lorenz_steps: u32,
    /// Days in which a contacted party has to respond, from 1 to 365; 30 by default.
    pub response_days: u32,
    /// Cost of one contact, 0 or more; without it the cost of a segment is not known.
    pub contact_cost: Option<f64>,
    /// Weight of the value in the attractiveness of a segment, from 0 to 100; 0.4 by default.
    pub value_weight: f64,
    /// Weight of the growth; 0.2 by default.
    pub growth_weight: f64,
    /// Weight of the share that can be reached; 0.3 by default.
    pub reachability_weight: f64,
    /// Weight of the cost; 0.1 by default.
    pub cost_weight: f64,
    /// Least score of a segment that is chosen, from 0 to 1; 0.5 by default.
    pub score_min: f64,
    /// Segments of an axis that are chosen at most, 1 or more; no limit by default.
    pub n_chosen_max: Option<usize>,
    /// Parties of a segment that is chosen at least; 1 by default.
    pub n_customers_min: u64,
    /// Share of them that can be reached at least, from 0 to 1; 0 by default.
    pub reachable_share_min: f64,
}

impl Default for PortfolioParams {
    fn default() -> Self {
        Self {
            lorenz_steps: 50,
            response_days: 30,
            contact_cost: None,
            value_weight: 0.4,
            growth_weight: 0.2,
            reachability_weight: 0.3,
            cost_weight: 0.1,
            score_min: 0.5,
            n_chosen_max: None,
            n_customers_min: 1,
            reachable_share_min: 0.0,
        }
    }
}

impl PortfolioParams {
    /// Lists every setting that is refused, by its place below `portfolio`.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, value, range) in [
            ("contact_cost", self.contact_cost.unwrap_or(0.0), 0.0..=1e9),
            ("value_weight", self.value_weight, 0.0..=100.0),
            ("growth_weight", self.growth_weight, 0.0..=100.0),
            ("reachability_weight", self.reachability_weight, 0.0..=100.0),
            ("cost_weight", self.cost_weight, 0.0..=100.0),
            ("score_min", self.score_min, 0.0..=1.0),
            ("reachable_share_min", self.reachable_share_min, 0.0..=1.0),
        ] {
            in_range(&mut problems, field, value, range);
        }
        in_range(&mut problems, "lorenz_steps", self.lorenz_steps, 2..=1000);
        in_range(&mut problems, "response_days", self.response_days, 1..=365);
        in_range(&mut problems, "n_chosen_max", self.n_chosen_max.unwrap_or(1), 1..=1_000_000);
        let weights =
            [self.value_weight, self.growth_weight, self.reachability_weight, self.cost_weight];
        if weights.iter().all(|&weight| weight == 0.0) {
            let why = "is 0 as the other weights are, expected one above 0".to_owned();
            problems.push(("value_weight".to_owned(), why));
        }
        problems
    }
}
