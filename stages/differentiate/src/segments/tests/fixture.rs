//! A small business with known segments, and what holds of every night of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, Decimal128Array, Float64Array, Int64Array, ListArray, RecordBatch};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};
use idip_schemas::{Amount, ColumnType};

use super::super::*;

/// One party, in as few numbers as segments need.
#[derive(Debug, Clone)]
pub(super) struct Party {
    pub(super) id: i64,
    /// Days since the first purchase, days since the last, purchase days (a basket each), money of a
    /// purchase day in minor units; none for a prospect.
    pub(super) bought: Option<(i64, i64, i64, i64)>,
    /// Shares of `books`, `toys` and so on.
    pub(super) shares: Option<Vec<f64>>,
}

fn money(cents: impl Iterator<Item = i64>) -> Decimal128Array {
    cents
        .map(|cents| Some(i128::from(cents)))
        .collect::<Decimal128Array>()
        .with_data_type(Amount::data_type())
}

pub(super) fn input(parties: &[Party]) -> RecordBatch {
    let maybe = |of: fn((i64, i64, i64, i64)) -> i64| -> Int64Array {
        parties.iter().map(|party| party.bought.map(of)).collect()
    };
    let count = |of: fn((i64, i64, i64, i64)) -> i64| -> Int64Array {
        parties.iter().map(|party| Some(party.bought.map_or(0, of))).collect()
    };
    let float = |of: fn((i64, i64, i64, i64)) -> f64| -> Float64Array {
        parties.iter().map(|party| party.bought.map(of)).collect()
    };
    let cents = |of: fn((i64, i64, i64, i64)) -> i64| {
        money(parties.iter().map(|party| party.bought.map_or(0, of)))
    };
    let unknown = || Int64Array::from(vec![None; parties.len()]);
    let lengths = parties.iter().map(|party| party.shares.as_ref().map_or(0, Vec::len));
    let category_shares = ListArray::new(
        Arc::new(Field::new_list_field(DataType::Float64, true)),
        OffsetBuffer::from_lengths(lengths),
        Arc::new(
            parties
                .iter()
                .flat_map(|party| party.shares.clone().unwrap_or_default())
                .map(Some)
                .collect::<Float64Array>(),
        ),
        Some(parties.iter().map(|party| party.shares.is_some()).collect::<NullBuffer>()),
    );
    segment_input::Columns {
        customer_id: parties.iter().map(|party| Some(party.id)).collect(),
        days_since_last: maybe(|b| b.1),
        recency_days: maybe(|b| b.0 - b.1),
        t_days: maybe(|b| b.0),
        tenure_days: maybe(|b| b.0 - b.1),
        frequency: maybe(|b| b.2 - 1),
        purchase_days: count(|b| b.2),
        n_baskets: count(|b| b.2),
        n_lines: count(|b| b.2),
        sale_amount: cents(|b| b.2 * b.3),
        net_amount: cents(|b| b.2 * b.3),
        net_per_purchase_day: float(|b| b.3 as f64 / 100.0),
        monetary_value: float(|b| b.3 as f64 / 100.0),
        mean_basket: float(|b| b.3 as f64 / 100.0),
        discount_share: Float64Array::from(vec![None; parties.len()]),
        return_share: float(|_| 0.0),
        interpurchase_median_days: Float64Array::from(vec![None; parties.len()]),
        last_90_days_amount: cents(|b| b.3),
        prior_90_days_amount: cents(|_| 0),
        n_categories: count(|_| 2),
        contacts_in: unknown(),
        contacts_out: unknown(),
        days_since_interaction: unknown(),
        campaign_contacts: unknown(),
        responses: unknown(),
        nps_score: Float64Array::from(vec![None; parties.len()]),
        social_posts: unknown(),
        // Whoever has an odd id buys online.
        favourite_channel: parties
            .iter()
            .map(|p| p.bought.map(|_| if p.id % 2 == 1 { "online" } else { "store" }))
            .collect(),
        category_shares,
        rfm_segment: parties.iter().map(|party| party.bought.map(|_| "loyal")).collect(),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn category_name(at: usize) -> String {
    ["books", "toys", "garden"].get(at).map_or_else(|| format!("shelf {at}"), |&name| name.into())
}

pub(super) fn views(
    batches: Vec<RecordBatch>,
    n_categories: usize,
    last: Option<&Tables>,
) -> Tables {
    let categories = category::Columns {
        category_index: (0..n_categories as i64).map(Some).collect(),
        category: (0..n_categories).map(|at| Some(category_name(at))).collect(),
        amount: money(vec![0; n_categories].into_iter()),
        lines: vec![0; n_categories].into(),
    };
    let of_last = |contract: &'static TableContract| {
        last.map_or_else(Vec::new, |last| last.batches(contract).expect("is written").to_vec())
    };
    let last_segments = last.map(|last| {
        let last = parse_parties(last);
        segment_last_night::Columns {
            customer_id: last.customer_id,
            value_segment_id: last.value_segment_id,
            need_segment_id: last.need_segment_id,
        }
        .into_batch()
        .expect("keeps its contract")
    });
    Tables::default()
        .with(&segment_last_night::CONTRACT, last_segments.into_iter().collect())
        .with(&segment_input::CONTRACT, batches)
        .with(&category::CONTRACT, vec![categories.into_batch().expect("keeps its contract")])
        .with(&cluster_model::CONTRACT, of_last(&cluster_model::CONTRACT))
        .with(&segment::CONTRACT, of_last(&segment::CONTRACT))
        .with(&segment_event::CONTRACT, of_last(&segment_event::CONTRACT))
        .with(&segment_drift::CONTRACT, of_last(&segment_drift::CONTRACT))
        .with(&cluster_count::CONTRACT, of_last(&cluster_count::CONTRACT))
        .with(&need_topic::CONTRACT, of_last(&need_topic::CONTRACT))
        .with(&mixture_component::CONTRACT, of_last(&mixture_component::CONTRACT))
}

pub(super) fn night(seed: u64) -> RunContext {
    RunContext { logical_date: 1000, seed, currency: "EUR".to_owned() }
}

/// Runs a night and checks what holds of every one.
pub(super) fn run(params: &Params, views: &Tables) -> Tables {
    run_on(1000, params, views)
}

/// Runs the night of this date and checks what holds of every one.
pub(super) fn run_on(date: i32, params: &Params, views: &Tables) -> Tables {
    let context = RunContext { logical_date: date, ..night(7) };
    let written = Segments::new(params.clone()).run(&context, views).expect("runs");
    let parties = views.rows(&segment_input::CONTRACT);
    let assigned = parse_parties(&written);
    assert_eq!(assigned.customer_id.len(), parties, "each party has one row");
    let segments = segment::Columns::parse(&written.batch(&segment::CONTRACT).unwrap()).unwrap();
    for axis in ["value", "need", "rfm"] {
        let rows = || (0..segments.axis.len()).filter(|&row| segments.axis.value(row) == axis);
        let names: BTreeSet<&str> = rows().map(|row| segments.segment.value(row)).collect();
        assert_eq!(names.len(), rows().count(), "names of {axis} are unique");
        let n: i64 = rows().map(|row| segments.n_customers.value(row)).sum();
        assert_eq!(n as usize, parties, "each party is in one segment of {axis}");
    }
    for (name, batches) in written.clone().into_iter_by_name() {
        for column in batches.iter().flat_map(RecordBatch::columns) {
            if let Some(values) = column.as_any().downcast_ref::<Float64Array>() {
                assert!(values.iter().flatten().all(f64::is_finite), "{name} has numbers only");
            }
        }
    }
    written
}

pub(super) fn parse_parties(written: &Tables) -> customer_segment::Columns {
    let batch = written.batch(&customer_segment::CONTRACT).expect("is written");
    customer_segment::Columns::parse(&batch).expect("keeps its contract")
}

/// Value and need segment ids, by customer.
pub(super) fn ids(written: &Tables) -> BTreeMap<i64, (i64, i64)> {
    let parties = parse_parties(written);
    (0..parties.customer_id.len())
        .map(|row| {
            let ids = (parties.value_segment_id.value(row), parties.need_segment_id.value(row));
            (parties.customer_id.value(row), ids)
        })
        .collect()
}

pub(super) fn quality(written: &Tables, axis: &str, metric: &str) -> (Option<f64>, Option<String>) {
    let batch = written.batch(&cluster_quality::CONTRACT).expect("is written");
    let found = cluster_quality::Columns::parse(&batch).expect("keeps its contract");
    let row = (0..found.axis.len())
        .find(|&row| found.axis.value(row) == axis && found.metric.value(row) == metric)
        .expect("the metric is there");
    let note = found.note.is_valid(row).then(|| found.note.value(row).to_owned());
    (found.value.is_valid(row).then(|| found.value.value(row)), note)
}

/// Three groups of ten by value (ids from 100, 200, 300), crossed with two by need, and a prospect.
///
/// Within a group customers differ by a little, so that there is something to cluster.
pub(super) fn planted() -> Vec<Party> {
    let mut parties = vec![Party { id: 999, bought: None, shares: None }];
    for (group, (t, since, days, cents)) in
        [(900, 2, 40, 9000), (300, 30, 8, 2500), (700, 500, 4, 800)].into_iter().enumerate()
    {
        for at in 0..10 {
            let tilt = 0.01 * at as f64;
            let likes_books = at % 2 == 0;
            let books = if likes_books { 0.9 - tilt } else { 0.1 + tilt };
            parties.push(Party {
                id: 100 * (group as i64 + 1) + at,
                bought: Some((t + at, since, days, cents + at)),
                shares: Some(vec![books, 1.0 - books]),
            });
        }
    }
    parties
}

pub(super) fn params(n_value: usize, n_need: usize) -> Params {
    let mut params = Params::default();
    params.value.n_clusters = ClusterNumber::Fixed(n_value);
    params.need.n_clusters = ClusterNumber::Fixed(n_need);
    params
}

/// Axis, segment, event and night of every event.
pub(super) fn events(written: &Tables) -> Vec<(String, i64, String, i32)> {
    let batch = written.batch(&segment_event::CONTRACT).expect("is written");
    let found = segment_event::Columns::parse(&batch).expect("keeps its contract");
    (0..found.axis.len())
        .map(|row| {
            (
                found.axis.value(row).to_owned(),
                found.segment_id.value(row),
                found.event.value(row).to_owned(),
                found.night.value(row),
            )
        })
        .collect()
}

/// Numbers in [0, 1) that are the same in every test.
pub(super) fn units(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Part of the customers who were there the night before and did not buy that changed value segment.
pub(super) fn moved_in_a_night(
    parties: &[Party],
    before: &BTreeMap<i64, (i64, i64)>,
    after: &BTreeMap<i64, (i64, i64)>,
) -> f64 {
    let idle = parties.iter().filter(|party| {
        party.bought.is_some_and(|bought| bought.1 > 0) && before.contains_key(&party.id)
    });
    let (mut n_idle, mut n_moved) = (0_u32, 0_u32);
    for party in idle {
        n_idle += 1;
        n_moved += u32::from(before[&party.id].0 != after[&party.id].0);
    }
    f64::from(n_moved) / f64::from(n_idle.max(1))
}
