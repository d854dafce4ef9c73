//! Checks that a written table is sorted by its key, and so has each key once.

use std::cmp::Ordering;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ord::ord::make_comparator;
use arrow_schema::SortOptions;
use idip_schemas::TableContract;

/// Follows the rows of a table as they come.
#[derive(Debug, Default)]
pub(crate) struct KeyOrder {
    n_rows: usize,
    /// The last row that came.
    last: Option<RecordBatch>,
}

impl KeyOrder {
    /// Takes the next rows; returns the position of the first that does not come after the one before it.
    pub(crate) fn first_out(
        &mut self,
        contract: &TableContract,
        batch: &RecordBatch,
    ) -> Option<usize> {
        let n = batch.num_rows();
        let end = n.checked_sub(1)?;
        if let Some(last) = &self.last
            && compare(contract, last, batch) != Some(Ordering::Less)
        {
            return Some(self.n_rows);
        }
        let comparators: Option<Vec<_>> = keys(contract, batch)
            .into_iter()
            .map(|key| make_comparator(&key, &key, SortOptions::default()).ok())
            .collect();
        let comparators = comparators?;
        let rises = |row: &usize| {
            comparators
                .iter()
                .map(|compare| compare(row - 1, *row))
                .find(|order| *order != Ordering::Equal)
                == Some(Ordering::Less)
        };
        if let Some(row) = (1..n).find(|row| !rises(row)) {
            return Some(self.n_rows + row);
        }
        self.n_rows += n;
        self.last = Some(batch.slice(end, 1));
        None
    }
}

fn keys(contract: &TableContract, batch: &RecordBatch) -> Vec<ArrayRef> {
    contract.key.iter().filter_map(|name| batch.column_by_name(name).cloned()).collect()
}

/// Compares the first rows of two batches.
fn compare(contract: &TableContract, a: &RecordBatch, b: &RecordBatch) -> Option<Ordering> {
    keys(contract, a)
        .iter()
        .zip(keys(contract, b))
        .filter_map(|(a, b)| make_comparator(a, &b, SortOptions::default()).ok())
        .map(|compare| compare(0, 0))
        .find(|order| *order != Ordering::Equal)
}
