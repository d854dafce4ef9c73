use arrow_array::RecordBatch;

use super::*;
use crate::testing::money;

const TODAY: i32 = 100;

/// Account, customer, baskets, lines, sales, returns, CLV.
type MemberRow = (&'static str, i64, i64, i64, i64, i64, Option<f64>);

fn members(rows: &[MemberRow]) -> RecordBatch {
    let ints =
        |of: fn(&MemberRow) -> i64| -> Int64Array { rows.iter().map(|r| Some(of(r))).collect() };
    account_member::Columns {
        customer_id: ints(|row| row.1),
        account_id: rows.iter().map(|row| Some(row.0)).collect(),
        n_baskets: ints(|row| row.2),
        n_lines: ints(|row| row.3),
        sale_amount: money(rows.iter().map(|row| row.4)),
        return_amount: money(rows.iter().map(|row| row.5)),
        net_amount: money(rows.iter().map(|row| row.4 + row.5)),
        purchase_days: ints(|row| row.2),
        expected_purchases: rows.iter().map(|row| row.6.map(|clv| clv / 10.0)).collect(),
        clv: rows.iter().map(|row| row.6).collect(),
    }
    .into_batch()
    .unwrap()
}

/// Account, day, net money, baskets.
fn days(rows: &[(&str, i32, i64, i64)]) -> RecordBatch {
    account_day::Columns {
        account_id: rows.iter().map(|row| Some(row.0)).collect(),
        day: rows.iter().map(|row| Some(row.1)).collect(),
        cents: rows.iter().map(|row| Some(row.2)).collect(),
        baskets: rows.iter().map(|row| Some(row.3)).collect(),
    }
    .into_batch()
    .unwrap()
}

fn run(members: Vec<RecordBatch>, days: Vec<RecordBatch>) -> account::Columns {
    let context = RunContext { logical_date: TODAY, seed: 1, currency: "EUR".into() };
    let views = Tables::default()
        .with(&account_member::CONTRACT, members)
        .with(&account_day::CONTRACT, days);
    let tables = Accounts::new(RfmParams::default()).run(&context, &views).unwrap();
    account::Columns::parse(&tables.batch(&account::CONTRACT).unwrap()).unwrap()
}

fn example() -> (RecordBatch, RecordBatch) {
    (
        members(&[
            ("garage", 7, 2, 3, 30_00, -5_00, Some(12.0)),
            ("garage", 3, 1, 1, 50_00, 0, None),
            ("garage", 9, 0, 0, 0, 0, Some(8.0)),
            ("bakery", 4, 0, 0, 0, 0, None),
        ]),
        // Customers 7 and 3 both bought on day 60; day 80 has a return alone.
        days(&[("garage", 80, -5_00, 0), ("garage", 60, 60_00, 2), ("garage", 40, 20_00, 1)]),
    )
}

#[test]
fn days_of_several_members_count_once() {
    let (members, days) = example();
    let accounts = run(vec![members], vec![days]);
    assert_eq!(accounts.account_id.iter().flatten().collect::<Vec<_>>(), ["bakery", "garage"]);
    assert_eq!(accounts.purchase_days.values(), &[0, 2]);
    assert_eq!(accounts.frequency.iter().collect::<Vec<_>>(), [None, Some(1)]);
    assert_eq!(accounts.recency_days.iter().collect::<Vec<_>>(), [None, Some(20)]);
    assert_eq!(accounts.t_days.iter().collect::<Vec<_>>(), [None, Some(60)]);
    assert_eq!(accounts.days_since_last.iter().collect::<Vec<_>>(), [None, Some(40)]);
    // The one repeat day: 60.00.
    assert_eq!(accounts.monetary_value.iter().collect::<Vec<_>>(), [None, Some(60.0)]);
}

#[test]
fn money_and_counts_of_members_are_added_up() {
    let (members, days) = example();
    let accounts = run(vec![members], vec![days]);
    assert_eq!(accounts.n_customers.values(), &[1, 3]);
    assert_eq!(accounts.n_buyers.values(), &[0, 2]);
    assert_eq!(accounts.n_baskets.values(), &[0, 3]);
    assert_eq!(accounts.n_lines.values(), &[0, 4]);
    assert_eq!(accounts.sale_amount.values(), &[0, 80_00]);
    assert_eq!(accounts.return_amount.values(), &[0, -5_00]);
    assert_eq!(accounts.net_amount.values(), &[0, 75_00]);
    assert!((accounts.mean_basket.value(1) - 80.0 / 3.0).abs() < 1e-12);
    assert_eq!(accounts.clv.iter().collect::<Vec<_>>(), [None, Some(20.0)]);
    assert_eq!(accounts.expected_purchases.iter().collect::<Vec<_>>(), [None, Some(2.0)]);
    assert_eq!(accounts.lead_customer_id.iter().collect::<Vec<_>>(), [None, Some(3)]);
    assert_eq!(accounts.lead_share.iter().collect::<Vec<_>>(), [None, Some(50.0 / 75.0)]);
}

#[test]
fn accounts_are_scored_among_accounts_and_those_without_purchases_not_at_all() {
    let (members, days) = example();
    let accounts = run(vec![members], vec![days]);
    assert!(accounts.r_score.is_null(0) && accounts.rfm_segment.is_null(0));
    assert!(accounts.r_score.is_valid(1) && accounts.rfm_segment.is_valid(1));
}

#[test]
fn the_order_of_rows_does_not_matter_and_no_account_is_no_row() {
    let (rows, visits) = example();
    let whole = run(vec![rows.clone()], vec![visits.clone()]).into_batch().unwrap();
    let cut = |batch: &RecordBatch, at: usize| {
        vec![batch.slice(at, batch.num_rows() - at), batch.slice(0, at)]
    };
    assert_eq!(run(cut(&rows, 2), cut(&visits, 1)).into_batch().unwrap(), whole);
    assert_eq!(run(vec![members(&[])], vec![days(&[])]).account_id.len(), 0);
}
