//! Offers written in the project file itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Code of the offer.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Kind of lever: discount, points, gift, event, content, contest, service, trial.
    pub lever: String,
    /// Category it is good for; all when absent.
    #[serde(default)]
    pub category: Option<String>,
    /// Who may have it: an SQL expression over the `customer` table.
    #[serde(default)]
    pub eligibility: Option<String>,
    /// Cost to the shop of one redemption, as a decimal.
    pub cost: String,
    /// Margin a redemption earns before that cost, as a decimal.
    pub margin: String,
    /// What it is worth to the customer, as a decimal.
    #[serde(default)]
    pub customer_value: Option<String>,
    /// Probability of redemption assumed before there is history.
    pub base_response: f64,
    /// Pieces that can be given; no limit when absent.
    #[serde(default)]
    pub stock: Option<i64>,
    /// First day it may be made.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// Last day it may be made.
    #[serde(default)]
    pub valid_to: Option<String>,
}
