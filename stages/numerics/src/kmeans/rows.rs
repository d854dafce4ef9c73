//! The one copy of the data: rows one after the other, checked, in fixed chunks.
//!
//! Row-major because a pass looks at scattered rows: a row is then one or two cache lines.

use rayon::prelude::*;

use super::error::BadValue;
use super::{Columns, ColumnsError, KMeansError};

/// Rows of a chunk, the unit of parallel work. Fixed, so that sums are added in the same order on
/// any number of threads; of this size, so that a chunk of a few features stays in the L2 cache.
pub(crate) const ROWS_PER_CHUNK: usize = 16_384;

/// Rows copied column by column at a time: few enough to stay in the L1 cache meanwhile.
const ROWS_PER_COPY: usize = 256;

/// Largest value taken: its square, times weight and rows, stays below the largest `f64`.
const VALUE_MAX: f64 = 1e120;

/// Largest weight taken, for the same reason.
const WEIGHT_MAX: f64 = 1e40;

/// Rows of finite values, each with a weight.
#[derive(Debug)]
pub(crate) struct RowMatrix {
    n_rows: usize,
    n_features: usize,
    values: Vec<f64>,
    /// None when every row weighs 1.
    weights: Option<Vec<f64>>,
}

/// A view of one chunk of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowChunk<'a> {
    pub(crate) first_row: usize,
    n_features: usize,
    values: &'a [f64],
    weights: Option<&'a [f64]>,
}

impl RowMatrix {
    /// Copies columns and weights, and checks every value.
    pub(crate) fn from_columns(
        columns: &Columns<'_>,
        weights: Option<&[f64]>,
    ) -> Result<Self, KMeansError> {
        let (n_rows, n_features) = (columns.n_rows(), columns.n_features());
        let mut values = vec![0.0; n_rows * n_features];
        let checks: Vec<Result<(), KMeansError>> = values
            .par_chunks_mut(ROWS_PER_CHUNK * n_features)
            .enumerate()
            .map(|(chunk, values)| copy_rows(columns, chunk * ROWS_PER_CHUNK, values))
            .collect();
        checks.into_iter().collect::<Result<(), _>>()?;
        Self { n_rows, n_features, values, weights: None }.weighed(weights)
    }

    /// Every so many of the rows, from the first on.
    pub(super) fn every(&self, step: usize) -> Self {
        let rows = || self.rows().step_by(step.max(1));
        let mut values = Vec::with_capacity(rows().len() * self.n_features);
        rows().for_each(|row| values.extend_from_slice(row));
        let weights = self.weights.as_ref();
        Self {
            n_rows: rows().len(),
            n_features: self.n_features,
            values,
            weights: weights.map(|weights| weights.iter().copied().step_by(step.max(1)).collect()),
        }
    }

    /// Takes row-major values, and checks every one.
    pub(crate) fn from_rows(
        n_features: usize,
        values: Vec<f64>,
        weights: Option<&[f64]>,
    ) -> Result<Self, KMeansError> {
        if n_features == 0 {
            return Err(ColumnsError::NoColumns.into());
        }
        if let Some(position) = values.iter().position(|&value| !is_in_range(value)) {
            let (row, column) = (position / n_features, position % n_features);
            let what = BadValue::of(values.get(position).copied().unwrap_or(f64::NAN));
            return Err(KMeansError::Value { column, row, what });
        }
        let n_rows = values.len() / n_features;
        Self { n_rows, n_features, values, weights: None }.weighed(weights)
    }

