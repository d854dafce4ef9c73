//! Why an export could not be written.

use std::io;

/// Result of an export.
pub type Result<T> = std::result::Result<T, ExportError>;

/// Error of an export; none holds the value of a cell.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A profile contradicts itself.
    #[error("export profile `{profile}`: {detail}")]
    Profile {
        /// Name of the profile.
        profile: String,
        /// What is wrong.
        detail: String,
    },
    /// A header would not be read back as it was written.
    #[error("header {header:?} is {detail}")]
    Header {
        /// The header.
        header: String,
        /// What is wrong.
        detail: &'static str,
    },
    /// The receiver takes fewer columns.
    #[error("{found} columns are too many for `{profile}`, expected {limit} at most")]
    TooManyColumns {
        /// Name of the profile.
        profile: String,
        /// Columns asked for.
        found: usize,
        /// Columns allowed.
        limit: usize,
    },
    /// The table has no such column.
    #[error("column `{column}` is missing, the table has: {}", found.join(", "))]
    MissingColumn {
        /// Column asked for.
        column: String,
        /// Columns there are.
        found: Vec<String>,
    },
    /// The type of a column has no CSV form.
    #[error("column `{column}` has type {found}, expected {expected}")]
    Type {
        /// Column.
        column: String,
        /// Its type.
        found: String,
        /// Types that can be written.
        expected: &'static str,
    },
    /// A cell cannot be written without changing its meaning.
    #[error("column `{column}`, row {row}: {detail}")]
    Cell {
        /// Column.
        column: String,
        /// Row over all batches, from 0.
        row: u64,
        /// What is wrong, without the value.
        detail: &'static str,
    },
    /// One row is larger than a whole file may be.
    #[error("row {row} and the header have {bytes} bytes, more than a file of {limit} holds")]
    RowTooLarge {
        /// Row over all batches, from 0.
        row: u64,
        /// Size of header and row.
        bytes: u64,
        /// Largest file.
        limit: u64,
    },
    /// The beginning of the file names is not safe.
    #[error("file name stem {stem:?} is not allowed, expected 1 to 16 of a-z, 0-9, `_` and `-`")]
    Stem {
        /// The stem.
        stem: String,
    },
    /// A column has more values than segments make sense.
    #[error("column `{column}` has more than {limit} segments")]
    TooManySegments {
        /// Column.
        column: String,
        /// Segments allowed.
        limit: usize,
    },
    /// The limits cut a table into more parts than can be numbered.
    #[error("`{stem}` would have {found} parts, more than {limit}")]
    TooManyParts {
        /// File name without part.
        stem: String,
        /// Parts.
        found: usize,
        /// Parts allowed.
        limit: usize,
    },
    /// The sink refused a file.
    #[error("cannot write `{file}`")]
    Write {
        /// File name.
        file: String,
        /// The sink's answer.
        source: io::Error,
    },
}
