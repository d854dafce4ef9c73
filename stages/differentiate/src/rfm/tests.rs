use arrow_array::RecordBatch;

use super::*;

/// Customers as (id, days since last, purchase days, baskets, sale cents, net cents).
fn input(customers: &[(i64, i64, i64, i64, i128, i128)]) -> RecordBatch {
    let money = |cents: Vec<i128>| Decimal128Array::from(cents).with_data_type(Amount::data_type());
    rfm_input::Columns {
        customer_id: customers.iter().map(|customer| Some(customer.0)).collect(),
        days_since_last: customers.iter().map(|customer| Some(customer.1)).collect(),
        purchase_days: customers.iter().map(|customer| Some(customer.2)).collect(),
        n_baskets: customers.iter().map(|customer| Some(customer.3)).collect(),
        sale_amount: money(customers.iter().map(|customer| customer.4).collect()),
        net_amount: money(customers.iter().map(|customer| customer.5).collect()),
    }
    .into_batch()
    .expect("keeps its contract")
}

fn run(params: RfmParams, batches: Vec<RecordBatch>) -> rfm_score::Columns {
    let context = RunContext { logical_date: 1000, seed: 7, currency: "EUR".to_owned() };
    let views = Tables::default().with(&rfm_input::CONTRACT, batches);
    let written = Rfm::new(params).run(&context, &views).expect("runs");
    let batch = written.batch(&rfm_score::CONTRACT).expect("is written");
    rfm_score::Columns::parse(&batch).expect("keeps its contract")
}

/// Five customers: the first bought last, most often and most; and so on down.
const FIVE: [(i64, i64, i64, i64, i128, i128); 5] = [
    (1, 1, 9, 9, 90_000, 90_000),
    (2, 2, 5, 8, 80_000, -500),
    (3, 30, 2, 2, 700, 700),
    (4, 40, 1, 1, 600, 600),
    (5, 50, 1, 1, 500, 500),
];

#[test]
fn fifths_of_five_customers_are_one_customer_each_and_equal_ones_share_the_lower() {
    let scores = run(RfmParams::default(), vec![input(&FIVE)]);
    assert_eq!(scores.r_score.values(), &[5, 4, 3, 2, 1]);
    assert_eq!(scores.f_score.values(), &[5, 4, 3, 1, 1]);
    // Customer 2 brought everything back.
    assert_eq!(scores.m_score.values(), &[5, 1, 4, 3, 2]);
    assert_eq!(
        scores.rfm_segment.iter().flatten().collect::<Vec<_>>(),
        ["champions", "loyal", "need_attention", "hibernating", "lost"]
    );
}

#[test]
fn gross_money_baskets_and_high_ties_are_counted_when_asked_for() {
    let params = RfmParams {
        frequency: FrequencyMeasure::Baskets,
        monetary: MonetaryMeasure::Gross,
        ties: TieHandling::High,
        ..RfmParams::default()
    };
    let scores = run(params, vec![input(&FIVE)]);
    assert_eq!(scores.purchases.values(), &[9, 8, 2, 1, 1]);
    assert_eq!(scores.f_score.values(), &[5, 4, 3, 2, 2]);
    assert_eq!(scores.m_score.values(), &[5, 4, 3, 2, 1]);
}

#[test]
fn rules_of_ones_own_are_used_in_their_order() {
    let rule = |name: &str, r| RfmSegment { name: name.to_owned(), r, f: None, m: None };
    let params = RfmParams {
        buckets: 2,
        segments: vec![rule("here", Some([2, 2])), rule("away", None)],
        ..RfmParams::default()
    };
    assert_eq!(params.check(), []);
    let scores = run(params, vec![input(&FIVE)]);
    // Low ties of halves: 1 + floor(2 · number worse / 5), so three of five are in the lower half.
    assert_eq!(scores.r_score.values(), &[2, 2, 1, 1, 1]);
    assert_eq!(
        scores.rfm_segment.iter().flatten().collect::<Vec<_>>(),
        ["here", "here", "away", "away", "away"]
    );
}

#[test]
fn rows_in_any_order_and_batches_give_the_same_table() {
    let mut shuffled = FIVE;
    shuffled.swap(0, 4);
    shuffled.swap(1, 3);
    let (head, tail) = shuffled.split_at(2);
    let whole = run(RfmParams::default(), vec![input(&FIVE)]).into_batch().unwrap();
    let split = run(RfmParams::default(), vec![input(head), input(tail)]).into_batch().unwrap();
    assert_eq!(split, whole);
}

#[test]
fn nobody_gets_no_score_and_one_customer_the_lowest() {
    assert_eq!(run(RfmParams::default(), vec![]).customer_id.len(), 0);
    let one = run(RfmParams::default(), vec![input(&FIVE[..1])]);
    // Nobody is worse than the only one.
    assert_eq!((one.r_score.value(0), one.f_score.value(0), one.m_score.value(0)), (1, 1, 1));
}
