//! Every way in which a factorisation can fail.

use thiserror::Error;

use crate::kmeans::{ColumnsError, KMeansError};

/// Why settings of a factorisation are refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NmfParamsError {
    /// No topic is asked for, or too many.
    #[error("n_topics is {0}, expected 1 to 64")]
    NTopics(usize),
    /// No iteration is allowed.
    #[error("max_iterations is 0, expected 1 or more")]
    MaxIterations,
    /// No start is asked for.
    #[error("n_starts is 0, expected 1 or more")]
    NStarts,
    /// The tolerance is negative or not a number.
    #[error("tolerance is {0}, expected a finite number from 0")]
    Tolerance(f64),
}

/// Why a factorisation or a transform failed.
#[derive(Debug, Error)]
pub enum NmfError {
    /// The settings are refused.
    #[error(transparent)]
    Params(#[from] NmfParamsError),
    /// The columns are no table.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// The clusters to start from could not be found.
    #[error(transparent)]
    Start(#[from] KMeansError),
    /// A value is negative, not finite, or beyond 1e100.
    #[error("column {column} is {value} in row {row}, expected a number from 0 to 1e100")]
    Value {
        /// Position of the column.
        column: usize,
        /// Row over all chunks, from 0.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A given start is of another shape than the data.
    #[error("{found} value(s) of the given {what}, expected {expected}")]
    StartShape {
        /// Weights or topics.
        what: &'static str,
        /// Values expected.
        expected: usize,
        /// Values found.
        found: usize,
    },
    /// A value of given weights or topics is negative, not finite, or beyond 1e100.
    #[error("value {position} of the given {what} is no number from 0 to 1e100")]
    StartValue {
        /// Weights or topics.
        what: &'static str,
        /// Place of the value.
        position: usize,
    },
    /// Topics and columns have different widths.
    #[error("{found} column(s), expected {expected} as the topics have")]
    Features {
        /// Features of the topics.
        expected: usize,
        /// Columns.
        found: usize,
    },
    /// Topic values are no whole number of rows, or more rows than 64.
    #[error("{n_values} topic value(s) are no 1 to 64 rows of {n_features} feature(s)")]
    TopicShape {
        /// Values given.
        n_values: usize,
        /// Features of a topic.
        n_features: usize,
    },
}
