//! What the invented night earned: campaigns, moves, key figures, goals.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Date32Array, RecordBatch, StringArray};
use idip_schemas::measure::{campaign_lift, goal_result, kpi, segment_migration};

use super::{NEED, RFM, VALUE, batch, ints, money, numbers, text};

/// Campaign, treated, control, excluded, then for each outcome means and interval.
pub(super) fn lifts() -> RecordBatch {
    type Effect = (Option<f64>, Option<f64>, Option<(f64, f64)>);
    let campaigns: [(&str, i64, i64, [Effect; 3], &str, Option<&str>); 4] = [
        (
            "spring-welcome",
            1_804,
            202,
            [
                (Some(0.312), Some(0.251), Some((-0.004, 0.121))),
                (Some(0.141), Some(0.0), Some((0.118, 0.158))),
                (Some(14.21), Some(11.02), Some((0.61, 5.77))),
            ],
            "causal",
            None,
        ),
        (
            "win-back-march",
            2_210,
            246,
            [
                (Some(0.082), Some(0.089), Some((-0.048, 0.026))),
                (Some(0.031), Some(0.0), Some((0.015, 0.039))),
                (Some(3.02), Some(3.61), Some((-2.1, 0.92))),
            ],
            "causal",
            None,
        ),
        (
            "june-club",
            900,
            100,
            [
                (Some(0.401), Some(0.36), Some((-0.06, 0.135))),
                (Some(0.2), Some(0.0), Some((0.15, 0.228))),
                (Some(18.4), Some(16.9), Some((-3.2, 6.2))),
            ],
            "cut_off",
            Some("window_open"),
        ),
        (
            "christmas-mailing",
            3_300,
            0,
            [(Some(0.52), None, None), (Some(0.09), None, None), (Some(44.1), None, None)],
            "not_causal",
            Some("no_control"),
        ),
    ];
    let outcomes = ["purchase_rate", "redemption_rate", "spend_per_party"];
    let mut rows = Vec::new();
    for (campaign, treated, held, effects, verdict, note) in campaigns {
        for (outcome, effect) in outcomes.iter().zip(effects) {
            rows.push((campaign, *outcome, treated, held, effect, verdict, note));
        }
    }
    batch(
        &campaign_lift::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            text(rows.iter().map(|row| row.1)),
            ints(rows.iter().map(|row| row.2)),
            ints(rows.iter().map(|row| row.3)),
            ints(rows.iter().map(|row| if row.3 > 0 { 4 } else { 0 })),
            numbers(rows.iter().map(|row| row.4.0)),
            numbers(rows.iter().map(|row| row.4.1)),
            numbers(rows.iter().map(|row| row.4.0.zip(row.4.1).map(|(t, c)| t - c))),
            numbers(rows.iter().map(|row| row.4.2.map(|(low, _)| low))),
            numbers(rows.iter().map(|row| row.4.2.map(|(_, high)| high))),
            text(rows.iter().map(|row| row.5)),
            numbers(rows.iter().map(|row| (row.3 > 0).then_some(0.871))),
            Arc::new(rows.iter().map(|row| row.6).collect::<StringArray>()),
        ],
    )
}

pub(super) fn migration() -> RecordBatch {
    let mut rows: Vec<(&str, &str, &str, i64, f64)> = Vec::new();
    for (axis, list) in [("value", &VALUE[..]), ("need", &NEED[..]), ("rfm", &RFM[..])] {
        for (i, (from, n, net)) in list.iter().enumerate() {
            let moved = if *from == "no_purchases" { 0 } else { n / (9 + i as i64) };
            rows.push((axis, from, from, n - moved - 20, net * 0.9));
            if moved > 0 {
                let to = list[(i + 1) % (list.len() - 1)].0;
                rows.push((axis, from, to, moved, net * 0.1));
            }
            rows.push((axis, "(new)", from, 21 + i as i64, 100.0));
        }
        rows.push((axis, list[3].0, "(gone)", 9, 80.0));
    }
    batch(
        &segment_migration::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            text(rows.iter().map(|row| row.1)),
            text(rows.iter().map(|row| row.2)),
            ints(rows.iter().map(|row| row.3)),
            money(rows.iter().map(|row| Some(row.4))),
        ],
    )
}

type Kpi = (&'static str, &'static str, Option<f64>, Option<(f64, f64)>, Option<(f64, f64)>);

