use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, StringArray};
use idip_numerics::purchase_book::{Day, Part, Record};
use idip_schemas::{Amount, ColumnType};
use proptest::prelude::*;

use super::*;

/// What one reference bought: days as (day, cents, baskets).
#[derive(Debug, Clone, Default)]
struct Reference {
    customer_id: Option<i64>,
    days: Vec<(i32, i64, i64)>,
    sale_cents: i64,
    return_cents: i64,
    discount_cents: Option<i64>,
    sale_lines: i64,
    category_cents: Vec<i64>,
    channel_lines: Vec<i64>,
}

fn money(cents: impl IntoIterator<Item = Option<i64>>) -> Decimal128Array {
    cents
        .into_iter()
        .map(|cents| cents.map(i128::from))
        .collect::<Decimal128Array>()
        .with_data_type(Amount::data_type())
}

/// Amounts by place, those of 0 left out.
fn parts(amounts: &[i64]) -> Vec<Part> {
    let amounts = (0..).zip(amounts).filter(|(_, amount)| **amount != 0);
    amounts.map(|(place, &amount)| Part { place, amount }).collect()
}

fn record(reference: &Reference) -> Vec<u8> {
    let days = reference.days.iter().map(|&(on, cents, baskets)| Day { on, cents, baskets });
    let record = Record {
        category_cents: parts(&reference.category_cents),
        channel_lines: parts(&reference.channel_lines),
        days: days.collect(),
        sale_lines: reference.sale_lines,
        return_lines: 0,
        sale_cents: reference.sale_cents,
        return_cents: reference.return_cents,
        discount_cents: reference.discount_cents,
    };
    let mut bytes = Vec::new();
    record.write(&mut bytes);
    bytes
}

