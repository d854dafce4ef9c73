//! The one copy of the data: sparse rows, checked, in fixed chunks.

use rayon::prelude::*;

use super::NmfError;
use crate::kmeans::Columns;

/// Rows of a chunk, the unit of parallel work. Fixed, so that sums are added in the same order on
/// any number of threads; of this size, so that a chunk's weights stay in the L2 cache.
pub(super) const ROWS_PER_CHUNK: usize = 8_192;

/// Largest value taken: squares and their sums stay finite.
const VALUE_MAX: f64 = 1e100;

/// Rows without their zeros.
#[derive(Debug)]
pub(super) struct SparseRows {
    pub(super) n_rows: usize,
    pub(super) n_features: usize,
    pub(super) chunks: Vec<SparseChunk>,
}

/// The rows of one chunk, one after the other.
#[derive(Debug)]
pub(super) struct SparseChunk {
    /// Where each row's cells end.
    ends: Vec<usize>,
    /// Column of each cell, ascending within a row, and its value.
    cells: Vec<(u32, f64)>,
}

impl SparseRows {
    /// Copies columns without their zeros, and checks every value.
    ///
    /// Of several bad values the one in the first chunk is reported, there by column.
    pub(super) fn from_columns(columns: &Columns<'_>) -> Result<Self, NmfError> {
        let (n_rows, n_features) = (columns.n_rows(), columns.n_features());
        let chunks: Vec<Result<SparseChunk, NmfError>> = (0..n_rows.div_ceil(ROWS_PER_CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let first_row = chunk * ROWS_PER_CHUNK;
                SparseChunk::new(columns, first_row, ROWS_PER_CHUNK.min(n_rows - first_row))
            })
            .collect();
        let chunks = chunks.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Self { n_rows, n_features, chunks })
    }

    /// Returns the sum of all values and the sum of their squares.
    pub(super) fn sums(&self) -> (f64, f64) {
        let by_chunk: Vec<(f64, f64)> = self
            .chunks
            .par_iter()
            .map(|chunk| {
                chunk
                    .cells
                    .iter()
                    .fold((0.0, 0.0), |(sum, squares), &(_, x)| (sum + x, squares + x * x))
            })
            .collect();
        by_chunk.iter().fold((0.0, 0.0), |(sum, squares), part| (sum + part.0, squares + part.1))
    }
}

impl SparseChunk {
    fn new(columns: &Columns<'_>, first_row: usize, n_rows: usize) -> Result<Self, NmfError> {
        // First how many cells each row has, then where they go.
        let mut next = vec![0; n_rows];
        for column in 0..columns.n_features() {
            let values = columns.parts(column, first_row, n_rows).flatten();
            for (row, (&value, n_cells)) in values.zip(&mut next).enumerate() {
                if !(0.0..=VALUE_MAX).contains(&value) {
                    return Err(NmfError::Value { column, row: first_row + row, value });
                }
                *n_cells += usize::from(value > 0.0);
            }
        }
        let mut n_cells = 0;
        for start in &mut next {
            n_cells += std::mem::replace(start, n_cells);
        }
        let mut cells = vec![(0, 0.0); n_cells];
        for column in 0..columns.n_features() {
            let values = columns.parts(column, first_row, n_rows).flatten();
            for (&value, next) in values.zip(&mut next) {
                if value > 0.0
                    && let Some(cell) = cells.get_mut(*next)
                {
                    *cell = (column as u32, value);
                    *next += 1;
                }
            }
        }
        Ok(Self { ends: next, cells })
    }

    /// Returns the cells of each row, in the order of rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(&start, &end)| self.cells.get(start..end).unwrap_or_default())
    }
}

/// Tells whether every value is a number from 0 to 1e100, or where the first one is that is not.
pub(super) fn check_values(what: &'static str, values: &[f64]) -> Result<(), NmfError> {
    match values.iter().position(|value| !(0.0..=VALUE_MAX).contains(value)) {
        None => Ok(()),
        Some(position) => Err(NmfError::StartValue { what, position }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lose_their_zeros_and_keep_their_order() {
        let columns = Columns::new(&[&[0.0, 2.0, 0.0], &[1.0, 3.0, 0.0]]).expect("a table");
        let rows = SparseRows::from_columns(&columns).expect("from 0");
        let found: Vec<&[(u32, f64)]> = rows.chunks.iter().flat_map(SparseChunk::rows).collect();
        assert_eq!(found, [&[(1, 1.0)][..], &[(0, 2.0), (1, 3.0)], &[]]);
        assert_eq!(rows.sums(), (6.0, 14.0));
    }

    #[test]
    fn a_negative_value_is_named() {
        let columns = Columns::new(&[&[0.0, 0.0], &[0.0, -1.0]]).expect("a table");
        let error = SparseRows::from_columns(&columns).expect_err("is refused");
        assert_eq!(error.to_string(), "column 1 is -1 in row 1, expected a number from 0 to 1e100");
    }
}
