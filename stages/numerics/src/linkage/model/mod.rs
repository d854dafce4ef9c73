//! What was learnt of how records of one person, of one household and of strangers agree.

mod drift;
mod expectation;
mod prior;
mod random_pairs;
mod session;
mod starts;
mod training;

use serde::{Deserialize, Serialize};

pub use expectation::{ClassShares, Expectation, maximise};
pub use session::SessionSummary;
pub use training::{TrainingParams, train};

use super::comparison::{ComparisonKind, Comparisons};
use super::error::LinkageError;

/// Version of the form in which a model is stored and of how it is learnt: one of another is trained anew.
pub const MODEL_VERSION: u32 = 3;

/// A trained model: probabilities of levels in three classes, and how common the classes are.
///
/// It is trained without labels, stored as JSON, and frozen until the levels drift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// [`MODEL_VERSION`] of the program that trained it.
    pub version: u32,
    /// The comparisons, in the order of a pattern.
    pub comparisons: Vec<ComparisonModel>,
    /// Records it was trained on.
    pub n_records: u64,
    /// Probability that two records drawn at random are one person, as log2.
    pub person_prior: f64,
    /// Probability that they are two people of one household, as log2; none where the data cannot tell
    /// households, and the class is left out.
    pub household_prior: Option<f64>,
    /// The sessions it was learnt in.
    pub sessions: Vec<SessionSummary>,
}

/// What was learnt of one comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonModel {
    /// What is compared.
    pub kind: ComparisonKind,
    /// Name of the column.
    pub name: String,
    /// The levels, from most to least agreement.
    pub levels: Vec<LevelModel>,
    /// Candidate pairs of the training at each level, those that are not comparable first.
    pub n_pairs: Vec<u64>,
}

/// What was learnt of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelModel {
    /// Name for people.
    pub label: String,
    /// Probability among records of one person, `m`.
    pub same_person: f64,
    /// Probability among records of two people of one household, `h`.
    pub same_household: f64,
    /// Probability among strangers, `u`.
    pub strangers: f64,
}

impl Model {
    /// The priors for another number of records: a record has as many of its own kind as in training.
    pub(super) fn priors(&self, n_records: usize) -> (f64, Option<f64>) {
        let others = |n: f64| (n - 1.0).max(1.0);
        let shift = (others(self.n_records as f64) / others(n_records as f64)).log2();
        (self.person_prior + shift, self.household_prior.map(|prior| prior + shift))
    }

    /// Whether the model is about these comparisons.
    ///
    /// # Errors
    ///
    /// [`LinkageError::ForeignModel`] when it is not, or of another version.
    pub fn check(&self, comparisons: &Comparisons) -> Result<(), LinkageError> {
        let own = || self.comparisons.iter().map(|c| (c.kind, c.name.as_str(), c.levels.len()));
        let others =
            || comparisons.list().iter().map(|c| (c.kind, c.name.as_str(), c.kind.levels().len()));
        if self.version == MODEL_VERSION && own().eq(others()) {
            return Ok(());
        }
        let names = |names: Vec<&str>| names.join(", ");
        Err(LinkageError::ForeignModel {
            model: names(own().map(|c| c.1).collect()),
            records: names(others().map(|c| c.1).collect()),
        })
    }
}
