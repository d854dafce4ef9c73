//! Feature transforms before clustering: logarithms, winsorising, scaling, ranks, compositions.
//!
//! Pure functions over slices. What is learned from one night and used on the next (bounds, means,
//! deviations) is a value of its own, to be stored with the model. Sums run in fixed chunks in row
//! order, so that results do not depend on threads.

mod composition;
mod rank_normal;
mod robust;

use rayon::prelude::*;
use thiserror::Error;

pub use composition::{TfIdf, clr, clr_of, hellinger, hellinger_of, shares, shares_of};
pub use rank_normal::rank_normal;
pub use robust::{DeviationBasis, RobustScale};

/// Rows summed before sums are added up.
const ROWS_PER_CHUNK: usize = 16_384;

/// Spread of a column, relative to its largest value, that is rounding and no difference.
const CONSTANT_WITHIN: f64 = 1e-12;

/// Why values cannot be transformed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TransformError {
    /// A value is not finite.
    #[error("column {column} is not finite in row {row}")]
    NotFinite {
        /// Position of the column.
        column: usize,
        /// Row, from 0.
        row: usize,
    },
    /// A value is negative where it must not be.
    #[error("column {column} is negative in row {row}, expected 0 or more")]
    Negative {
        /// Position of the column.
        column: usize,
        /// Row, from 0.
        row: usize,
    },
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
    /// Columns are more or fewer than the scaler was made for.
    #[error("{found} column(s), expected {expected} as the scaler was fitted on")]
    UnequalWidths {
        /// Columns of the fit.
        expected: usize,
        /// Columns given.
        found: usize,
    },
    /// There is nothing to learn from.
    #[error("no row, expected one or more")]
    NoRows,
    /// Quantiles are out of order or range.
    #[error("quantiles {lower} and {upper}, expected 0 <= lower <= upper <= 1")]
    Quantiles {
        /// The lower one.
        lower: f64,
        /// The upper one.
        upper: f64,
    },
    /// A pseudo-count cannot stand in for nothing.
    #[error("pseudo-count {pseudo_count}, expected a finite number above 0")]
    PseudoCount {
        /// The pseudo-count.
        pseudo_count: f64,
    },
}

/// Returns `ln(1 + x)` of counts or amounts from 0.
///
/// # Errors
///
/// [`TransformError`] for a negative value, where [`signed_log1p`] is meant, or one not finite.
pub fn log1p(values: &[f64]) -> Result<Vec<f64>, TransformError> {
    check_from_zero(0, values)?;
    Ok(values.iter().map(|x| x.ln_1p()).collect())
}

/// Returns `sign(x) · ln(1 + |x|)`, for net money that may be negative.
///
/// # Errors
///
/// [`TransformError::NotFinite`].
pub fn signed_log1p(values: &[f64]) -> Result<Vec<f64>, TransformError> {
    check_finite(0, values)?;
    Ok(values.iter().map(|x| x.abs().ln_1p().copysign(*x)).collect())
}

/// Returns a quantile of ascending values, linear between ranks; none when there is no value.
///
/// Type 7 of Hyndman and Fan 1996, the default of R and of `numpy`. `probability` is from 0 to 1.
pub fn quantile<T: Copy + Into<f64>>(ascending: &[T], probability: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let position = probability.clamp(0.0, 1.0) * last as f64;
    let below = position.floor();
    let lower: f64 = (*ascending.get(below as usize)?).into();
    let upper = ascending.get(below as usize + 1).map_or(lower, |&upper| upper.into());
    Some(lower + (upper - lower) * (position - below))
}

/// Bounds beyond which values are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WinsorBounds {
    /// Values below are raised to this.
    pub lower: f64,
    /// Values above are lowered to this.
    pub upper: f64,
}

impl WinsorBounds {
    /// Learns bounds as two quantiles of the values (type 7), such as 0.01 and 0.99.
    ///
    /// # Errors
    ///
    /// [`TransformError`] when there is no value, one is not finite, or quantiles are out of order.
    pub fn fit(values: &[f64], lower: f64, upper: f64) -> Result<Self, TransformError> {
        if !(0.0 <= lower && lower <= upper && upper <= 1.0) {
            return Err(TransformError::Quantiles { lower, upper });
        }
        check_finite(0, values)?;
        let mut ascending = values.to_vec();
        ascending.sort_unstable_by(f64::total_cmp);
        let bound = |p| quantile(&ascending, p).ok_or(TransformError::NoRows);
        Ok(Self { lower: bound(lower)?, upper: bound(upper)? })
    }

