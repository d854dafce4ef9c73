//! The key figures: what each one means, in one machine-readable list.

use serde::Serialize;

/// How the 95 % interval of a figure is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// None: the figure counts everybody.
    None,
    /// Wilson score interval of a share.
    Wilson,
    /// Normal interval with the multinomial variance of promoters less detractors.
    Multinomial,
}

/// What one key figure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KpiDefinition {
    /// Name, unique.
    pub kpi: &'static str,
    /// `money`, `share`, `count`, `days` or `score`.
    pub unit: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// Days it looks back on; null for all of the history, or for tonight.
    pub window_days: Option<u32>,
    /// How its interval is made.
    pub interval: Interval,
    /// Whether it is also told of each value segment.
    pub by_segment: bool,
}

const fn of_segments(
    kpi: &'static str,
    unit: &'static str,
    window_days: Option<u32>,
    interval: Interval,
    formula: &'static str,
) -> KpiDefinition {
    KpiDefinition { kpi, unit, formula, window_days, interval, by_segment: true }
}

const fn of_all(
    kpi: &'static str,
    unit: &'static str,
    window_days: Option<u32>,
    formula: &'static str,
) -> KpiDefinition {
    KpiDefinition { kpi, unit, formula, window_days, interval: Interval::None, by_segment: false }
}

/// Every key figure, in the order in which a report tells them.
///
/// Net money is sales and returns of known parties; adjustments and sales that name nobody are left
/// out of every figure but `attributed_share` and `unattributed_sales`.
pub const CATALOGUE: &[KpiDefinition] = &[
    of_segments("net_sales", "money", None, Interval::None, "net money"),
    of_segments("net_sales_90", "money", Some(90), Interval::None, "net money of the window"),
    of_segments(
        "net_sales_prior_90",
        "money",
        Some(90),
        Interval::None,
        "net money of the 90 days before the window of net_sales_90",
    ),
    of_segments(
        "net_sales_change",
        "share",
        Some(90),
        Interval::None,
        "(net_sales_90 - net_sales_prior_90) / net_sales_prior_90",
    ),
    of_all("unattributed_sales", "money", None, "net money of sales that name nobody"),
    of_all(
        "attributed_share",
        "share",
        None,
        "net money of known parties / net money of all sales",
    ),
    of_segments("parties", "count", None, Interval::None, "customers + prospects"),
    of_segments("customers", "count", None, Interval::None, "parties with a sale"),
    of_segments("prospects", "count", None, Interval::None, "parties without a sale"),
    of_segments(
        "active_customers_90",
        "count",
        Some(90),
        Interval::None,
        "customers with a sale in the window",
    ),
    of_segments(
        "new_customers_28",
        "count",
        Some(28),
        Interval::None,
        "customers whose first sale is in the window",
    ),
    of_segments(
        "repeat_rate",
        "share",
        None,
        Interval::Wilson,
        "customers with two purchase days or more / customers",
    ),
    of_segments(
        "retention_90",
        "share",
        Some(90),
        Interval::Wilson,
        "customers with a sale in the window and in the 90 days before it / customers with a sale \
         in the 90 days before it",
    ),
    of_segments(
        "mean_basket",
        "money",
        None,
        Interval::None,
        "money of sales / baskets with a sale",
    ),
    of_segments(
        "purchase_days_per_customer",
        "count",
        None,
        Interval::None,
        "purchase days / customers",
    ),
    of_segments(
        "interpurchase_median_days",
        "days",
        None,
        Interval::None,
        "median over customers of their median days between purchase days",
    ),
    of_segments(
        "discount_share",
        "share",
        None,
        Interval::None,
        "discount / (money of sales + discount), of sales whose discount is told",
    ),
    of_segments("return_share", "share", None, Interval::None, "money returned / money of sales"),
    of_all(
        "top_decile_share",
        "share",
        None,
        "net money of the tenth of customers with the most / net money; the tenth is rounded up",
    ),
    of_all(
        "gini",
        "share",
        None,
        "Gini coefficient of net money by customer, negative net money taken as 0",
    ),
    of_segments(
        "nps",
        "score",
        None,
        Interval::Multinomial,
        "100 x (answers of 9 or 10 - answers of 6 or less) / answers, newest answer of each party",
    ),
    of_segments(
        "redemption_rate",
        "share",
        None,
        Interval::Wilson,
        "treated customers of past campaigns with a redemption in the window of outcomes / treated \
         customers, a customer once for each campaign",
    ),
    of_segments("contacts", "count", None, Interval::None, "parties to contact"),
    of_segments("control", "count", None, Interval::None, "parties held back to measure"),
    of_segments("no_contact", "count", None, Interval::None, "parties left alone"),
    of_segments("offers", "count", None, Interval::None, "contacts with an offer"),
    of_segments(
        "reserved_cost",
        "money",
        None,
        Interval::None,
        "money set aside for the offers of contacts",
    ),
    of_all("budget_use", "share", None, "money set aside for offers / budget of the night"),
    of_segments(
        "expected_value",
        "money",
        None,
        Interval::None,
        "sum over the offers of contacts of probability x (margin - cost)",
    ),
];

/// The definition of that name, if there is one.
pub fn definition(kpi: &str) -> Option<&'static KpiDefinition> {
    CATALOGUE.iter().find(|definition| definition.kpi == kpi)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_figures_share_a_name() {
        let names: BTreeSet<_> = CATALOGUE.iter().map(|definition| definition.kpi).collect();
        assert_eq!(names.len(), CATALOGUE.len());
    }
}
