//! Numbers and categories in one distance: k-prototypes by plain k-means.
//!
//! Huang 1998 (Data Mining and Knowledge Discovery 2) measures two rows by the squared Euclidean
//! distance of their numbers plus `gamma` for each category in which they differ. One column for each
//! value of a category, `sqrt(gamma / 2)` where a row has it and 0 where not, gives exactly that to
//! any Euclidean method: two rows that differ are `gamma / 2` apart in each of two columns. The centre
//! of a cluster is then the share of each value, where Huang takes the most frequent one.

use thiserror::Error;

use crate::transform::{Scaler, TransformError};

/// A column of a mixed table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MixedColumn<'a> {
    /// Numbers, scaled as they are to be weighed.
    Numeric(&'a [f64]),
    /// Values of a category by their position, from 0; a missing value is a value of its own.
    Categorical {
        /// The value of each row.
        codes: &'a [u32],
        /// Number of values there can be.
        n_values: u32,
    },
}

impl MixedColumn<'_> {
    fn n_rows(&self) -> usize {
        match self {
            Self::Numeric(values) => values.len(),
            Self::Categorical { codes, .. } => codes.len(),
        }
    }

    fn kind(&self) -> ColumnKind {
        match *self {
            Self::Numeric(_) => ColumnKind::Numeric,
            Self::Categorical { n_values, .. } => ColumnKind::Categorical { n_values },
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers.
    Numeric,
    /// Values of a category.
    Categorical {
        /// Number of values there can be.
        n_values: u32,
    },
}

/// Why mixed columns cannot be encoded.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MixedError {
    /// Gamma is negative or not a number.
    #[error("gamma is {0}, expected a finite number from 0")]
    Gamma(f64),
    /// Columns have different lengths.
    #[error("column {column} has {found} row(s), expected {expected} as column 0")]
    UnequalLengths {
        /// Position of the column.
        column: usize,
        /// Rows of column 0.
        expected: usize,
        /// Rows of this column.
        found: usize,
    },
    /// A code is not one of the values of its column.
    #[error("column {column} has code {code} in row {row}, expected below {n_values}")]
    Code {
        /// Position of the column.
        column: usize,
        /// Row, from 0.
        row: usize,
        /// The code.
        code: u32,
        /// Values there can be.
        n_values: u32,
    },
    /// Columns are not those the encoder was made for.
    #[error("columns differ in number or kind from those the encoder was made for")]
    Kinds,
    /// Numbers have no standard deviation.
    #[error(transparent)]
    Numbers(#[from] TransformError),
}

/// How mixed rows become points; to be stored with the model.
#[derive(Debug, Clone, PartialEq)]
pub struct MixedEncoder {
    kinds: Vec<ColumnKind>,
    gamma: f64,
}

/// A centre in the terms of the columns.
#[derive(Debug, Clone, PartialEq)]
pub enum CentreValue {
    /// Mean of the numbers.
    Mean(f64),
    /// Share of each value of the category, from 0 to 1.
    Shares(Vec<f64>),
}

impl MixedEncoder {
    /// Makes an encoder for columns; `gamma` is what a difference in a category counts, against
    /// squared differences of numbers. None takes [`default_gamma`].
    ///
    /// # Errors
    ///
    /// [`MixedError`] when gamma is out of range, or numbers are needed for it and have no deviation.
    pub fn new(columns: &[MixedColumn<'_>], gamma: Option<f64>) -> Result<Self, MixedError> {
        let gamma = match gamma {
            Some(gamma) if gamma.is_finite() && gamma >= 0.0 => gamma,
            Some(gamma) => return Err(MixedError::Gamma(gamma)),
            None => default_gamma(columns)?,
        };
        Ok(Self { kinds: columns.iter().map(MixedColumn::kind).collect(), gamma })
    }

    /// Returns what a difference in a category counts.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Returns the number of features of a point: one a number, one a value of a category.
    pub fn n_features(&self) -> usize {
        self.kinds.iter().map(|&kind| n_features_of(kind)).sum()
    }

    /// Returns the points, a column of values a feature, in the order of columns and their values.
    ///
    /// Numbers go through unchanged.
    ///
    /// # Errors
    ///
    /// [`MixedError`] when columns are not those of the encoder, lengths differ, or a code is none of
    /// its column's values.
    pub fn encode(&self, columns: &[MixedColumn<'_>]) -> Result<Vec<Vec<f64>>, MixedError> {
        if !columns.iter().map(MixedColumn::kind).eq(self.kinds.iter().copied()) {
            return Err(MixedError::Kinds);
        }
        let expected = columns.first().map_or(0, MixedColumn::n_rows);
        let present = self.present();
        let mut features = Vec::with_capacity(self.n_features());
        for (column, values) in columns.iter().enumerate() {
            let found = values.n_rows();
            if found != expected {
                return Err(MixedError::UnequalLengths { column, expected, found });
            }
            match *values {
                MixedColumn::Numeric(values) => features.push(values.to_vec()),
                MixedColumn::Categorical { codes, n_values } => {
                    if let Some(row) = codes.iter().position(|&code| code >= n_values) {
                        let code = codes.get(row).copied().unwrap_or(n_values);
                        return Err(MixedError::Code { column, row, code, n_values });
                    }
                    features.extend((0..n_values).map(|value| {
                        let has = |&code| if code == value { present } else { 0.0 };
                        codes.iter().map(has).collect()
                    }));
                }
            }
        }
        Ok(features)
    }

    /// Returns a centre in the terms of the columns; as far as it has features.
    ///
    /// With a gamma of 0 categories left no trace, and all shares are 0.
    pub fn decode(&self, centre: &[f64]) -> Vec<CentreValue> {
        let present = self.present();
        let share = |value: &f64| if present > 0.0 { value / present } else { 0.0 };
        let mut rest = centre;
        self.kinds
            .iter()
            .map(|&kind| {
                let (values, after) = rest.split_at(n_features_of(kind).min(rest.len()));
                rest = after;
                match kind {
                    ColumnKind::Numeric => {
                        CentreValue::Mean(values.first().copied().unwrap_or(f64::NAN))
                    }
                    ColumnKind::Categorical { .. } => {
                        CentreValue::Shares(values.iter().map(share).collect())
                    }
                }
            })
            .collect()
    }

    /// Returns the value of a feature where a row has the category's value.
    fn present(&self) -> f64 {
        (self.gamma / 2.0).sqrt()
    }
}

/// Returns Huang's gamma: half the mean standard deviation of the numeric columns.
///
/// 1 when there is no numeric column, or none varies: then it changes no clustering.
///
/// # Errors
///
/// [`MixedError::Numbers`] when there is no row, lengths differ or a number is not finite.
pub fn default_gamma(columns: &[MixedColumn<'_>]) -> Result<f64, MixedError> {
    let numbers: Vec<&[f64]> = columns
        .iter()
        .filter_map(|column| match column {
            MixedColumn::Numeric(values) => Some(*values),
            MixedColumn::Categorical { .. } => None,
        })
        .collect();
    if numbers.is_empty() {
        return Ok(1.0);
    }
    let scaler = Scaler::fit(&numbers)?;
    let sum: f64 = scaler.features.iter().map(|feature| feature.sd).sum();
    Ok(if sum > 0.0 { sum / numbers.len() as f64 / 2.0 } else { 1.0 })
}

fn n_features_of(kind: ColumnKind) -> usize {
    match kind {
        ColumnKind::Numeric => 1,
        ColumnKind::Categorical { n_values } => n_values as usize,
    }
}

#[cfg(test)]
mod tests;
