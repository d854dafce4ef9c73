//! One linkage from records to people: block, train, score, merge, guard.

use rayon::prelude::*;

use super::agglomeration::{
    Bounds, CappedComponents, Edge, History, agglomerate, capped_components,
};
use super::blocking::{BlockingRule, Blocks, default_rules};
use super::candidate::walk;
use super::comparison::{Comparisons, MAX_LEVELS};
use super::error::LinkageError;
use super::guard::GuardLimits;
use super::household::households;
use super::model::{Model, TrainingParams, train};
use super::quality::{ExpectedQuality, expected_quality};
use super::records::Records;
use super::score::Scorer;

/// How records are linked.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkageParams {
    /// Blocking rules of one's own, the most telling first.
    pub rules: Vec<BlockingRule>,
    /// Whether the rules of [`default_rules`] follow those of one's own.
    pub has_default_rules: bool,
    /// Records of a block from which it is divided.
    pub block_cap: usize,
    /// Least weight, in bits, at which groups of records are one person.
    pub least_weight: f64,
    /// Most records that are looked at together when groups are merged.
    pub component_cap: usize,
    /// Guards, checked on each cluster.
    pub guards: Option<GuardLimits>,
    /// How a model is trained where none is given.
    pub training: TrainingParams,
    /// Who the records were last night.
    pub history: History,
}

impl Default for LinkageParams {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            has_default_rules: true,
            block_cap: 3_000,
            least_weight: 0.0,
            component_cap: 300,
            guards: None,
            training: TrainingParams::default(),
            history: History::default(),
        }
    }
}

/// Weight, in bits, below which a scored pair is forgotten.
const KEPT_WEIGHT: f64 = -2.0;

/// Bits by which a cluster that breaks a guard must be surer, in turn.
const STRICTER: [f64; 2] = [3.0, 6.0];

/// What a linkage found; records are in the order of [`Records`].
#[derive(Debug, Clone)]
pub struct Linkage {
    /// Person of each record, numbered by smallest record.
    pub person_of: Vec<u32>,
    /// Number of people.
    pub n_people: usize,
    /// Household of each person, by its smallest person; every person alone without the class.
    pub household_of: Vec<u32>,
    /// People whose records had to be parted by a guard, or that still break one; ascending.
    pub for_review: Vec<u32>,
    /// Scored pairs from −2 bits on, and those of households, by smaller then larger record.
    pub edges: Vec<Edge>,
    /// Candidate pairs that belong to each rule.
    pub n_pairs: Vec<u64>,
    /// Pairs at 0 bits and above that belong to each rule.
    pub n_links: Vec<u64>,
    /// Candidate pairs at each level of each comparison, those not comparable first.
    pub n_level_pairs: Vec<Vec<u64>>,
    /// Links that would have made a component too large.
    pub n_refused: u64,
    /// Clusters that broke a guard before they were parted.
    pub n_violations: u64,
    /// What the weights expect of the result.
    pub quality: ExpectedQuality,
}

/// A trained linkage and all it was made with.
#[derive(Debug)]
pub struct LinkageRun {
    /// The comparisons.
    pub comparisons: Comparisons,
    /// The blocks.
    pub blocks: Blocks,
    /// The model.
    pub model: Model,
    /// The people.
    pub linkage: Linkage,
}

/// Links records; trains a model where none is given or the given one has drifted.
///
/// The result depends on the records and the parameters alone, not on their order or on threads.
/// `bounds` are by record. About linear in scored pairs.
///
/// # Errors
///
/// [`LinkageError`] for rules about columns that there are not, or too many comparisons.
pub fn link(
    records: &Records,
    params: &LinkageParams,
    model: Option<Model>,
    bounds: &Bounds,
) -> Result<LinkageRun, LinkageError> {
    let comparisons = Comparisons::of(records)?;
    let mut rules = params.rules.clone();
    if params.has_default_rules {
        let others = default_rules(records).into_iter();
        rules.extend(others.filter(|rule| !params.rules.contains(rule)));
    }
    let blocks = Blocks::build(records, &rules, params.block_cap)?;
    let known = model.filter(|model| model.check(&comparisons).is_ok());
    let fresh = || train(records, &comparisons, &blocks, &params.training);
    let mut model = match known {
        Some(model) => model,
        None => fresh()?,
    };
    let mut scored = score(records, &comparisons, &blocks, &model);
    if model.has_drifted(&scored.n_level_pairs) {
        model = fresh()?;
        scored = score(records, &comparisons, &blocks, &model);
    }
    let scorer = Scorer::new(&model, records, &comparisons);
    let linkage = cluster(&scorer, scored, params, &blocks, bounds);
    Ok(LinkageRun { comparisons, blocks, model, linkage })
}

/// All candidate pairs, scored.
struct Scored {
    edges: Vec<Edge>,
    n_pairs: Vec<u64>,
    n_links: Vec<u64>,
    n_level_pairs: Vec<Vec<u64>>,
    n_expected: f64,
}

struct Piece {
    edges: Vec<Edge>,
    n_pairs: Vec<u64>,
    n_links: Vec<u64>,
    n_level_pairs: Vec<[u64; MAX_LEVELS]>,
    n_expected: f64,
}

