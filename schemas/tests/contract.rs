//! The check of a batch against its contract.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Int64Array, RecordBatch, StringArray,
};
use idip_schemas::interact::channel_permission;
use idip_schemas::measure::segment_migration;
use idip_schemas::source::reconciliation;
use idip_schemas::{Violation, build_batch};

fn ids(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn texts(values: Vec<&str>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

#[test]
fn a_broken_batch_is_told_everything_that_is_wrong_with_it() {
    let batch = RecordBatch::try_from_iter([
        ("customer_id", ids(vec![Some(1), None])),
        ("permitted", texts(vec!["yes", "no"])),
        ("e_mail", texts(vec!["a@example.org", "b@example.org"])),
    ])
    .expect("equal lengths");

    let error = channel_permission::CONTRACT.check(&batch).expect_err("breaks the contract");

    assert_eq!(
        error.to_string(),
        "table `channel_permission` breaks contract v1: \
         column `customer_id` has nulls in 1 row(s), expected none; \
         column `channel` is missing; \
         column `permitted` is Utf8, expected Boolean; \
         column `reason` is missing; \
         column `e_mail` is not in the contract"
    );
    assert!(!error.to_string().contains("example.org"), "an error must hold no value");
}

#[test]
fn the_order_of_columns_does_not_matter() {
    let batch = RecordBatch::try_from_iter([
        ("reason", texts(vec!["permitted"])),
        ("permitted", Arc::new(BooleanArray::from(vec![true])) as ArrayRef),
        ("channel", texts(vec!["email"])),
        ("customer_id", ids(vec![Some(7)])),
    ])
    .expect("equal lengths");

    let columns = channel_permission::Columns::parse(&batch).expect("keeps the contract");

    assert_eq!(columns.customer_id.values(), &[7]);
    assert_eq!(columns.channel.value(0), "email");
}

#[test]
fn money_of_another_scale_is_another_type() {
    let amount = Decimal128Array::from(vec![Some(1_i128)])
        .with_precision_and_scale(18, 3)
        .expect("is a decimal");
    let error = build_batch(
        &reconciliation::CONTRACT,
        vec![texts(vec!["till"]), texts(vec!["read"]), ids(vec![Some(1)]), Arc::new(amount)],
    )
    .expect_err("cents are not thousandths");

    assert!(matches!(error.violations[..], [Violation::Type { column: "amount", .. }]));
}

#[test]
fn columns_of_unequal_length_make_no_batch() {
    let error = build_batch(
        &reconciliation::CONTRACT,
        vec![
            texts(vec!["till", "till"]),
            texts(vec!["read"]),
            ids(vec![Some(1), Some(2)]),
            Arc::new(reconciliation_amounts(2)),
        ],
    )
    .expect_err("one column is short");

    assert_eq!(error.table, "reconciliation");
    assert!(error.to_string().contains("`outcome`"), "names the short column: {error}");
}

#[test]
fn a_column_too_few_is_told_by_name_and_one_too_many_makes_no_batch() {
    let three = vec![texts(vec!["till"]), texts(vec!["read"]), ids(vec![Some(1)])];
    let error = build_batch(&reconciliation::CONTRACT, three.clone()).expect_err("one is missing");
    assert_eq!(error.violations, [Violation::Missing { column: "amount" }]);

    let amount: ArrayRef = Arc::new(reconciliation_amounts(1));
    let five = [three, vec![Arc::clone(&amount), amount]].concat();
    assert!(build_batch(&reconciliation::CONTRACT, five).is_err());
}

#[test]
fn typed_columns_come_back_from_their_batch() {
    let columns = segment_migration::Columns {
        axis: vec!["value", "value"].into(),
        from_segment: vec!["(new)", "best"].into(),
        to_segment: vec!["best", "(gone)"].into(),
        n_customers: vec![3, 1].into(),
        net_amount: Decimal128Array::from(vec![1_999, -5])
            .with_precision_and_scale(18, 2)
            .expect("is money"),
    };

    let batch = columns.into_batch().expect("keeps the contract");

    assert_eq!(batch.schema(), segment_migration::CONTRACT.schema());
    assert_eq!(batch.column(3).as_primitive::<Int64Type>().values(), &[3, 1]);
    let again = segment_migration::Columns::parse(&batch).expect("keeps the contract");
    assert_eq!(again.net_amount.values(), &[1_999, -5]);
}

#[test]
fn an_empty_batch_keeps_every_contract() {
    for contract in idip_schemas::all() {
        let empty = contract.empty();
        assert_eq!(empty.num_rows(), 0);
        assert_eq!(contract.check(&empty), Ok(()), "{}", contract.name);
    }
}

fn reconciliation_amounts(n: usize) -> Decimal128Array {
    let amounts = Decimal128Array::from(vec![None::<i128>; n]);
    assert_eq!(amounts.null_count(), n);
    amounts.with_data_type((reconciliation::CONTRACT.columns[3].data_type)())
}
