//! Business accounts: the metrics of persons, for the firms that persons buy for.
//!
//! ```text
//! customer_feature, golden_customer, customer_value ─ account_member.sql ─► members ─┬─► account
//! customer_day, golden_customer ─ account_day.sql ──────► days ──────────────────────┘
//! ```
//!
//! Days of several members are one: frequency counts days of the account, so it cannot be added up from
//! its members.

use std::collections::BTreeMap;

use arrow_array::{Array, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};
use idip_schemas::differentiate::accounts::{account, account_day, account_member};
use idip_schemas::differentiate::value::customer_value;
use idip_schemas::differentiate::{customer_day, customer_feature, rfm_input, rfm_score};
use idip_schemas::identify::golden_customer;
use idip_schemas::{Amount, ColumnType, TableContract};
use idip_stage::{Read, RunContext, StageError, Step, Tables, View, parse};

use crate::rfm::{RfmParams, score_all};

/// Makes `account`.
#[derive(Debug, Clone, PartialEq)]
pub struct Accounts {
    rfm: RfmParams,
}

impl Accounts {
    /// A step that scores accounts by these settings, which are expected to pass their check.
    pub fn new(rfm: RfmParams) -> Self {
        Self { rfm }
    }
}

impl Step for Accounts {
    fn name(&self) -> &'static str {
        "differentiate.account"
    }

    fn views(&self) -> Vec<View> {
        vec![
            View::new(
                &account_member::CONTRACT,
                vec![
                    Read::Table(&customer_feature::CONTRACT),
                    Read::Table(&golden_customer::CONTRACT),
                    Read::Table(&customer_value::CONTRACT),
                ],
                include_str!("account_member.sql"),
            ),
            View::new(
                &account_day::CONTRACT,
                vec![Read::Table(&golden_customer::CONTRACT), Read::Table(&customer_day::CONTRACT)],
                include_str!("account_day.sql"),
            ),
        ]
    }

    fn writes(&self) -> Vec<&'static TableContract> {
        vec![&account::CONTRACT]
    }

    fn settings(&self) -> String {
        format!("{:?}", self.rfm)
    }

    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError> {
        let members = parse(views, &account_member::CONTRACT, account_member::Columns::parse)?;
        let days = parse(views, &account_day::CONTRACT, account_day::Columns::parse)?;
        let mut accounts = gather(&members);
        read_days(&days, &mut accounts);
        let accounts: Vec<(&str, Account)> = accounts.into_iter().collect();
        let rows = rows(&accounts, context.logical_date, &self.rfm)?;
        Ok(Tables::default().with(&account::CONTRACT, vec![rows.into_batch()?]))
    }
}

/// What one account did; money in minor units.
#[derive(Debug, Default)]
struct Account {
    members: Vec<Member>,
    sale_cents: i128,
    return_cents: i128,
    net_cents: i128,
    n_baskets: i64,
    n_lines: i64,
    /// Days with a sale, ascending, with the net money of each.
    days: Vec<(i32, i64)>,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    customer_id: i64,
    has_bought: bool,
    net_cents: i128,
    expected_purchases: Option<f64>,
    clv: Option<f64>,
}

/// Accounts by their id, the members of each in the order of their ids.
fn gather(batches: &[account_member::Columns]) -> BTreeMap<&str, Account> {
    let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
    for batch in batches {
        let known = |column: &Float64Array, row| column.is_valid(row).then(|| column.value(row));
        for row in 0..batch.customer_id.len() {
            let account = accounts.entry(batch.account_id.value(row)).or_default();
            account.sale_cents += batch.sale_amount.value(row);
            account.return_cents += batch.return_amount.value(row);
            account.net_cents += batch.net_amount.value(row);
            account.n_baskets += batch.n_baskets.value(row);
            account.n_lines += batch.n_lines.value(row);
            account.members.push(Member {
                customer_id: batch.customer_id.value(row),
                has_bought: batch.purchase_days.value(row) > 0,
                net_cents: batch.net_amount.value(row),
                expected_purchases: known(&batch.expected_purchases, row),
                clv: known(&batch.clv, row),
            });
        }
    }
    for account in accounts.values_mut() {
        account.members.sort_unstable_by_key(|member| member.customer_id);
    }
    accounts
}

fn read_days<'a>(batches: &'a [account_day::Columns], accounts: &mut BTreeMap<&'a str, Account>) {
    for batch in batches {
        for row in (0..batch.day.len()).filter(|&row| batch.baskets.value(row) > 0) {
            let account = accounts.entry(batch.account_id.value(row)).or_default();
            account.days.push((batch.day.value(row), batch.cents.value(row)));
        }
    }
    for account in accounts.values_mut() {
        account.days.sort_unstable();
    }
}

impl Account {
    fn first_day(&self) -> Option<i32> {
        self.days.first().map(|(day, _)| *day)
    }

    fn last_day(&self) -> Option<i32> {
        self.days.last().map(|(day, _)| *day)
    }

    fn frequency(&self) -> Option<i64> {
        (self.days.len() as i64).checked_sub(1).filter(|&repeats| repeats >= 0)
    }

    /// Mean net money of the days after the first, in units of money.
    fn monetary_value(&self) -> Option<f64> {
        let repeats = self.days.get(1..).filter(|repeats| !repeats.is_empty())?;
        let cents: i128 = repeats.iter().map(|(_, cents)| i128::from(*cents)).sum();
        Some(cents as f64 / repeats.len() as f64 / 100.0)
    }

