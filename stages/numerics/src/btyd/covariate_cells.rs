//! Customers with equal covariates and equal histories, counted once.

use std::cmp::Ordering;
use std::ops::Range;

use rayon::slice::ParallelSliceMut;
use thiserror::Error;

use super::cells::{RowKey, row_keys};
use super::{Cells, CellsError};

/// Cells of one task, about; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4_096;

/// Columns of covariates, one value a customer each; scale them to about unit spread.
#[derive(Debug, Clone, Copy)]
pub struct Covariates<'a> {
    /// Covariates of purchasing.
    pub purchase: &'a [&'a [f64]],
    /// Covariates of leaving.
    pub dropout: &'a [&'a [f64]],
}

/// Why covariates are refused.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum CovariateError {
    /// The histories are not valid.
    #[error(transparent)]
    Histories(#[from] CellsError),
    /// A column of covariates has not one value a customer.
    #[error("covariate {column} has {found} row(s), expected {expected}")]
    Lengths {
        /// The column, purchase covariates first, from 0.
        column: usize,
        /// Customers.
        expected: usize,
        /// Rows found.
        found: usize,
    },
    /// A value is not a number of sensible size.
    #[error("covariate {column} is {value} in row {row}, expected -1e6 to 1e6")]
    Value {
        /// The row, from 0.
        row: usize,
        /// The column, purchase covariates first, from 0.
        column: usize,
        /// The value.
        value: f64,
    },
}

/// Unique pairs of covariates and history, those of equal covariates together.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateCells {
    cells: Cells,
    /// First cell of each pattern of covariates, and behind the last the number of cells.
    starts: Vec<usize>,
    /// Covariates of each pattern, purchase ones first; row by row.
    values: Vec<f64>,
    n_purchase: usize,
    n_dropout: usize,
}

/// Cells of one pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) pattern: usize,
    pub(super) cells: Range<usize>,
}

impl CovariateCells {
    /// Compresses customers as [`Cells::compress`] does, those of equal covariates apart.
    ///
    /// Returns each customer's cell too. Covariates with few values (groups, channels) make few
    /// patterns and cost little more than no covariates; continuous ones make a pattern of each
    /// customer and cost a microsecond for each of them and each step of a fit.
    ///
    /// # Errors
    /// As [`Cells::compress`]; a column that has not one value a customer; the first value beyond
    /// -1e6 to 1e6 or NaN.
    pub fn compress<X, D>(
        frequency: &[X],
        recency_days: &[D],
        t_days: &[D],
        covariates: Covariates<'_>,
    ) -> Result<(Self, Vec<u32>), CovariateError>
    where
        X: Copy + Into<i64>,
        D: Copy + Into<i64>,
    {
        let keys = row_keys(frequency, recency_days, t_days, 1)?.collect::<Result<Vec<_>, _>>()?;
        let columns: Vec<&[f64]> =
            covariates.purchase.iter().chain(covariates.dropout).copied().collect();
        check(&columns, keys.len())?;
        // Minus zero is zero, so that both are one pattern.
        let value = |column: &&[f64], row: u32| column.get(row as usize).map_or(0.0, |v| v + 0.0);
        let by_pattern = |a: &RowKey, b: &RowKey| {
            columns.iter().fold(Ordering::Equal, |order, column| {
                order.then_with(|| value(column, a.3).total_cmp(&value(column, b.3)))
            })
        };
        let mut sorted = keys;
        sorted.par_sort_unstable_by(|a, b| by_pattern(a, b).then_with(|| a.cmp(b)));

        let mut cells = Cells::default();
        let mut cell_of_row = vec![0; sorted.len()];
        let (mut starts, mut values) = (Vec::new(), Vec::new());
        for pattern in sorted.chunk_by(|a, b| by_pattern(a, b).is_eq()) {
            let Some(first) = pattern.first() else { continue };
            starts.push(cells.len());
            values.extend(columns.iter().map(|column| value(column, first.3)));
            cells.append(pattern, &mut cell_of_row);
        }
        starts.push(cells.len());
        let (n_purchase, n_dropout) = (covariates.purchase.len(), covariates.dropout.len());
        Ok((Self { cells, starts, values, n_purchase, n_dropout }, cell_of_row))
    }

