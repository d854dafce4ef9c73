//! The aggregate tables of an invented night of a food shop with 5,120 parties.

mod identity;
mod outcomes;
mod portfolio;
mod value;

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray};
use idip_report::{IdentityCounts, NightFacts, QuarantineCount, RejectCount, StepFact};
use idip_schemas::differentiate::portfolio::{
    lorenz_point, loyalty_group, portfolio as portfolio_table, segment_target,
};
use idip_schemas::differentiate::segmentation::{segment_event, segment_reason, segment_rule};
use idip_schemas::differentiate::value::{
    value_calibration, value_forecast, value_model, value_tier,
};
use idip_schemas::differentiate::{cluster_quality, segment, segment_profile, value_need_cell};
use idip_schemas::identify::linkage_quality;
use idip_schemas::identify::quality::{identity_evaluation, match_weight_bin};
use idip_schemas::interact::contact_summary;
use idip_schemas::measure::{campaign_lift, goal_result, kpi, segment_migration};
use idip_schemas::personalize::offer_use;
use idip_schemas::source::{category, reconciliation, sales_channel};
use idip_schemas::{TableContract, build_batch};
use idip_stage::Tables;
use std::sync::Arc;

const VALUE: [(&str, i64, f64); 5] = [
    ("best frequent big-basket", 410, 388_412.55),
    ("high recent", 905, 310_220.10),
    ("middle occasional", 1_480, 214_903.42),
    ("lowest lapsed", 1_309, 61_077.93),
    ("no_purchases", 1_016, 0.0),
];
const NEED: [(&str, i64, f64); 5] = [
    ("fresh + bakery", 1_240, 402_118.20),
    ("drinks + snacks", 982, 241_560.71),
    ("home-care + baby", 611, 190_337.64),
    ("mixed", 1_271, 140_597.45),
    ("no_purchases", 1_016, 0.0),
];
const RFM: [(&str, i64, f64); 12] = [
    ("champions", 452, 390_118.0),
    ("loyal", 611, 233_870.5),
    ("potential_loyalist", 590, 98_220.0),
    ("new_customers", 214, 9_730.2),
    ("promising", 166, 8_110.0),
    ("need_attention", 301, 58_400.0),
    ("about_to_sleep", 322, 31_980.0),
    ("cannot_lose_them", 138, 81_004.7),
    ("at_risk", 402, 43_990.6),
    ("hibernating", 489, 12_080.0),
    ("lost", 419, 7_110.0),
    ("no_purchases", 1_016, 0.0),
];
/// One cell is small: its row and column lose a second one.
const MATRIX: [[i64; 5]; 5] = [
    [170, 128, 101, 11, 0],
    [382, 240, 190, 93, 0],
    [421, 377, 204, 478, 0],
    [267, 237, 116, 689, 0],
    [0, 0, 0, 0, 1_016],
];

