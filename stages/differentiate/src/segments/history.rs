//! What is kept of segments over the nights, as the tables that are published.

use std::collections::BTreeMap;

use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
};
use idip_numerics::nmf::Topics;
use idip_schemas::ContractError;
use idip_schemas::differentiate::segmentation::{
    cluster_count, mixture_component, need_topic, segment_drift, segment_event, segment_reason,
    segment_rule,
};

use super::axis::Axis;
use super::count::CountRow;
use super::drift::FeatureDrift;
use super::events::{Events, Kind};
use super::reasons::Reasons;
use super::rules::Rule;
use super::tables::Published;

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> StringArray {
    StringArray::from_iter_values(values)
}

fn list_of_floats<'a>(lists: impl Iterator<Item = &'a [f64]>) -> ListArray {
    ListArray::from_iter_primitive::<Float64Type, _, _>(
        lists.map(|list| Some(list.iter().copied().map(Some))),
    )
}

/// `axes` in the order of their names.
pub(super) fn events(axes: &[(&str, Events)]) -> Result<RecordBatch, ContractError> {
    let rows: Vec<(&str, u32, Kind, &super::events::Event)> = axes
        .iter()
        .flat_map(|(axis, events)| {
            events.iter().map(move |(&(id, kind), event)| (*axis, id, kind, event))
        })
        .collect();
    segment_event::Columns {
        axis: texts(rows.iter().map(|row| row.0)),
        segment_id: rows.iter().map(|row| Some(i64::from(row.1))).collect(),
        event: texts(rows.iter().map(|row| row.2.name())),
        night: Date32Array::from_iter_values(rows.iter().map(|row| row.3.night)),
        segment: texts(rows.iter().map(|row| row.3.segment.as_str())),
        previous_segment: rows.iter().map(|row| row.3.previous.as_deref()).collect(),
    }
    .into_batch()
}

/// `axes` in the order of their names.
pub(super) fn drift(axes: &[&Axis]) -> Result<RecordBatch, ContractError> {
    let mut rows: Vec<(&str, &FeatureDrift, &super::drift::Reference)> = axes
        .iter()
        .flat_map(|axis| {
            axis.drift
                .iter()
                .filter_map(|found| Some((axis.name, found, found.reference.as_ref()?)))
        })
        .collect();
    rows.sort_by(|a, b| (a.0, &a.1.feature).cmp(&(b.0, &b.1.feature)));
    segment_drift::Columns {
        axis: texts(rows.iter().map(|row| row.0)),
        feature: texts(rows.iter().map(|row| row.1.feature.as_str())),
        psi: rows.iter().map(|row| row.1.psi).collect(),
        class: texts(rows.iter().map(|row| row.1.class)),
        reference_night: rows.iter().map(|row| row.1.reference_night).collect(),
        is_constant: rows.iter().map(|row| Some(row.1.is_constant)).collect(),
        trained_on: Date32Array::from_iter_values(rows.iter().map(|row| row.2.trained_on)),
        edges: list_of_floats(rows.iter().map(|row| row.2.edges.as_slice())),
        counts: ListArray::from_iter_primitive::<Int64Type, _, _>(
            rows.iter().map(|row| Some(row.2.counts.iter().map(|&n| i64::try_from(n).ok()))),
        ),
    }
    .into_batch()
}

/// `axes` in the order of their names.
pub(super) fn counts(axes: &[&Axis]) -> Result<RecordBatch, ContractError> {
    let rows: Vec<(&str, &CountRow)> =
        axes.iter().flat_map(|axis| axis.counts.iter().map(|count| (axis.name, count))).collect();
    let floats =
        |of: fn(&CountRow) -> f64| Float64Array::from_iter_values(rows.iter().map(|row| of(row.1)));
    let maybe = |of: fn(&CountRow) -> Option<f64>| -> Float64Array {
        rows.iter().map(|r| of(r.1)).collect()
    };
    cluster_count::Columns {
        axis: texts(rows.iter().map(|row| row.0)),
        n_clusters: rows.iter().map(|row| Some(row.1.n_clusters)).collect(),
        inertia: floats(|row| row.inertia),
        smallest_share: floats(|row| row.smallest_share),
        simplified_silhouette: floats(|row| row.simplified_silhouette),
        silhouette: maybe(|row| row.silhouette),
        gap: maybe(|row| row.gap),
        gap_standard_error: maybe(|row| row.gap_standard_error),
        least_jaccard: floats(|row| row.least_jaccard),
        exclusion: rows.iter().map(|row| row.1.exclusion.as_deref()).collect(),
        is_gap_choice: rows.iter().map(|row| Some(row.1.is_gap_choice)).collect(),
        is_chosen: rows.iter().map(|row| Some(row.1.reason.is_some())).collect::<BooleanArray>(),
        reason: rows.iter().map(|row| row.1.reason.as_deref()).collect(),
        chosen_on: Date32Array::from_iter_values(rows.iter().map(|row| row.1.chosen_on)),
    }
    .into_batch()
}

