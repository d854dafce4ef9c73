//! Segments as the tables that are published.

use arrow_array::{
    Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use idip_schemas::differentiate::{
    cluster_model, cluster_quality, customer_segment, segment, segment_profile, value_need_cell,
};
use idip_schemas::{Amount, ColumnType, ContractError};

use super::axis::Axis;
use super::describe::Sentence;
use super::facts::{Size, share, sizes};
use super::kinds::{INDICATOR, kind_of};
use super::profile::Profiled;
use super::quality::Metric;
use super::reasons::Reasons;

/// One axis of published segments; position 0 is that of the parties that cannot be told.
pub(super) struct Published<'a> {
    pub(super) axis: &'static str,
    /// Position of the segment of each party.
    pub(super) ids: &'a [u32],
    /// Published id of each segment, position 0 included.
    pub(super) segment_ids: Vec<i64>,
    /// Name of each segment, position 0 included.
    pub(super) names: Vec<String>,
    pub(super) sentences: Vec<Sentence>,
    pub(super) sizes: Vec<Size>,
}

impl Published<'_> {
    pub(super) fn name(&self, id: u32) -> &str {
        self.names.get(id as usize).map_or("", String::as_str)
    }

    /// Of `n` parties from that one on.
    fn names_of_parties(&self, first: usize, n: usize) -> StringArray {
        let ids = self.ids.iter().skip(first).take(n);
        StringArray::from_iter_values(ids.map(|&id| self.name(id)))
    }

    fn ids_of_parties(&self, first: usize, n: usize) -> Int64Array {
        let ids = self.ids.iter().skip(first).take(n);
        Int64Array::from_iter_values(ids.map(|&id| self.id(id)))
    }

    /// Published id of the segment at a position.
    pub(super) fn id(&self, position: u32) -> i64 {
        self.segment_ids.get(position as usize).copied().unwrap_or(0)
    }
}

fn amounts(cents: impl IntoIterator<Item = i128>) -> Decimal128Array {
    Decimal128Array::from_iter_values(cents).with_data_type(Amount::data_type())
}

/// What is told of each party.
pub(super) struct Parties<'a> {
    /// Ascending.
    pub(super) customer_ids: &'a [i64],
    pub(super) value: &'a Published<'a>,
    pub(super) need: &'a Published<'a>,
    pub(super) rfm: &'a Published<'a>,
    /// How sure the segment by value is; empty where that is not known of anybody.
    pub(super) probabilities: Vec<Option<f64>>,
    pub(super) value_reasons: Reasons,
    pub(super) need_reasons: Reasons,
}

/// How sure the segment of each party is; empty when the method does not tell.
pub(super) fn probabilities(axis: &Axis) -> Vec<Option<f64>> {
    let found = axis.fitted.as_ref().and_then(|fitted| fitted.probabilities.as_ref());
    let Some(found) = found else { return Vec::new() };
    let mut probabilities = vec![None; axis.ids.len()];
    for (&row, &probability) in axis.rows.iter().zip(found) {
        if let Some(of_party) = probabilities.get_mut(row) {
            *of_party = Some(probability);
        }
    }
    probabilities
}

/// Parties of one batch of `customer_segment`.
const BATCH_PARTIES: usize = 1 << 15;

/// The rows of all parties, in batches.
pub(super) fn customer_segments<'a>(
    parties: &'a Parties<'_>,
) -> impl Iterator<Item = Result<RecordBatch, ContractError>> + 'a {
    let n_parties = parties.customer_ids.len();
    (0..n_parties.div_ceil(BATCH_PARTIES).max(1)).map(move |batch| {
        let first = batch * BATCH_PARTIES;
        let n = BATCH_PARTIES.min(n_parties - first);
        let Parties { value, need, rfm, .. } = parties;
        let probability = |at: usize| parties.probabilities.get(at).copied().flatten();
        customer_segment::Columns {
            customer_id: parties
                .customer_ids
                .iter()
                .copied()
                .skip(first)
                .take(n)
                .map(Some)
                .collect(),
            value_segment_id: value.ids_of_parties(first, n),
            value_segment: value.names_of_parties(first, n),
            need_segment_id: need.ids_of_parties(first, n),
            need_segment: need.names_of_parties(first, n),
            rfm_segment: rfm.names_of_parties(first, n),
            value_segment_probability: (first..first + n).map(probability).collect(),
            value_segment_reason: parties.value_reasons.from(first).take(n).collect(),
            need_segment_reason: parties.need_reasons.from(first).take(n).collect(),
        }
        .into_batch()
    })
}

