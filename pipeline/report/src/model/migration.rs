//! Who moved from one segment to another.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_schemas::measure::segment_migration;
use serde::Serialize;

use super::groups::{Segment, Segments};
use super::read::share;
use crate::small_group::{Count, cover_table};

/// Name for parties that the night before did not know.
const NEW: &str = "(new)";
/// Name for parties that are no longer there.
const GONE: &str = "(gone)";
/// Largest moves that are told one by one.
const FLOWS: usize = 8;

/// Who moved on one axis.
#[derive(Debug, Clone, Serialize)]
pub struct Migration {
    /// `value`, `need` or `rfm`.
    pub axis: String,
    /// Parties known on both nights that kept their segment.
    pub stayed: i64,
    /// Parties known on both nights that changed it.
    pub moved: i64,
    /// Part of the parties known on both nights that kept their segment.
    pub stayed_share: Option<f64>,
    /// Parties the night before did not know.
    pub new: Count,
    /// Parties that are no longer there.
    pub gone: Count,
    /// Segments of the night before, top to bottom; `(new)` last.
    pub from: Vec<String>,
    /// Segments of this night, left to right; `(gone)` last.
    pub to: Vec<String>,
    /// Parties by row, then column.
    pub parties: Vec<Vec<Count>>,
    /// Largest moves between segments, most parties first.
    pub flows: Vec<Flow>,
}

/// Parties that went from one segment to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flow {
    /// Segment of the night before.
    pub from: String,
    /// Segment of this night.
    pub to: String,
    /// Parties.
    pub parties: i64,
    /// Part of those who were in the first; null when that may not be told.
    pub from_share: Option<f64>,
}

pub(super) fn migrations(
    moves: &segment_migration::Columns,
    segments: &Segments,
    k: u32,
) -> Vec<Migration> {
    [("value", &segments.value), ("need", &segments.need), ("rfm", &segments.rfm)]
        .into_iter()
        .filter_map(|(axis, segments)| migration(axis, moves, segments, k))
        .collect()
}

/// Where a segment stands in the lists: as on its own page, then those of last night alone.
type Place<'a> = (usize, &'a str);

fn migration(
    axis: &str,
    moves: &segment_migration::Columns,
    segments: &[Segment],
    k: u32,
) -> Option<Migration> {
    let place = |name| -> Place<'_> {
        let known = segments.iter().position(|segment| segment.name == name);
        let last = if name == NEW || name == GONE { usize::MAX } else { segments.len() };
        (known.unwrap_or(last), name)
    };
    let mut from = BTreeMap::new();
    let mut to = BTreeMap::new();
    let mut found: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for row in (0..moves.axis.len()).filter(|&row| moves.axis.value(row) == axis) {
        let n = moves.n_customers.value(row);
        let pair = (moves.from_segment.value(row), moves.to_segment.value(row));
        *from.entry(place(pair.0)).or_insert(0_i64) += n;
        *to.entry(place(pair.1)).or_insert(0_i64) += n;
        *found.entry(pair).or_insert(0) += n;
    }
    if found.is_empty() {
        return None;
    }
    let of = |pair: (&str, &str)| found.get(&pair).copied().unwrap_or(0);
    let counts: Vec<Vec<i64>> =
        from.keys().map(|(_, a)| to.keys().map(|(_, b)| of((a, b))).collect()).collect();
    let parties = cover_table(&counts, k);
    let both = || found.iter().filter(|((a, b), _)| *a != NEW && *b != GONE);
    let stayed: i64 = both().filter(|((a, b), _)| a == b).map(|(_, n)| n).sum();
    let moved: i64 = both().filter(|((a, b), _)| a != b).map(|(_, n)| n).sum();

    let mut flows = Vec::new();
    for ((((_, a), total), row), covered) in from.iter().zip(&counts).zip(&parties) {
        for (((_, b), n), count) in to.keys().zip(row).zip(covered) {
            let is_move = a != b && *a != NEW && *b != GONE && *n > 0;
            if is_move && count.is_told() {
                let from_share = share(*n as f64, *total as f64);
                flows.push(Flow {
                    from: (*a).to_owned(),
                    to: (*b).to_owned(),
                    parties: *n,
                    from_share,
                });
            }
        }
    }
    flows.sort_by(|a, b| (b.parties, &a.from, &a.to).cmp(&(a.parties, &b.from, &b.to)));
    flows.truncate(FLOWS);
    let name = |(_, segment): Place<'_>| segment.to_owned();
    Some(Migration {
        axis: axis.to_owned(),
        stayed,
        moved,
        stayed_share: share(stayed as f64, (stayed + moved) as f64),
        new: Count::alone(from.get(&place(NEW)).copied().unwrap_or(0), k),
        gone: Count::alone(to.get(&place(GONE)).copied().unwrap_or(0), k),
        from: from.into_keys().map(name).collect(),
        to: to.into_keys().map(name).collect(),
        parties,
        flows,
    })
}