    /// Returns the values cut to the bounds.
    pub fn apply(&self, values: &[f64]) -> Vec<f64> {
        values.iter().map(|x| x.max(self.lower).min(self.upper)).collect()
    }
}

/// Mean and population standard deviation of each feature that varies.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    /// Columns the scaler was fitted on.
    pub n_columns: usize,
    /// The features that vary, in column order.
    pub features: Vec<ScaledFeature>,
    /// Columns whose values are all equal, ascending: they are left out.
    pub dropped: Vec<usize>,
}

/// What a feature is scaled by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaledFeature {
    /// Position of the column among those of the fit.
    pub column: usize,
    /// Its mean.
    pub mean: f64,
    /// Its population standard deviation, above 0.
    pub sd: f64,
}

impl Scaler {
    /// Learns means and population standard deviations, in two passes.
    ///
    /// # Errors
    ///
    /// [`TransformError`] when there is no row, lengths differ or a value is not finite.
    pub fn fit(columns: &[&[f64]]) -> Result<Self, TransformError> {
        check_lengths(columns)?;
        let mut scaler = Self { n_columns: columns.len(), features: vec![], dropped: vec![] };
        for (column, values) in columns.iter().enumerate() {
            check_finite(column, values)?;
            if values.is_empty() {
                return Err(TransformError::NoRows);
            }
            let n = values.len() as f64;
            let mean = chunked_sum(values, |x| x) / n;
            let sd = (chunked_sum(values, |x| (x - mean) * (x - mean)) / n).sqrt();
            let (min, max) =
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &x| {
                    (x.min(min), x.max(max))
                });
            // The mean of equal values may be off by rounding, and their deviation then not be 0.
            if max - min <= CONSTANT_WITHIN * min.abs().max(max.abs()) || sd == 0.0 {
                scaler.dropped.push(column);
            } else {
                scaler.features.push(ScaledFeature { column, mean, sd });
            }
        }
        Ok(scaler)
    }

    /// Returns `(x - mean) / sd` of the features that vary, a column each.
    ///
    /// # Errors
    ///
    /// [`TransformError::UnequalWidths`] when the columns are not those of the fit.
    pub fn transform(&self, columns: &[&[f64]]) -> Result<Vec<Vec<f64>>, TransformError> {
        if columns.len() != self.n_columns {
            return Err(TransformError::UnequalWidths {
                expected: self.n_columns,
                found: columns.len(),
            });
        }
        Ok(self
            .features
            .iter()
            .filter_map(|feature| Some((feature, columns.get(feature.column)?)))
            .map(|(feature, values)| {
                values.iter().map(|x| (x - feature.mean) / feature.sd).collect()
            })
            .collect())
    }

    /// Returns values in the features' own units from scaled ones, such as those of a centroid.
    pub fn unscale(&self, scaled: &[f64]) -> Vec<f64> {
        self.features.iter().zip(scaled).map(|(feature, z)| z * feature.sd + feature.mean).collect()
    }
}

/// Sums terms of the values chunk by chunk, and the chunks in order.
fn chunked_sum(values: &[f64], term: impl Fn(f64) -> f64 + Sync) -> f64 {
    let by_chunk: Vec<f64> = values
        .par_chunks(ROWS_PER_CHUNK)
        .map(|chunk| chunk.iter().map(|&x| term(x)).sum())
        .collect();
    by_chunk.iter().sum()
}

fn check_lengths(columns: &[&[f64]]) -> Result<(), TransformError> {
    let expected = columns.first().map_or(0, |column| column.len());
    match columns.iter().position(|column| column.len() != expected) {
        None => Ok(()),
        Some(column) => Err(TransformError::UnequalLengths {
            column,
            expected,
            found: columns.get(column).map_or(0, |column| column.len()),
        }),
    }
}

fn check_finite(column: usize, values: &[f64]) -> Result<(), TransformError> {
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(row) => Err(TransformError::NotFinite { column, row }),
    }
}

fn check_from_zero(column: usize, values: &[f64]) -> Result<(), TransformError> {
    check_finite(column, values)?;
    match values.iter().position(|&x| x < 0.0) {
        None => Ok(()),
        Some(row) => Err(TransformError::Negative { column, row }),
    }
}

#[cfg(test)]
mod tests;
