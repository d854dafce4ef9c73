//! What people are asked to judge: pairs around the threshold, what holds large customers together, and
//! customers that broke a guard.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Array, Float64Array, StringArray};
use idip_numerics::components::UnionFind;
use idip_numerics::linkage::{PartSource, Scorer, WeightPart, explain};
use idip_schemas::identify::quality::{clerical_pair, clerical_part, customer_review};
use rayon::prelude::*;

use super::PersonLinkage;
use super::tables::LinkageTables;

/// Fewest records of a large customer.
const LEAST_LARGE: u64 = 3;

/// One pair of references, by two of their records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    node: u32,
    other: u32,
    records: (u32, u32),
    is_near: bool,
    is_in_large: bool,
}

/// The pairs, and the parts of their weights.
pub(super) fn pairs(
    tables: &LinkageTables<'_>,
    linkage: &PersonLinkage,
    large: &BTreeSet<i64>,
) -> (clerical_pair::Columns, clerical_part::Columns) {
    let pairs = drawn(tables, linkage, large);
    let scorer = Scorer::new(&linkage.run.model, &linkage.records, &linkage.run.comparisons);
    let parts: Vec<Vec<WeightPart>> =
        pairs.par_iter().map(|pair| explain(&scorer, pair.records.0, pair.records.1)).collect();
    let name = |node: u32| tables.names.value(node as usize);
    let customer = |node: u32| tables.customer(node).unwrap_or_default();
    let weight: Vec<f64> =
        parts.iter().map(|parts| parts.iter().map(|part| part.bits).sum()).collect();
    let told = clerical_pair::Columns {
        party_ref: pairs.iter().map(|pair| Some(name(pair.node))).collect(),
        other_ref: pairs.iter().map(|pair| Some(name(pair.other))).collect(),
        is_near_threshold: pairs.iter().map(|pair| Some(pair.is_near)).collect(),
        is_in_large_customer: pairs.iter().map(|pair| Some(pair.is_in_large)).collect(),
        is_linked: pairs.iter().map(|it| Some(customer(it.node) == customer(it.other))).collect(),
        customer_id: pairs.iter().map(|pair| customer(pair.node)).collect(),
        other_customer_id: pairs.iter().map(|pair| customer(pair.other)).collect(),
        probability: weight.iter().map(|w| Some(1.0 / (1.0 + (-w).exp2()))).collect(),
        weight: weight.into(),
    };
    let rows = || {
        let of_pairs = pairs.iter().zip(&parts);
        of_pairs.flat_map(|(pair, parts)| parts.iter().enumerate().map(move |part| (pair, part)))
    };
    let words: Vec<(&str, Option<&str>)> = rows().map(|(_, (_, part))| words(part)).collect();
    let told_parts = clerical_part::Columns {
        party_ref: rows().map(|(pair, _)| Some(name(pair.node))).collect(),
        other_ref: rows().map(|(pair, _)| Some(name(pair.other))).collect(),
        part_index: rows().map(|(_, (place, _))| place as i64).collect(),
        part: words.iter().map(|words| Some(words.0)).collect(),
        level: words.iter().map(|words| words.1).collect::<StringArray>(),
        bits: rows().map(|(_, (_, part))| Some(part.bits)).collect::<Float64Array>(),
    };
    (told, told_parts)
}

/// What a part is of, and its level.
fn words(part: &WeightPart) -> (&str, Option<&str>) {
    match &part.source {
        PartSource::Prior => ("prior", None),
        PartSource::Household => ("household", None),
        PartSource::Level { comparison, level } => (comparison, Some(level)),
        PartSource::Frequency { comparison } => (comparison, Some("frequency")),
    }
}

/// The pairs to judge, by node; a pair of references comes once.
fn drawn(tables: &LinkageTables<'_>, linkage: &PersonLinkage, large: &BTreeSet<i64>) -> Vec<Pair> {
    let near = linkage.run.linkage.sample.iter().map(|&records| (records, true));
    let tying = tying(tables, linkage, large).into_iter().map(|records| (records, false));
    let mut pairs: BTreeMap<(u32, u32), Pair> = BTreeMap::new();
    for (records, is_near) in near.chain(tying) {
        let nodes = (tables.node(linkage, records.0), tables.node(linkage, records.1));
        let (Some(x), Some(y)) = nodes else { continue };
        let (node, other) = (x.min(y), x.max(y));
        if node == other {
            continue;
        }
        let new = Pair { node, other, records, is_near: false, is_in_large: false };
        let pair = pairs.entry((node, other)).or_insert(new);
        pair.is_near |= is_near;
        pair.is_in_large |= !is_near;
    }
    pairs.into_values().collect()
}

/// The heaviest pairs that tie the references of each large customer: a spanning forest (Kruskal 1956).
fn tying(
    tables: &LinkageTables<'_>,
    linkage: &PersonLinkage,
    large: &BTreeSet<i64>,
) -> Vec<(u32, u32)> {
    let mut edges: Vec<(f32, u32, u32, u32, u32)> = linkage
        .run
        .linkage
        .edges
        .par_iter()
        .filter_map(|edge| {
            let (x, y) = (tables.node(linkage, edge.a)?, tables.node(linkage, edge.b)?);
            let customer = tables.customer(x)?;
            let is_within = tables.customer(y) == Some(customer) && large.contains(&customer);
            is_within.then_some((edge.weight, edge.a, edge.b, x, y))
        })
        .collect();
    edges.sort_unstable_by(|p, q| q.0.total_cmp(&p.0).then((p.1, p.2).cmp(&(q.1, q.2))));
    let mut sets = UnionFind::new(tables.names.len() as u32);
    edges
        .into_iter()
        .filter(|&(.., x, y)| sets.union(x, y) == Some(true))
        .map(|(_, a, b, ..)| (a, b))
        .collect()
}

/// The customers with most records, at most so many; of equal ones the smaller id. `n_records` is by
/// customer, ascending.
pub(super) fn largest(n_records: &[(i64, u64)], most: usize) -> BTreeSet<i64> {
    let mut order: Vec<(i64, u64)> =
        n_records.iter().copied().filter(|(_, n)| *n >= LEAST_LARGE).collect();
    order.sort_unstable_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    order.into_iter().take(most).map(|(customer, _)| customer).collect()
}

/// Customers to look at: the large ones, and those that broke a guard.
pub(super) fn reviews(
    tables: &LinkageTables<'_>,
    n_records: &[(i64, u64)],
    large: &BTreeSet<i64>,
) -> customer_review::Columns {
    let mut rows: BTreeSet<(i64, &str)> =
        large.iter().map(|&customer| (customer, "large")).collect();
    if let Some(linkage) = tables.linkage {
        let broke: BTreeMap<u32, &str> = linkage
            .run
            .linkage
            .for_review
            .iter()
            .map(|&(person, violation)| (person, linkage.guard_name(violation)))
            .collect();
        rows.extend(
            linkage
                .people(tables.node_of)
                .filter_map(|(person, node)| Some((tables.customer(node)?, *broke.get(&person)?))),
        );
    }
    let n_of = |customer: i64| {
        let place = n_records.binary_search_by_key(&customer, |entry| entry.0);
        place.ok().and_then(|place| n_records.get(place)).map_or(0, |entry| entry.1)
    };
    customer_review::Columns {
        customer_id: rows.iter().map(|row| row.0).collect(),
        reason: rows.iter().map(|row| Some(row.1)).collect(),
        n_records: rows.iter().map(|row| n_of(row.0) as i64).collect(),
    }
}