fn purchases(references: &[Reference], first_index: i64) -> RecordBatch {
    let indices = first_index..first_index + references.len() as i64;
    party_purchase::Columns {
        party_ref: indices.clone().map(|index| Some(format!("ref {index}"))).collect(),
        purchase_index: Int64Array::from_iter_values(indices),
        is_buyer: references.iter().map(|reference| Some(reference.sale_lines > 0)).collect(),
        purchases: references.iter().map(record).map(Some).collect(),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn parties(parties: &[(i64, &str, Option<i32>)]) -> RecordBatch {
    customer_party::Columns {
        customer_id: parties.iter().map(|party| Some(party.0)).collect(),
        party_type: parties.iter().map(|party| Some(party.1)).collect(),
        registered_on: parties.iter().map(|party| party.2).collect(),
    }
    .into_batch()
    .expect("keeps its contract")
}

/// A prospect met twice by e-mail, who answered once and was held back from a campaign on day 800.
fn contact(customer_id: i64) -> RecordBatch {
    let one = |count: i64| Int64Array::from(vec![count]);
    customer_contact::Columns {
        customer_id: one(customer_id),
        first_seen_on: Date32Array::from(vec![800]),
        first_contact_on: Date32Array::from(vec![850]),
        last_contact_on: Date32Array::from(vec![950]),
        contacts_in: one(1),
        contacts_out: one(0),
        campaigns: one(1),
        campaign_contacts: one(0),
        responses: one(0),
        social_posts: one(0),
        nps_score: Float64Array::from(vec![Some(7.0)]),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn views(batches: Vec<Vec<Reference>>, contacts: Vec<RecordBatch>, parties: RecordBatch) -> Tables {
    let categories = category::Columns {
        category_index: vec![0, 1].into(),
        category: vec!["toys", "books"].into(),
        amount: money([Some(0), Some(0)]),
        lines: vec![0, 0].into(),
    };
    let channels = sales_channel::Columns {
        channel_index: vec![0, 1].into(),
        channel: vec!["web", "store"].into(),
        amount: money([Some(0), Some(0)]),
        lines: vec![0, 0].into(),
    };
    let mut first_index = 0;
    let mut bought = Vec::new();
    let mut owners = Vec::new();
    for references in batches {
        let end = first_index + references.len() as i64;
        bought.push(purchases(&references, first_index));
        let owner = customer_purchase::Columns {
            customer_id: references.iter().map(|reference| reference.customer_id).collect(),
            purchase_index: Int64Array::from_iter_values(first_index..end),
        };
        owners.push(owner.into_batch().expect("keeps its contract"));
        first_index = end;
    }
    Tables::default()
        .with(&party_purchase::CONTRACT, bought)
        .with(&customer_purchase::CONTRACT, owners)
        .with(&customer_contact::CONTRACT, contacts)
        .with(&customer_party::CONTRACT, vec![parties])
        .with(&category::CONTRACT, vec![categories.into_batch().expect("keeps its contract")])
        .with(&sales_channel::CONTRACT, vec![channels.into_batch().expect("keeps its contract")])
}

fn run(views: &Tables) -> Result<RecordBatch, StageError> {
    let context = RunContext { logical_date: 1000, seed: 7, currency: "EUR".to_owned() };
    CustomerFeature.run(&context, views)?.batch(&customer_feature::CONTRACT)
}

fn features(views: &Tables) -> customer_feature::Columns {
    customer_feature::Columns::parse(&run(views).expect("runs")).expect("keeps its contract")
}

fn four_parties() -> Tables {
    let first = Reference {
        customer_id: Some(1),
        days: vec![(900, 5000, 1), (960, 2000, 1)],
        sale_cents: 7000,
        discount_cents: Some(500),
        sale_lines: 3,
        category_cents: vec![5000, 2000],
        channel_lines: vec![2, 1],
        ..Reference::default()
    };
    let second = Reference {
        customer_id: Some(1),
        days: vec![(960, 1000, 1), (990, 3000, 2)],
        sale_cents: 4000,
        sale_lines: 4,
        category_cents: vec![1000, 3000],
        channel_lines: vec![0, 4],
        ..Reference::default()
    };
    let returned = Reference {
        customer_id: Some(3),
        days: vec![(980, 2000, 1), (985, -3000, 0)],
        sale_cents: 2000,
        return_cents: -3000,
        sale_lines: 1,
        category_cents: vec![0, 2000],
        channel_lines: vec![1],
        ..Reference::default()
    };
    let single = Reference {
        customer_id: Some(4),
        days: vec![(1000, 1999, 1)],
        sale_cents: 1999,
        sale_lines: 1,
        ..Reference::default()
    };
    views(
        vec![vec![single, first], vec![returned, second]],
        vec![contact(2)],
        parties(&[
            (3, "customer", None),
            (2, "prospect", Some(820)),
            (1, "customer", Some(2000)),
            (4, "customer", Some(990)),
        ]),
    )
}

#[test]
fn the_calendar_of_each_party_is_as_worked_out_by_hand() {
    let found = features(&four_parties());
    assert_eq!(found.customer_id.values(), &[1, 2, 3, 4]);
    let ints = |values: &Int64Array| values.iter().collect::<Vec<_>>();
    // A registration after the logical date (customer 1) tells nothing yet.
    assert_eq!(
        found.first_seen_on.iter().collect::<Vec<_>>(),
        [Some(900), Some(800), Some(980), Some(990)]
    );
    // Customer 3 bought on day 980 and came back with goods on day 985.
    assert_eq!(ints(&found.tenure_days), [Some(90), Some(100), Some(5), Some(0)]);
    assert_eq!(ints(&found.days_since_last), [Some(10), None, Some(20), Some(0)]);
    assert_eq!(ints(&found.recency_days), [Some(90), None, Some(0), Some(0)]);
    assert_eq!(ints(&found.t_days), [Some(100), None, Some(20), Some(0)]);
    assert_eq!(ints(&found.frequency), [Some(2), None, Some(0), Some(0)]);
    assert_eq!(ints(&found.purchase_days), [Some(3), Some(0), Some(1), Some(1)]);
    assert_eq!(ints(&found.n_baskets), [Some(5), Some(0), Some(1), Some(1)]);
    assert_eq!(ints(&found.n_lines), [Some(7), Some(0), Some(1), Some(1)]);
    // Days 900, 960, 990, 980 and 1000 were a Monday, Friday, Sunday, Thursday and Wednesday.
    assert_eq!(ints(&found.favourite_weekday), [Some(1), None, Some(4), Some(3)]);
    // Gaps of customer 1: 60 and 30 days; sample variance 450.
    assert_eq!(
        found.interpurchase_mean_days.iter().collect::<Vec<_>>(),
        [Some(45.0), None, None, None]
    );
    assert_eq!(found.interpurchase_cv.iter().next(), Some(Some(450_f64.sqrt() / 45.0)));
}

#[test]
fn the_money_of_each_party_is_as_worked_out_by_hand() {
    let found = features(&four_parties());
    let floats = |values: &Float64Array| values.iter().collect::<Vec<_>>();
    assert_eq!(found.net_amount.values(), &[11_000, 0, -1000, 1999]);
    assert_eq!(found.last_90_days_amount.values(), &[6000, 0, -1000, 1999]);
    assert_eq!(found.prior_90_days_amount.values(), &[5000, 0, 0, 0]);
    assert_eq!(found.prior_90_days_purchase_days.values(), &[1, 0, 0, 0]);
    // Repeat days 960 and 990 of customer 1 brought 30.00 each.
    assert_eq!(floats(&found.monetary_value), [Some(30.0), None, None, None]);
    assert_eq!(
        floats(&found.net_per_purchase_day),
        [Some(11_000.0 / 300.0), None, Some(-10.0), Some(19.99)]
    );
    assert_eq!(floats(&found.mean_basket), [Some(22.0), None, Some(20.0), Some(19.99)]);
    assert_eq!(floats(&found.discount_share), [Some(500.0 / 11_500.0), None, None, None]);
    assert_eq!(floats(&found.return_share), [Some(0.0), None, Some(1.0), Some(0.0)]);
}

#[test]
fn the_habits_of_each_party_are_as_worked_out_by_hand() {
    let found = features(&four_parties());
    let names = |values: &StringArray| {
        values.iter().map(|name| name.map(str::to_owned)).collect::<Vec<_>>()
    };
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(names(&found.favourite_category), [some("toys"), None, some("books"), None]);
    assert_eq!(names(&found.favourite_channel), [some("store"), None, some("web"), None]);
    assert_eq!(found.favourite_category_share.iter().next(), Some(Some(6000.0 / 11_000.0)));
    assert_eq!(found.n_categories.values(), &[2, 0, 1, 0]);
    let shares = found.category_shares.value(0);
    let expected: ArrayRef =
        Arc::new(Float64Array::from(vec![6000.0 / 11_000.0, 5000.0 / 11_000.0]));
    assert_eq!(&shares, &expected);
    assert!(found.category_shares.is_null(1) && found.category_shares.is_null(3));
}

#[test]
fn what_no_feed_tells_is_null_and_what_one_tells_is_not() {
    let found = features(&four_parties());
    let ints = |values: &Int64Array| values.iter().collect::<Vec<_>>();
    assert_eq!(ints(&found.contacts_in), [Some(0), Some(1), Some(0), Some(0)]);
    assert_eq!(ints(&found.contacts_out), [None; 4]);
    assert_eq!(ints(&found.campaign_contacts), [Some(0); 4]);
    assert_eq!(ints(&found.responses), [None; 4]);
    assert_eq!(ints(&found.days_since_interaction), [None, Some(50), None, None]);
    assert_eq!(found.nps_score.iter().collect::<Vec<_>>(), [None, Some(7.0), None, None]);
}

#[test]
fn days_and_money_are_passed_on_in_the_order_of_customers() {
    let context = RunContext { logical_date: 1000, seed: 7, currency: "EUR".to_owned() };
    let written = CustomerFeature.run(&context, &four_parties()).expect("runs");
    let days = written.batch(&customer_day::CONTRACT).expect("is written");
    let days = customer_day::Columns::parse(&days).expect("keeps its contract");
    let of_first = days.customer_id.values().iter().filter(|&&id| id == 1).count();
    // Day 960 of two references is one.
    assert_eq!(&days.day.values()[..of_first], &[900, 960, 990]);
    assert_eq!(&days.cents.values()[..of_first], &[5000, 3000, 3000]);
    assert_eq!(&days.baskets.values()[..of_first], &[1, 2, 2]);
    assert!(days.customer_id.values().is_sorted());
    let totals = written.batch(&customer_total::CONTRACT).expect("is written");
    let totals = customer_total::Columns::parse(&totals).expect("keeps its contract");
    assert_eq!((totals.customer_id.value(0), totals.sale_amount.value(0)), (1, 11_000));
    // The discount of one reference alone is told.
    assert_eq!((totals.told_sale_amount.value(0), totals.discount_amount.value(0)), (7000, 500));
}

#[test]
fn no_party_gives_an_empty_table() {
    assert_eq!(run(&views(vec![], vec![], parties(&[]))).expect("runs").num_rows(), 0);
}

#[test]
fn a_sale_of_a_reference_without_a_customer_stops_the_night() {
    let lost = Reference { days: vec![(1, 1, 1)], ..Reference::default() };
    let error = run(&views(vec![vec![lost]], vec![], parties(&[]))).expect_err("stops");
    assert_eq!(error.to_string(), "1 party reference(s) with purchases are not in `identity_map`");
}

#[test]
fn a_sale_or_contact_of_an_unknown_customer_stops_the_night() {
    let stray = Reference { customer_id: Some(5), ..Reference::default() };
    let known = parties(&[(4, "customer", None), (6, "prospect", None)]);
    let error = run(&views(vec![vec![stray]], vec![contact(7)], known))
        .expect_err("neither 5 nor 7 is a party");
    assert_eq!(
        error.to_string(),
        "2 row(s) of purchases or contacts belong to a customer that is not in `golden_customer`"
    );
}

#[test]
fn a_category_without_a_name_stops_the_night() {
    let long =
        Reference { customer_id: Some(1), category_cents: vec![1, 2, 3], ..Reference::default() };
    let error = run(&views(vec![vec![long]], vec![], parties(&[(1, "customer", None)])))
        .expect_err("there are two categories");
    assert!(error.to_string().contains("by `category` have 3 place(s), expected at most 2"));
}

/// Purchases of one customer on distinct days, in ascending order.
fn history() -> impl Strategy<Value = Vec<(i32, i64, i64)>> {
    prop::collection::btree_map(0..1000_i32, (-5000..9000_i64, 0..3_i64), 0..12)
        .prop_map(|days| days.into_iter().map(|(day, (cents, n))| (day, cents, n)).collect())
}

fn reference(customer_id: i64, days: Vec<(i32, i64, i64)>) -> Reference {
    let cents: i64 = days.iter().map(|day| day.1.max(0)).sum();
    Reference {
        customer_id: Some(customer_id),
        sale_cents: cents,
        return_cents: days.iter().map(|day| day.1.min(0)).sum(),
        discount_cents: (cents % 2 == 1).then_some(cents / 7),
        sale_lines: days.len() as i64,
        category_cents: vec![cents / 3, cents - cents / 3],
        channel_lines: vec![days.len() as i64, 1],
        days,
    }
}

/// The one reference that says what two say.
fn together(a: &Reference, b: &Reference) -> Reference {
    let sum = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| a + b).collect();
    let mut days = std::collections::BTreeMap::new();
    for &(day, cents, baskets) in a.days.iter().chain(&b.days) {
        let found = days.entry(day).or_insert((0, 0));
        *found = (found.0 + cents, found.1 + baskets);
    }
    Reference {
        customer_id: a.customer_id,
        days: days.into_iter().map(|(day, (cents, baskets))| (day, cents, baskets)).collect(),
        sale_cents: a.sale_cents + b.sale_cents,
        return_cents: a.return_cents + b.return_cents,
        discount_cents: match (a.discount_cents, b.discount_cents) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0) + b.unwrap_or(0)),
        },
        sale_lines: a.sale_lines + b.sale_lines,
        category_cents: sum(&a.category_cents, &b.category_cents),
        channel_lines: sum(&a.channel_lines, &b.channel_lines),
    }
}

proptest! {
    #[test]
    fn two_references_of_a_customer_tell_what_one_would(a in history(), b in history()) {
        let (a, b) = (reference(1, a), reference(1, b));
        let party = || parties(&[(1, "customer", None)]);
        let whole = run(&views(vec![vec![together(&a, &b)]], vec![], party())).unwrap();
        let parts = run(&views(vec![vec![b], vec![a]], vec![], party())).unwrap();
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        histories in prop::collection::vec(history(), 1..6),
        swap in any::<prop::sample::Index>(),
    ) {
        let n = histories.len();
        let mut references: Vec<_> =
            histories.into_iter().zip(1..).map(|(days, id)| reference(id, days)).collect();
        let mut ids: Vec<_> = (1..=n as i64).map(|id| (id, "customer", None)).collect();
        let before = run(&views(vec![references.clone()], vec![], parties(&ids))).unwrap();
        references.rotate_left(swap.index(n));
        ids.reverse();
        let (head, tail) = references.split_at(n / 2);
        let split = vec![head.to_vec(), tail.to_vec()];
        prop_assert_eq!(run(&views(split, vec![], parties(&ids))).unwrap(), before);
    }
}
