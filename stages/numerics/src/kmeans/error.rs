//! Every way in which a clustering can fail.

use std::fmt;

use thiserror::Error;

use super::ColumnsError;

/// Why settings of k-means are refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum KMeansParamsError {
    /// No cluster is asked for, or more than a label can number.
    #[error("n_clusters is {0}, expected 1 to 65536")]
    NClusters(usize),
    /// No start is asked for.
    #[error("n_starts is 0, expected 1 or more")]
    NStarts,
    /// No iteration is allowed.
    #[error("max_iterations is 0, expected 1 or more")]
    MaxIterations,
    /// The tolerance is negative or not a number.
    #[error("tolerance is {0}, expected a finite number from 0")]
    Tolerance(f64),
    /// Given centroids are not as many as clusters.
    #[error("{found} precomputed centroid(s), expected n_clusters = {expected}")]
    PrecomputedClusters {
        /// Clusters asked for.
        expected: usize,
        /// Centroids given.
        found: usize,
    },
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadValue {
    /// Not a number.
    Nan,
    /// Positive or negative infinity.
    Infinite,
    /// So large that its square overflows (beyond 1e120).
    TooLarge,
}

impl BadValue {
    /// Names what is wrong with a value that failed the range check.
    pub(super) fn of(value: f64) -> Self {
        if value.is_nan() {
            Self::Nan
        } else if value.is_infinite() {
            Self::Infinite
        } else {
            Self::TooLarge
        }
    }
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nan => "not a number",
            Self::Infinite => "infinite",
            Self::TooLarge => "beyond 1e120",
        })
    }
}

/// Why a clustering or an assignment failed.
#[derive(Debug, Error)]
pub enum KMeansError {
    /// The settings are refused.
    #[error(transparent)]
    Params(#[from] KMeansParamsError),
    /// The columns are no table.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// A value cannot be clustered.
    #[error("column {column} is {what} in row {row}, expected a finite number")]
    Value {
        /// Position of the column.
        column: usize,
        /// Row over all chunks, from 0.
        row: usize,
        /// What is wrong with it.
        what: BadValue,
    },
    /// There are more or fewer weights than rows.
    #[error("{found} weight(s), expected one a row: {expected}")]
    WeightCount {
        /// Rows.
        expected: usize,
        /// Weights.
        found: usize,
    },
    /// A weight is negative, not finite, or beyond 1e40.
    #[error("the weight of row {row} is not in 0 to 1e40")]
    Weight {
        /// Row over all chunks, from 0.
        row: usize,
    },
    /// Every weight is 0.
    #[error("every weight is 0, expected a positive one")]
    NoWeight,
    /// Centroids and columns have different widths.
    #[error("centroids have {found} feature(s), expected {expected} as the columns")]
    Features {
        /// Columns.
        expected: usize,
        /// Features of the centroids.
        found: usize,
    },
    /// Centroid values are no whole number of rows.
    #[error("{n_values} centroid value(s) are no whole number of rows of {n_features} feature(s)")]
    CentroidShape {
        /// Values given.
        n_values: usize,
        /// Features of a row.
        n_features: usize,
    },
    /// A centroid is not finite, or so large that its square overflows.
    #[error("feature {column} of centroid {cluster} is not a finite number up to 1e120")]
    CentroidValue {
        /// The centroid.
        cluster: usize,
        /// Its feature.
        column: usize,
    },
    /// Rows are to be assigned, but there is no centroid.
    #[error("no centroid to assign {n_rows} row(s) to")]
    NoCentroids {
        /// Rows.
        n_rows: usize,
    },
    /// linfa failed around us.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}
