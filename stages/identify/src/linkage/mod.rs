//! Comparison of records by probability: which of them are one person, and why.
//!
//! Records of persons are compared by everything they say, with a class of its own for households, and
//! what was learnt stays in force until the records change their ways.

mod clerical;
mod fingerprint;
mod last_night;
mod params;
mod persons;
mod tables;
#[cfg(test)]
mod tests;
mod weights;

use arrow_array::{Array, StringArray};
use idip_numerics::apart_sets::ApartSets;
use idip_numerics::linkage::{
    Bounds, DistinctLimit, GuardLimits, LinkageError, LinkageParams as Kernel, LinkageRun, Model,
    Records, SampleParams, TrainingParams, Violation, link,
};
use idip_numerics::stable_hash::StableHash;
use idip_schemas::identify::party_identifier;
use idip_stage::{RunContext, StageError};
use rayon::prelude::*;

pub(crate) use fingerprint::DecidedNode;
use fingerprint::ReferenceFingerprints;
pub(crate) use last_night::LastNight;
pub use params::{CompareColumn, Guards, LinkageMode, LinkageParams};
pub(crate) use persons::BarredValues;
use persons::Persons;
pub(crate) use tables::LinkageTables;

use crate::Params;
use crate::order::Strings;

/// Bits on either side of the threshold from which pairs are drawn for people to judge.
const NEAR_THRESHOLD: f64 = 3.0;

/// Records with a name and something else below which nothing can be learnt.
const LEAST_NAMED: usize = 300;

/// The same on a night after one whose records were compared: a shop of about as many customers must not go
/// from one way to the other and back.
const LEAST_NAMED_AGAIN: usize = 200;

/// References as nodes, and what is known of them beside their records.
pub(crate) struct Nodes<'a> {
    /// Names of the nodes, ascending.
    pub(crate) names: &'a StringArray,
    /// Node of each record of the view: records of one node are one person.
    pub(crate) node_of: &'a [u32],
    /// What people decided about them.
    pub(crate) decided: &'a [DecidedNode<'a>],
}

impl Nodes<'_> {
    /// Whether each node has a record that can be compared; `is_comparable` is by record.
    fn comparable(&self, is_comparable: &[bool]) -> Vec<bool> {
        let mut of_node = vec![false; self.names.len()];
        for (&node, _) in self.node_of.iter().zip(is_comparable).filter(|(_, is)| **is) {
            if let Some(slot) = of_node.get_mut(node as usize) {
                *slot = true;
            }
        }
        of_node
    }
}

/// What the comparison of records found.
#[derive(Debug)]
pub(crate) struct PersonLinkage {
    pub(crate) records: Records,
    pub(crate) run: LinkageRun,
    /// Whether each record, in the order of the view, has enough to be compared.
    pub(crate) is_comparable: Vec<bool>,
    /// Nodes of each customer of last night that stays as it is and has some that cannot be compared.
    pub(crate) kept: Vec<Vec<u32>>,
    /// Fingerprint of each node that records or decisions speak of.
    fingerprints: Vec<Option<i64>>,
    /// The columns that guards look at, in their order.
    guarded: Vec<String>,
}

impl PersonLinkage {
    /// Compares the records of persons; none where identifiers alone decide, or there are too few.
    ///
    /// `settled` has the nodes that are one party, and those that are not, whatever the records say.
    pub(crate) fn find(
        context: &RunContext,
        records: &party_identifier::Columns,
        nodes: &Nodes<'_>,
        settled: &mut ApartSets,
        barred: &BarredValues,
        last: &LastNight<'_>,
        params: &Params,
    ) -> Result<Option<Self>, StageError> {
        let least = if last.has_model() { LEAST_NAMED_AGAIN } else { LEAST_NAMED };
        if params.linkage.mode == LinkageMode::Deterministic || records.party_ref.len() < least {
            return Ok(None);
        }
        let persons = Persons::normalise(records, params, barred, context.logical_date);
        if persons.n_named() < least {
            return Ok(None);
        }
        let is_comparable: Vec<bool> =
            (0..records.party_ref.len()).map(|record| persons.is_comparable(record)).collect();
        let fingerprints = ReferenceFingerprints::new(context, params).of_nodes(nodes, &persons);
        let table = persons.records(&records.party_ref).map_err(failed)?;
        drop(persons);
        let bounds = bounds(&table, nodes.node_of, settled);
        let mut kernel = kernel_params(&params.linkage, &table);
        kernel.sample = sample(context, &table, &records.party_ref, &params.linkage);
        let comparable = nodes.comparable(&is_comparable);
        let changed = last.changed(&fingerprints);
        kernel.history = last.history(&table, nodes.node_of, &comparable, &changed);
        let run = link(&table, &kernel, last.model(), &bounds).map_err(failed)?;
        let kept = if run.is_trained {
            Vec::new()
        } else {
            last.kept(&comparable, &fingerprints, &changed)
        };
        let guards = kernel.guards.into_iter().flat_map(|guards| guards.distinct);
        let guarded = guards.map(|limit| limit.field).collect();
        Ok(Some(Self { records: table, run, is_comparable, kept, fingerprints, guarded }))
    }

