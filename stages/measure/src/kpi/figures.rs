//! The figures of one group of parties.

use idip_numerics::inference::{Confidence, Proportion, wilson};

use super::spread::{self, Spread};
use super::sums::{Budget, Sums};
use crate::catalogue::definition;

/// One key figure of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figure {
    pub(super) kpi: &'static str,
    pub(super) unit: &'static str,
    pub(super) value: Option<f64>,
    /// Numerator and denominator.
    pub(super) ratio: Option<(f64, f64)>,
    /// Lower and upper end of the 95 % interval.
    pub(super) interval: Option<(f64, f64)>,
    pub(super) note: Option<&'static str>,
}

impl Figure {
    fn new(kpi: &'static str, value: Option<f64>) -> Self {
        let unit = definition(kpi).map_or("", |definition| definition.unit);
        Self { kpi, unit, value, ratio: None, interval: None, note: None }
    }

    fn count(kpi: &'static str, count: i64) -> Self {
        Self::new(kpi, Some(count as f64))
    }

    fn money(kpi: &'static str, cents: i128) -> Self {
        Self::new(kpi, Some(money(cents)))
    }

    fn missing(kpi: &'static str, why: &'static str) -> Self {
        Self { note: Some(why), ..Self::new(kpi, None) }
    }

    /// A ratio; null for the reason `why` when the denominator is not above 0.
    fn ratio(kpi: &'static str, numerator: f64, denominator: f64, why: &'static str) -> Self {
        let value = (denominator > 0.0).then_some(numerator / denominator);
        let note = value.is_none().then_some(why);
        Self { ratio: Some((numerator, denominator)), note, ..Self::new(kpi, value) }
    }

    /// A share of a count, with its Wilson interval.
    fn rate(kpi: &'static str, part: i64, whole: i64, why: &'static str) -> Self {
        let observed = Proportion { successes: part.unsigned_abs(), n: whole.unsigned_abs() };
        let interval = wilson(observed, Confidence::P95).ok().map(|rate| (rate.lower, rate.upper));
        Self { interval, ..Self::ratio(kpi, part as f64, whole as f64, why) }
    }
}

/// Minor units as units of the currency.
fn money(cents: i128) -> f64 {
    cents as f64 / 100.0
}

/// Every figure that is told of each segment.
pub(super) fn of_segment(sums: &Sums, spread: &Spread) -> Vec<Figure> {
    let change = Figure::ratio(
        "net_sales_change",
        money(sums.last_90 - sums.prior_90),
        money(sums.prior_90),
        "no_prior_sales",
    );
    let discount = sums.discount.map_or_else(
        || Figure::missing("discount_share", "discounts_not_told"),
        |discount| {
            let before = money(sums.told_sale + discount);
            Figure::ratio("discount_share", money(discount), before, "no_sales")
        },
    );
    let redemption = match (sums.treated, sums.redeemed) {
        (0, _) => Figure::missing("redemption_rate", "no_past_contacts"),
        (_, None) => Figure::missing("redemption_rate", "no_responses"),
        (treated, Some(redeemed)) => {
            Figure::rate("redemption_rate", redeemed, treated, "no_past_contacts")
        }
    };
    let interpurchase = spread::median(&spread.interpurchase).map_or_else(
        || Figure::missing("interpurchase_median_days", "no_repeat_customers"),
        |days| Figure::new("interpurchase_median_days", Some(days)),
    );
    let customers = sums.customers as f64;
    vec![
        Figure::money("net_sales", sums.net),
        Figure::money("net_sales_90", sums.last_90),
        Figure::money("net_sales_prior_90", sums.prior_90),
        change,
        Figure::count("parties", sums.parties),
        Figure::count("customers", sums.customers),
        Figure::count("prospects", sums.parties - sums.customers),
        Figure::count("active_customers_90", sums.active),
        Figure::count("new_customers_28", sums.new),
        Figure::rate("repeat_rate", sums.repeat, sums.customers, "no_customers"),
        Figure::rate("retention_90", sums.retained, sums.prior_active, "no_prior_activity"),
        Figure::ratio("mean_basket", money(sums.sale), sums.baskets as f64, "no_sales"),
        Figure::ratio(
            "purchase_days_per_customer",
            sums.purchase_days as f64,
            customers,
            "no_customers",
        ),
        interpurchase,
        discount,
        Figure::ratio("return_share", money(-sums.returned), money(sums.sale), "no_sales"),
        nps(sums),
        redemption,
        Figure::count("contacts", sums.contact),
        Figure::count("control", sums.control),
        Figure::count("no_contact", sums.none),
        Figure::count("offers", sums.offers),
        Figure::money("reserved_cost", sums.reserved),
        Figure::new("expected_value", Some(sums.expected_value)),
    ]
}

/// Every figure that is told of all parties only.
pub(super) fn of_all(
    sums: &Sums,
    spread: &Spread,
    unattributed: i128,
    budget: &Budget,
) -> Vec<Figure> {
    let top = money(spread::top_decile(&spread.net));
    let gini = spread::gini(&spread.net).map_or_else(
        || Figure::missing("gini", "no_sales"),
        |gini| Figure::new("gini", Some(gini)),
    );
    let budget_use = budget.limit.map_or_else(
        || Figure::missing("budget_use", "no_budget"),
        |limit| Figure::ratio("budget_use", money(budget.reserved), money(limit), "no_budget"),
    );
    vec![
        Figure::money("unattributed_sales", unattributed),
        Figure::ratio(
            "attributed_share",
            money(sums.net),
            money(sums.net + unattributed),
            "no_sales",
        ),
        Figure::ratio("top_decile_share", top, money(sums.net), "no_sales"),
        gini,
        budget_use,
    ]
}

/// Net promoter score, −100 to 100; variance of the multinomial: (p + d − (p − d)²) / n.
fn nps(sums: &Sums) -> Figure {
    let n = sums.nps as f64;
    let lead = (sums.promoters - sums.detractors) as f64;
    let figure = Figure::ratio("nps", 100.0 * lead, n, "no_answers");
    let spread = (sums.promoters + sums.detractors) as f64 / n - (lead / n).powi(2);
    // Answers that are all alike say nothing about how far others may lie.
    let interval = (sums.nps > 1 && spread > 0.0).then(|| {
        let score = lead / n;
        let half = Confidence::P95.z() * (spread / n).sqrt();
        (100.0 * (score - half).max(-1.0), 100.0 * (score + half).min(1.0))
    });
    Figure { interval, ..figure }
}