    fn weighed(mut self, weights: Option<&[f64]>) -> Result<Self, KMeansError> {
        let Some(weights) = weights else { return Ok(self) };
        if weights.len() != self.n_rows {
            return Err(KMeansError::WeightCount { expected: self.n_rows, found: weights.len() });
        }
        if let Some(row) = weights.iter().position(|weight| !(0.0..=WEIGHT_MAX).contains(weight)) {
            return Err(KMeansError::Weight { row });
        }
        if self.n_rows > 0 && weights.iter().all(|&weight| weight == 0.0) {
            return Err(KMeansError::NoWeight);
        }
        self.weights = Some(weights.to_vec());
        Ok(self)
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(crate) fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the rows in their order.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.n_features)
    }

    /// Returns the values of a row; empty when there is no such row.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        self.values.get(row * self.n_features..(row + 1) * self.n_features).unwrap_or_default()
    }

    /// Returns the weight of a row.
    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights.get(row).copied().unwrap_or(0.0))
    }

    /// Returns the chunks, to be worked on in parallel and reduced in their order.
    pub(crate) fn par_chunks(&self) -> impl IndexedParallelIterator<Item = RowChunk<'_>> {
        let n_features = self.n_features;
        self.values.par_chunks(ROWS_PER_CHUNK * n_features).enumerate().map(
            move |(chunk, values)| {
                let first_row = chunk * ROWS_PER_CHUNK;
                let n_rows = values.len() / n_features;
                let weights = self
                    .weights
                    .as_ref()
                    .map(|weights| weights.get(first_row..first_row + n_rows).unwrap_or_default());
                RowChunk { first_row, n_features, values, weights }
            },
        )
    }

    /// Returns the mean over the columns of their population variances, weights left aside.
    pub(crate) fn mean_variance(&self) -> f64 {
        if self.n_rows == 0 {
            return 0.0;
        }
        let n = self.n_rows as f64;
        let means: Vec<f64> = self.column_sums(None).iter().map(|sum| sum / n).collect();
        let squares = self.column_sums(Some(&means));
        squares.iter().map(|sum| sum / n).sum::<f64>() / self.n_features as f64
    }

    /// Sums each column, or its squared deviations from `means`.
    fn column_sums(&self, means: Option<&[f64]>) -> Vec<f64> {
        let by_chunk: Vec<Vec<f64>> = self
            .par_chunks()
            .map(|chunk| {
                let mut sums = vec![0.0; self.n_features];
                for row in chunk.rows() {
                    match means {
                        None => sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x),
                        Some(means) => {
                            for ((sum, x), mean) in sums.iter_mut().zip(row).zip(means) {
                                *sum += (x - mean) * (x - mean);
                            }
                        }
                    }
                }
                sums
            })
            .collect();
        let mut total = vec![0.0; self.n_features];
        for sums in &by_chunk {
            total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        }
        total
    }
}

impl<'a> RowChunk<'a> {
    pub(crate) fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the rows in their order.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &'a [f64]> + use<'a> {
        self.values.chunks_exact(self.n_features)
    }

    /// Returns a row by its position in the chunk, which must be in it.
    #[inline]
    pub(crate) fn row(&self, position: usize) -> &'a [f64] {
        let first = position * self.n_features;
        self.values.get(first..first + self.n_features).unwrap_or_default()
    }

    /// Tells whether rows have weights of their own.
    pub(crate) fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// Returns the weight of a row by its position in the chunk.
    #[inline]
    pub(crate) fn weight(&self, position: usize) -> f64 {
        match self.weights {
            None => 1.0,
            Some(weights) => weights.get(position).copied().unwrap_or(0.0),
        }
    }
}

/// Tells whether a value can be clustered; NaN cannot.
pub(crate) fn is_in_range(value: f64) -> bool {
    value.abs() <= VALUE_MAX
}

/// Copies the rows from `first_row` on into `values`, and checks them.
///
/// Of several bad values the one in the first block of rows is reported, there by column.
fn copy_rows(
    columns: &Columns<'_>,
    first_row: usize,
    values: &mut [f64],
) -> Result<(), KMeansError> {
    let d = columns.n_features();
    for (block, rows) in values.chunks_mut(ROWS_PER_COPY * d).enumerate() {
        let first_row = first_row + block * ROWS_PER_COPY;
        let n_rows = rows.len() / d;
        for column in 0..d {
            let mut cells = rows.chunks_exact_mut(d).filter_map(|row| row.get_mut(column));
            let mut is_good = true;
            for part in columns.parts(column, first_row, n_rows) {
                for (&value, cell) in part.iter().zip(&mut cells) {
                    is_good &= is_in_range(value);
                    *cell = value;
                }
            }
            if !is_good {
                let cells = rows.iter().skip(column).step_by(d);
                let bad = cells.enumerate().find(|&(_, &value)| !is_in_range(value));
                if let Some((position, &value)) = bad {
                    let (row, what) = (first_row + position, BadValue::of(value));
                    return Err(KMeansError::Value { column, row, what });
                }
            }
        }
    }
    Ok(())
}
