//! What the report tells that is in no aggregate table.

use std::collections::BTreeMap;

use serde::Serialize;

/// The night as its runner knows it: no clock, no durations, no paths.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NightFacts {
    /// Name of the project.
    pub project: String,
    /// Logical date: days since 1970-01-01.
    pub logical_date: i32,
    /// Currency of every amount, ISO 4217.
    pub currency: String,
    /// Id of the night.
    pub night_id: String,
    /// Hash of the inputs and settings that made it.
    pub fingerprint: String,
    /// Seed of the project.
    pub seed: u64,
    /// Version of the program.
    pub version: String,
    /// Tables written and the steps that wrote them, in the order in which they ran.
    pub steps: Vec<StepFact>,
    /// Rows that could not be used, by feed and reason.
    pub rejects: Vec<RejectCount>,
    /// Records and parties; null when Identify did not run.
    pub identity: Option<IdentityCounts>,
    /// Identifiers kept out of linking, by kind and reason.
    pub quarantine: Vec<QuarantineCount>,
    /// Decisions of people about links, by kind and outcome.
    pub decisions: Vec<DecisionCount>,
    /// Customers that a person should look at, by reason.
    pub reviews: Vec<ReviewCount>,
    /// Pairs of references set aside for people to judge.
    pub clerical_pairs: u64,
    /// Names of offers for people, by offer id; offers without one are told by their id.
    pub offer_names: BTreeMap<String, String>,
}

/// A table that one step wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepFact {
    /// `stage.step`; empty when it is not told.
    pub step: String,
    /// Table written.
    pub table: String,
    /// Rows in it.
    pub rows: u64,
}

/// Rows of one feed that could not be used for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectCount {
    /// Feed.
    pub feed: String,
    /// Why, as a code.
    pub reason: String,
    /// Rows.
    pub rows: u64,
}

/// How many source records became how many parties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct IdentityCounts {
    /// Party references in all feeds.
    pub party_refs: u64,
    /// Customers and prospects they belong to.
    pub parties: u64,
    /// Customer ids of last night that became part of another.
    pub merged: u64,
    /// Customer ids of last night that became more than one.
    pub split: u64,
    /// Customer ids of last night that no feed names any more.
    pub gone: u64,
}

/// Decisions of one kind that came to the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionCount {
    /// `must_link` or `cannot_link`.
    pub decision: String,
    /// What became of them, as a code.
    pub outcome: String,
    /// Pairs of references.
    pub pairs: u64,
}

/// Customers that a person should look at for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewCount {
    /// `large`, or the guard that their records broke.
    pub reason: String,
    /// Customers.
    pub customers: u64,
}

/// Identifiers of one kind that too many people share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantineCount {
    /// Kind of identifier.
    pub kind: String,
    /// `shared` or `placeholder`.
    pub reason: String,
    /// Identifiers.
    pub identifiers: u64,
}
