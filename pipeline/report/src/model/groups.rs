//! Segments: who is alike.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_schemas::differentiate::segmentation::{segment_event, segment_reason, segment_rule};
use idip_schemas::differentiate::{cluster_quality, segment, segment_profile, value_need_cell};
use serde::Serialize;

use super::read::{maybe, maybe_text, money};
use crate::small_group::{Count, cover, cover_table};

/// Features told of each segment: those that tell it apart most.
const FEATURES: i64 = 5;

/// Reasons and rules told of each segment.
const REASONS: usize = 3;
const RULES: usize = 2;

/// Segments of all axes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Segments {
    /// By value, best first.
    pub value: Vec<Segment>,
    /// By need.
    pub need: Vec<Segment>,
    /// By recency, frequency and money.
    pub rfm: Vec<Segment>,
    /// Value against need; null without both.
    pub matrix: Option<Matrix>,
    /// How well the clusters are told apart.
    pub quality: Vec<Quality>,
    /// Segments that were born, died or were renamed tonight.
    pub news: Vec<SegmentNews>,
}

/// What became of one segment tonight.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentNews {
    /// `value` or `need`.
    pub axis: String,
    /// Name of the segment; of a dead one its last.
    pub segment: String,
    /// `born`, `dead` or `renamed`.
    pub event: String,
    /// Name before, of a renamed segment.
    pub previous: Option<String>,
}

/// One segment; figures are null when it is too small.
#[derive(Debug, Clone, Serialize)]
pub struct Segment {
    /// Number in its axis.
    pub id: i64,
    /// Name.
    pub name: String,
    /// One sentence in English; it may tell numbers, so null when the segment is too small.
    pub description_en: Option<String>,
    /// One sentence in Spanish.
    pub description_es: Option<String>,
    /// Parties in it.
    pub customers: Count,
    /// Their share of all parties.
    pub customer_share: Option<f64>,
    /// Their net money.
    pub net_amount: Option<f64>,
    /// Its share of all net money.
    pub net_amount_share: Option<f64>,
    /// What tells it apart most.
    pub features: Vec<Feature>,
    /// What puts its customers into it rather than the nearest other, the most common first.
    pub reasons: Vec<SegmentReason>,
    /// Who is in it, by rules in real units.
    pub rules: Vec<SegmentRule>,
}

/// Why part of the customers of a segment are in it.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentReason {
    /// Feature.
    pub feature: String,
    /// `high` or `low`.
    pub side: String,
    /// Share of the customers of the segment that have a reason.
    pub customer_share: f64,
}

/// One rule that says the segment.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentRule {
    /// What must hold, such as `net_amount > 120.5 and frequency <= 3`.
    pub conditions: String,
    /// The numbers in it.
    pub thresholds: Vec<f64>,
    /// Share of the customers that meet it who are in the segment.
    pub precision: f64,
    /// Share of the customers of the segment that meet it.
    pub coverage: f64,
}

/// Why customers are where they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Explained<'a> {
    pub(super) reasons: &'a segment_reason::Columns,
    pub(super) rules: &'a segment_rule::Columns,
}

impl Explained<'_> {
    fn reasons(&self, axis: &str, id: i64, k: u32) -> Vec<SegmentReason> {
        let found = self.reasons;
        let mut rows: Vec<usize> = (0..found.axis.len())
            .filter(|&row| found.axis.value(row) == axis && found.segment_id.value(row) == id)
            .filter(|&row| found.n_customers.value(row) >= i64::from(k))
            .collect();
        rows.sort_by_key(|&row| (-found.n_customers.value(row), found.reason.value(row)));
        rows.truncate(REASONS);
        rows.into_iter()
            .filter_map(|row| {
                let (feature, side) = found.reason.value(row).rsplit_once(':')?;
                Some(SegmentReason {
                    feature: feature.to_owned(),
                    side: side.to_owned(),
                    customer_share: found.customer_share.value(row),
                })
            })
            .collect()
    }

    fn rules(&self, axis: &str, id: i64, k: u32) -> Vec<SegmentRule> {
        let found = self.rules;
        let mut rows: Vec<usize> = (0..found.axis.len())
            .filter(|&row| found.axis.value(row) == axis && found.segment_id.value(row) == id)
            .filter(|&row| found.n_customers.value(row) >= i64::from(k))
            .collect();
        rows.sort_by(|&a, &b| {
            let by_coverage = found.coverage.value(b).total_cmp(&found.coverage.value(a));
            by_coverage.then(found.rule.value(a).cmp(&found.rule.value(b)))
        });
        rows.truncate(RULES);
        rows.into_iter()
            .map(|row| SegmentRule {
                conditions: found.conditions.value(row).to_owned(),
                thresholds: found
                    .conditions
                    .value(row)
                    .split([' ', '(', ')'])
                    .filter_map(|word| word.parse::<f64>().ok().filter(|x| x.is_finite()))
                    .collect(),
                precision: found.precision.value(row),
                coverage: found.coverage.value(row),
            })
            .collect()
    }
}

