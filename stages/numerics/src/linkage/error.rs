//! Why records cannot be linked as asked.

use thiserror::Error;

/// Why records cannot be linked as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkageError {
    /// A column has another number of rows than the keys.
    #[error("column `{field}` has {found} row(s), expected {expected} as there are keys")]
    UnequalLengths {
        /// Column at fault.
        field: String,
        /// Its rows.
        found: usize,
        /// Keys.
        expected: usize,
    },
    /// Two columns have one name, or two columns are of a kind that a record has once.
    #[error("column `{field}` comes twice, expected once")]
    RepeatedField {
        /// Column at fault.
        field: String,
    },
    /// There are more columns than a pattern of levels can hold.
    #[error("{found} comparisons, expected at most {most}")]
    TooManyComparisons {
        /// Comparisons asked for.
        found: usize,
        /// Most there can be.
        most: usize,
    },
    /// A blocking rule names a column that there is not.
    #[error("a blocking rule names the column `{field}`, which the records do not have")]
    UnknownField {
        /// Column at fault.
        field: String,
    },
    /// A part of a blocking rule is not of the form `column` or `column:length`.
    #[error("`{part}` is no part of a blocking rule, expected a column or `column:length`")]
    MalformedRule {
        /// Part at fault.
        part: String,
    },
    /// There are more records than can be numbered.
    #[error("{found} records, expected at most {most}")]
    TooManyRecords {
        /// Records given.
        found: usize,
        /// Most there can be.
        most: usize,
    },
    /// The model was trained for other comparisons than the records allow.
    #[error("the model compares {model}, the records allow {records}")]
    ForeignModel {
        /// Comparisons of the model.
        model: String,
        /// Comparisons of the records.
        records: String,
    },
    /// A constraint names a row that does not exist.
    #[error("a constraint names row {row}, expected below {n_rows}")]
    RowOutOfRange {
        /// Row at fault.
        row: u32,
        /// Rows given.
        n_rows: usize,
    },
    /// A truth or a partition has another number of labels than there are records.
    #[error("{found} label(s), expected {expected}")]
    UnequalLabels {
        /// Labels given.
        found: usize,
        /// Labels of the other side.
        expected: usize,
    },
}
