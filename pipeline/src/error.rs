//! What can end a night, and the exit code it ends with.

use std::path::PathBuf;

use idip_feeds::FeedError;
use idip_project::{Positions, Problem, Problems};
use idip_stage::StageError;
use idip_store::StoreError;

use crate::engine::EngineError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The project file is wrong.
    #[error("{0}")]
    Project(Problems),
    /// The command is wrong.
    #[error("{message}")]
    Command {
        /// What is wrong with it.
        message: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// A file could not be read or written.
    #[error("{action} `{}`: {}", path.display(), reason(.source))]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A feed cannot be used.
    #[error("feed `{feed}`: {message}")]
    Feed {
        /// Name of the feed.
        feed: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The mapping of a feed is wrong.
    #[error("feed `{feed}`: {}", told(.problems))]
    Mapping {
        /// Name of the feed.
        feed: String,
        /// At least one.
        problems: Vec<MappingProblem>,
    },
    /// A text feed cannot be read.
    #[error("feed `{feed}`: {source}")]
    Landing {
        /// Name of the feed.
        feed: String,
        /// What the reader said.
        source: FeedError,
    },
    /// The engine could not answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A step could not answer.
    #[error("step `{step}`: {source}")]
    Step {
        /// Name of the step.
        step: String,
        /// What it said.
        source: StageError,
    },
    /// The data broke a rule that every night keeps.
    #[error("{message}")]
    Audit {
        /// Which rule, where.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The store could not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file for another system could not be made.
    #[error(transparent)]
    Export(#[from] idip_exports::ExportError),
    /// A mistake of ours.
    #[error("{0}")]
    Bug(String),
}

/// What is wrong with the mapping of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingProblem {
    /// Column of the table that is filled.
    pub column: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

fn told(problems: &[MappingProblem]) -> String {
    let each = |it: &MappingProblem| format!("column `{}` {}", it.column, it.message);
    problems.iter().map(each).collect::<Vec<_>>().join("; ")
}

fn reason(error: &std::io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}

impl RunError {
    /// The same error at its place in the project file, where it has one.
    #[must_use]
    pub(crate) fn placed(self, file: &str, positions: &Positions) -> Self {
        let Self::Mapping { feed, problems } = self else { return self };
        let mut problems: Vec<Problem> = problems
            .into_iter()
            .map(|MappingProblem { column, message, hint }| {
                let path = format!("feeds.{feed}.columns.{column}");
                let (line, column) = positions.of(&path);
                Problem { line, column, path, message, hint }
            })
            .collect();
        problems.sort();
        Self::Project(Problems { file: file.to_owned(), problems })
    }

    /// The exit code: 1 data, 2 command or project file, 3 disk or engine, 4 a mistake of ours, 75 busy.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Project(_)
            | Self::Mapping { .. }
            | Self::Command { .. }
            | Self::Store(StoreError::AlreadyPublished { .. } | StoreError::OutOfOrder { .. }) => 2,
            Self::Landing { source: FeedError::Read { .. }, .. } => 3,
            Self::Feed { .. } | Self::Landing { .. } | Self::Audit { .. } => 1,
            Self::Engine(error) => match error {
                EngineError::Plan { .. } => 2,
                error if error.is_data() => 1,
                _ => 3,
            },
            Self::Step { source, .. } => match source {
                StageError::Setting { .. } => 2,
                StageError::NotGiven { .. } => 4,
                _ => 1,
            },
            Self::Store(StoreError::Busy { .. }) => 75,
            Self::Store(_) | Self::Export(_) | Self::File { .. } => 3,
            Self::Bug(_) => 4,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Command { hint, .. } | Self::Feed { hint, .. } | Self::Audit { hint, .. } => {
                hint.clone()
            }
            Self::Step { source: StageError::Data { hint, .. }, .. }
            | Self::Step { source: StageError::Setting { hint, .. }, .. } => hint.clone(),
            Self::Store(StoreError::Busy { .. }) => {
                Some("wait for it to end; its lock goes with it".into())
            }
            Self::Store(StoreError::AlreadyPublished { .. }) => Some(
                "inputs or settings changed: `--replace` puts the new night in its place".into(),
            ),
            Self::Store(StoreError::OutOfOrder { .. }) => {
                Some("`idip backfill` fills in earlier nights".into())
            }
            Self::Bug(_) => Some("please report it with the command and the version".into()),
            _ => None,
        }
    }
}
