//! Comparison of records by probability: which of them are one person, and why.
//!
//! Records of persons are compared by everything they say, with a class of its own for households, and
//! what was learnt stays in force until the records change their ways.

mod params;
mod persons;
mod tables;
#[cfg(test)]
mod tests;
mod weights;

use arrow_array::Array;
use idip_numerics::linkage::{
    Bounds, GuardLimits, History, LinkageError, LinkageParams as Kernel, LinkageRun, Model,
    Records, TrainingParams, link,
};
use idip_schemas::identify::{linkage_model_last_night, party_identifier};
use idip_stage::{RunContext, StageError};

pub use params::{CompareColumn, Guards, LinkageMode, LinkageParams};
pub(crate) use persons::BarredValues;
use persons::Persons;
pub(crate) use tables::LinkageTables;

use crate::Params;
use crate::normalise::Kind;

/// Records with a name and something else below which nothing can be learnt.
const LEAST_NAMED: usize = 300;

/// What is known from last night.
pub(crate) struct LastNight<'a> {
    /// The model that was in force.
    pub(crate) model: &'a linkage_model_last_night::Columns,
    /// Customer of each node; none for a new one.
    pub(crate) customer_of: &'a [Option<i64>],
}

impl LastNight<'_> {
    /// Who each record of the table was.
    fn history(&self, table: &Records, node_of: &[u32]) -> History {
        let customers = table.rows().iter().map(|&row| {
            let node = node_of.get(row as usize)?;
            self.customer_of.get(*node as usize).copied().flatten()
        });
        let customers: Vec<Option<i64>> = customers.collect();
        let mut ids: Vec<i64> = customers.iter().flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return History::default();
        }
        let number = |id: i64| ids.binary_search(&id).ok().map(|place| place as u32);
        History::new(customers.into_iter().map(|id| number(id?)).collect())
    }
}

/// What the comparison of records found.
#[derive(Debug)]
pub(crate) struct PersonLinkage {
    pub(crate) records: Records,
    pub(crate) run: LinkageRun,
    /// Whether each record, in the order of the view, has enough to be compared.
    pub(crate) is_comparable: Vec<bool>,
}

impl PersonLinkage {
    /// Compares the records of persons; none where identifiers alone decide, or there are too few.
    ///
    /// `node_of` gives the node of each record: records of one node are one person. `authoritative`
    /// groups of nodes are, too.
    pub(crate) fn find(
        context: &RunContext,
        records: &party_identifier::Columns,
        node_of: &[u32],
        authoritative: &[Vec<u32>],
        barred: &BarredValues,
        last: &LastNight<'_>,
        params: &Params,
    ) -> Result<Option<Self>, StageError> {
        if params.linkage.mode == LinkageMode::Deterministic
            || records.party_ref.len() < LEAST_NAMED
        {
            return Ok(None);
        }
        let persons = Persons::normalise(records, params, barred, context.logical_date);
        if persons.n_named() < LEAST_NAMED {
            return Ok(None);
        }
        let is_comparable =
            (0..records.party_ref.len()).map(|record| persons.is_comparable(record)).collect();
        let table = persons.records(&records.party_ref).map_err(failed)?;
        drop(persons);
        let bounds = Bounds { together: together(&table, node_of, authoritative), apart: vec![] };
        let model =
            last.model.model.iter().flatten().next().and_then(|m| serde_json::from_str(m).ok());
        let mut kernel = kernel_params(&params.linkage, &table);
        kernel.history = last.history(&table, node_of);
        let run = link(&table, &kernel, model, &bounds).map_err(failed)?;
        Ok(Some(Self { records: table, run, is_comparable }))
    }

    /// The nodes of each person, by its records.
    pub(crate) fn people<'a>(
        &'a self,
        node_of: &'a [u32],
    ) -> impl Iterator<Item = (u32, u32)> + 'a {
        let rows = self.records.rows().iter().zip(&self.run.linkage.person_of);
        rows.filter_map(|(&row, &person)| Some((person, *node_of.get(row as usize)?)))
    }
}

fn failed(source: LinkageError) -> StageError {
    StageError::Algorithm { what: "records could not be compared", source: Box::new(source) }
}

/// Records of one node, and of nodes that an authoritative identifier ties, by record of the table.
fn together(table: &Records, node_of: &[u32], authoritative: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let n_nodes = node_of.iter().max().map_or(0, |&most| most + 1);
    let mut sets = idip_numerics::components::UnionFind::new(n_nodes);
    for pair in authoritative.iter().flat_map(|group| group.windows(2)) {
        if let [a, b] = pair {
            sets.union(*a, *b);
        }
    }
    let mut by_set: Vec<(u32, u32)> = table
        .rows()
        .iter()
        .enumerate()
        .filter_map(|(record, &row)| {
            let set = sets.find(*node_of.get(row as usize)?)?;
            Some((set, record as u32))
        })
        .collect();
    by_set.sort_unstable();
    by_set
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
        .map(|group| group.iter().map(|entry| entry.1).collect())
        .collect()
}

fn kernel_params(params: &LinkageParams, table: &Records) -> Kernel {
    let guards = &params.guards;
    let distinct = [
        (Kind::LoyaltyId, guards.loyalty_id),
        (Kind::Email, guards.email),
        (Kind::Phone, guards.phone),
        (Kind::PaymentToken, guards.payment_token),
        (Kind::Handle, guards.handle),
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
        guards: Some(GuardLimits {
            distinct: distinct.map(|(kind, most)| (kind.column().to_owned(), most)).to_vec(),
            most_records: guards.records,
        }),
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
