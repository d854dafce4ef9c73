//! Rows of several batches in the order of their customers, without moving a row.

use std::ops::RangeInclusive;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch};
use idip_schemas::TableContract;
use idip_stage::{Part, StageError, Views};
use rayon::prelude::*;

/// Where the row of a customer lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) customer_id: i64,
    /// Position of the batch.
    pub(crate) batch: u32,
    /// Row in the batch.
    pub(crate) row: u32,
}

/// Customers that are read together where not all of them are: two row groups of a published table, so that
/// two cores read and little is in memory. Tests see several parts of a few.
const PART_CUSTOMERS: usize = if cfg!(test) { 100 } else { 1 << 19 };

/// Rows of a view that has one for each customer, put in the order of customers.
pub(crate) struct Order {
    /// Ascending.
    pub(crate) ids: Vec<i64>,
    /// Row of each customer as it came; none when that is the order they came in.
    rows: Option<Vec<u32>>,
}

impl Order {
    /// Reads columns of a view, batch by batch, the first of which is the customer.
    ///
    /// # Errors
    ///
    /// When the view is not answered, repeats a customer, or a batch is refused.
    pub(crate) fn read(
        views: &dyn Views,
        contract: &'static TableContract,
        part: &Part<'_>,
        mut read: impl FnMut(&RecordBatch) -> Result<(), StageError>,
    ) -> Result<Self, StageError> {
        let batches = in_order(views.part(contract, part)?);
        let mut ids = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in batches {
            ids.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
            read(&batch)?;
        }
        let rows = (!ids.is_sorted()).then(|| {
            let mut rows: Vec<u32> = (0..ids.len() as u32).collect();
            rows.par_sort_unstable_by_key(|&row| ids.get(row as usize));
            ids = taken(&ids, &rows);
            rows
        });
        let repeated = ids.windows(2).filter(|pair| matches!(pair, [a, b] if a == b)).count();
        if repeated == 0 {
            Ok(Self { ids, rows })
        } else {
            Err(is_repeated(contract.name, repeated))
        }
    }

    /// Puts the last of some values, which were read of its rows, in the order of customers.
    pub(crate) fn sort_last<T: Copy>(&self, values: &mut Vec<T>) {
        let Some(rows) = &self.rows else { return };
        let first = values.len().saturating_sub(rows.len());
        let last = taken(values.get(first..).unwrap_or_default(), rows);
        values.truncate(first);
        values.extend(last);
    }

    /// Puts what was read of each row in the order of customers.
    pub(crate) fn sort<T: Copy>(&self, mut values: Vec<T>) -> Vec<T> {
        self.sort_last(&mut values);
        values
    }
}

fn taken<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    let mut taken = Vec::with_capacity(rows.len());
    taken.extend(rows.iter().filter_map(|&row| values.get(row as usize).copied()));
    taken
}

/// Batches by the first customer of each. Tables are written in the order of customers and read in pieces
/// by several threads: most often, their rows are then in order too.
pub(crate) fn in_order(mut batches: Vec<RecordBatch>) -> Vec<RecordBatch> {
    batches.sort_by_key(|batch| first_id(batch.column(0).as_primitive::<Int64Type>()));
    batches
}

fn first_id(ids: &Int64Array) -> Option<i64> {
    ids.iter().flatten().next()
}

/// The ids of all customers of a view that has one row for each of them, ascending.
///
/// # Errors
///
/// When the view is not answered or repeats a customer.
pub(crate) fn customer_ids(
    views: &dyn Views,
    contract: &'static TableContract,
) -> Result<Vec<i64>, StageError> {
    let part = Part { columns: &["customer_id"], customers: None };
    Ok(Order::read(views, contract, &part, |_| Ok(()))?.ids)
}

/// Makes sure that a part of a view has the customers expected, one row each.
///
/// # Errors
///
/// When one is missing, or there is another.
pub(crate) fn expect_customers(
    table: &str,
    places: &[Place],
    expected: &[i64],
) -> Result<(), StageError> {
    if places.iter().map(|place| place.customer_id).eq(expected.iter().copied()) {
        return Ok(());
    }
    let (found, expected) = (places.len(), expected.len());
    let message = format!(
        "a part of table `{table}` has {found} row(s) that are not those of its {expected} customer(s)"
    );
    Err(StageError::Data { message, hint: None })
}