/// How one feature of one segment differs from the whole.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    /// Feature, a column of `customer_feature` or `share:` and a category.
    pub name: String,
    /// Mean in the segment.
    pub mean: Option<f64>,
    /// Mean of all.
    pub overall_mean: Option<f64>,
    /// 100 × mean ÷ mean of all.
    pub index: Option<f64>,
    /// Difference in standard deviations of all.
    pub standardised_difference: Option<f64>,
}

/// Parties by value segment and need segment.
#[derive(Debug, Clone, Serialize)]
pub struct Matrix {
    /// Value segments, top to bottom.
    pub value_segments: Vec<String>,
    /// Need segments, left to right.
    pub need_segments: Vec<String>,
    /// Most parties of a told cell.
    pub most: i64,
    /// Cells by row, then column.
    pub cells: Vec<Vec<Cell>>,
}

/// One cell of the matrix.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// Parties.
    pub customers: Count,
    /// Their net money; null when they are too few.
    pub net_amount: Option<f64>,
}

/// One number about the clusters of one axis.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// `value` or `need`.
    pub axis: String,
    /// Metric.
    pub metric: String,
    /// Segment that it is of; null when it is of the whole axis.
    pub segment: Option<String>,
    /// Value; null when it cannot be computed.
    pub value: Option<f64>,
    /// Why it is null, or what was changed.
    pub note: Option<String>,
}

impl Segments {
    pub(super) fn new(
        segments: &segment::Columns,
        profiles: &segment_profile::Columns,
        cells: &value_need_cell::Columns,
        quality: &cluster_quality::Columns,
        (events, night): (&segment_event::Columns, i32),
        explained: Explained<'_>,
        k: u32,
    ) -> Self {
        let axis = |axis: &str| of_axis(axis, segments, profiles, explained, k);
        Self {
            value: axis("value"),
            need: axis("need"),
            rfm: axis("rfm"),
            matrix: matrix(cells, k),
            quality: qualities(quality, segments),
            news: news(events, night),
        }
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty() && self.need.is_empty() && self.rfm.is_empty()
    }
}

fn qualities(quality: &cluster_quality::Columns, segments: &segment::Columns) -> Vec<Quality> {
    let mut rows: Vec<usize> = (0..quality.axis.len()).collect();
    // Value before need, as everywhere.
    rows.sort_by_key(|&row| {
        let id = quality.segment_id.value(row);
        (quality.axis.value(row) != "value", quality.metric.value(row), id)
    });
    let name = |axis: &str, id: i64| {
        (0..segments.axis.len())
            .find(|&row| segments.axis.value(row) == axis && segments.segment_id.value(row) == id)
            .map(|row| segments.segment.value(row).to_owned())
    };
    rows.into_iter()
        .map(|row| Quality {
            axis: quality.axis.value(row).to_owned(),
            metric: quality.metric.value(row).to_owned(),
            segment: Some(quality.segment_id.value(row))
                .filter(|&id| id != 0)
                .and_then(|id| name(quality.axis.value(row), id)),
            value: maybe(&quality.value, row),
            note: maybe_text(&quality.note, row),
        })
        .collect()
}

/// Events of this night; none when all segments are as new as the first night.
fn news(events: &segment_event::Columns, night: i32) -> Vec<SegmentNews> {
    let is_old = |row: usize| events.night.value(row) < night;
    if !(0..events.axis.len()).any(is_old) {
        return Vec::new();
    }
    let mut rows: Vec<usize> =
        (0..events.axis.len()).filter(|&row| events.night.value(row) == night).collect();
    rows.sort_by_key(|&row| {
        let id = events.segment_id.value(row);
        (events.axis.value(row) != "value", events.event.value(row), id)
    });
    rows.into_iter()
        .map(|row| SegmentNews {
            axis: events.axis.value(row).to_owned(),
            segment: events.segment.value(row).to_owned(),
            event: events.event.value(row).to_owned(),
            previous: maybe_text(&events.previous_segment, row),
        })
        .collect()
}

