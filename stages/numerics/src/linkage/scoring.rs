//! Every candidate pair weighed, and what is kept of them.

use rayon::prelude::*;

use super::agglomeration::Edge;
use super::blocking::Blocks;
use super::candidate::walk;
use super::comparison::{Comparisons, MAX_LEVELS};
use super::model::Model;
use super::near_threshold::Sample;
use super::records::Records;
use super::score::Scorer;
use super::weight_count::WeightCounts;

/// Weight, in bits, below which a scored pair is forgotten.
pub(super) const KEPT_WEIGHT: f64 = -2.0;

/// All candidate pairs, scored.
pub(super) struct Scored {
    /// Pairs from [`KEPT_WEIGHT`] on, and those of households, by smaller then larger record.
    pub(super) edges: Vec<Edge>,
    /// Candidate pairs that belong to each rule.
    pub(super) n_pairs: Vec<u64>,
    /// Of these at 0 bits and above.
    pub(super) n_links: Vec<u64>,
    /// Candidate pairs at each level of each comparison, those not comparable first.
    pub(super) n_level_pairs: Vec<Vec<u64>>,
    /// Sum of the probabilities of all pairs.
    pub(super) n_expected: f64,
    /// Pairs by weight.
    pub(super) weights: WeightCounts,
    /// Pairs around the threshold, ascending; empty where no sample is asked for.
    pub(super) sample: Vec<(u32, u32)>,
}

struct Piece<'a> {
    edges: Vec<Edge>,
    n_pairs: Vec<u64>,
    n_links: Vec<u64>,
    n_level_pairs: Vec<[u64; MAX_LEVELS]>,
    n_expected: f64,
    weights: WeightCounts,
    sample: Option<Sample<'a>>,
}

/// Weighs the pairs of all blocks.
pub(super) fn score(
    records: &Records,
    comparisons: &Comparisons,
    blocks: &Blocks,
    model: &Model,
    sample: Option<&Sample<'_>>,
) -> Scored {
    let scorer = Scorer::new(model, records, comparisons);
    let n_rules = blocks.rules().len();
    let start = || Piece {
        edges: Vec::new(),
        n_pairs: vec![0; n_rules],
        n_links: vec![0; n_rules],
        n_level_pairs: vec![[0; MAX_LEVELS]; comparisons.list().len()],
        n_expected: 0.0,
        weights: WeightCounts::new(),
        sample: sample.cloned(),
    };
    let pieces = walk(blocks, start, |piece, rule, a, b| {
        let pattern = comparisons.pattern(records, a, b);
        for (place, counts) in piece.n_level_pairs.iter_mut().enumerate() {
            if let Some(count) = counts.get_mut(usize::from(pattern.level(place))) {
                *count += 1;
            }
        }
        if let Some(count) = piece.n_pairs.get_mut(rule) {
            *count += 1;
        }
        if !scorer.is_enough(pattern) {
            return;
        }
        let joint = scorer.evidence(a, pattern);
        let (weight, household_weight) = (joint.weight(), joint.household_weight());
        piece.n_expected += joint.probability();
        // As the pair keeps it, so that the linked pairs of a bin are among its pairs.
        piece.weights.add(f64::from(weight as f32));
        if let Some(sample) = &mut piece.sample {
            sample.visit(a, b, weight);
        }
        if weight >= 0.0
            && let Some(count) = piece.n_links.get_mut(rule)
        {
            *count += 1;
        }
        if weight >= KEPT_WEIGHT || household_weight >= KEPT_WEIGHT {
            piece.edges.push(Edge {
                a,
                b,
                weight: weight as f32,
                household_weight: household_weight as f32,
            });
        }
    });
    gather(pieces, n_rules, model)
}

fn gather(pieces: Vec<Piece<'_>>, n_rules: usize, model: &Model) -> Scored {
    let mut scored = Scored {
        edges: Vec::with_capacity(pieces.iter().map(|piece| piece.edges.len()).sum()),
        // Blocks without a pair make no piece.
        n_pairs: vec![0; n_rules],
        n_links: vec![0; n_rules],
        n_level_pairs: vec![Vec::new(); model.comparisons.len()],
        n_expected: 0.0,
        weights: WeightCounts::new(),
        sample: Vec::new(),
    };
    let add = |sums: &mut Vec<u64>, parts: &[u64]| {
        sums.resize(parts.len(), 0);
        sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
    };
    let mut sample: Option<Sample<'_>> = None;
    for piece in pieces {
        scored.edges.extend(piece.edges);
        add(&mut scored.n_pairs, &piece.n_pairs);
        add(&mut scored.n_links, &piece.n_links);
        for (sums, parts) in scored.n_level_pairs.iter_mut().zip(&piece.n_level_pairs) {
            add(sums, parts);
        }
        scored.n_expected += piece.n_expected;
        scored.weights.merge(&piece.weights);
        sample = match (sample.take(), piece.sample) {
            (Some(mut all), Some(part)) => {
                all.merge(part);
                Some(all)
            }
            (all, part) => all.or(part),
        };
    }
    scored.sample = sample.map(Sample::into_pairs).unwrap_or_default();
    for (counts, comparison) in scored.n_level_pairs.iter_mut().zip(&model.comparisons) {
        counts.truncate(comparison.levels.len() + 1);
    }
    scored.edges.par_sort_unstable_by_key(|edge| (edge.a, edge.b));
    scored
}
