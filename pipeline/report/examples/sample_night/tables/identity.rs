//! How well the persons of the invented night are recognised.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use idip_report::{DecisionCount, ReviewCount};
use idip_schemas::identify::linkage_quality;
use idip_schemas::identify::quality::{identity_evaluation, match_weight_bin};

use super::{batch, ints, numbers, text};

/// Customers of 1, 2 … records; they sum to 5,120, and their records to 6,204.
const SIZES: [(i64, f64); 7] =
    [(1, 4_297.0), (2, 627.0), (3, 148.0), (4, 36.0), (5, 9.0), (9, 2.0), (12, 1.0)];

pub(super) fn quality() -> RecordBatch {
    let figures = [
        ("blocking_recall", 0, 0.986),
        ("drift", 0, 0.013),
        ("expected_precision", 0, 0.974),
        ("expected_recall", 0, 0.931),
        ("households", 0, 402.0),
        ("least_weight", 0, 1.0),
        ("linked_pairs", 0, 1_377.0),
        ("pairs", 0, 81_230.0),
        ("people", 0, 5_131.0),
        ("people_for_review", 0, 3.0),
        ("records", 0, 6_204.0),
        ("refused_links", 0, 0.0),
        ("violated_guards", 0, 3.0),
    ];
    let rows: Vec<(&str, i64, f64)> =
        SIZES.map(|(size, n)| ("customers_of_size", size, n)).into_iter().chain(figures).collect();
    batch(
        &linkage_quality::CONTRACT,
        vec![
            text(rows.iter().map(|row| row.0)),
            ints(rows.iter().map(|row| row.1)),
            numbers(rows.iter().map(|row| Some(row.2))),
        ],
    )
}

/// Two hills: strangers to the left, one person to the right.
pub(super) fn weights() -> RecordBatch {
    let hill = |bits: i64, top: i64, wide: f64, high: f64| {
        let away = (bits - top) as f64 / wide;
        (high * (-away * away).exp()).round() as i64
    };
    let bins: Vec<(i64, i64, Option<i64>)> = (-18..=27)
        .map(|bits| {
            let one_person = hill(bits, 14, 6.0, 131.0);
            (bits, one_person + hill(bits, -9, 4.0, 11_400.0), (bits >= -2).then_some(one_person))
        })
        .collect();
    let linked: ArrayRef = Arc::new(bins.iter().map(|bin| bin.2).collect::<Int64Array>());
    batch(
        &match_weight_bin::CONTRACT,
        vec![ints(bins.iter().map(|bin| bin.0)), ints(bins.iter().map(|bin| bin.1)), linked],
    )
}

pub(super) fn evaluation() -> RecordBatch {
    let rows = [
        ("b_cubed_f1", Some(0.9574)),
        ("b_cubed_precision", Some(0.9811)),
        ("b_cubed_recall", Some(0.9349)),
        ("cluster_f1", Some(0.9137)),
        ("cluster_precision", Some(0.9058)),
        ("cluster_recall", Some(0.9217)),
        ("contradicting_labels", Some(2.0)),
        ("labelled_customers", Some(463.0)),
        ("labelled_people", Some(455.0)),
        ("labelled_references", Some(612.0)),
        ("largest_labelled_customer", Some(7.0)),
        ("over_merged_customers", Some(5.0)),
        ("pair_f1", Some(0.9236)),
        ("pair_precision", Some(0.9702)),
        ("pair_recall", Some(0.8813)),
        ("split_people", Some(21.0)),
        ("unknown_labels", Some(4.0)),
    ];
    batch(
        &identity_evaluation::CONTRACT,
        vec![text(rows.iter().map(|row| row.0)), numbers(rows.iter().map(|row| row.1))],
    )
}

pub(super) fn decisions() -> Vec<DecisionCount> {
    [
        ("cannot_link", "followed", 19),
        ("must_link", "contradicted", 1),
        ("must_link", "followed", 44),
        ("must_link", "unknown_reference", 3),
    ]
    .map(|(decision, outcome, pairs)| DecisionCount {
        decision: decision.into(),
        outcome: outcome.into(),
        pairs,
    })
    .into()
}

pub(super) fn reviews() -> Vec<ReviewCount> {
    [("birth_date", 3), ("large", 50)]
        .map(|(reason, customers)| ReviewCount { reason: reason.into(), customers })
        .into()
}
