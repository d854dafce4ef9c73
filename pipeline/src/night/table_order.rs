//! Checks that a written table is sorted by its key, and so has each key once.

use std::cmp::Ordering;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ord::ord::make_comparator;
use arrow_schema::SortOptions;
use idip_schemas::TableContract;

/// The first row that does not come after the row before it.
pub(crate) fn first_out_of_order(
    contract: &TableContract,
    batches: &[RecordBatch],
) -> Option<usize> {
    let mut rows_before = 0;
    let mut last: Option<&RecordBatch> = None;
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        if let Some(last) = last
            && compare(contract, last, last.num_rows() - 1, batch, 0) != Some(Ordering::Less)
        {
            return Some(rows_before);
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
        if let Some(row) = (1..batch.num_rows()).find(|row| !rises(row)) {
            return Some(rows_before + row);
        }
        rows_before += batch.num_rows();
        last = Some(batch);
    }
    None
}

fn keys(contract: &TableContract, batch: &RecordBatch) -> Vec<ArrayRef> {
    contract.key.iter().filter_map(|name| batch.column_by_name(name).cloned()).collect()
}

fn compare(
    contract: &TableContract,
    a: &RecordBatch,
    row_a: usize,
    b: &RecordBatch,
    row_b: usize,
) -> Option<Ordering> {
    keys(contract, a)
        .iter()
        .zip(keys(contract, b))
        .filter_map(|(a, b)| make_comparator(a, &b, SortOptions::default()).ok())
        .map(|compare| compare(row_a, row_b))
        .find(|order| *order != Ordering::Equal)
}
