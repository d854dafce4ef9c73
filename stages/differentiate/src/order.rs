//! Rows of several batches in the order of their customers, without moving a row.

use arrow_array::Int64Array;
use idip_stage::StageError;
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

/// Lists rows by ascending customer id; a customer may have several, a null id none.
fn by_customer<'a>(ids: impl IntoIterator<Item = &'a Int64Array>) -> Vec<Place> {
    let mut places = Vec::new();
    for (batch, ids) in ids.into_iter().enumerate() {
        places.reserve(ids.len());
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
    Err(StageError::Data {
        message: format!(
            "table `{table}` repeats a customer in {repeated} row(s), expected one row for each"
        ),
        hint: None,
    })
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