fn text(values: impl IntoIterator<Item = impl AsRef<str>>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn ints(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn numbers(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Float64Array>())
}

fn money(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    let cents = values.into_iter().map(|value| value.map(|v| (v * 100.0).round() as i128));
    let cents: Decimal128Array = cents.collect();
    Arc::new(cents.with_precision_and_scale(18, 2).expect("fits"))
}

fn batch(contract: &'static TableContract, columns: Vec<ArrayRef>) -> RecordBatch {
    build_batch(contract, columns).expect("keeps its contract")
}

/// Every aggregate table.
pub(crate) fn night() -> Tables {
    let tables = [
        (&linkage_quality::CONTRACT, identity::quality()),
        (&match_weight_bin::CONTRACT, identity::weights()),
        (&identity_evaluation::CONTRACT, identity::evaluation()),
        (&kpi::CONTRACT, outcomes::kpis()),
        (&goal_result::CONTRACT, outcomes::goals()),
        (&campaign_lift::CONTRACT, outcomes::lifts()),
        (&segment_migration::CONTRACT, outcomes::migration()),
        (&segment::CONTRACT, segments()),
        (&segment_profile::CONTRACT, profiles()),
        (&value_need_cell::CONTRACT, cells()),
        (&cluster_quality::CONTRACT, quality()),
        (&value_tier::CONTRACT, value::tiers()),
        (&value_model::CONTRACT, value::models()),
        (&value_forecast::CONTRACT, value::forecast()),
        (&value_calibration::CONTRACT, value::calibration()),
        (&loyalty_group::CONTRACT, portfolio::loyalty()),
        (&portfolio_table::CONTRACT, portfolio::figures()),
        (&lorenz_point::CONTRACT, portfolio::curve()),
        (&segment_target::CONTRACT, portfolio::targets()),
        (&segment_event::CONTRACT, events()),
        (&segment_reason::CONTRACT, reasons()),
        (&segment_rule::CONTRACT, rules()),
        (&contact_summary::CONTRACT, contacts()),
        (&offer_use::CONTRACT, offers()),
        (&reconciliation::CONTRACT, rows()),
        (&category::CONTRACT, categories()),
        (&sales_channel::CONTRACT, channels()),
    ];
    tables
        .into_iter()
        .fold(Tables::default(), |all, (contract, batch)| all.with(contract, vec![batch]))
}

/// What no table tells.
pub(crate) fn facts() -> NightFacts {
    let steps = [
        ("identify.identity", "identity_map", 6_204),
        ("identify.golden", "golden_customer", 5_120),
        ("differentiate.customer_feature", "customer_feature", 5_120),
        ("differentiate.customer_value", "customer_value", 5_120),
        ("differentiate.rfm", "rfm_score", 4_104),
        ("differentiate.segments", "customer_segment", 5_120),
        ("interact.contact_plan", "contact_plan", 5_120),
        ("personalize.offer_assignment", "offer_assignment", 1_498),
        ("measure.campaign_lift", "campaign_lift", 12),
        ("measure.kpi", "kpi", 149),
    ];
    NightFacts {
        project: "Mercado del Puerto".into(),
        logical_date: 20_634,
        currency: "EUR".into(),
        night_id: "2026-06-30-4f9c2a1b".into(),
        fingerprint: "4f9c2a1be07d5c8896b1f3aa2d41c0e75b9e6f0813d7a4c25e80b6f19c3d7a42".into(),
        seed: 20_260_630,
        version: "0.1.0".into(),
        steps: steps
            .map(|(step, table, rows)| StepFact { step: step.into(), table: table.into(), rows })
            .into(),
        rejects: [
            ("transactions", "not_a_date", 38),
            ("transactions", "missing_required", 21),
            ("party", "too_few_fields", 7),
            ("consent", "not_a_date", 3),
        ]
        .map(|(feed, reason, rows)| RejectCount { feed: feed.into(), reason: reason.into(), rows })
        .into(),
        identity: Some(IdentityCounts {
            party_refs: 6_204,
            parties: 5_120,
            merged: 14,
            split: 2,
            gone: 9,
        }),
        quarantine: vec![
            QuarantineCount { kind: "email".into(), reason: "placeholder".into(), identifiers: 3 },
            QuarantineCount { kind: "phone".into(), reason: "shared".into(), identifiers: 11 },
        ],
        decisions: identity::decisions(),
        reviews: identity::reviews(),
        clerical_pairs: 87,
        offer_names: [
            ("coffee10", "10% off coffee"),
            ("bakery-gift", "A loaf of bread as a gift"),
            ("double-points", "Double points in June"),
            ("baby-box", "Baby box to try"),
            ("club-evening", "Evening of the wine club"),
        ]
        .map(|(id, name)| (id.to_owned(), name.to_owned()))
        .into(),
    }
}

fn segments() -> RecordBatch {
    let of_axis = |axis: &'static str, list: &[(&'static str, i64, f64)]| {
        let total: f64 = list.iter().map(|row| row.2).sum();
        list.iter()
            .enumerate()
            .map(|(place, (name, n, net))| {
                let id = if *name == "no_purchases" { 0 } else { place as i64 + 1 };
                (axis, id, *name, *n, *net, net / total)
            })
            .collect::<Vec<_>>()
    };
    let rows = [of_axis("value", &VALUE), of_axis("need", &NEED), of_axis("rfm", &RFM)].concat();
    batch(
        &segment::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            text(rows.iter().map(|row| row.2)),
            text(rows.iter().map(|row| {
                format!(
                    "{} customers who came last in the weeks of spring; their baskets are worth \
                     more than those of others and their money goes mostly to {}.",
                    row.3, row.2
                )
            })),
            text(rows.iter().map(|row| {
                format!(
                    "{} clientes que vinieron por última vez en primavera; sus cestas valen más \
                     que las de otros y su dinero va sobre todo a {}.",
                    row.3, row.2
                )
            })),
            ints(rows.iter().map(|row| row.3)),
            numbers(rows.iter().map(|row| Some(row.3 as f64 / 5_120.0))),
            money(rows.iter().map(|row| Some(row.4))),
            numbers(rows.iter().map(|row| Some(row.5))),
        ],
    )
}