fn of_axis(
    axis: &str,
    segments: &segment::Columns,
    profiles: &segment_profile::Columns,
    explained: Explained<'_>,
    k: u32,
) -> Vec<Segment> {
    let mut rows: Vec<usize> =
        (0..segments.axis.len()).filter(|&row| segments.axis.value(row) == axis).collect();
    // Those without purchases carry the number 0 and come last.
    rows.sort_by_key(|&row| {
        let id = segments.segment_id.value(row);
        (id == 0, id, segments.segment.value(row))
    });
    let counts: Vec<i64> = rows.iter().map(|&row| segments.n_customers.value(row)).collect();
    rows.into_iter()
        .zip(cover(&counts, k))
        .map(|(row, customers)| {
            let told = customers.is_told();
            let id = segments.segment_id.value(row);
            Segment {
                id,
                name: segments.segment.value(row).to_owned(),
                description_en: told.then(|| segments.description_en.value(row).to_owned()),
                description_es: told.then(|| segments.description_es.value(row).to_owned()),
                customers,
                customer_share: told.then(|| segments.customer_share.value(row)),
                net_amount: told.then(|| money(&segments.net_amount, row)),
                net_amount_share: maybe(&segments.net_amount_share, row).filter(|_| told),
                features: if told { features(axis, id, profiles) } else { Vec::new() },
                reasons: if told { explained.reasons(axis, id, k) } else { Vec::new() },
                rules: if told { explained.rules(axis, id, k) } else { Vec::new() },
            }
        })
        .collect()
}

fn features(axis: &str, id: i64, profiles: &segment_profile::Columns) -> Vec<Feature> {
    let mut rows: Vec<usize> = (0..profiles.axis.len())
        .filter(|&row| {
            profiles.axis.value(row) == axis
                && profiles.segment_id.value(row) == id
                && profiles.rank.value(row) <= FEATURES
        })
        .collect();
    rows.sort_by_key(|&row| (profiles.rank.value(row), profiles.feature.value(row)));
    rows.into_iter()
        .map(|row| Feature {
            name: profiles.feature.value(row).to_owned(),
            mean: maybe(&profiles.mean, row),
            overall_mean: maybe(&profiles.overall_mean, row),
            index: maybe(&profiles.index, row),
            standardised_difference: maybe(&profiles.standardised_difference, row),
        })
        .collect()
}

fn matrix(cells: &value_need_cell::Columns, k: u32) -> Option<Matrix> {
    // Number 0 last, as in the lists of segments.
    let place = |id: i64| (id == 0, id);
    let mut values = BTreeMap::new();
    let mut needs = BTreeMap::new();
    let mut found = BTreeMap::new();
    for row in 0..cells.value_segment_id.len() {
        let value = place(cells.value_segment_id.value(row));
        let need = place(cells.need_segment_id.value(row));
        values.insert(value, cells.value_segment.value(row));
        needs.insert(need, cells.need_segment.value(row));
        found.insert((value, need), (cells.n_customers.value(row), money(&cells.net_amount, row)));
    }
    if found.is_empty() {
        return None;
    }
    let rows: Vec<Vec<(i64, f64)>> = values
        .keys()
        .map(|value| {
            needs
                .keys()
                .map(|need| found.get(&(*value, *need)).copied().unwrap_or_default())
                .collect()
        })
        .collect();
    let counts: Vec<Vec<i64>> =
        rows.iter().map(|row| row.iter().map(|(n, _)| *n).collect()).collect();
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .zip(cover_table(&counts, k))
        .map(|(row, covered)| {
            row.iter()
                .zip(covered)
                .map(|((_, net), customers)| Cell {
                    customers,
                    net_amount: customers.is_told().then_some(*net),
                })
                .collect()
        })
        .collect();
    Some(Matrix {
        value_segments: values.into_values().map(str::to_owned).collect(),
        need_segments: needs.into_values().map(str::to_owned).collect(),
        most: cells.iter().flatten().filter_map(|cell| cell.customers.exact()).max().unwrap_or(0),
        cells,
    })
}
