//! Views built by hand, for the tests of several steps.

use arrow_array::{Decimal128Array, RecordBatch};
use idip_schemas::differentiate::customer_day;
use idip_schemas::{Amount, ColumnType};

/// Money in minor units as a column.
pub(crate) fn money(cents: impl IntoIterator<Item = i64>) -> Decimal128Array {
    Decimal128Array::from_iter_values(cents.into_iter().map(i128::from))
        .with_data_type(Amount::data_type())
}

/// Customers with the days they bought on, one basket of 10.00 a day.
pub(crate) fn purchases(customers: &[(i64, Vec<i32>)]) -> RecordBatch {
    let bought: Vec<(i64, Vec<(i32, i64)>)> = customers
        .iter()
        .map(|(id, days)| (*id, days.iter().map(|&day| (day, 1000)).collect()))
        .collect();
    customer_days(&bought)
}

/// Customers with their days and net cents, one basket a day.
pub(crate) fn customer_days(customers: &[(i64, Vec<(i32, i64)>)]) -> RecordBatch {
    let rows = || customers.iter().flat_map(|(id, days)| days.iter().map(move |day| (*id, *day)));
    customer_day::Columns {
        customer_id: rows().map(|row| Some(row.0)).collect(),
        day: rows().map(|row| Some(row.1.0)).collect(),
        cents: rows().map(|row| Some(row.1.1)).collect(),
        baskets: rows().map(|_| Some(1)).collect(),
    }
    .into_batch()
    .expect("keeps its contract")
}