/// Parts of all customers, each from one id to another, that no row of any customer is left out; `ids` are
/// ascending.
pub(crate) fn parts(ids: &[i64]) -> Vec<RangeInclusive<i64>> {
    let mut first = i64::MIN;
    let mut parts: Vec<RangeInclusive<i64>> = ids
        .chunks(PART_CUSTOMERS)
        .skip(1)
        .filter_map(|part| {
            let next = *part.first()?;
            let part = first..=next - 1;
            first = next;
            Some(part)
        })
        .collect();
    parts.push(first..=i64::MAX);
    parts
}

/// Lists rows by ascending customer id; a customer may have several, a null id none.
fn by_customer<'a>(ids: impl IntoIterator<Item = &'a Int64Array>) -> Vec<Place> {
    let mut batches: Vec<(usize, &Int64Array)> = ids.into_iter().enumerate().collect();
    batches.sort_by_key(|(_, ids)| first_id(ids));
    let mut places = Vec::with_capacity(batches.iter().map(|(_, ids)| ids.len()).sum());
    for (batch, ids) in batches {
        places.extend(ids.iter().enumerate().filter_map(|(row, id)| {
            id.map(|customer_id| Place { customer_id, batch: batch as u32, row: row as u32 })
        }));
    }
    // Tables are written in order, so that there is nothing left to sort more often than not.
    if !places.is_sorted() {
        places.par_sort_unstable();
    }
    places
}

/// Lists rows as [`by_customer`] does, of a table that has one row for each customer.
///
/// # Errors
///
/// When a customer has two rows.
pub(crate) fn one_by_customer<'a>(
    table: &'static str,
    ids: impl IntoIterator<Item = &'a Int64Array>,
) -> Result<Vec<Place>, StageError> {
    let places = by_customer(ids);
    let repeated = places
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.customer_id == b.customer_id))
        .count();
    if repeated == 0 {
        return Ok(places);
    }
    Err(is_repeated(table, repeated))
}

fn is_repeated(table: &str, n_rows: usize) -> StageError {
    StageError::Data {
        message: format!(
            "table `{table}` repeats a customer in {n_rows} row(s), expected one row for each"
        ),
        hint: None,
    }
}

/// The rows of one customer among places in the order of customers.
pub(crate) fn of_customer(places: &[Place], customer_id: i64) -> &[Place] {
    let from = places.partition_point(|place| place.customer_id < customer_id);
    let rest = places.get(from..).unwrap_or_default();
    let n = rest.iter().take_while(|place| place.customer_id == customer_id).count();
    rest.get(..n).unwrap_or_default()
}

/// The one row of a customer, as batch and row, of a table that has one row for each customer.
pub(crate) fn row_of(places: &[Place], customer_id: i64) -> Option<(usize, usize)> {
    let place = of_customer(places, customer_id).first()?;
    Some((place.batch as usize, place.row as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_leave_no_customer_out() {
        assert_eq!(parts(&[]), [i64::MIN..=i64::MAX]);
        let ids: Vec<i64> = (0..=2 * PART_CUSTOMERS as i64).map(|at| 3 * at).collect();
        let (second, third) = (ids[PART_CUSTOMERS], ids[2 * PART_CUSTOMERS]);
        let expected = [i64::MIN..=second - 1, second..=third - 1, third..=i64::MAX];
        assert_eq!(parts(&ids), expected);
    }

    #[test]
    fn a_part_without_one_of_its_customers_or_with_another_is_an_error() {
        let place = |customer_id| Place { customer_id, batch: 0, row: 0 };
        let expected = [2, 5];
        assert!(expect_customers("t", &[place(2), place(5)], &expected).is_ok());
        for found in [vec![place(2)], vec![place(2), place(7)], vec![]] {
            assert!(expect_customers("t", &found, &expected).is_err());
        }
    }

    #[test]
    fn rows_come_in_the_order_of_customers_and_nulls_not_at_all() {
        let first = Int64Array::from(vec![Some(9), None, Some(2)]);
        let second = Int64Array::from(vec![5]);
        let ids: Vec<_> = by_customer([&first, &second]).iter().map(|p| p.customer_id).collect();
        assert_eq!(ids, [2, 5, 9]);
    }

    #[test]
    fn a_repeated_customer_is_an_error_where_one_row_is_promised() {
        let ids = Int64Array::from(vec![4, 1, 4, 4]);
        let error = one_by_customer("rfm_input", [&ids]).expect_err("repeats customer 4");
        assert_eq!(
            error.to_string(),
            "table `rfm_input` repeats a customer in 2 row(s), expected one row for each"
        );
    }
}