    fn mean_basket(&self) -> Option<f64> {
        (self.n_baskets > 0).then(|| self.sale_cents as f64 / self.n_baskets as f64 / 100.0)
    }

    /// The member with most net money, and its share of what members with money spent.
    fn lead(&self) -> Option<(i64, Option<f64>)> {
        let buyers = self.members.iter().filter(|member| member.has_bought);
        let lead = buyers.reduce(|a, b| if b.net_cents > a.net_cents { b } else { a })?;
        let spent: i128 = self.members.iter().map(|member| member.net_cents.max(0)).sum();
        let share = (spent > 0).then(|| lead.net_cents as f64 / spent as f64);
        Some((lead.customer_id, share))
    }

    fn sum(&self, of: fn(&Member) -> Option<f64>) -> Option<f64> {
        self.members.iter().filter_map(of).reduce(|a, b| a + b)
    }
}

fn rows(
    accounts: &[(&str, Account)],
    logical_date: i32,
    rfm: &RfmParams,
) -> Result<account::Columns, StageError> {
    let of = || accounts.iter().map(|(_, account)| account);
    let days = |from: Option<i32>, to: Option<i32>| {
        from.zip(to).map(|(from, to)| i64::from(to) - i64::from(from))
    };
    let money = |cents: &dyn Fn(&Account) -> i128| {
        Decimal128Array::from_iter_values(of().map(cents)).with_data_type(Amount::data_type())
    };
    let scores = Scores::of(accounts, logical_date, rfm)?;
    Ok(account::Columns {
        account_id: StringArray::from_iter_values(accounts.iter().map(|(id, _)| id)),
        n_customers: of().map(|it| Some(it.members.len() as i64)).collect(),
        n_buyers: of()
            .map(|it| Some(it.members.iter().filter(|it| it.has_bought).count() as i64))
            .collect(),
        lead_customer_id: of().map(|it| it.lead().map(|(id, _)| id)).collect(),
        lead_share: of().map(|it| it.lead().and_then(|(_, share)| share)).collect(),
        first_purchase_on: of().map(Account::first_day).collect::<Date32Array>(),
        last_purchase_on: of().map(Account::last_day).collect::<Date32Array>(),
        days_since_last: of().map(|it| days(it.last_day(), Some(logical_date))).collect(),
        recency_days: of().map(|it| days(it.first_day(), it.last_day())).collect(),
        t_days: of().map(|it| days(it.first_day(), Some(logical_date))).collect(),
        frequency: of().map(Account::frequency).collect(),
        purchase_days: of().map(|it| Some(it.days.len() as i64)).collect(),
        n_baskets: of().map(|it| Some(it.n_baskets)).collect(),
        n_lines: of().map(|it| Some(it.n_lines)).collect(),
        sale_amount: money(&|it| it.sale_cents),
        return_amount: money(&|it| it.return_cents),
        net_amount: money(&|it| it.net_cents),
        monetary_value: of().map(Account::monetary_value).collect(),
        mean_basket: of().map(Account::mean_basket).collect(),
        expected_purchases: of().map(|it| it.sum(|member| member.expected_purchases)).collect(),
        clv: of().map(|it| it.sum(|member| member.clv)).collect(),
        r_score: scores.column(|scores| &scores.r_score),
        f_score: scores.column(|scores| &scores.f_score),
        m_score: scores.column(|scores| &scores.m_score),
        rfm_segment: scores.segments(),
    })
}

/// RFM scores of the accounts that bought, among themselves.
struct Scores {
    scores: rfm_score::Columns,
    /// Row of each account among the scores; None without purchases.
    rows: Vec<Option<usize>>,
}

impl Scores {
    fn of(
        accounts: &[(&str, Account)],
        logical_date: i32,
        rfm: &RfmParams,
    ) -> Result<Self, StageError> {
        let mut buyers = Vec::new();
        let rows = accounts
            .iter()
            .map(|(_, account)| {
                let last_day = account.last_day()?;
                buyers.push((account, i64::from(logical_date) - i64::from(last_day)));
                Some(buyers.len() - 1)
            })
            .collect();
        let money = |cents: &dyn Fn(&Account) -> i128| {
            let cents = buyers.iter().map(|(account, _)| cents(account));
            Decimal128Array::from_iter_values(cents).with_data_type(Amount::data_type())
        };
        let ints = |of: &dyn Fn(&(&Account, i64)) -> i64| -> Int64Array {
            buyers.iter().map(|buyer| Some(of(buyer))).collect()
        };
        let input = rfm_input::Columns {
            customer_id: Int64Array::from_iter_values(0..buyers.len() as i64),
            days_since_last: ints(&|(_, days)| *days),
            purchase_days: ints(&|(account, _)| account.days.len() as i64),
            n_baskets: ints(&|(account, _)| account.n_baskets),
            sale_amount: money(&|account| account.sale_cents),
            net_amount: money(&|account| account.net_cents),
        };
        Ok(Self { scores: score_all(rfm, &[input])?, rows })
    }

    fn column(&self, of: impl Fn(&rfm_score::Columns) -> &Int64Array) -> Int64Array {
        let column = of(&self.scores);
        self.rows.iter().map(|row| row.map(|row| column.value(row))).collect()
    }

    fn segments(&self) -> StringArray {
        let segments = &self.scores.rfm_segment;
        self.rows.iter().map(|row| row.map(|row| segments.value(row))).collect()
    }
}

#[cfg(test)]
mod tests;
