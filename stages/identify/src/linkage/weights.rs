//! Why pairs are one customer: the weight of each, and its parts.

use arrow_array::builder::StringBuilder;
use arrow_array::{Float64Array, StringArray};
use idip_numerics::linkage::{Comparisons, PartSource, Pattern, Scorer, explain};
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
    let parts: Vec<Parts> =
        pairs.par_iter().map(|pair| Parts::of(&scorer, pair.records.0, pair.records.1)).collect();
    let names = |node: fn(&WeighedPair) -> u32| -> StringArray {
        let mut builder = StringBuilder::new();
        for pair in &pairs {
            builder.append_value(tables.names.value(node(pair) as usize));
        }
        builder.finish()
    };
    let bits =
        |part: Part| -> Float64Array { parts.iter().map(|parts| parts.bits(part)).collect() };
    let levels = |part: Part| -> StringArray {
        parts.iter().map(|parts| parts.level(&run.comparisons, part)).collect()
    };
    let weight: Vec<f64> = parts.iter().map(Parts::weight).collect();
    match_weight::Columns {
        party_ref: names(|pair| pair.node),
        other_ref: names(|pair| pair.other),
        is_linked: pairs.iter().map(|pair| Some(pair.is_linked)).collect(),
        probability: weight.iter().map(|w| Some(1.0 / (1.0 + (-w).exp2()))).collect(),
        weight: weight.into(),
        prior_bits: bits(Part::Prior),
        name_bits: bits(Part::Name),
        name_level: levels(Part::Name),
        birth_date_bits: bits(Part::BirthDate),
        birth_date_level: levels(Part::BirthDate),
        email_bits: bits(Part::Email),
        email_level: levels(Part::Email),
        phone_bits: bits(Part::Phone),
        phone_level: levels(Part::Phone),
        address_bits: bits(Part::Address),
        address_level: levels(Part::Address),
        loyalty_id_bits: bits(Part::LoyaltyId),
        loyalty_id_level: levels(Part::LoyaltyId),
        payment_token_bits: bits(Part::PaymentToken),
        payment_token_level: levels(Part::PaymentToken),
        handle_bits: bits(Part::Handle),
        handle_level: levels(Part::Handle),
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

/// A part of a weight: two columns of `match_weight` each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Part {
    const COUNT: usize = Self::Household as usize + 1;

    fn of_comparison(name: &str) -> Self {
        match name {
            "name" | "first_name" | "last_name" => Self::Name,
            "birth_date" => Self::BirthDate,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "loyalty_id" => Self::LoyaltyId,
            "payment_token" => Self::PaymentToken,
            "handle" => Self::Handle,
            _ => Self::Address,
        }
    }
}

/// The parts of one weight, and the level of each comparison.
struct Parts {
    bits: [Option<f64>; Part::COUNT],
    pattern: Pattern,
}

impl Parts {
    fn of(scorer: &Scorer<'_>, a: u32, b: u32) -> Self {
        let mut bits = [None; Part::COUNT];
        for part in explain(scorer, a, b) {
            let column = match &part.source {
                PartSource::Prior => Part::Prior,
                PartSource::Household => Part::Household,
                PartSource::Level { comparison, .. } | PartSource::Frequency { comparison } => {
                    Part::of_comparison(comparison)
                }
            };
            if let Some(sum) = bits.get_mut(column as usize) {
                *sum = Some(sum.unwrap_or(0.0) + part.bits);
            }
        }
        Self { bits, pattern: scorer.comparisons().pattern(scorer.records(), a, b) }
    }

    fn bits(&self, part: Part) -> Option<f64> {
        self.bits.get(part as usize).copied().flatten()
    }

    fn weight(&self) -> f64 {
        self.bits.iter().flatten().sum()
    }

    /// Labels of the levels that a part sums up; none where nothing could be compared.
    fn level(&self, comparisons: &Comparisons, part: Part) -> Option<String> {
        let labels: Vec<&str> = self
            .pattern
            .comparable()
            .filter_map(|(place, level)| {
                let comparison = comparisons.list().get(place)?;
                let is_of_it = Part::of_comparison(&comparison.name) == part;
                comparison.kind.level(level).filter(|_| is_of_it).map(|level| level.label)
            })
            .collect();
        (!labels.is_empty()).then(|| labels.join("; "))
    }
}
