//! One feature of all rows.

use arrow_array::{Array, Float64Array};

/// One feature of all rows; a null or NaN is left out of every figure.
#[derive(Debug, Clone, Copy)]
pub enum FeatureColumn<'a> {
    /// Plain numbers, with NaN where there is none.
    Slice(&'a [f64]),
    /// An Arrow column.
    Array(&'a Float64Array),
}

impl<'a> FeatureColumn<'a> {
    pub(super) fn values(self) -> &'a [f64] {
        match self {
            Self::Slice(values) => values,
            Self::Array(array) => array.values(),
        }
    }

    pub(super) fn is_null(self, row: usize) -> bool {
        match self {
            Self::Slice(_) => false,
            Self::Array(array) => array.is_null(row),
        }
    }

    pub(super) fn has_nulls(self) -> bool {
        matches!(self, Self::Array(array) if array.null_count() > 0)
    }

    pub(crate) fn n_rows(self) -> usize {
        self.values().len()
    }

    /// Returns the value of a row; none when it is null, NaN or not there.
    pub(crate) fn value(self, row: usize) -> Option<f64> {
        let value = self.values().get(row).copied().filter(|value| !value.is_nan())?;
        (!self.is_null(row)).then_some(value)
    }
}
