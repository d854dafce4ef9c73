//! What can go wrong inside a step.

use idip_schemas::ContractError;

/// Why a step could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A view or a written table breaks its contract.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// A step asked for a table that is not among its views.
    #[error("table `{table}` is not among the views of this step")]
    NotGiven {
        /// Name of the table.
        table: &'static str,
    },
    /// Whoever takes the tables of a step wants no more of them, and knows why.
    #[error("the tables of this step are not wanted")]
    Refused,
    /// Batches of one table could not be put together.
    #[error("table `{table}` could not be put together from its batches")]
    Arrow {
        /// Name of the table.
        table: &'static str,
        /// What Arrow said.
        #[source]
        source: arrow_schema::ArrowError,
    },
    /// The data breaks a rule of the step.
    #[error("{message}")]
    Data {
        /// Which rule, where, what was found; no personal values.
        message: String,
        /// What the user can do about it.
        hint: Option<String>,
    },
    /// A setting makes no sense for this data.
    #[error("{message}")]
    Setting {
        /// Which setting, what was found, what is expected.
        message: String,
        /// What the user can do about it.
        hint: Option<String>,
    },
    /// An algorithm could not answer.
    #[error("{what}")]
    Algorithm {
        /// What was computed.
        what: &'static str,
        /// What the algorithm said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
