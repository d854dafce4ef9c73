//! Borrowed feature columns, whole or in Arrow chunks.

use arrow_array::{Array, Float64Array};
use thiserror::Error;

/// Feature columns of equal length, borrowed, in one or several row chunks.
///
/// Shape `(n_rows, n_features)`. A chunk is what one Arrow record batch holds: one slice a feature.
#[derive(Debug, Clone)]
pub struct Columns<'a> {
    n_rows: usize,
    n_features: usize,
    chunks: Vec<Vec<&'a [f64]>>,
}

/// Why columns cannot be read as a table of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ColumnsError {
    /// There is no feature.
    #[error("no feature column, expected one or more")]
    NoColumns,
    /// A chunk has another number of columns than the first one.
    #[error("chunk {chunk} has {found} column(s), expected {expected} as in chunk 0")]
    UnequalWidths {
        /// Position of the chunk.
        chunk: usize,
        /// Columns of chunk 0.
        expected: usize,
        /// Columns of this chunk.
        found: usize,
    },
    /// A column is longer or shorter than its neighbours.
    #[error("column {column} of chunk {chunk} has {found} row(s), expected {expected} as column 0")]
    UnequalLengths {
        /// Position of the chunk.
        chunk: usize,
        /// Position of the column.
        column: usize,
        /// Rows of column 0.
        expected: usize,
        /// Rows of this column.
        found: usize,
    },
    /// An Arrow column holds a null.
    #[error("column {column} is null in row {row}, expected a number")]
    Null {
        /// Position of the column.
        column: usize,
        /// Row over all chunks, from 0.
        row: usize,
    },
}

impl<'a> Columns<'a> {
    /// Borrows one slice a feature.
    ///
    /// # Errors
    ///
    /// [`ColumnsError`] when there is no column or lengths differ.
    pub fn new(columns: &[&'a [f64]]) -> Result<Self, ColumnsError> {
        Self::from_chunks(vec![columns.to_vec()])
    }

    /// Borrows row chunks, each of one slice a feature, read as one table in their order.
    ///
    /// # Errors
    ///
    /// [`ColumnsError`] when there is no column, or widths or lengths differ.
    pub fn from_chunks(chunks: Vec<Vec<&'a [f64]>>) -> Result<Self, ColumnsError> {
        let n_features = chunks.first().map_or(0, Vec::len);
        if n_features == 0 {
            return Err(ColumnsError::NoColumns);
        }
        let mut n_rows = 0;
        for (chunk, columns) in chunks.iter().enumerate() {
            if columns.len() != n_features {
                return Err(ColumnsError::UnequalWidths {
                    chunk,
                    expected: n_features,
                    found: columns.len(),
                });
            }
            let expected = columns.first().map_or(0, |column| column.len());
            for (column, values) in columns.iter().enumerate() {
                if values.len() != expected {
                    return Err(ColumnsError::UnequalLengths {
                        chunk,
                        column,
                        expected,
                        found: values.len(),
                    });
                }
            }
            n_rows += expected;
        }
        Ok(Self { n_rows, n_features, chunks })
    }

    /// Borrows Arrow columns chunk by chunk, without a copy.
    ///
    /// # Errors
    ///
    /// [`ColumnsError`] as for [`Columns::from_chunks`], and when a value is null.
    pub fn from_arrow(chunks: &[Vec<&'a Float64Array>]) -> Result<Self, ColumnsError> {
        let mut first_row = 0;
        for columns in chunks {
            for (column, array) in columns.iter().enumerate() {
                if array.null_count() > 0 {
                    let row = (0..array.len()).find(|&row| array.is_null(row)).unwrap_or(0);
                    return Err(ColumnsError::Null { column, row: first_row + row });
                }
            }
            first_row += columns.first().map_or(0, |array| Array::len(*array));
        }
        Self::from_chunks(
            chunks
                .iter()
                .map(|columns| columns.iter().map(|array| &array.values()[..]).collect())
                .collect(),
        )
    }

    /// Returns the number of rows over all chunks.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Returns the number of features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the values of a feature over all chunks; none when there is no such feature.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f64> {
        self.chunks
            .iter()
            .filter_map(move |columns| columns.get(column))
            .flat_map(|slice| slice.iter().copied())
    }

    /// Returns `n_rows` values of a feature from `first_row` on, as slices of the chunks they lie in.
    pub(crate) fn parts(
        &self,
        column: usize,
        first_row: usize,
        n_rows: usize,
    ) -> impl Iterator<Item = &'a [f64]> {
        let (mut to_skip, mut to_take) = (first_row, n_rows);
        self.chunks.iter().filter_map(move |columns| columns.get(column)).map(move |slice| {
            let first = to_skip.min(slice.len());
            let last = first + to_take.min(slice.len() - first);
            to_skip -= first;
            to_take -= last - first;
            slice.get(first..last).unwrap_or_default()
        })
    }

    /// Copies some rows, given ascending: a column of values each.
    pub(crate) fn gather(&self, rows: &[usize]) -> Vec<Vec<f64>> {
        let mut gathered: Vec<Vec<f64>> =
            (0..self.n_features).map(|_| Vec::with_capacity(rows.len())).collect();
        let (mut rest, mut first) = (rows, 0);
        for columns in &self.chunks {
            let n_rows = columns.first().map_or(0, |column| column.len());
            let n_mine = rest.partition_point(|&row| row < first + n_rows);
            let (mine, others) = rest.split_at_checked(n_mine).unwrap_or((rest, &[]));
            for (values, column) in gathered.iter_mut().zip(columns) {
                values.extend(mine.iter().filter_map(|&row| column.get(row - first)));
            }
            (rest, first) = (others, first + n_rows);
        }
        gathered
    }

    /// Copies the values row by row: `n_rows * n_features` values, row-major.
    pub fn to_rows(&self) -> Vec<f64> {
        let mut rows = vec![0.0; self.n_rows * self.n_features];
        for column in 0..self.n_features {
            let cells = rows.iter_mut().skip(column).step_by(self.n_features);
            for (cell, value) in cells.zip(self.column(column)) {
                *cell = value;
            }
        }
        rows
    }
}