fn profiles() -> RecordBatch {
    const FEATURES: [(&str, f64); 5] = [
        ("frequency", 9.4),
        ("mean_basket", 31.2),
        ("days_since_last", 54.0),
        ("discount_share", 0.11),
        ("t_days", 402.0),
    ];
    const SHARES: [(&str, f64); 5] = [
        ("share:Fresh", 0.31),
        ("share:Bakery", 0.12),
        ("share:Drinks & snacks", 0.22),
        ("share:Home care", 0.14),
        ("share:Baby", 0.06),
    ];
    let mut rows = Vec::new();
    for (axis, list, features) in [("value", &VALUE, &FEATURES), ("need", &NEED, &SHARES)] {
        for (place, (name, n, _)) in list.iter().enumerate().filter(|(_, row)| row.2 > 0.0) {
            for (rank, (feature, mean)) in features.iter().enumerate() {
                let index = 260.0 / (1.0 + place as f64) * (1.0 - 0.15 * rank as f64) + 8.0;
                rows.push((
                    axis,
                    place as i64 + 1,
                    *name,
                    *feature,
                    *n,
                    *mean,
                    index,
                    rank as i64 + 1,
                ));
            }
        }
    }
    batch(
        &segment_profile::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            text(rows.iter().map(|row| row.2)),
            text(rows.iter().map(|row| row.3)),
            ints(rows.iter().map(|row| row.4)),
            numbers(rows.iter().map(|row| Some(row.5 * row.6 / 100.0))),
            numbers(rows.iter().map(|row| Some(row.5))),
            numbers(rows.iter().map(|row| Some(row.6))),
            numbers(rows.iter().map(|row| Some(row.6 / 100.0 - 1.0))),
            numbers(rows.iter().map(|row| Some((row.6 - 100.0) / 80.0))),
            ints(rows.iter().map(|row| row.7)),
        ],
    )
}

fn cells() -> RecordBatch {
    let id = |place: usize| if place == 4 { 0 } else { place as i64 + 1 };
    let mut rows = Vec::new();
    for (i, counts) in MATRIX.iter().enumerate() {
        for (j, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            rows.push((id(i), VALUE[i].0, id(j), NEED[j].0, *n, VALUE[i].2 / VALUE[i].1 as f64));
        }
    }
    batch(
        &value_need_cell::CONTRACT,
        vec![
            ints(rows.iter().map(|row| row.0)),
            text(rows.iter().map(|row| row.1)),
            ints(rows.iter().map(|row| row.2)),
            text(rows.iter().map(|row| row.3)),
            ints(rows.iter().map(|row| row.4)),
            money(rows.iter().map(|row| Some(row.5 * row.4 as f64))),
        ],
    )
}

fn quality() -> RecordBatch {
    let rows = [
        ("need", "davies_bouldin", 0, Some(1.07), None),
        ("need", "silhouette", 0, None, Some("one cluster")),
        ("value", "inertia", 0, Some(9_204.118), None),
        ("value", "jaccard", 1, Some(0.94), Some("valid")),
        ("value", "jaccard", 2, Some(0.66), Some("doubtful")),
        ("value", "n_clusters", 0, Some(4.0), Some("asked for 8")),
        ("value", "silhouette", 0, Some(0.412), None),
    ];
    batch(
        &cluster_quality::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            text(rows.iter().map(|row| row.1)),
            ints(rows.iter().map(|row| row.2)),
            numbers(rows.iter().map(|row| row.3)),
            Arc::new(rows.iter().map(|row| row.4).collect::<StringArray>()),
        ],
    )
}

fn events() -> RecordBatch {
    let night = facts().logical_date;
    let rows = [
        ("value", 1, "born", night - 90, VALUE[0].0, None),
        ("value", 4, "born", night, VALUE[3].0, None),
        ("value", 5, "dead", night, "middle new", None),
        ("value", 6, "renamed", night, VALUE[1].0, Some("high recent")),
    ];
    batch(
        &segment_event::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            text(rows.iter().map(|row| row.2)),
            Arc::new(rows.iter().map(|row| Some(row.3)).collect::<arrow_array::Date32Array>()),
            text(rows.iter().map(|row| row.4)),
            Arc::new(rows.iter().map(|row| row.5).collect::<StringArray>()),
        ],
    )
}

fn reasons() -> RecordBatch {
    let rows = [
        ("value", 1, "best frequent big-basket", "frequency:high", 280, 0.68),
        ("value", 1, "best frequent big-basket", "net_amount:high", 128, 0.31),
        // Too few to be told.
        ("value", 1, "best frequent big-basket", "t_days:high", 2, 0.01),
    ];
    batch(
        &segment_reason::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            text(rows.iter().map(|row| row.2)),
            text(rows.iter().map(|row| row.3)),
            ints(rows.iter().map(|row| row.4)),
            Arc::new(rows.iter().map(|row| Some(row.5)).collect::<Float64Array>()),
        ],
    )
}

