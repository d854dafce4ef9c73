//! Where the rows and the money of each feed went.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use idip_feeds::{Decimal, Reject};
use idip_schemas::source::{reconciliation, reject};

use super::landing::LINE_BITS;
use super::lines::Tally;
use super::mapping::UNKNOWN_CODE;
use crate::RunError;
use crate::engine::MOST_CENTS;

/// Rows and money; None where there is no money to speak of.
type Sum = (i64, Option<i128>);

/// The books of one feed.
#[derive(Debug)]
pub(crate) struct Account {
    feed: String,
    has_money: bool,
    read: i64,
    sums: BTreeMap<&'static str, Sum>,
    mapped_rejects: i64,
    rejects: Vec<RejectedRow>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RejectedRow {
    file: String,
    line: i64,
    column: Option<String>,
    reason: String,
    sample: Option<String>,
}

impl Account {
    /// Reads the sums of a feed's typed rows.
    pub(crate) fn new(
        feed: &str,
        has_money: bool,
        answer: &[RecordBatch],
    ) -> Result<Self, RunError> {
        let bug = || RunError::Bug(format!("the books of feed `{feed}` have no row"));
        let batch = answer.iter().find(|batch| batch.num_rows() > 0).ok_or_else(bug)?;
        let count = |name: &str| {
            batch
                .column_by_name(name)
                .map(AsArray::as_primitive::<Int64Type>)
                .map_or(0, |values| if values.is_null(0) { 0 } else { values.value(0) })
        };
        let money = |name: &str| {
            has_money.then(|| {
                batch
                    .column_by_name(name)
                    .map(AsArray::as_primitive::<Decimal128Type>)
                    .map_or(0, |values| if values.is_null(0) { 0 } else { values.value(0) })
            })
        };
        let mut sums = BTreeMap::new();
        for (outcome, money_of) in [
            ("rejected", "rejected_money"),
            ("after_date", "after_date_money"),
            ("unattributed", "unattributed_money"),
        ] {
            sums.insert(outcome, (count(outcome), money(money_of)));
        }
        sums.insert("duplicate", (count("copies"), money("copies_money")));
        if batch.column_by_name("erased").is_some() {
            sums.insert("erased", (count("erased"), money("erased_money")));
        }
        let others: i64 =
            ["rejected", "after_date", "unattributed", "erased"].map(count).iter().sum();
        let other_money =
            ["rejected_money", "after_date_money", "unattributed_money", "erased_money"];
        let other_money: i128 = other_money.iter().filter_map(|name| money(name)).sum();
        let used_money = money("all_money").map(|all| all - other_money);
        sums.insert("used", (count("rows") - others, used_money));
        Ok(Self {
            feed: feed.to_owned(),
            has_money,
            read: count("rows") + count("copies"),
            mapped_rejects: count("rejected"),
            sums,
            rejects: Vec::new(),
        })
    }

    /// The books of a feed of transactions.
    pub(crate) fn of_lines(feed: &str, tally: &Tally, has_erased: bool) -> Self {
        let mut sums = BTreeMap::from([
            ("used", tally.used),
            ("rejected", tally.rejected),
            ("after_date", tally.after_date),
            ("unattributed", tally.unattributed),
            ("duplicate", tally.copies),
        ]);
        if has_erased {
            sums.insert("erased", tally.erased);
        }
        Self {
            feed: feed.to_owned(),
            has_money: true,
            read: sums.values().map(|sum| sum.rows).sum(),
            mapped_rejects: tally.rejected.rows,
            sums: sums.into_iter().map(|(name, sum)| (name, (sum.rows, Some(sum.money)))).collect(),
            rejects: Vec::new(),
        }
    }

    /// Tells how many rows the files have.
    pub(crate) fn read(&mut self, rows: i64) {
        self.read = rows;
    }

    /// Rows refused after their raw columns were read.
    pub(crate) fn mapped_rejects(&self) -> i64 {
        self.mapped_rejects
    }

