//! Why purchase histories are refused.

use std::fmt;

use thiserror::Error;

/// Which column of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellColumn {
    /// `frequency` (x).
    Frequency,
    /// `recency_days` (`t_x`).
    RecencyDays,
    /// `t_days` (T).
    TDays,
}

impl fmt::Display for CellColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frequency => "frequency",
            Self::RecencyDays => "recency_days",
            Self::TDays => "t_days",
        })
    }
}

/// Why purchase histories are refused. Rows count from 0; the first bad row is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CellsError {
    /// The columns differ in length.
    #[error("`{column}` has {found} row(s), expected {expected} as in `frequency`")]
    Lengths {
        /// The column that differs.
        column: CellColumn,
        /// Rows of `frequency`.
        expected: usize,
        /// Rows found.
        found: usize,
    },
    /// More customers than a row number can hold.
    #[error("{0} rows, expected at most 4294967295")]
    TooManyRows(usize),
    /// A value is negative or beyond 32 bits.
    #[error("`{column}` is {value} in row {row}, expected 0 to 4294967295")]
    OutOfRange {
        /// The row.
        row: usize,
        /// The column.
        column: CellColumn,
        /// The value.
        value: i64,
    },
    /// The last purchase lies after the end of observation.
    #[error("`recency_days` {recency_days} exceeds `t_days` {t_days} in row {row}")]
    RecencyBeyondT {
        /// The row.
        row: usize,
        /// `recency_days` found.
        recency_days: u32,
        /// `t_days` found.
        t_days: u32,
    },
    /// There is time between first and last purchase, but no repeat purchase.
    #[error("`recency_days` is {recency_days} in row {row}, expected 0 where `frequency` is 0")]
    RecencyWithoutRepeat {
        /// The row.
        row: usize,
        /// `recency_days` found.
        recency_days: u32,
    },
}