fn score(records: &Records, comparisons: &Comparisons, blocks: &Blocks, model: &Model) -> Scored {
    let scorer = Scorer::new(model, records, comparisons);
    let n_rules = blocks.rules().len();
    let start = || Piece {
        edges: Vec::new(),
        n_pairs: vec![0; n_rules],
        n_links: vec![0; n_rules],
        n_level_pairs: vec![[0; MAX_LEVELS]; comparisons.list().len()],
        n_expected: 0.0,
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
    gather(pieces, model)
}

fn gather(pieces: Vec<Piece>, model: &Model) -> Scored {
    let mut scored = Scored {
        edges: Vec::with_capacity(pieces.iter().map(|piece| piece.edges.len()).sum()),
        n_pairs: Vec::new(),
        n_links: Vec::new(),
        n_level_pairs: Vec::new(),
        n_expected: 0.0,
    };
    let add = |sums: &mut Vec<u64>, parts: &[u64]| {
        sums.resize(parts.len(), 0);
        sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
    };
    for piece in pieces {
        scored.edges.extend(piece.edges);
        add(&mut scored.n_pairs, &piece.n_pairs);
        add(&mut scored.n_links, &piece.n_links);
        scored.n_level_pairs.resize(model.comparisons.len(), Vec::new());
        for (sums, parts) in scored.n_level_pairs.iter_mut().zip(&piece.n_level_pairs) {
            add(sums, parts);
        }
        scored.n_expected += piece.n_expected;
    }
    for (counts, comparison) in scored.n_level_pairs.iter_mut().zip(&model.comparisons) {
        counts.truncate(comparison.levels.len() + 1);
    }
    scored.edges.par_sort_unstable_by_key(|edge| (edge.a, edge.b));
    scored
}

fn cluster(
    scorer: &Scorer<'_>,
    scored: Scored,
    params: &LinkageParams,
    blocks: &Blocks,
    bounds: &Bounds,
) -> Linkage {
    let records = scorer.records();
    let n_records = records.len();
    let least = params.least_weight;
    let CappedComponents { components, n_refused } = capped_components(
        n_records,
        &scored.edges,
        &[&bounds.together, &params.history.people()],
        least.min(0.0),
        params.component_cap,
    );
    let parted: Vec<Vec<(Vec<u32>, bool)>> = components
        .par_iter()
        .map(|members| {
            let mut guarded = Vec::new();
            for group in agglomerate(scorer, members, bounds, &params.history, least) {
                guard(scorer, group, params, bounds, &mut guarded);
            }
            guarded
        })
        .collect();
    let n_violations = parted.iter().flatten().filter(|(_, broke)| *broke).count() as u64;
    let (person_of, n_people, for_review) = number(n_records, parted.iter().flatten());
    let household_of = households(&scored.edges, &person_of, n_people);
    let quality = expected_quality(&scored.edges, &person_of, scored.n_expected, blocks);
    Linkage {
        person_of,
        n_people,
        household_of,
        for_review,
        edges: scored.edges,
        n_pairs: scored.n_pairs,
        n_links: scored.n_links,
        n_level_pairs: scored.n_level_pairs,
        n_refused,
        n_violations,
        quality,
    }
}

/// Parts a cluster that breaks a guard: ever surer, then into what is bound together.
fn guard(
    scorer: &Scorer<'_>,
    group: Vec<u32>,
    params: &LinkageParams,
    bounds: &Bounds,
    done: &mut Vec<(Vec<u32>, bool)>,
) {
    let breaks = |group: &[u32]| {
        params.guards.as_ref().is_some_and(|g| g.violation(scorer.records(), group).is_some())
    };
    if !breaks(&group) {
        done.push((group, false));
        return;
    }
    // Whoever breaks a guard is looked at anew: what they were is no reason to be one.
    let history = History::default();
    let mut open = vec![group];
    for stricter in STRICTER.into_iter().chain([f64::INFINITY]) {
        let mut still_open = Vec::new();
        for group in open {
            let least = params.least_weight + stricter;
            for part in agglomerate(scorer, &group, bounds, &history, least) {
                if breaks(&part) {
                    still_open.push(part);
                } else {
                    done.push((part, true));
                }
            }
        }
        open = still_open;
    }
    done.extend(open.into_iter().map(|group| (group, true)));
}

/// Numbers people by smallest record; those that were touched by a guard are for review.
fn number<'a>(
    n_records: usize,
    groups: impl Iterator<Item = &'a (Vec<u32>, bool)>,
) -> (Vec<u32>, usize, Vec<u32>) {
    let mut first: Vec<u32> = (0..n_records as u32).collect();
    let mut reviewed = vec![false; n_records];
    for (group, is_reviewed) in groups {
        let Some(&smallest) = group.first() else { continue };
        for &member in group {
            if let Some(slot) = first.get_mut(member as usize) {
                *slot = smallest;
            }
        }
        if let Some(slot) = reviewed.get_mut(smallest as usize) {
            *slot = *is_reviewed;
        }
    }
    let mut person_of: Vec<u32> = Vec::with_capacity(n_records);
    let (mut n_people, mut for_review) = (0, Vec::new());
    for (record, &smallest) in first.iter().enumerate() {
        if smallest as usize == record {
            if reviewed.get(record).copied().unwrap_or(false) {
                for_review.push(n_people);
            }
            person_of.push(n_people);
            n_people += 1;
        } else {
            // A smallest record comes before all others of its group.
            let person = person_of.get(smallest as usize).copied().unwrap_or(0);
            person_of.push(person);
        }
    }
    (person_of, n_people as usize, for_review)
}
