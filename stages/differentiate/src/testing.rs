//! Views built by hand, for the tests of several steps.

use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, ListArray, RecordBatch,
    StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use idip_schemas::differentiate::customer_purchase;
use idip_schemas::source::party_purchase;
use idip_schemas::{Amount, ColumnType};

/// Money in minor units as a column.
pub(crate) fn money(cents: impl IntoIterator<Item = i64>) -> Decimal128Array {
    Decimal128Array::from_iter_values(cents.into_iter().map(i128::from))
        .with_data_type(Amount::data_type())
}

/// Customers with the days they bought on, one basket of 10.00 a day, as purchases and their owners.
pub(crate) fn purchases(customers: &[(i64, Vec<i32>)]) -> (RecordBatch, RecordBatch) {
    let n = customers.len();
    let days: Vec<i32> = customers.iter().flat_map(|customer| customer.1.clone()).collect();
    let item = StructArray::from(vec![
        (
            Arc::new(Field::new("day", DataType::Date32, true)),
            Arc::new(Date32Array::from(days.clone())) as ArrayRef,
        ),
        (
            Arc::new(Field::new("cents", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![1000; days.len()])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("baskets", DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![1; days.len()])) as ArrayRef,
        ),
    ]);
    let days = ListArray::new(
        Arc::new(Field::new_list_field(item.data_type().clone(), true)),
        OffsetBuffer::from_lengths(customers.iter().map(|customer| customer.1.len())),
        Arc::new(item),
        None,
    );
    let no_items = || {
        ListArray::from_iter_primitive::<Int64Type, _, _>(
            (0..n).map(|_| Some(Vec::<Option<i64>>::new())),
        )
    };
    let zeros = || Int64Array::from(vec![0; n]);
    let purchase = party_purchase::Columns {
        party_ref: (0..n).map(|index| Some(format!("ref {index}"))).collect(),
        purchase_index: (0..n as i64).map(Some).collect(),
        days,
        sale_lines: zeros(),
        return_lines: zeros(),
        adjustment_lines: zeros(),
        sale_amount: money(vec![0; n]),
        return_amount: money(vec![0; n]),
        adjustment_amount: money(vec![0; n]),
        discount_amount: money(vec![0; n]),
        category_cents: no_items(),
        channel_lines: no_items(),
    };
    let owner = customer_purchase::Columns {
        customer_id: customers.iter().map(|customer| Some(customer.0)).collect(),
        purchase_index: (0..n as i64).map(Some).collect(),
    };
    (
        purchase.into_batch().expect("keeps its contract"),
        owner.into_batch().expect("keeps its contract"),
    )
}