const KPIS: [Kpi; 29] = [
    ("net_sales", "money", Some(974_614.0), None, None),
    ("net_sales_90", "money", Some(251_118.4), None, None),
    ("net_sales_prior_90", "money", Some(239_870.1), None, None),
    ("net_sales_change", "share", Some(0.046_89), Some((11_248.3, 239_870.1)), None),
    ("unattributed_sales", "money", Some(88_104.2), None, None),
    ("attributed_share", "share", Some(0.917_1), Some((974_614.0, 1_062_718.2)), None),
    ("parties", "count", Some(5_120.0), None, None),
    ("customers", "count", Some(4_104.0), None, None),
    ("prospects", "count", Some(1_016.0), None, None),
    ("active_customers_90", "count", Some(2_388.0), None, None),
    ("new_customers_28", "count", Some(131.0), None, None),
    ("repeat_rate", "share", Some(0.741_2), Some((3_042.0, 4_104.0)), Some((0.727_6, 0.754_4))),
    ("retention_90", "share", Some(0.803_7), Some((1_880.0, 2_339.0)), Some((0.787_2, 0.819_4))),
    ("mean_basket", "money", Some(31.18), Some((1_010_224.9, 32_400.0)), None),
    ("purchase_days_per_customer", "count", Some(7.41), Some((30_411.0, 4_104.0)), None),
    ("interpurchase_median_days", "days", Some(17.5), None, None),
    ("discount_share", "share", Some(0.083), Some((91_440.2, 1_101_665.1)), None),
    ("return_share", "share", Some(0.035_2), Some((35_610.9, 1_010_224.9)), None),
    ("top_decile_share", "share", Some(0.398_5), Some((388_412.5, 974_614.0)), None),
    ("gini", "share", Some(0.583), None, None),
    ("nps", "score", Some(31.4), Some((13_188.0, 420.0)), Some((24.1, 38.7))),
    ("redemption_rate", "share", Some(0.085_9), Some((705.0, 8_214.0)), Some((0.080_0, 0.092_1))),
    ("contacts", "count", Some(1_348.0), None, None),
    ("control", "count", Some(150.0), None, None),
    ("no_contact", "count", Some(3_622.0), None, None),
    ("offers", "count", Some(1_102.0), None, None),
    ("reserved_cost", "money", Some(1_944.2), None, None),
    ("budget_use", "share", Some(0.972_1), Some((1_944.2, 2_000.0)), None),
    ("expected_value", "money", Some(3_871.44), None, None),
];

pub(super) fn kpis() -> RecordBatch {
    const ALL_ONLY: [&str; 5] =
        ["unattributed_sales", "attributed_share", "top_decile_share", "gini", "budget_use"];
    let mut rows: Vec<(&str, &str, &str, Option<f64>, Option<(f64, f64)>, Option<(f64, f64)>)> =
        Vec::new();
    for (kpi, unit, value, ratio, interval) in KPIS {
        rows.push((kpi, "(all)", unit, value, ratio, interval));
        if ALL_ONLY.contains(&kpi) {
            continue;
        }
        for (name, n, net) in VALUE {
            let part = match unit {
                "count" if ratio.is_none() => n as f64 / 5_120.0,
                "money" if ratio.is_none() => net / 974_614.0,
                _ => 1.0,
            };
            let whole =
                |value: f64| if unit == "count" && ratio.is_none() { value.round() } else { value };
            let value = value.filter(|_| net > 0.0 || part < 1.0).map(|value| whole(value * part));
            rows.push((kpi, name, unit, value, ratio.filter(|_| value.is_some()), None));
        }
    }
    rows.sort_by_key(|row| (row.0, row.1));
    batch(
        &kpi::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            text(rows.iter().map(|row| row.1)),
            numbers(rows.iter().map(|row| row.3)),
            text(rows.iter().map(|row| row.2)),
            numbers(rows.iter().map(|row| row.4.map(|(numerator, _)| numerator))),
            numbers(rows.iter().map(|row| row.4.map(|(_, denominator)| denominator))),
            numbers(rows.iter().map(|row| row.5.map(|(low, _)| low))),
            numbers(rows.iter().map(|row| row.5.map(|(_, high)| high))),
            Arc::new(
                rows.iter()
                    .map(|row| row.3.is_none().then_some("no_customers"))
                    .collect::<StringArray>(),
            ),
        ],
    )
}

pub(super) fn goals() -> RecordBatch {
    let due: Date32Array = [Some(20_818), None, Some(20_726)].into_iter().collect();
    let due: ArrayRef = Arc::new(due);
    assert_eq!(due.len(), 3);
    batch(
        &goal_result::CONTRACT,
        vec![
            text(["net_sales_90", "repeat_rate", "return_share"]),
            text(["(all)", "(all)", "high recent"]),
            text(["at_least", "at_least", "at_most"]),
            numbers([Some(240_000.0), Some(0.75), Some(0.03)]),
            numbers([Some(200_000.0), Some(0.7), Some(0.05)]),
            due,
            numbers([Some(251_118.4), Some(0.741_2), Some(0.035_2)]),
            numbers([None, Some(0.727_6), None]),
            numbers([None, Some(0.754_4), None]),
            numbers([Some(1.277_96), Some(0.824), Some(0.74)]),
            text(["met", "undecided", "not_met"]),
        ],
    )
}
