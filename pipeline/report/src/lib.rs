//! The report of a night: one self-contained HTML file, and the same numbers as JSON.
//!
//! ```text
//! published aggregates ─┐
//!                       ├─ model ─► Report ─┬─ html ─► report.html
//! NightFacts ───────────┘                   └──────────► report.json
//! ```
//!
//! Everything that is shown is in [`Report`]: the HTML only words and draws it. No row of a person is
//! read, groups too small to hide anybody in are not told, and neither file holds a time or a
//! duration, so that equal inputs give equal bytes.
//!
//! [`Evidence`] stands beside it: why the records of one customer are one, for who asks about it alone.

mod facts;
mod html;
mod language;
mod model;
mod params;
mod small_group;
mod waterfall;

pub use facts::{
    DecisionCount, IdentityCounts, NightFacts, QuarantineCount, RejectCount, ReviewCount, StepFact,
};
pub use language::Language;
pub use model::*;
pub use params::Params;
pub use small_group::Count;
pub use waterfall::{Evidence, Reference, Step, Waterfall};

use idip_schemas::ContractError;
use idip_stage::{StageError, Tables};

/// Why no report could be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A table breaks its contract.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// A table could not be read.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The report could not be written as JSON.
    #[error("the report could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Draws the HTML report of a night from its aggregate tables.
///
/// Tables that are not given count as empty; their sections say so.
///
/// # Errors
///
/// A table breaks its contract.
pub fn render(
    tables: &Tables,
    facts: &NightFacts,
    params: &Params,
    language: Language,
) -> Result<String, ReportError> {
    Ok(Report::new(tables, facts, params)?.html(language))
}
