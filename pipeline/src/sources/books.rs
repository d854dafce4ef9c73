//! The books of a feed: every row used, or left out for a reason that is told.

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use idip_project::{Duplicates, FeedKind, Project};
use idip_schemas::TableContract;
use idip_schemas::source::party;

use super::accounts::Account;
use super::files::FeedFiles;
use super::landing::{BIRTH_DATE, NOBODYS_BIRTH_DATE, PLACE};
use super::lines::Tally;
use super::mapping::{self, COPIES, ERASED, REJECT};
use super::typing::{TypedFeed, expression_types, raw_table, typed_sql, typed_table};
use crate::RunError;
use crate::engine::Engine;

/// The books of one feed; `lines` are those of a feed of transactions, which are counted already.
///
/// # Errors
///
/// When too many of its rows were refused.
pub(super) fn books(
    engine: &Engine,
    project: &Project,
    feed: &TypedFeed<'_>,
    lines: Option<&Tally>,
    as_of: i32,
    scratch: &Path,
) -> Result<Account, RunError> {
    let files = feed.files;
    let mut account = match lines {
        Some(tally) => Account::of_lines(files.name, tally, engine.erased().is_some()),
        None => sums(engine, files, feed.contract, as_of)?,
    };
    account.read(feed.rows.iter().sum::<u64>() as i64);
    for (landed, file) in feed.landed.iter().zip(&files.files) {
        for reject in &landed.rejects {
            account.reject_landed(&file.label, reject);
        }
    }
    if account.mapped_rejects() > 0 {
        if files.kind == FeedKind::Parquet {
            list_parquet_rejects(engine, project, files, feed.contract, scratch, &mut account)?;
        } else {
            list_text_rejects(engine, files, &mut account)?;
        }
    }
    let codes = |column: &str| mapping::codes(feed.contract.name, column);
    account.check(files.name, files.feed.max_rejects, codes)?;
    Ok(account)
}

/// Rows and money of a feed by what became of them, in one pass.
fn sums(
    engine: &Engine,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    as_of: i32,
) -> Result<Account, RunError> {
    let columns: Vec<String> = sum_list(files, contract, engine.erased().is_some())
        .into_iter()
        .map(|(name, sql)| format!("{sql} AS {name}"))
        .collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), typed_table(files.name));
    let answer = engine.ask(&format!("feed `{}`", files.name), &sql, as_of)?;
    refuse_unreadable_births(files.name, &answer)?;
    Account::new(files.name, mapping::money(contract.name).is_some(), &answer)
}

/// Days of birth from which on so many unreadable ones are no mistakes of typing.
const BORN_ENOUGH: i64 = 20;

/// Stops the night when most days of birth of a feed cannot be read: that is a format nobody declared, and
/// who is recognised would suffer without a word.
fn refuse_unreadable_births(feed: &str, answer: &[RecordBatch]) -> Result<(), RunError> {
    let count = |name: &str| -> i64 {
        let columns = answer.iter().filter_map(|batch| batch.column_by_name(name));
        columns.flat_map(|column| column.as_primitive::<Int64Type>().iter().flatten()).sum()
    };
    let (born, impossibly) = (count("born"), count("impossibly_born"));
    if born < BORN_ENOUGH || impossibly * 2 <= born {
        return Ok(());
    }
    Err(RunError::Feed {
        feed: feed.to_owned(),
        message: format!("{impossibly} of {born} days of birth in `{BIRTH_DATE}` cannot be read"),
        hint: Some("`types` tells how its column is written, as in `date %d/%m/%Y`".into()),
    })
}

/// Name and SQL of every sum of the books; what cannot happen in this feed is left out.
fn sum_list(
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    has_erased: bool,
) -> Vec<(&'static str, String)> {
    let later =
        mapping::fact_date(contract.name).map(|day| format!("coalesce({day} > $as_of, FALSE)"));
    let money = mapping::money(contract.name);
    let mut list = vec![("rows", "count(*)".to_owned())];
    let mut outcome = |rows, amount, condition: &str| {
        list.push((rows, format!("count(*) FILTER (WHERE {condition})")));
        if let Some(money) = money {
            list.push((amount, format!("sum({money}) FILTER (WHERE {condition})")));
        }
    };
    outcome("rejected", "rejected_money", &is_rejected());
    if has_erased {
        outcome("erased", "erased_money", &format!("{REJECT} = '{ERASED}'"));
    }
    if let Some(later) = &later {
        outcome("after_date", "after_date_money", &format!("{REJECT} IS NULL AND {later}"));
    }
    if let Some(money) = money {
        list.push(("all_money", format!("sum({money})")));
    }
    if contract.name == party::CONTRACT.name {
        let nobodys = format!("arrow_cast({NOBODYS_BIRTH_DATE}, 'Date32')");
        list.push(("born", format!("count({BIRTH_DATE})")));
        list.push(("impossibly_born", format!("count(*) FILTER (WHERE {BIRTH_DATE} = {nobodys})")));
    }
    if files.feed.duplicates == Duplicates::Drop {
        list.push(("copies", format!("coalesce(sum({COPIES} - 1), 0)")));
        if let Some(money) = money {
            list.push(("copies_money", format!("sum({money} * ({COPIES} - 1))")));
        }
    }
    list
}

/// Condition of a row that is refused; of who was erased nothing is listed.
fn is_rejected() -> String {
    format!("{REJECT} <> '{ERASED}'")
}

fn list_text_rejects(
    engine: &Engine,
    files: &FeedFiles<'_>,
    account: &mut Account,
) -> Result<(), RunError> {
    let sql = format!(
        "SELECT {PLACE}, {REJECT} FROM {} WHERE {}",
        typed_table(files.name),
        is_rejected()
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
    night: &Engine,
    project: &Project,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    scratch: &Path,
    account: &mut Account,
) -> Result<(), RunError> {
    let limits =
        crate::engine::EngineLimits { threads: 1, memory: 256 << 20, spill: scratch.to_owned() };
    for file in &files.files {
        let mut engine = Engine::start(&limits)?;
        if let Some(erased) = night.erased() {
            engine = engine.without(erased);
        }
        let raw = raw_table(files.name);
        engine.register_parquet(&raw, std::slice::from_ref(&file.path))?;
        let types = expression_types(&engine, files, contract, &raw)?;
        let from = format!(
            "(SELECT *, CAST(row_number() OVER () AS BIGINT) AS {PLACE}, CAST(1 AS BIGINT) AS {COPIES} \
             FROM {raw}) AS rows"
        );
        let sql = typed_sql(&engine, project, files, contract, &types, &from, false)?;
        let sql = format!("SELECT {PLACE}, {REJECT} FROM ({sql}) AS t WHERE {}", is_rejected());
        for batch in engine.ask("rejects", &sql, 0)? {
            account.reject_mapped(&batch, |_| file.label.clone());
        }
    }
    Ok(())
}
