use arrow_array::Decimal128Array;
use idip_schemas::{Amount, ColumnType};

use super::*;

fn money(cents: &[i128]) -> Decimal128Array {
    Decimal128Array::from_iter_values(cents.iter().copied()).with_data_type(Amount::data_type())
}

fn run(views: &Tables) -> Tables {
    let context = RunContext { logical_date: 1000, seed: 1, currency: "EUR".to_owned() };
    PriceWatch.run(&context, views).expect("runs")
}

fn views(exposed: &[i64]) -> Tables {
    let moves = price_move::Columns {
        product_ref: vec!["tea", "bread", "rare", "salt"].into(),
        n_prior: vec![10, 10, 4, 10].into(),
        n_last: vec![5, 10, 9, 10].into(),
        // ln 2 = 0.6931: tea from 1 to 2; bread the same; rare is rarely bought; salt up by 4.9 %.
        prior_sum: vec![0, 500, 0, 0].into(),
        last_sum: vec![5 * 6931, 500, 90_000, 10 * 478].into(),
    };
    let exposure = price_exposure::Columns {
        customer_id: exposed.to_vec().into(),
        n_products: vec![1; exposed.len()].into(),
    };
    let customers = price_customer::Columns {
        customer_id: vec![1, 2, 3, 4].into(),
        last_90_days_amount: money(&[5000, 7000, 10_000, 12_000]),
        prior_90_days_amount: money(&[10_000, 10_000, 10_000, 10_000]),
        days_since_last: vec![Some(100), Some(10), Some(89), Some(3)].into(),
        price_elasticity: vec![Some(-1.5), None, Some(-0.5), None].into(),
    };
    Tables::default()
        .with(&price_move::CONTRACT, vec![moves.into_batch().expect("keeps its contract")])
        .with(&price_exposure::CONTRACT, vec![exposure.into_batch().expect("keeps its contract")])
        .with(&price_customer::CONTRACT, vec![customers.into_batch().expect("keeps its contract")])
}

fn watched(written: &Tables) -> price_watch::Columns {
    let batch = written.batch(&price_watch::CONTRACT).expect("is written");
    price_watch::Columns::parse(&batch).expect("keeps its contract")
}

#[test]
fn those_who_met_higher_prices_are_compared_with_the_others() {
    let written = run(&views(&[1, 2]));
    let batch = written.batch(&price_rise::CONTRACT).expect("is written");
    let rises = price_rise::Columns::parse(&batch).expect("keeps its contract");
    assert_eq!((rises.product_ref.len(), rises.product_ref.value(0)), (1, "tea"));
    assert!((rises.rise.value(0) - 1.0).abs() < 1e-4);
    let found = watched(&written);
    // Of the exposed one of two bought, of the others both; money −50 and −30 against 0 and 20.
    assert_eq!((found.outcome.value(0), found.outcome.value(1)), ("bought_share", "net_amount"));
    assert_eq!((found.n_exposed.value(1), found.n_unexposed.value(1)), (2, 2));
    assert!((found.difference.value(0) + 0.5).abs() < 1e-12);
    assert!((found.difference.value(1) + 50.0).abs() < 1e-9);
    assert!(found.lower.value(1) < -50.0 && found.upper.value(1) > -50.0);
    let batch = written.batch(&price_exposed_customer::CONTRACT).expect("is written");
    let exposed = price_exposed_customer::Columns::parse(&batch).expect("keeps its contract");
    assert!(exposed.is_sensitive.value(0) && exposed.is_sensitive.is_null(1));
}

#[test]
fn without_prices_or_rises_the_reason_is_told() {
    let found = watched(&run(&views(&[])));
    assert!(found.difference.is_null(1) && found.exposed_mean.is_null(1));
    assert_eq!(found.reason.value(1), "no_rise");
    let found = watched(&run(&views(&[1])));
    assert_eq!(found.reason.value(1), "few_customers");
    let bare = views(&[]).with(&price_move::CONTRACT, vec![]);
    assert_eq!(watched(&run(&bare)).reason.value(0), "no_line_prices");
}
