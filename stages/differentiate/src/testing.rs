//! Views built by hand, for the tests of several steps.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, ListArray, RecordBatch,
    StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use idip_schemas::differentiate::customer_purchase;
use idip_schemas::source::party_day;
use idip_schemas::{Amount, ColumnType};

/// Money in minor units as a column.
pub(crate) fn money(cents: impl IntoIterator<Item = i64>) -> Decimal128Array {
    Decimal128Array::from_iter_values(cents.into_iter().map(i128::from))
        .with_data_type(Amount::data_type())
}

/// Customers with the days they bought on, one basket of 10.00 a day, as days and their owners.
pub(crate) fn purchases(customers: &[(i64, Vec<i32>)]) -> (RecordBatch, RecordBatch) {
    let bought: Vec<Vec<(i32, i64)>> = customers
        .iter()
        .map(|customer| customer.1.iter().map(|&day| (day, 1000)).collect())
        .collect();
    let owner = customer_purchase::Columns {
        customer_id: customers.iter().map(|customer| Some(customer.0)).collect(),
        purchase_index: (0..customers.len() as i64).map(Some).collect(),
    };
    (
        party_days(bought.iter().map(Vec::as_slice), 0),
        owner.into_batch().expect("keeps its contract"),
    )
}

/// Days and net cents of references, one basket a day.
pub(crate) fn party_days<'a>(
    references: impl Iterator<Item = &'a [(i32, i64)]> + Clone,
    first_index: i64,
) -> RecordBatch {
    let bought = || references.clone().flatten();
    let field = |name: &str, data_type: DataType| Arc::new(Field::new(name, data_type, true));
    let item = StructArray::from(vec![
        (
            field("day", DataType::Date32),
            Arc::new(Date32Array::from_iter_values(bought().map(|day| day.0))) as ArrayRef,
        ),
        (
            field("cents", DataType::Int64),
            Arc::new(Int64Array::from_iter_values(bought().map(|day| day.1))) as ArrayRef,
        ),
        (
            field("baskets", DataType::Int32),
            Arc::new(Int32Array::from_iter_values(bought().map(|_| 1))) as ArrayRef,
        ),
    ]);
    let days = ListArray::new(
        Arc::new(Field::new_list_field(item.data_type().clone(), true)),
        OffsetBuffer::from_lengths(references.clone().map(<[_]>::len)),
        Arc::new(item),
        None,
    );
    let indices = first_index..first_index + references.count() as i64;
    party_day::Columns {
        party_ref: indices.clone().map(|index| Some(format!("ref {index}"))).collect(),
        purchase_index: indices.map(Some).collect(),
        days,
    }
    .into_batch()
    .expect("keeps its contract")
}
