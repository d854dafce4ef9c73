//! One linkage from records to people: block, train, score, merge, guard.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::agglomeration::{
    BoundRecords, Bounds, CappedComponents, Edge, History, agglomerate_after, capped_components,
};
use super::blocking::{BlockingRule, Blocks, default_rules};
use super::comparison::Comparisons;
use super::error::LinkageError;
use super::guard::{GuardLimits, Guarded, Violation, guard};
use super::household::households;
use super::model::{Model, TrainingParams, train};
use super::near_threshold::{Sample, SampleParams};
use super::quality::{ExpectedQuality, expected_quality};
use super::records::Records;
use super::score::Scorer;
use super::scoring::{KEPT_WEIGHT, Scored, score};
use super::weight_count::WeightBin;

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
    /// Who the records were last night; whom nothing happened to is judged again where the model is trained.
    pub history: History,
    /// Pairs around `least_weight` that are set aside for people to judge.
    pub sample: Option<SampleParams>,
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
            sample: None,
        }
    }
}

/// What a linkage found; records are in the order of [`Records`].
#[derive(Debug, Clone)]
pub struct Linkage {
    /// Person of each record, numbered by smallest record.
    pub person_of: Vec<u32>,
    /// Number of people.
    pub n_people: usize,
    /// Household of each person, by its smallest person; every person alone without the class.
    pub household_of: Vec<u32>,
    /// People whose records had to be parted by a guard, or that still break one, with the first guard
    /// that was broken; ascending.
    pub for_review: Vec<(u32, Violation)>,
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
    /// Pairs by weight, ascending.
    pub weights: Vec<WeightBin>,
    /// Pairs around the threshold, ascending.
    pub sample: Vec<(u32, u32)>,
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
    /// Whether the model was trained for these records, and everybody judged again.
    pub is_trained: bool,
    /// The people.
    pub linkage: Linkage,
}

/// Links records; trains a model where none is given, or the given one has drifted or was outgrown.
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
    let is_of_use =
        |model: &Model| model.check(&comparisons).is_ok() && !model.is_outgrown(records.len());
    let known = model.filter(is_of_use);
    let fresh = || train(records, &comparisons, &blocks, &params.training);
    let mut is_trained = known.is_none();
    let mut model = match known {
        Some(model) => model,
        None => fresh()?,
    };
    let bound = bounds.by_record(records.len());
    let sample =
        params.sample.as_ref().map(|sample| Sample::new(sample, params.least_weight, &bound));
    let mut scored = score(records, &comparisons, &blocks, &model, sample.as_ref());
    if model.has_drifted(&scored.n_level_pairs) {
        (model, is_trained) = (fresh()?, true);
        scored = score(records, &comparisons, &blocks, &model, sample.as_ref());
    }
    let scorer = Scorer::new(&model, records, &comparisons);
    drop(sample);
    let again = is_trained.then(|| params.history.judged_again());
    let history = again.as_ref().unwrap_or(&params.history);
    let linkage = cluster(&scorer, scored, params, history, &blocks, bounds, &bound);
    Ok(LinkageRun { comparisons, blocks, model, is_trained, linkage })
}

fn cluster(
    scorer: &Scorer<'_>,
    scored: Scored,
    params: &LinkageParams,
    history: &History,
    blocks: &Blocks,
    bounds: &Bounds,
    bound: &BoundRecords,
) -> Linkage {
    let records = scorer.records();
    let n_records = records.len();
    let least = params.least_weight;
    let CappedComponents { components, n_refused } = capped_components(
        n_records,
        &scored.edges,
        &[&bounds.together, &bounds.tied, &history.people()],
        least.min(0.0),
        params.component_cap,
    );
    let parted: Vec<Vec<Guarded>> = components
        .par_iter()
        .map(|members| {
            let groups = bound.groups(members);
            let groups = agglomerate_after(scorer, groups, bound, history, least);
            guard(scorer, groups, params.guards.as_ref(), bound, history, least)
        })
        .collect();
    let n_violations = parted.iter().flatten().filter(|group| group.broke.is_some()).count();
    let (person_of, n_people, for_review) = number(n_records, parted.iter().flatten());
    let household_of = households(&scored.edges, &person_of, n_people);
    let weights = scored.weights.bins(&scored.edges, &person_of, KEPT_WEIGHT);
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
        n_violations: n_violations as u64,
        quality,
        weights,
        sample: scored.sample,
    }
}

/// Numbers people by smallest record, and lists those that a guard touched.
fn number<'a>(
    n_records: usize,
    groups: impl Iterator<Item = &'a Guarded>,
) -> (Vec<u32>, usize, Vec<(u32, Violation)>) {
    let mut first: Vec<u32> = (0..n_records as u32).collect();
    let mut broke: BTreeMap<u32, Violation> = BTreeMap::new();
    for group in groups {
        let Some(&smallest) = group.members.first() else { continue };
        for &member in &group.members {
            if let Some(slot) = first.get_mut(member as usize) {
                *slot = smallest;
            }
        }
        broke.extend(group.broke.map(|violation| (smallest, violation)));
    }
    let mut person_of: Vec<u32> = Vec::with_capacity(n_records);
    let (mut n_people, mut for_review) = (0, Vec::new());
    for (record, &smallest) in first.iter().enumerate() {
        if smallest as usize == record {
            for_review.extend(broke.get(&smallest).map(|&violation| (n_people, violation)));
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
