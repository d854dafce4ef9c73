//! Probabilistic linkage: which records are one person, learnt without labels.
//!
//! Fellegi and Sunter (1969) with term frequencies (Winkler 2000) and a third class: beside one person
//! and strangers there are two people of one household, who share a family name, an address and often a
//! telephone. Without it families become one person.
//!
//! Records become numbers ([`Records`]); [`Blocks`] say which pairs are compared at all; each pair has
//! one level for each of the [`Comparisons`]; a [`Model`] says how likely the levels are in each class;
//! a [`Scorer`] weighs a pair in bits; [`link`] does all of it, merges records into people by pooled
//! evidence and guards the outcome. [`explain`] parts a weight, [`evaluate`] compares with a truth.

mod agglomeration;
mod blocking;
mod candidate;
mod comparison;
mod error;
mod evaluation;
mod explanation;
mod field;
mod guard;
mod household;
mod model;
mod near_threshold;
mod pattern;
mod pool;
mod quality;
mod records;
mod run;
mod score;
mod scoring;
mod shared_value;
mod term_frequency;
mod weight_count;

pub use agglomeration::{Bounds, Edge, HYSTERESIS, History, PooledEvidence};
pub use blocking::{
    BlockingPart, BlockingRule, Blocks, RuleBlocks, RuleReach, SAMPLED_PAIRS, default_rules,
    n_pairs, reach,
};
pub use comparison::{
    Comparison, ComparisonKind, Comparisons, Frequency, Level, MAX_LEVELS, NOT_COMPARABLE,
};
pub use error::LinkageError;
pub use evaluation::{Accuracy, Evaluation, evaluate};
pub use explanation::{PartSource, WeightPart, explain};
pub use field::{Field, FieldKind};
pub use guard::{DistinctLimit, GuardLimits, Violation};
pub use household::{MOST_PEOPLE, households};
pub use model::{
    ClassShares, ComparisonModel, Expectation, LevelModel, MODEL_VERSION, Model, SessionSummary,
    TrainingParams, maximise, train,
};
pub use near_threshold::SampleParams;
pub use pattern::{MAX_COMPARISONS, Pattern, PatternCounts};
pub use pool::{MISSING, Pool};
pub use quality::{ExpectedQuality, expected_quality};
pub use records::{Column, Records};
pub use run::{Linkage, LinkageParams, LinkageRun, link};
pub use score::{JointEvidence, LevelEvidence, Scorer};
pub use shared_value::{SharedLimit, SharedValue, quarantine};
pub use weight_count::WeightBin;