    /// Rows of people who were erased.
    pub(crate) fn erased(&self) -> i64 {
        self.sums.get("erased").map_or(0, |(rows, _)| *rows)
    }

    /// Rows dated after the logical date.
    pub(crate) fn after_date(&self) -> i64 {
        self.sums.get("after_date").map_or(0, |(rows, _)| *rows)
    }

    /// Adds a row that could not be read; its money counts where that can be.
    pub(crate) fn reject_landed(&mut self, file: &str, reject: &Reject) {
        if let Some((rows, money)) = self.sums.get_mut("rejected") {
            *rows += 1;
            *money = money.map(|money| money + reject.money.map_or(0, readable_cents));
        }
        self.rejects.push(RejectedRow {
            file: file.to_owned(),
            line: reject.line as i64,
            column: reject.column.clone(),
            reason: reject.reason.code().to_owned(),
            sample: (!reject.sample.is_empty()).then(|| reject.sample.clone()),
        });
    }

    /// Adds rows that could be read but not be mapped: place, then `column|reason`.
    pub(crate) fn reject_mapped(&mut self, batch: &RecordBatch, label: impl Fn(usize) -> String) {
        let places = batch.column(0).as_primitive::<Int64Type>();
        let reasons = batch.column(1).as_string::<i32>();
        for (place, reason) in places.iter().zip(reasons) {
            let (Some(place), Some(reason)) = (place, reason) else { continue };
            let (column, reason) = reason.split_once('|').unwrap_or(("", reason));
            self.rejects.push(RejectedRow {
                file: label((place >> LINE_BITS) as usize),
                line: place & ((1 << LINE_BITS) - 1),
                column: Some(column.to_owned()),
                reason: reason.to_owned(),
                sample: None,
            });
        }
    }

    /// Checks that every row went somewhere and that not too many were refused.
    ///
    /// `codes` gives the words that a column may hold.
    pub(crate) fn check(
        &self,
        feed: &str,
        max_rejects: f64,
        codes: impl Fn(&str) -> &'static [&'static str],
    ) -> Result<(), RunError> {
        let told: i64 = self.sums.values().map(|(rows, _)| rows).sum();
        if told != self.read {
            return Err(RunError::Bug(format!(
                "feed `{feed}` has {} rows, but {told} are accounted for",
                self.read
            )));
        }
        let rejected = self.sums.get("rejected").map_or(0, |(rows, _)| *rows);
        if rejected as f64 > max_rejects * self.read as f64 {
            let mut reasons: BTreeMap<(Option<&str>, &str), (i64, &RejectedRow)> = BTreeMap::new();
            for row in &self.rejects {
                let key = (row.column.as_deref(), row.reason.as_str());
                reasons.entry(key).or_insert((0, row)).0 += 1;
            }
            let mut worst: Vec<_> = reasons.into_iter().collect();
            worst.sort_by_key(|(key, (rows, _))| (-rows, *key));
            let told: Vec<String> = worst
                .iter()
                .take(3)
                .map(|((column, reason), (rows, first))| {
                    let known = column.filter(|_| *reason == UNKNOWN_CODE).map(&codes);
                    let known = known.map(|codes| format!(", known are `{}`", codes.join("`, `")));
                    let column = column.map(|name| format!(" in column `{name}`"));
                    format!(
                        "{reason}{}: {rows} (first `{}` line {}{})",
                        column.unwrap_or_default(),
                        first.file,
                        first.line,
                        known.unwrap_or_default()
                    )
                })
                .collect();
            return Err(RunError::Feed {
                feed: feed.to_owned(),
                message: format!(
                    "{rejected} of {} rows were rejected, allowed are {}: {}",
                    self.read,
                    percent(max_rejects),
                    told.join("; ")
                ),
                hint: Some("mend the feed, or its mapping, or raise its `max_rejects`".into()),
            });
        }
        Ok(())
    }
}

