//! Where the purchases of each customer lie.

use arrow_array::Int64Array;
use idip_schemas::differentiate::customer_purchase;
use idip_stage::StageError;
use rayon::prelude::*;

use crate::order::Place;

/// Place of a row that no batch has.
const NOWHERE: (u32, u32) = (u32::MAX, u32::MAX);

/// Where the purchases of each customer lie, by ascending customer.
///
/// `indices` are the `purchase_index` of each batch of purchases.
///
/// # Errors
///
/// When an owner names purchases that are not there.
pub(super) fn purchase_places<'a>(
    owners: &[customer_purchase::Columns],
    indices: impl Iterator<Item = &'a Int64Array> + Clone,
) -> Result<Vec<Place>, StageError> {
    let n_rows = indices.clone().map(|batch| batch.values().len()).sum();
    let mut rows = vec![NOWHERE; n_rows];
    for (batch, indices) in (0..).zip(indices) {
        for (row, &index) in (0..).zip(indices.values()) {
            if let Some(slot) = usize::try_from(index).ok().and_then(|at| rows.get_mut(at)) {
                *slot = (batch, row);
            }
        }
    }
    let place = |(customer_id, index): (Option<i64>, Option<i64>)| {
        let (customer_id, index) = (customer_id?, index?);
        let found = usize::try_from(index)
            .ok()
            .and_then(|at| rows.get(at).copied())
            .filter(|found| *found != NOWHERE);
        Some(found.map(|(batch, row)| Place { customer_id, batch, row }).ok_or_else(|| {
            StageError::Data {
                message: format!("`party_purchase` has no row of `purchase_index` {index}"),
                hint: None,
            }
        }))
    };
    let mut places = owners
        .iter()
        .flat_map(|batch| batch.customer_id.iter().zip(&batch.purchase_index))
        .filter_map(place)
        .collect::<Result<Vec<Place>, StageError>>()?;
    places.par_sort_unstable();
    Ok(places)
}

/// The places from that customer on.
pub(super) fn from_customer(places: &[Place], customer_id: i64) -> &[Place] {
    places.get(places.partition_point(|place| place.customer_id < customer_id)..).unwrap_or(&[])
}

/// Takes the places of that customer off the front.
pub(super) fn take_customer<'a>(places: &mut &'a [Place], customer_id: i64) -> &'a [Place] {
    let n = places.iter().take_while(|place| place.customer_id == customer_id).count();
    let (mine, rest) = places.split_at_checked(n).unwrap_or((&[], *places));
    *places = rest;
    mine
}
