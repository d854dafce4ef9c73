//! The books of a feed: every row used, or left out for a reason that is told.

use std::path::Path;

use idip_feeds::Reject;
use idip_project::{FeedKind, Project};
use idip_schemas::TableContract;
use idip_schemas::source::transaction;

use super::accounts::Account;
use super::files::FeedFiles;
use super::landing::PLACE;
use super::mapping::{self, COPIES, REJECT};
use super::typing::{TypedFeed, expression_types, raw_table, typed_sql, typed_table};
use crate::RunError;
use crate::engine::Engine;

/// A day after all others: nothing is left out for its date.
const FOREVER: i32 = i32::MAX;

/// The last day of a feed of transactions that are not refused; None when there is none.
///
/// What the pass over the feed tells beside it is kept: with no date given, this day or a later one
/// becomes the logical date, so that nothing of the feed comes after it.
///
/// # Errors
///
/// When the feed cannot be read through.
pub(super) fn last_day(engine: &Engine, feed: &mut TypedFeed<'_>) -> Result<Option<i32>, RunError> {
    let account = sums(engine, feed.files, feed.contract, FOREVER)?;
    let last_day = account.last_day();
    feed.account = Some(account);
    Ok(last_day)
}

/// The books of one feed.
///
/// # Errors
///
/// When too many of its rows were refused.
pub(super) fn books(
    engine: &Engine,
    project: &Project,
    feed: &mut TypedFeed<'_>,
    as_of: i32,
    scratch: &Path,
) -> Result<Account, RunError> {
    let files = feed.files;
    let mut account = match feed.account.take() {
        Some(account) => account,
        None => sums(engine, files, feed.contract, as_of)?,
    };
    account.read(feed.rows.iter().sum::<u64>() as i64);
    for (landed, file) in feed.landed.iter().zip(&files.files) {
        for Reject { line, column, reason, sample } in &landed.rejects {
            account.reject_landed(
                &file.label,
                *line as i64,
                column.as_deref(),
                reason.code(),
                (!sample.is_empty()).then_some(sample),
            );
        }
    }
    if account.mapped_rejects() > 0 {
        if files.kind == FeedKind::Parquet {
            list_parquet_rejects(project, files, feed.contract, scratch, &mut account)?;
        } else {
            list_text_rejects(engine, files, &mut account)?;
        }
    }
    account.check(files.name, files.feed.max_rejects)?;
    Ok(account)
}

/// Rows and money of a feed by what became of them, in one pass.
fn sums(
    engine: &Engine,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    as_of: i32,
) -> Result<Account, RunError> {
    let later = mapping::fact_date(contract.name)
        .map_or("FALSE".to_owned(), |day| format!("coalesce({day} > $as_of, FALSE)"));
    let nobody =
        if contract.name == transaction::CONTRACT.name { "party_ref IS NULL" } else { "FALSE" };
    let outcomes = [
        ("rejected", format!("{REJECT} IS NOT NULL")),
        ("after_date", format!("{REJECT} IS NULL AND {later}")),
        ("unattributed", format!("{REJECT} IS NULL AND NOT {later} AND {nobody}")),
    ];
    let mut list =
        vec!["count(*) AS rows".to_owned(), format!("coalesce(sum({COPIES} - 1), 0) AS copies")];
    let money = mapping::money(contract.name);
    for (name, condition) in &outcomes {
        list.push(format!("count(*) FILTER (WHERE {condition}) AS {name}"));
        if let Some(money) = money {
            list.push(format!("sum({money}) FILTER (WHERE {condition}) AS {name}_money"));
        }
    }
    if let Some(money) = money {
        list.push(format!("sum({money}) AS all_money"));
        list.push(format!("sum({money} * ({COPIES} - 1)) AS copies_money"));
    }
    if contract.name == transaction::CONTRACT.name {
        list.push(format!("max(business_date) FILTER (WHERE {REJECT} IS NULL) AS last_day"));
    }
    let sql = format!("SELECT {} FROM {}", list.join(", "), typed_table(files.name));
    let what = format!("feed `{}`", files.name);
    let answer = engine.ask(&what, &sql, as_of)?;
    Account::new(files.name, money.is_some(), &answer)
}

fn list_text_rejects(
    engine: &Engine,
    files: &FeedFiles<'_>,
    account: &mut Account,
) -> Result<(), RunError> {
    let sql = format!(
        "SELECT {PLACE}, {REJECT} FROM {} WHERE {REJECT} IS NOT NULL",
        typed_table(files.name)
    );
    for batch in engine.ask("rejects", &sql, 0)? {
        account.reject_mapped(&batch, |file| {
            files.files.get(file).map_or("", |file| file.label.as_str()).to_owned()
        });
    }
    Ok(())
}

/// Rows of Parquet files have no line: each file is read again, alone and in order.
fn list_parquet_rejects(
    project: &Project,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    scratch: &Path,
    account: &mut Account,
) -> Result<(), RunError> {
    let limits =
        crate::engine::EngineLimits { threads: 1, memory: 256 << 20, spill: scratch.to_owned() };
    for file in &files.files {
        let engine = Engine::start(&limits)?;
        let raw = raw_table(files.name);
        engine.register_parquet(&raw, std::slice::from_ref(&file.path))?;
        let types = expression_types(&engine, files, contract, &raw)?;
        let from = format!(
            "(SELECT *, CAST(row_number() OVER () AS BIGINT) AS {PLACE}, CAST(1 AS BIGINT) AS {COPIES} \
             FROM {raw}) AS rows"
        );
        let sql = typed_sql(project, files, contract, &types, &from, false)?;
        let sql = format!("SELECT {PLACE}, {REJECT} FROM ({sql}) AS t WHERE {REJECT} IS NOT NULL");
        for batch in engine.ask("rejects", &sql, 0)? {
            account.reject_mapped(&batch, |_| file.label.clone());
        }
    }
    Ok(())
}