/// Rounded half away from zero, as the amounts of rows that are kept; 0 for more than these can be, such
/// as a number of a card in a row that has slipped.
fn readable_cents(money: Decimal) -> i128 {
    let cents = (money.0 + 5_000 * money.0.signum()) / 10_000;
    if cents.abs() <= MOST_CENTS { cents } else { 0 }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 10_000.0).round() / 100.0)
}

/// The books of all feeds.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    accounts: Vec<Account>,
}

impl Accounts {
    pub(crate) fn add(&mut self, account: Account) {
        self.accounts.push(account);
    }

    /// Rows rejected over all feeds.
    pub(crate) fn rejected(&self) -> i64 {
        self.accounts
            .iter()
            .filter_map(|account| account.sums.get("rejected"))
            .map(|(rows, _)| rows)
            .sum()
    }

    /// Rows of people who were erased, over all feeds.
    pub(crate) fn erased(&self) -> i64 {
        self.accounts.iter().map(Account::erased).sum()
    }

    /// Every rejected row, by feed, file and line.
    pub(crate) fn reject_table(&self) -> Result<RecordBatch, RunError> {
        let mut rows: Vec<(&str, &RejectedRow)> = self
            .accounts
            .iter()
            .flat_map(|account| account.rejects.iter().map(|row| (account.feed.as_str(), row)))
            .collect();
        rows.sort();
        let text = |of: fn(&RejectedRow) -> Option<&str>| -> StringArray {
            rows.iter().map(|(_, row)| of(row)).collect()
        };
        reject::Columns {
            feed: rows.iter().map(|(feed, _)| Some(*feed)).collect(),
            file: text(|row| Some(row.file.as_str())),
            line: rows.iter().map(|(_, row)| Some(row.line)).collect(),
            column: text(|row| row.column.as_deref()),
            reason: text(|row| Some(row.reason.as_str())),
            sample: text(|row| row.sample.as_deref()),
        }
        .into_batch()
        .map_err(|error| RunError::Bug(error.to_string()))
    }

    /// One row for each feed and outcome; `read` is the sum of the others.
    pub(crate) fn reconciliation_table(&self) -> Result<RecordBatch, RunError> {
        let mut feeds: Vec<&Account> = self.accounts.iter().collect();
        feeds.sort_by(|a, b| a.feed.cmp(&b.feed));
        let mut rows: Vec<(&str, &str, Sum)> = Vec::new();
        for account in feeds {
            let money = account
                .has_money
                .then(|| account.sums.values().filter_map(|(_, money)| *money).sum::<i128>());
            let mut own: Vec<(&str, &str, Sum)> = account
                .sums
                .iter()
                .map(|(outcome, sum)| (account.feed.as_str(), *outcome, *sum))
                .collect();
            own.push((account.feed.as_str(), "read", (account.read, money)));
            own.sort_by_key(|(_, outcome, _)| *outcome);
            rows.extend(own);
        }
        let too_large = rows
            .iter()
            .find(|(_, _, (_, money))| money.is_some_and(|money| money.abs() > MOST_CENTS));
        if let Some((feed, outcome, _)) = too_large {
            return Err(RunError::Feed {
                feed: (*feed).to_owned(),
                message: format!("the money of its rows ({outcome}) is too large to be added up"),
                hint: Some("is `amount` mapped to a column of money?".into()),
            });
        }
        let amounts: Decimal128Array = rows.iter().map(|(_, _, (_, money))| *money).collect();
        let amounts = amounts
            .with_precision_and_scale(18, 2)
            .map_err(|error| RunError::Bug(error.to_string()))?;
        reconciliation::Columns {
            feed: rows.iter().map(|(feed, _, _)| Some(*feed)).collect(),
            outcome: rows.iter().map(|(_, outcome, _)| Some(*outcome)).collect(),
            rows: rows.iter().map(|(_, _, (rows, _))| Some(*rows)).collect::<Int64Array>(),
            amount: amounts,
        }
        .into_batch()
        .map_err(|error| RunError::Bug(error.to_string()))
    }
}