/// `axes` in the order of their names, each with the reason of every party.
pub(super) fn reasons(axes: &[(&Published<'_>, &Reasons)]) -> Result<RecordBatch, ContractError> {
    let mut counts: BTreeMap<(&str, i64, &str, &str), i64> = BTreeMap::new();
    let mut sizes: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for (axis, reasons) in axes {
        for (position, reason, n) in reasons.counted(axis.ids) {
            let id = axis.id(position);
            *counts.entry((axis.axis, id, reason, axis.name(position))).or_default() += n;
            *sizes.entry((axis.axis, id)).or_default() += n;
        }
    }
    let share = |(&(axis, id, ..), &n): (&(&str, i64, &str, &str), &i64)| {
        n as f64 / sizes.get(&(axis, id)).copied().unwrap_or(n) as f64
    };
    segment_reason::Columns {
        axis: texts(counts.keys().map(|row| row.0)),
        segment_id: counts.keys().map(|row| Some(row.1)).collect(),
        segment: texts(counts.keys().map(|row| row.3)),
        reason: texts(counts.keys().map(|row| row.2)),
        n_customers: counts.values().map(|&n| Some(n)).collect(),
        customer_share: Float64Array::from_iter_values(counts.iter().map(share)),
    }
    .into_batch()
}

/// `axes` in the order of their names.
pub(super) fn rules(axes: &[(&Published<'_>, Vec<Rule>)]) -> Result<RecordBatch, ContractError> {
    let rows: Vec<(&Published<'_>, i64, &Rule)> = axes
        .iter()
        .flat_map(|(axis, rules)| rules.iter().zip(1..).map(move |(rule, at)| (*axis, at, rule)))
        .collect();
    let floats =
        |of: fn(&Rule) -> f64| Float64Array::from_iter_values(rows.iter().map(|row| of(row.2)));
    segment_rule::Columns {
        axis: texts(rows.iter().map(|row| row.0.axis)),
        rule: rows.iter().map(|row| Some(row.1)).collect(),
        segment_id: rows.iter().map(|row| Some(row.0.id(row.2.segment))).collect(),
        segment: texts(rows.iter().map(|row| row.0.name(row.2.segment))),
        conditions: texts(rows.iter().map(|row| row.2.conditions.as_str())),
        n_customers: rows.iter().map(|row| Some(row.2.n_customers)).collect(),
        precision: floats(|rule| rule.precision),
        coverage: floats(|rule| rule.coverage),
        fidelity: floats(|rule| rule.fidelity),
        majority_share: floats(|rule| rule.majority_share),
    }
    .into_batch()
}

/// Topics over the categories; none when needs are not made from topics.
pub(super) fn topics(
    topics: Option<&Topics>,
    categories: &[String],
) -> Result<RecordBatch, ContractError> {
    let mut rows: Vec<(i64, &str, f64)> = topics
        .iter()
        .flat_map(|topics| topics.rows().zip(1_i64..))
        .flat_map(|(shares, topic)| {
            categories.iter().zip(shares).map(move |(name, &share)| (topic, name.as_str(), share))
        })
        .collect();
    rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    need_topic::Columns {
        topic: Int64Array::from_iter_values(rows.iter().map(|row| row.0)),
        category: texts(rows.iter().map(|row| row.1)),
        share: Float64Array::from_iter_values(rows.iter().map(|row| row.2)),
    }
    .into_batch()
}

/// Components of the mixture behind an axis; none when there is no mixture.
pub(super) fn components(axis: &Axis) -> Result<RecordBatch, ContractError> {
    let mixture = axis.fitted.as_ref().and_then(|fitted| fitted.mixture.as_ref());
    let mut names: Vec<(usize, &str)> =
        axis.model.features.iter().map(|feature| feature.name.as_str()).enumerate().collect();
    names.sort_by_key(|(_, name)| *name);
    let d = names.len();
    let mut rows: Vec<(i64, &str, f64, f64, Vec<f64>)> = Vec::new();
    if let Some(mixture) = mixture {
        let components = mixture.means().zip(mixture.weights()).zip(&axis.segment_ids);
        for (component, ((means, &weight), &id)) in components.enumerate() {
            let matrix = mixture.covariance(component);
            for &(at, name) in &names {
                let covariances = names
                    .iter()
                    .filter_map(|&(other, _)| matrix.get(at * d + other).copied())
                    .collect();
                let mean = means.get(at).copied().unwrap_or(0.0);
                rows.push((i64::from(id), name, weight, mean, covariances));
            }
        }
    }
    mixture_component::Columns {
        axis: texts(rows.iter().map(|_| axis.name)),
        segment_id: rows.iter().map(|row| Some(row.0)).collect(),
        feature: texts(rows.iter().map(|row| row.1)),
        weight: Float64Array::from_iter_values(rows.iter().map(|row| row.2)),
        mean: Float64Array::from_iter_values(rows.iter().map(|row| row.3)),
        covariances: list_of_floats(rows.iter().map(|row| row.4.as_slice())),
    }
    .into_batch()
}
