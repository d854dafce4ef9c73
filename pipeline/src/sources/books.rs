//! The books of a feed: every row used, or left out for a reason that is told.

use std::path::Path;

use idip_feeds::Reject;
use idip_project::{FeedKind, Project};
use idip_schemas::TableContract;

use super::accounts::Account;
use super::files::FeedFiles;
use super::landing::PLACE;
use super::mapping::{self, COPIES, REJECT};
use super::typing::{TypedFeed, expression_types, raw_table, typed_sql, typed_table};
use crate::RunError;
use crate::engine::Engine;

/// The books of one feed.
///
/// # Errors
///
/// When too many of its rows were refused.
pub(super) fn books(
    engine: &Engine,
    project: &Project,
    feed: &TypedFeed<'_>,
    as_of: i32,
    scratch: &Path,
) -> Result<Account, RunError> {
    let files = feed.files;
    let mut account = account(engine, files, feed.contract, as_of)?;
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

fn account(
    engine: &Engine,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    as_of: i32,
) -> Result<Account, RunError> {
    let later = mapping::fact_date(contract.name)
        .map_or("FALSE".to_owned(), |day| format!("coalesce({day} > $as_of, FALSE)"));
    let nobody = if contract.name == "transaction" { "party_ref IS NULL" } else { "FALSE" };
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
