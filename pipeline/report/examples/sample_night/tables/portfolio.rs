//! Loyalty, concentration and targets of the invented night.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use idip_schemas::differentiate::portfolio::{
    lorenz_point, loyalty_group, portfolio, segment_target,
};

use super::{NEED, VALUE, batch, ints, money, numbers, text};

/// State, level and its name, parties, net money; the parties sum to 5,120.
const LOYALTY: [(&str, i64, &str, i64, f64); 8] = [
    ("active", 1, "low", 1_204, 180_400.10),
    ("active", 2, "medium", 640, 201_300.00),
    ("at_risk", 1, "low", 702, 88_205.50),
    ("lapsed", 0, "none", 830, 40_112.90),
    ("loyal", 3, "high", 402, 430_880.25),
    ("new", 0, "none", 291, 18_300.75),
    ("prospect", 0, "none", 1_016, 0.0),
    ("won_back", 1, "low", 35, 15_414.50),
];

pub(super) fn loyalty() -> RecordBatch {
    batch(
        &loyalty_group::CONTRACT,
        vec![
            text(LOYALTY.iter().map(|row| row.0)),
            ints(LOYALTY.iter().map(|row| row.1)),
            text(LOYALTY.iter().map(|row| row.2)),
            ints(LOYALTY.iter().map(|row| row.3)),
            money(LOYALTY.iter().map(|row| Some(row.4))),
        ],
    )
}

pub(super) fn figures() -> RecordBatch {
    let rows: [(&str, Option<f64>, i64, Option<&str>); 8] = [
        ("engagement_capacity", Some(0.127), 1_840, None),
        ("gini", Some(0.583), 4_104, None),
        ("loyalty_volatility", None, 0, Some("no_last_night")),
        ("mean_mutual_loyalty", Some(0.214), 5_120, None),
        ("n_customers", Some(4_104.0), 4_104, None),
        ("recurrent_share", Some(0.327), 4_104, None),
        ("top_10_percent_share", Some(0.402), 4_104, None),
        ("top_1_percent_share", Some(0.113), 4_104, None),
    ];
    let reasons: ArrayRef = Arc::new(rows.iter().map(|row| row.3).collect::<StringArray>());
    batch(
        &portfolio::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            numbers(rows.iter().map(|row| row.1)),
            ints(rows.iter().map(|row| row.2)),
            reasons,
        ],
    )
}

pub(super) fn curve() -> RecordBatch {
    let share = |at: i64| at as f64 / 20.0;
    batch(
        &lorenz_point::CONTRACT,
        vec![
            ints(0..=20),
            numbers((0..=20).map(|at| Some(share(at)))),
            numbers((0..=20).map(|at| Some(share(at).powi(4)))),
        ],
    )
}

pub(super) fn targets() -> RecordBatch {
    let of_axis = |axis: &'static str, list: &[(&'static str, i64, f64)]| {
        list.iter()
            .zip(1_i64..)
            .map(|(row, place)| {
                (axis, if row.2 > 0.0 { place } else { 0 }, row.0, row.1, row.2, place)
            })
            .collect::<Vec<_>>()
    };
    let mut rows = [of_axis("need", &NEED), of_axis("value", &VALUE)].concat();
    rows.sort_by_key(|row| (row.0, row.1));
    let score = |place: i64| 0.9 - 0.17 * place as f64;
    let chosen = |place: i64| score(place) >= 0.5;
    let flags: ArrayRef =
        Arc::new(rows.iter().map(|row| Some(chosen(row.5))).collect::<BooleanArray>());
    let part = |weight: f64| numbers(rows.iter().map(|row| Some(score(row.5) * weight)));
    batch(
        &segment_target::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            text(rows.iter().map(|row| row.2)),
            ints(rows.iter().map(|row| row.3)),
            numbers(rows.iter().map(|row| Some(score(row.5)))),
            numbers(rows.iter().map(|row| Some(row.4 / row.3 as f64))),
            numbers(rows.iter().map(|row| (row.4 > 0.0).then_some(0.08 - 0.05 * row.5 as f64))),
            numbers(rows.iter().map(|row| Some(0.81 - 0.03 * row.5 as f64))),
            numbers(rows.iter().map(|_| None)),
            part(0.5),
            part(0.2),
            part(0.3),
            part(0.0),
            ints(rows.iter().map(|row| row.5)),
            flags,
            text(rows.iter().map(|row| if chosen(row.5) { "chosen" } else { "below_score" })),
        ],
    )
}
