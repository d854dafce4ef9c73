//! Why pairs are one customer: the weight of each, and its parts.

use std::collections::BTreeMap;

use arrow_array::builder::StringBuilder;
use arrow_array::{Float64Array, StringArray};
use idip_numerics::linkage::{PartSource, Scorer, explain};
use idip_schemas::identify::match_weight;
use rayon::prelude::*;

use super::PersonLinkage;
use super::tables::LinkageTables;

/// One pair of references, by the heaviest pair of their records.
#[derive(Debug, Clone, Copy)]
struct WeighedPair {
    node: u32,
    other: u32,
    is_linked: bool,
    weight: f32,
    records: (u32, u32),
}

/// The pairs that are one customer, or weigh 0 bits and more.
pub(super) fn match_weights(
    tables: &LinkageTables<'_>,
    linkage: &PersonLinkage,
) -> match_weight::Columns {
    let run = &linkage.run;
    let scorer = Scorer::new(&run.model, &linkage.records, &run.comparisons);
    let pairs = weighed_pairs(tables, linkage);
    let parts: Vec<Bits> =
        pairs.par_iter().map(|pair| Bits::of(&scorer, pair.records.0, pair.records.1)).collect();
    let names = |node: fn(&WeighedPair) -> u32| -> StringArray {
        let mut builder = StringBuilder::new();
        for pair in &pairs {
            builder.append_value(tables.names.value(node(pair) as usize));
        }
        builder.finish()
    };
    let bits = |part: Part| -> Float64Array {
        parts.iter().map(|bits| bits.0.get(&part).copied()).collect()
    };
    let weight: Vec<f64> = parts.iter().map(|bits| bits.0.values().sum()).collect();
    match_weight::Columns {
        party_ref: names(|pair| pair.node),
        other_ref: names(|pair| pair.other),
        is_linked: pairs.iter().map(|pair| Some(pair.is_linked)).collect(),
        probability: weight.iter().map(|w| Some(1.0 / (1.0 + (-w).exp2()))).collect(),
        weight: weight.into(),
        prior_bits: bits(Part::Prior),
        name_bits: bits(Part::Name),
        birth_date_bits: bits(Part::BirthDate),
        email_bits: bits(Part::Email),
        phone_bits: bits(Part::Phone),
        address_bits: bits(Part::Address),
        loyalty_id_bits: bits(Part::LoyaltyId),
        payment_token_bits: bits(Part::PaymentToken),
        handle_bits: bits(Part::Handle),
        household_bits: bits(Part::Household),
    }
}

/// Sorted by the names of the nodes: nodes are numbered in their order.
fn weighed_pairs(tables: &LinkageTables<'_>, linkage: &PersonLinkage) -> Vec<WeighedPair> {
    let mut pairs: Vec<WeighedPair> = linkage
        .run
        .linkage
        .edges
        .par_iter()
        .filter_map(|edge| {
            let (x, y) = (tables.node(linkage, edge.a)?, tables.node(linkage, edge.b)?);
            let is_linked = tables.customer(x) == tables.customer(y);
            let is_kept = x != y && (is_linked || edge.weight >= 0.0);
            is_kept.then(|| WeighedPair {
                node: x.min(y),
                other: x.max(y),
                is_linked,
                weight: edge.weight,
                records: (edge.a, edge.b),
            })
        })
        .collect();
    pairs.par_sort_unstable_by(|p, q| {
        (p.node, p.other)
            .cmp(&(q.node, q.other))
            .then(q.weight.total_cmp(&p.weight))
            .then(p.records.cmp(&q.records))
    });
    pairs.dedup_by_key(|pair| (pair.node, pair.other));
    pairs
}

/// A column of `match_weight`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Prior,
    Name,
    BirthDate,
    Email,
    Phone,
    Address,
    LoyaltyId,
    PaymentToken,
    Handle,
    Household,
}

/// The parts of one weight.
struct Bits(BTreeMap<Part, f64>);

impl Bits {
    fn of(scorer: &Scorer<'_>, a: u32, b: u32) -> Self {
        let mut bits = BTreeMap::new();
        for part in explain(scorer, a, b) {
            let column = match &part.source {
                PartSource::Prior => Part::Prior,
                PartSource::Household => Part::Household,
                PartSource::Level { comparison, .. } | PartSource::Frequency { comparison } => {
                    match comparison.as_str() {
                        "name" | "first_name" | "last_name" => Part::Name,
                        "birth_date" => Part::BirthDate,
                        "email" => Part::Email,
                        "phone" => Part::Phone,
                        "loyalty_id" => Part::LoyaltyId,
                        "payment_token" => Part::PaymentToken,
                        "handle" => Part::Handle,
                        _ => Part::Address,
                    }
                }
            };
            *bits.entry(column).or_insert(0.0) += part.bits;
        }
        Self(bits)
    }
}
