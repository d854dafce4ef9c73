//! Purchases of each customer.
//!
//! The engine leaves one row a party reference in `party_purchase`, with lists; `customer_purchase` tells
//! whose each row is. They are not joined, because a join would copy every list. `customer_feature` reads
//! them where they lie, and leaves their days in the order of customers in `customer_day`.

mod by_customer;
mod days;
mod places;

use arrow_array::{Array, ListArray};
use idip_schemas::differentiate::customer_purchase;
use idip_schemas::identify::identity_map;
use idip_schemas::source::party_purchase;
use idip_stage::{Read, StageError, View};

pub(crate) use by_customer::{CustomerDays, SaleDays};
pub(crate) use days::{Day, DayLists, merge_days};
pub(crate) use places::{from_customer, purchase_places, take_customer};

/// SQL of the lines of which the price of a piece is known.
const PRICED_LINE: &str = include_str!("priced_line.sql");

/// Written SQL in which `{priced_line}` stands for the lines of which the price of a piece is known.
pub(crate) fn with_priced_lines(sql: &str) -> String {
    sql.replace("{priced_line}", PRICED_LINE)
}

/// The view that tells whose the purchases of each row of `party_purchase` are.
pub(crate) fn owners() -> View {
    View::new(
        &customer_purchase::CONTRACT,
        vec![Read::Table(&party_purchase::CONTRACT), Read::Table(&identity_map::CONTRACT)],
        include_str!("customer_purchase.sql"),
    )
}

/// Stops the night when a sale belongs to nobody: money would be lost without a word.
///
/// # Errors
///
/// When a reference has purchases and no customer.
pub(crate) fn refuse_unmapped(owners: &[customer_purchase::Columns]) -> Result<(), StageError> {
    let unmapped: usize = owners.iter().map(|batch| batch.customer_id.null_count()).sum();
    if unmapped == 0 {
        return Ok(());
    }
    Err(StageError::Data {
        message: format!("{unmapped} party reference(s) with purchases are not in `identity_map`"),
        hint: None,
    })
}

/// The part of flat list items that belongs to a row.
pub(crate) fn of_row<'a, T>(list: &ListArray, items: &'a [T], row: usize) -> &'a [T] {
    let offsets = list.value_offsets();
    let bound = |at: usize| offsets.get(at).map_or(0, |&offset| offset as usize);
    items.get(bound(row)..bound(row + 1)).unwrap_or_default()
}

/// What is wrong with a list that has no value where one is promised.
pub(crate) fn null_items(column: &str) -> StageError {
    StageError::Data {
        message: format!("table `party_purchase` has nulls inside the lists of `{column}`"),
        hint: None,
    }
}