fn rules() -> RecordBatch {
    let rows =
        [("value", 1, 1, "best frequent big-basket", "net_amount > 412.5 and frequency > 6", 390)];
    let floats = |value: f64| {
        let all = rows.iter().map(|_| Some(value));
        Arc::new(all.collect::<Float64Array>())
    };
    batch(
        &segment_rule::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            ints(rows.iter().map(|row| row.2)),
            text(rows.iter().map(|row| row.3)),
            text(rows.iter().map(|row| row.4)),
            ints(rows.iter().map(|row| row.5)),
            floats(0.93),
            floats(0.88),
            floats(0.9),
            floats(0.35),
        ],
    )
}

fn contacts() -> RecordBatch {
    let rows = [
        ("contact", "nurture", "email", 512),
        ("contact", "prevent_loss", "email", 301),
        ("contact", "prevent_loss", "sms", 144),
        ("contact", "second_purchase", "email", 207),
        ("contact", "win_back", "post", 96),
        ("contact", "first_purchase", "email", 88),
        ("control", "nurture", "email", 72),
        ("control", "prevent_loss", "email", 51),
        ("control", "win_back", "post", 27),
        ("none", "no_consent", "-", 1_911),
        ("none", "cap", "-", 702),
        ("none", "consent_withdrawn", "-", 344),
        ("none", "no_address", "-", 281),
        ("none", "capacity:sms", "-", 190),
        ("none", "suppressed", "-", 63),
        ("none", "not_in_audience", "-", 131),
    ];
    batch(
        &contact_summary::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            text(rows.iter().map(|row| row.1)),
            text(rows.iter().map(|row| row.2)),
            ints(rows.iter().map(|row| row.3)),
        ],
    )
}

fn offers() -> RecordBatch {
    let rows = [
        ("(total)", 1_102, None, 1_944.2, Some(2_000.0), 3_871.44, Some(0.38)),
        ("baby-box", 120, Some(120), 480.0, None, 611.2, Some(2.41)),
        ("bakery-gift", 338, Some(500), 507.0, None, 902.87, None),
        ("club-evening", 40, Some(40), 200.0, None, 655.3, Some(9.05)),
        ("coffee10", 512, None, 614.4, None, 1_470.07, None),
        ("double-points", 92, None, 142.8, None, 232.0, None),
        ("trial-vegan", 0, Some(200), 0.0, None, 0.0, None),
    ];
    batch(
        &offer_use::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()),
            money(rows.iter().map(|row| Some(row.3))),
            money(rows.iter().map(|row| row.4)),
            numbers(rows.iter().map(|row| Some(row.5))),
            numbers(rows.iter().map(|row| row.6)),
        ],
    )
}

fn rows() -> RecordBatch {
    let feeds: [(&str, [i64; 6], Option<[f64; 6]>); 4] = [
        (
            "transactions",
            [61_904, 55_120, 4_918, 1_702, 59, 105],
            Some([1_104_220.4, 974_614.0, 88_104.2, 31_920.11, 7_512.09, 2_070.0]),
        ),
        ("party", [6_211, 6_180, 0, 24, 7, 0], None),
        ("consent", [9_870, 9_867, 0, 0, 3, 0], None),
        ("campaign_contact", [7_400, 7_400, 0, 0, 0, 0], None),
    ];
    let outcomes = ["read", "used", "unattributed", "duplicate", "rejected", "after_date"];
    let mut rows = Vec::new();
    for (feed, counts, amounts) in feeds {
        for (place, outcome) in outcomes.iter().enumerate() {
            rows.push((feed, *outcome, counts[place], amounts.map(|amounts| amounts[place])));
        }
    }
    batch(
        &reconciliation::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            text(rows.iter().map(|row| row.1)),
            ints(rows.iter().map(|row| row.2)),
            money(rows.iter().map(|row| row.3)),
        ],
    )
}

fn categories() -> RecordBatch {
    let rows = [
        ("Fresh", 301_220.5, 20_114),
        ("Drinks & snacks", 220_118.0, 13_870),
        ("Home care", 141_009.9, 6_022),
        ("Bakery", 118_431.2, 9_401),
        ("Baby", 90_224.4, 2_880),
        ("Wine", 61_410.0, 1_504),
        ("(other)", 42_200.0, 1_329),
    ];
    batch(
        &category::CONTRACT,
        vec![
            ints(0..rows.len() as i64),
            text(rows.iter().map(|row| row.0)),
            money(rows.iter().map(|row| Some(row.1))),
            ints(rows.iter().map(|row| row.2)),
        ],
    )
}

fn channels() -> RecordBatch {
    batch(
        &sales_channel::CONTRACT,
        vec![
            ints(0..3),
            text(["store", "web", "app"]),
            money([Some(690_400.1), Some(201_813.9), Some(82_400.0)]),
            ints([41_003, 9_812, 4_305]),
        ],
    )
}
