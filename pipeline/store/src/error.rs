//! Why the store could not do what was asked.

use std::io;
use std::path::{Path, PathBuf};

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Error of a store operation; every disk error names its path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another run holds the lock.
    #[error("another run holds the lock `{}`", path.display())]
    Busy {
        /// Lock file.
        path: PathBuf,
    },
    /// The operating system refused an operation.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, a verb.
        action: &'static str,
        /// File or folder it was tried on.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// An fsync failed: what was written may be lost, so nothing of this run can be trusted.
    #[error("cannot fsync `{}`: the run must start again", path.display())]
    Sync {
        /// File or folder it was tried on.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A symbolic link lies where the store keeps its own files.
    #[error("`{}` is a symbolic link, expected the store's own {expected}", path.display())]
    Symlink {
        /// Path of the link.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
    },
    /// Something else lies where a file or folder is expected.
    #[error("`{}` is not a {expected}", path.display())]
    WrongKind {
        /// Path of the thing.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
    },
    /// A name would not be safe as a file name.
    #[error("{what} name {name:?} is not allowed, expected {expected}")]
    Name {
        /// What was to be named.
        what: &'static str,
        /// The name given.
        name: String,
        /// The rule.
        expected: &'static str,
    },
    /// A logical date is not a day of the calendar.
    #[error("logical date {found:?} is not a day, expected YYYY-MM-DD")]
    Date {
        /// The text given.
        found: String,
    },
    /// There is no store in this folder.
    #[error("no store in `{}`", path.display())]
    Missing {
        /// Folder looked into.
        path: PathBuf,
    },
    /// A batch does not fit the schema of its table.
    #[error("table `{stage}/{table}` cannot be written: {detail}")]
    Batch {
        /// Stage that writes.
        stage: String,
        /// Table written.
        table: String,
        /// How schema and batch differ.
        detail: String,
    },
    /// The Parquet encoder refused a table.
    #[error("cannot encode `{}`", path.display())]
    Parquet {
        /// File being written.
        path: PathBuf,
        /// The encoder's answer.
        source: parquet::errors::ParquetError,
    },
    /// A table, file or step was written twice in one run.
    #[error("`{what}` is written twice in this run")]
    Twice {
        /// Path or id of the second one.
        what: String,
    },
    /// An earlier fsync of this run failed.
    #[error("run `{run_id}` cannot go on: an fsync failed before")]
    Spoiled {
        /// The run.
        run_id: String,
    },
    /// A file of the run was begun and never finished.
    #[error("run `{run_id}` cannot be published: `{path}` was begun and never finished")]
    Unfinished {
        /// The run.
        run_id: String,
        /// Path within the run.
        path: String,
    },
    /// A staged table has no contract version.
    #[error("run `{run_id}` cannot be published: table `{table}` has no contract version")]
    NoContract {
        /// The run.
        run_id: String,
        /// Table without a contract.
        table: String,
    },
    /// A file differs from what was recorded when it was written.
    #[error("`{}` differs from its record: {found}", path.display())]
    Changed {
        /// File checked.
        path: PathBuf,
        /// How it differs.
        found: String,
    },
    /// A published night differs from its manifest.
    #[error("night `{night}` is damaged: {}", problems.join("; "))]
    Damaged {
        /// Folder name of the night.
        night: String,
        /// Everything that is wrong.
        problems: Vec<String>,
    },
    /// A file of the store cannot be understood.
    #[error("`{}` cannot be read: {detail}", path.display())]
    Corrupt {
        /// File read.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A newer idip wrote this file.
    #[error("`{}` has format {found}, this idip reads up to {supported}", path.display())]
    NewerFormat {
        /// File read.
        path: PathBuf,
        /// Format version found.
        found: u32,
        /// Newest version understood.
        supported: u32,
    },
    /// The date is published from other inputs, and replacing it was not asked for.
    #[error("{date} is already published as `{published}` from other inputs or parameters")]
    AlreadyPublished {
        /// Logical date.
        date: String,
        /// Night in force for that date.
        published: String,
    },
    /// The same fingerprint gave other bytes: a step is not deterministic.
    #[error("{date} was run again from the same inputs and gave other bytes in: {}", differing.join(", "))]
    NotReproducible {
        /// Logical date.
        date: String,
        /// Files that differ.
        differing: Vec<String>,
    },
    /// The date lies before the night in force, and a backfill was not asked for.
    #[error("{date} lies before the night in force, `{current}`")]
    OutOfOrder {
        /// Logical date.
        date: String,
        /// Night in force.
        current: String,
    },
    /// The run read its state from another night than the one before its date.
    #[error("run of {date} started from {}, expected {}", night(found.as_ref()), night(expected.as_ref()))]
    WrongParent {
        /// Logical date.
        date: String,
        /// Night before that date.
        expected: Option<String>,
        /// Night the run read.
        found: Option<String>,
    },
    /// An input path says where on this machine the input lies.
    #[error("input path {path:?} of feed `{feed}` is not relative")]
    InputPath {
        /// Feed of the input.
        feed: String,
        /// The path given.
        path: String,
    },
    /// Nights lie after the pointer that no killed run can have left.
    #[error(
        "`CURRENT` names {} but {} later nights exist ({}): \
         restore `CURRENT` or remove them by hand",
        night(current.as_ref()), nights.len(), nights.join(", ")
    )]
    AheadOfPointer {
        /// Night in force.
        current: Option<String>,
        /// Nights after it.
        nights: Vec<String>,
    },
    /// Two nights of one date, and nothing tells which is in force.
    #[error("two nights are published for {date}: {}", nights.join(", "))]
    Ambiguous {
        /// Logical date.
        date: String,
        /// Folder names.
        nights: Vec<String>,
    },
}

fn night(name: Option<&String>) -> String {
    name.map_or_else(|| "no night".to_owned(), |name| format!("`{name}`"))
}

/// Names path and action on a bare I/O error.
pub(crate) trait At<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
    }
}