/// `axes` in the order of their names.
pub(super) fn segments(axes: &[&Published<'_>]) -> Result<RecordBatch, ContractError> {
    struct Row<'a> {
        axis: &'static str,
        id: i64,
        name: &'a str,
        sentence: &'a Sentence,
        size: Size,
        n_parties: usize,
        net_cents: i128,
    }
    let rows: Vec<Row<'_>> = axes
        .iter()
        .flat_map(|axis| {
            let net_cents = axis.sizes.iter().map(|size| size.net_cents).sum();
            let of_segments = axis.names.iter().zip(&axis.sentences).zip(&axis.sizes);
            of_segments.zip(&axis.segment_ids).map(move |(((name, sentence), &size), &id)| Row {
                axis: axis.axis,
                id,
                name,
                sentence,
                size,
                n_parties: axis.ids.len(),
                net_cents,
            })
        })
        .collect();
    let text = |of: fn(&Row<'_>) -> String| StringArray::from_iter_values(rows.iter().map(of));
    segment::Columns {
        axis: text(|row| row.axis.to_owned()),
        segment_id: rows.iter().map(|row| Some(row.id)).collect(),
        segment: text(|row| row.name.to_owned()),
        description_en: text(|row| row.sentence.en.clone()),
        description_es: text(|row| row.sentence.es.clone()),
        n_customers: rows.iter().map(|row| Some(row.size.n_customers)).collect(),
        customer_share: rows
            .iter()
            .map(|row| Some(row.size.n_customers as f64 / row.n_parties.max(1) as f64))
            .collect(),
        net_amount: amounts(rows.iter().map(|row| row.size.net_cents)),
        net_amount_share: rows.iter().map(|row| share(row.size.net_cents, row.net_cents)).collect(),
    }
    .into_batch()
}

/// `axes` in the order of their names, each with the profiles of its segments.
pub(super) fn profiles(
    axes: &[(&Published<'_>, &[Vec<Profiled>])],
) -> Result<RecordBatch, ContractError> {
    let mut rows: Vec<(&'static str, i64, &str, &Profiled)> = axes
        .iter()
        .flat_map(|&(axis, profiles)| {
            let segments = axis.names.iter().zip(profiles).zip(&axis.segment_ids);
            segments.flat_map(move |((name, features), &id)| {
                features.iter().map(move |found| (axis.axis, id, name.as_str(), found))
            })
        })
        .collect();
    rows.sort_by(|a, b| (a.0, a.1, &a.3.feature).cmp(&(b.0, b.1, &b.3.feature)));
    let floats = |of: fn(&Profiled) -> Option<f64>| -> Float64Array {
        rows.iter().map(|row| of(row.3)).collect()
    };
    segment_profile::Columns {
        axis: StringArray::from_iter_values(rows.iter().map(|row| row.0)),
        segment_id: rows.iter().map(|row| Some(row.1)).collect(),
        segment: StringArray::from_iter_values(rows.iter().map(|row| row.2)),
        feature: StringArray::from_iter_values(rows.iter().map(|row| &row.3.feature)),
        n: rows.iter().map(|row| Some(row.3.cell.n as i64)).collect(),
        mean: floats(|found| found.cell.mean),
        overall_mean: floats(|found| found.overall_mean),
        index: floats(|found| found.cell.index),
        lift: floats(|found| found.cell.lift),
        standardised_difference: floats(|found| found.cell.standardised_difference),
        rank: rows.iter().map(|row| Some(i64::from(row.3.cell.rank))).collect(),
    }
    .into_batch()
}

/// `axes` in the order of their names.
pub(super) fn models(axes: &[&Axis]) -> Result<RecordBatch, ContractError> {
    let mut rows = Vec::new();
    for axis in axes {
        for (centroid, &id) in axis.centroids.iter().zip(&axis.segment_ids) {
            let cluster = i64::from(id);
            for (feature, &value) in axis.model.features.iter().zip(centroid) {
                let nights = (axis.fitted_on, axis.assigned_on);
                let is_number = kind_of(&feature.name).is_none();
                let transform = if is_number { axis.model.transform } else { INDICATOR };
                rows.push((axis.name, cluster, transform, feature, value, nights));
            }
        }
    }
    rows.sort_by(|a, b| (a.0, a.1, &a.3.name).cmp(&(b.0, b.1, &b.3.name)));
    cluster_model::Columns {
        axis: StringArray::from_iter_values(rows.iter().map(|row| row.0)),
        cluster: rows.iter().map(|row| Some(row.1)).collect(),
        feature: StringArray::from_iter_values(rows.iter().map(|row| &row.3.name)),
        transform: StringArray::from_iter_values(rows.iter().map(|row| row.2)),
        lower_bound: rows.iter().map(|row| row.3.bounds.map(|bounds| bounds.lower)).collect(),
        upper_bound: rows.iter().map(|row| row.3.bounds.map(|bounds| bounds.upper)).collect(),
        prior_share: rows.iter().map(|row| row.3.prior.map(|prior| prior.0)).collect(),
        prior_baskets: rows.iter().map(|row| row.3.prior.map(|prior| prior.1)).collect(),
        mean: rows.iter().map(|row| Some(row.3.mean)).collect(),
        scale: rows.iter().map(|row| Some(row.3.scale)).collect(),
        centroid: rows.iter().map(|row| Some(row.4)).collect(),
        fitted_on: Date32Array::from_iter_values(rows.iter().map(|row| row.5.0)),
        assigned_on: Date32Array::from_iter_values(rows.iter().map(|row| row.5.1)),
    }
    .into_batch()
}

/// `axes` in the order of their names.
pub(super) fn qualities(axes: &[(&Axis, Vec<Metric>)]) -> Result<RecordBatch, ContractError> {
    let mut rows: Vec<(&str, &Metric)> = axes
        .iter()
        .flat_map(|(axis, metrics)| metrics.iter().map(|metric| (axis.name, metric)))
        .collect();
    rows.sort_by_key(|(axis, metric)| (*axis, metric.name, metric.segment_id));
    cluster_quality::Columns {
        axis: StringArray::from_iter_values(rows.iter().map(|row| row.0)),
        metric: StringArray::from_iter_values(rows.iter().map(|row| row.1.name)),
        segment_id: rows.iter().map(|row| Some(row.1.segment_id)).collect(),
        value: rows.iter().map(|row| row.1.value).collect(),
        note: rows.iter().map(|row| row.1.note.as_deref()).collect(),
    }
    .into_batch()
}

/// Cells without a party are left out.
pub(super) fn cells(
    value: &Published<'_>,
    need: &Published<'_>,
    net_cents: &[i64],
) -> Result<RecordBatch, ContractError> {
    let n_need = need.names.len();
    let cell_ids: Vec<u32> =
        value.ids.iter().zip(need.ids).map(|(v, n)| v * n_need as u32 + n).collect();
    let rows: Vec<(u32, u32, Size)> = (0..)
        .zip(sizes(&cell_ids, n_need * value.names.len(), net_cents))
        .filter(|(_, size)| size.n_customers > 0)
        .map(|(cell, size)| (cell / n_need as u32, cell % n_need as u32, size))
        .collect();
    value_need_cell::Columns {
        value_segment_id: rows.iter().map(|row| Some(value.id(row.0))).collect(),
        value_segment: StringArray::from_iter_values(rows.iter().map(|row| value.name(row.0))),
        need_segment_id: rows.iter().map(|row| Some(need.id(row.1))).collect(),
        need_segment: StringArray::from_iter_values(rows.iter().map(|row| need.name(row.1))),
        n_customers: rows.iter().map(|row| Some(row.2.n_customers)).collect(),
        net_amount: amounts(rows.iter().map(|row| row.2.net_cents)),
    }
    .into_batch()
}