    /// The nodes of each person, by its records.
    pub(crate) fn people<'a>(
        &'a self,
        node_of: &'a [u32],
    ) -> impl Iterator<Item = (u32, u32)> + 'a {
        let rows = self.records.rows().iter().zip(&self.run.linkage.person_of);
        rows.filter_map(|(&row, &person)| Some((person, *node_of.get(row as usize)?)))
    }

    /// The guard that was broken, by the name of its setting.
    fn guard_name(&self, violation: Violation) -> &str {
        match violation {
            Violation::Records => "records",
            Violation::Distinct(place) => self.guarded.get(place).map_or("", String::as_str),
        }
    }
}

fn failed(source: LinkageError) -> StageError {
    StageError::Algorithm { what: "records could not be compared", source: Box::new(source) }
}

/// What is settled about nodes, by record of the table: records of one node are together, those of one
/// set of nodes tied.
fn bounds(table: &Records, node_of: &[u32], settled: &mut ApartSets) -> Bounds {
    let nodes = || table.rows().iter().filter_map(|&row| node_of.get(row as usize).copied());
    let (_, together) = groups(nodes());
    let sets: Vec<u32> = nodes().filter_map(|node| settled.find(node)).collect();
    let (by_set, tied) = groups(sets.into_iter());
    // What holds for one record of a set holds for all of them.
    let first_of = |set: u32| {
        let place = by_set.partition_point(|entry| entry.0 < set);
        by_set.get(place).filter(|entry| entry.0 == set).map(|entry| entry.1)
    };
    let pairs = settled.apart().into_iter();
    let apart = pairs.filter_map(|(a, b)| first_of(a).zip(first_of(b))).collect();
    Bounds { together, tied, apart }
}

/// Label and record of each record, ascending, and the records of labels that several have.
fn groups(labels: impl Iterator<Item = u32>) -> (Vec<(u32, u32)>, Vec<Vec<u32>>) {
    let mut order: Vec<(u32, u32)> =
        labels.enumerate().map(|(record, label)| (label, record as u32)).collect();
    order.sort_unstable();
    let shared = order.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
    let shared = shared.map(|group| group.iter().map(|entry| entry.1).collect()).collect();
    (order, shared)
}

/// The pairs that are drawn for people to judge; none where none are asked for.
fn sample(
    context: &RunContext,
    table: &Records,
    names: &StringArray,
    params: &LinkageParams,
) -> Option<SampleParams> {
    if params.clerical_pairs == 0 {
        return None;
    }
    let seed = context.seed_for("identify.identity: clerical sample");
    let hash = StableHash::new(&seed.to_le_bytes(), "clerical sample");
    let draws = table.rows().par_iter().map(|&row| hash.of_bytes(names.bytes(row))).collect();
    Some(SampleParams { draws, n_pairs: params.clerical_pairs, half_width: NEAR_THRESHOLD })
}

fn kernel_params(params: &LinkageParams, table: &Records) -> Kernel {
    let guards = &params.guards;
    let limit = |column: CompareColumn, most, least_holders| DistinctLimit {
        field: column.name().to_owned(),
        most,
        least_holders,
    };
    let distinct = vec![
        limit(CompareColumn::BirthDate, guards.birth_date, 2),
        limit(CompareColumn::LoyaltyId, guards.loyalty_id, 1),
        limit(CompareColumn::Email, guards.email, 1),
        limit(CompareColumn::Phone, guards.phone, 1),
        limit(CompareColumn::PaymentToken, guards.payment_token, 1),
        limit(CompareColumn::Handle, guards.handle, 1),
    ];
    // A rule about a column that no record fills reaches nobody.
    let has_columns = |rule: &idip_numerics::linkage::BlockingRule| {
        let is_there = |field: &str| {
            table.position(field).is_some()
                || field == idip_numerics::linkage::BlockingPart::EITHER_NAME
                    && table.position("first_name").is_some()
                    && table.position("last_name").is_some()
        };
        rule.parts.iter().all(|part| is_there(&part.field))
    };
    Kernel {
        rules: params.rules().into_iter().filter(has_columns).collect(),
        has_default_rules: params.default_blocking,
        block_cap: params.max_block,
        least_weight: params.least_weight,
        guards: Some(GuardLimits { distinct, most_records: guards.records }),
        training: TrainingParams {
            block_cap: params.max_block,
            has_household: params.classes == 3,
            ..TrainingParams::default()
        },
        ..Kernel::default()
    }
}

/// The model as JSON.
fn model_text(model: &Model) -> Result<String, StageError> {
    serde_json::to_string(model).map_err(|source| StageError::Algorithm {
        what: "the model of the linkage could not be written",
        source: Box::new(source),
    })
}