    /// Returns the cells; equal histories of different covariates are different cells.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Returns the number of purchase covariates.
    pub fn n_purchase(&self) -> usize {
        self.n_purchase
    }

    /// Returns the number of dropout covariates.
    pub fn n_dropout(&self) -> usize {
        self.n_dropout
    }

    /// Returns the number of different combinations of covariates.
    pub fn n_patterns(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Returns the purchase and the dropout covariates of a pattern; empty if there is none.
    pub(super) fn covariates_of(&self, pattern: usize) -> (&[f64], &[f64]) {
        let width = self.n_purchase + self.n_dropout;
        let values = self.values.get(pattern * width..(pattern + 1) * width).unwrap_or_default();
        values.split_at_checked(self.n_purchase).unwrap_or_default()
    }

    /// Returns the cells in tasks of about equal size, in order.
    pub(super) fn tasks(&self) -> Vec<Vec<Part>> {
        let mut tasks = Vec::new();
        let (mut task, mut size) = (Vec::new(), 0);
        for (pattern, bounds) in self.starts.windows(2).enumerate() {
            let &[mut start, end] = bounds else { continue };
            while start < end {
                let stop = end.min(start + CHUNK - size);
                task.push(Part { pattern, cells: start..stop });
                size += stop - start;
                start = stop;
                if size == CHUNK {
                    tasks.push(std::mem::take(&mut task));
                    size = 0;
                }
            }
        }
        if !task.is_empty() {
            tasks.push(task);
        }
        tasks
    }

    /// Returns the cells of all customers without regard to covariates.
    pub(super) fn without_covariates(&self) -> Cells {
        let mut keys: Vec<(u32, u32, u32, u32)> = Vec::new();
        let columns = self.cells.frequency().iter().zip(self.cells.recency_days());
        let columns = columns.zip(self.cells.t_days().iter().zip(self.cells.n_customers()));
        for ((&x, &t_x), (&t, &n)) in columns {
            keys.extend((0..n).map(|_| (x, t_x, t, 0)));
        }
        keys.par_sort_unstable();
        let mut cells = Cells::default();
        cells.append(&keys, &mut []);
        cells
    }
}

fn check(columns: &[&[f64]], expected: usize) -> Result<(), CovariateError> {
    for (column, values) in columns.iter().enumerate() {
        if values.len() != expected {
            return Err(CovariateError::Lengths { column, expected, found: values.len() });
        }
        let bad = values.iter().enumerate().find(|(_, value)| !(-1e6..=1e6).contains(*value));
        if let Some((row, &value)) = bad {
            return Err(CovariateError::Value { row, column, value });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_covariates_stand_together() {
        let purchase: &[&[f64]] = &[&[1.0, 0.0, 1.0, -0.0, 1.0]];
        let covariates = Covariates { purchase, dropout: &[] };
        let (cells, cell_of_row) = CovariateCells::compress(
            &[1, 0, 1, 0, 0],
            &[5, 0, 5, 0, 0],
            &[9, 9, 9, 9, 9],
            covariates,
        )
        .expect("valid");
        assert_eq!(cells.n_patterns(), 2);
        assert_eq!(cells.cells().n_customers(), [2, 1, 2]);
        assert_eq!(cell_of_row, [2, 0, 2, 0, 1]);
        assert_eq!(cells.covariates_of(1), (&[1.0][..], &[][..]));
        assert_eq!(cells.without_covariates().n_customers(), [3, 2]);
        let parts: Vec<Part> = cells.tasks().concat();
        assert_eq!(parts, [Part { pattern: 0, cells: 0..1 }, Part { pattern: 1, cells: 1..3 }]);
    }

    #[test]
    fn a_bad_covariate_is_named() {
        let error = |purchase: &[&[f64]], dropout: &[&[f64]]| {
            let covariates = Covariates { purchase, dropout };
            let zeros = [0_i64; 2];
            let compressed = CovariateCells::compress(&zeros, &zeros, &zeros, covariates);
            compressed.expect_err("a bad covariate").to_string()
        };
        assert_eq!(error(&[], &[&[1.0]]), "covariate 0 has 1 row(s), expected 2");
        assert_eq!(
            error(&[&[1.0, 2.0]], &[&[0.0, f64::NAN]]),
            "covariate 1 is NaN in row 1, expected -1e6 to 1e6"
        );
    }
}
