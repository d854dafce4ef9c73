//! Why a whole feed cannot be taken.

use std::io;
use std::path::PathBuf;

use arrow_schema::ArrowError;

/// What a caller's sink fails with.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Why a whole feed cannot be taken.
///
/// Batches and rejects that were handed over before are void.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The file cannot be opened or read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The control file is not there: whoever sends the feed has not finished, or sends none.
    #[error("its control file `{}` is not there, expected one beside each file of the feed", path.display())]
    NoControl {
        /// The control file.
        path: PathBuf,
    },
    /// The description of the feed contradicts itself.
    #[error("feed `{}` cannot be read as described: {}", path.display(), problems.join("; "))]
    Spec {
        /// The file.
        path: PathBuf,
        /// All that is wrong with the description.
        problems: Vec<String>,
    },
    /// The file has no bytes, or no line where its header should be.
    #[error("feed `{}` is empty: expected {expected}, found {bytes} bytes", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
        /// Size of the file.
        bytes: u64,
    },
    /// The first bytes say that the file is something else than declared.
    #[error("feed `{}` is not what is declared: expected {expected}, found {found}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What was declared.
        expected: &'static str,
        /// What the first bytes are known for.
        found: &'static str,
    },
    /// The header line cannot be read.
    #[error("feed `{}`, line {line}: the header cannot be read: {reason}", path.display())]
    BadHeader {
        /// The file.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// Code of what is wrong with it.
        reason: &'static str,
    },
    /// The header lacks columns that are asked for, or has them twice.
    #[error("feed `{}`: {}; found {found}", path.display(), problems.join("; "))]
    Header {
        /// The file.
        path: PathBuf,
        /// One entry for each missing or doubled column, with the closest header.
        problems: Vec<String>,
        /// The header that was found; only its shape when it may be a row of data.
        found: String,
    },
    /// A quoted field is open at the end of the file.
    #[error(
        "feed `{}`, line {line}: a quote opened in the row that starts here is never closed: \
         the file is cut, or the quote is stray",
        path.display()
    )]
    UnclosedQuote {
        /// The file.
        path: PathBuf,
        /// Line on which the row starts.
        line: u64,
    },
    /// The caller could not take a batch or a reject.
    #[error("cannot hand over the rows of feed `{}`", path.display())]
    Sink {
        /// The file.
        path: PathBuf,
        /// What the caller said.
        source: SinkError,
    },
    /// A batch could not be made.
    #[error("cannot make a batch of feed `{}`", path.display())]
    Batch {
        /// The file.
        path: PathBuf,
        /// What Arrow said.
        source: ArrowError,
    },
    /// The control file is not in a known form.
    #[error("control file `{}` cannot be read: {}", path.display(), problems.join("; "))]
    ControlSyntax {
        /// The control file.
        path: PathBuf,
        /// All that is wrong with it.
        problems: Vec<String>,
    },
    /// The feed is not what its control file says.
    #[error("feed `{}` does not match its control file: {}", path.display(), mismatches.join("; "))]
    Control {
        /// The feed.
        path: PathBuf,
        /// One entry for each figure that differs: expected and found.
        mismatches: Vec<String>,
    },
}
