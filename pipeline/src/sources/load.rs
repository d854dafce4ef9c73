//! Loads every feed into the source table it fills.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use arrow_schema::{DataType, Schema};
use idip_feeds::Reject;
use idip_project::{Duplicates, FeedKind, Positions, Problem, Problems, Project, RawType};
use idip_schemas::{TableContract, source};
use idip_stage::{RunContext, Tables};
use parquet::arrow::ArrowWriter;
use rayon::prelude::*;

use super::accounts::{Account, Accounts};
use super::files::FeedFiles;
use super::landing::{self, Landed, PLACE};
use super::mapping::{self, COPIES, REJECT, Zones};
use super::{offers, parquet_feed, summary};
use crate::RunError;
use crate::engine::{Engine, EngineError, identifier};

/// What the feeds came to.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Tables to publish: reject, reconciliation, category, sales_channel; and party_purchase.
    pub(crate) tables: Tables,
    /// Rows read, by feed and file.
    pub(crate) rows: BTreeMap<(String, String), u64>,
    /// Rows rejected, over all feeds.
    pub(crate) rejected: i64,
}

/// Feeds that are read and typed, but not yet cut to a date.
#[derive(Debug)]
pub(crate) struct Typed<'f> {
    feeds: Vec<TypedFeed<'f>>,
}

#[derive(Debug)]
struct TypedFeed<'f> {
    files: &'f FeedFiles<'f>,
    contract: &'static TableContract,
    landed: Vec<Landed>,
    rows: Vec<u64>,
}

/// Reads and types every feed.
///
/// # Errors
///
/// When a feed cannot be read or mapped.
pub(crate) fn read<'f>(
    engine: &Engine,
    project: &Project,
    feeds: &'f [FeedFiles<'f>],
    scratch: &Path,
    progress: &dyn Fn(&str),
) -> Result<Typed<'f>, RunError> {
    let feeds = feeds
        .iter()
        .filter(|files| !files.files.is_empty())
        .map(|files| {
            progress(files.name);
            read_feed(engine, project, files, scratch)
        })
        .collect::<Result<_, _>>()?;
    Ok(Typed { feeds })
}

impl Typed<'_> {
    /// The last day with a usable transaction.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) fn last_day(&self, engine: &Engine) -> Result<i32, RunError> {
        let parts: Vec<String> = self
            .feeds
            .iter()
            .filter(|feed| feed.contract.name == "transaction")
            .map(|feed| {
                format!(
                    "SELECT max(business_date) AS day FROM {} WHERE {REJECT} IS NULL",
                    typed_table(feed.files.name)
                )
            })
            .collect();
        let sql = format!("SELECT max(day) FROM ({}) AS days", parts.join(" UNION ALL "));
        engine
            .ask("the last day with a sale", &sql, 0)?
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Date32Type>().iter().flatten())
            .max()
            .ok_or_else(|| RunError::Audit {
                message: "no feed has a sale".into(),
                hint: Some("look at the mapping of the transaction feeds".into()),
            })
    }

    /// Registers every source table, cut to the logical date, and accounts for every row.
    ///
    /// # Errors
    ///
    /// When a feed has too many rejects, or there is no sale on or before the date.
    pub(crate) fn load(
        self,
        engine: &Engine,
        project: &Project,
        context: &RunContext,
        scratch: &Path,
        progress: &dyn Fn(&str),
    ) -> Result<Sources, RunError> {
        let mut accounts = Accounts::default();
        let mut rows = BTreeMap::new();
        let mut by_table: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for feed in &self.feeds {
            accounts.add(books(engine, project, feed, context.logical_date, scratch)?);
            let labels = feed.files.files.iter().map(|file| file.label.clone());
            rows.extend(
                labels
                    .zip(feed.rows.iter().copied())
                    .map(|(label, rows)| ((feed.files.name.to_owned(), label), rows)),
            );
            by_table.entry(feed.contract.name).or_default().push(typed_table(feed.files.name));
        }
        for contract in idip_schemas::source_tables() {
            let parts = by_table.get(contract.name).map(Vec::as_slice).unwrap_or_default();
            register_source(engine, contract, parts, context.logical_date)?;
        }
        offers::add(engine, project, context.logical_date)?;
        summary::with_product_categories(engine, by_table.contains_key("product"), context)?;
        progress("purchases");
        let tables = summary::summarise(engine, project, context)?;
        let rejected = accounts.rejected();
        let tables = tables
            .with(&source::reject::CONTRACT, vec![accounts.reject_table()?])
            .with(&source::reconciliation::CONTRACT, vec![accounts.reconciliation_table()?]);
        Ok(Sources { tables, rows, rejected })
    }
}

fn typed_table(feed: &str) -> String {
    format!("typed_{feed}")
}

fn raw_table(feed: &str) -> String {
    format!("raw_{feed}")
}

/// One source table: its feeds together, cut to facts dated on or before the logical date.
fn register_source(
    engine: &Engine,
    contract: &'static TableContract,
    parts: &[String],
    as_of: i32,
) -> Result<(), RunError> {
    if parts.is_empty() {
        engine.register_batches(contract.name, contract.schema(), Vec::new())?;
        return Ok(());
    }
    let columns: Vec<String> = contract.columns.iter().map(|c| identifier(c.name)).collect();
    let columns = columns.join(", ");
    let dated = mapping::fact_date(contract.name)
        .map(|day| format!(" AND ({day} IS NULL OR {day} <= $as_of)"))
        .unwrap_or_default();
    let parts: Vec<String> = parts
        .iter()
        .map(|part| format!("SELECT {columns} FROM {part} WHERE {REJECT} IS NULL{dated}"))
        .collect();
    engine.register_view(contract.name, &parts.join(" UNION ALL "), as_of)?;
    Ok(())
}

fn read_feed<'f>(
    engine: &Engine,
    project: &Project,
    files: &'f FeedFiles<'f>,
    scratch: &Path,
) -> Result<TypedFeed<'f>, RunError> {
    let contract = contract_of(files)?;
    let wanted = landing::raw_columns(files.name, files.feed, contract)?;
    let is_text = files.kind != FeedKind::Parquet;
    let raw = raw_table(files.name);
    let mut landed = Vec::new();
    let rows: Vec<u64> = if is_text {
        landed = files
            .files
            .par_iter()
            .enumerate()
            .map(|(index, file)| {
                landing::land(files, index, file, &wanted, &project.time_zone, scratch)
            })
            .collect::<Result<Vec<Landed>, _>>()?;
        let paths: Vec<_> = landed.iter().map(|landed| landed.path.clone()).collect();
        engine.register_parquet(&raw, &paths)?;
        landed.iter().map(|landed| landed.report.rows_read).collect()
    } else {
        register_raw_parquet(engine, files, &wanted)?
    };
    if rows.iter().sum::<u64>() == 0 && !files.feed.optional {
        return Err(RunError::Feed {
            feed: files.name.to_owned(),
            message: "has no rows".into(),
            hint: Some("a feed that may be empty says `optional: true`".into()),
        });
    }
    let sql = plan(engine, project, files, contract, &wanted, is_text)?;
    materialise(engine, files, &sql, scratch)?;
    Ok(TypedFeed { files, contract, landed, rows })
}

/// Registers the Parquet files of a feed, and returns the rows of each.
fn register_raw_parquet(
    engine: &Engine,
    files: &FeedFiles<'_>,
    wanted: &[(String, RawType)],
) -> Result<Vec<u64>, RunError> {
    let rows = parquet_feed::rows(files)?;
    let paths: Vec<_> = files.files.iter().map(|file| file.path.clone()).collect();
    let schema = engine.register_parquet(&raw_table(files.name), &paths)?;
    let wanted: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    has_columns(files, &wanted, &schema)?;
    Ok(rows)
}

/// The books of one feed: every row used, or left out for a reason.
fn books(
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

fn contract_of(files: &FeedFiles<'_>) -> Result<&'static TableContract, RunError> {
    idip_schemas::source_table(&files.feed.table)
        .ok_or_else(|| RunError::Bug(format!("feed `{}` fills no source table", files.name)))
}

fn has_columns(files: &FeedFiles<'_>, wanted: &[&str], schema: &Schema) -> Result<(), RunError> {
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|name| schema.field_with_name(name).is_err()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let label = files.files.first().map_or("", |file| file.label.as_str());
    let found: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    Err(RunError::Feed {
        feed: files.name.to_owned(),
        message: format!("`{label}` has no column `{}`", missing.join("`, `")),
        hint: Some(format!("its columns are {}", found.join(", "))),
    })
}

/// The SQL of one feed: raw rows, folded where duplicates are dropped, then typed.
fn plan(
    engine: &Engine,
    project: &Project,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    wanted: &[(String, RawType)],
    is_text: bool,
) -> Result<String, RunError> {
    let raw = raw_table(files.name);
    let types = expression_types(engine, files, contract, &raw)?;
    let from = match files.feed.duplicates {
        Duplicates::Keep => {
            let place = if is_text { PLACE } else { "CAST(NULL AS BIGINT)" };
            format!(
                "(SELECT *, CAST(1 AS BIGINT) AS {COPIES}{} FROM {raw}) AS rows",
                if is_text { String::new() } else { format!(", {place} AS {PLACE}") }
            )
        }
        Duplicates::Drop => {
            let names: Vec<String> = wanted.iter().map(|(name, _)| identifier(name)).collect();
            let names = names.join(", ");
            let place =
                if is_text { format!("min({PLACE})") } else { "CAST(NULL AS BIGINT)".into() };
            format!(
                "(SELECT {names}, {place} AS {PLACE}, count(*) AS {COPIES} \
                 FROM {raw} GROUP BY {names}) AS rows"
            )
        }
    };
    typed_sql(project, files, contract, &types, &from, is_text)
}

fn typed_sql(
    project: &Project,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    types: &[(String, DataType)],
    from: &str,
    is_text: bool,
) -> Result<String, RunError> {
    let zones = Zones {
        written: if is_text {
            "UTC"
        } else {
            files.feed.time_zone.as_deref().unwrap_or(&project.time_zone)
        },
        business: &project.time_zone,
    };
    let typed = mapping::mapping(files.name, files.feed, contract, types, from, zones).map_err(
        |problems| RunError::Feed {
            feed: files.name.to_owned(),
            message: problems.join("; "),
            hint: Some("an expression with CAST can change a type".into()),
        },
    )?;
    let unique_by: Vec<String> = match (&files.feed.unique_by, files.feed.duplicates) {
        (Some(columns), _) => columns.iter().map(|column| identifier(column)).collect(),
        (None, Duplicates::Drop) => contract.key.iter().map(|column| identifier(column)).collect(),
        (None, Duplicates::Keep) => Vec::new(),
    };
    if unique_by.is_empty() {
        return Ok(typed);
    }
    let columns: Vec<String> = contract.columns.iter().map(|c| identifier(c.name)).collect();
    let columns = columns.join(", ");
    Ok(format!(
        "SELECT {columns}, {COPIES}, {PLACE}, CASE WHEN {REJECT} IS NULL AND _rank > 1 \
         THEN '{}|conflicting_duplicate' ELSE {REJECT} END AS {REJECT} \
         FROM (SELECT *, row_number() OVER (PARTITION BY {REJECT} IS NULL, {} \
         ORDER BY {columns}) AS _rank FROM ({}) AS typed) AS ranked",
        unique_by.first().map_or("", |column| column.trim_matches('"')),
        unique_by.join(", "),
        typed
    ))
}

/// Types of the mapped expressions; the error names the one that cannot be planned.
fn expression_types(
    engine: &Engine,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    raw: &str,
) -> Result<Vec<(String, DataType)>, RunError> {
    let all = mapping::select_list(files.feed, contract);
    let ask = |list: &str| engine.columns_of("mapping", &format!("SELECT {list} FROM {raw}"), 0);
    match ask(&all) {
        Ok(types) => Ok(types),
        Err(error) => {
            for column in contract.columns {
                let mut one = files.feed.clone();
                one.columns.retain(|name, _| name == column.name);
                if one.columns.is_empty() {
                    continue;
                }
                if let Err(EngineError::Plan { source, .. }) =
                    ask(&mapping::select_list(&one, contract))
                {
                    return Err(RunError::Feed {
                        feed: files.name.to_owned(),
                        message: format!(
                            "column `{}` cannot be computed: {}",
                            column.name,
                            crate::engine::plain(&source)
                        ),
                        hint: None,
                    });
                }
            }
            Err(error.into())
        }
    }
}

/// Makes the typed table of a feed: a view where every row is read once, else a file.
fn materialise(
    engine: &Engine,
    files: &FeedFiles<'_>,
    sql: &str,
    scratch: &Path,
) -> Result<(), RunError> {
    let name = typed_table(files.name);
    if files.feed.duplicates == Duplicates::Keep && files.feed.unique_by.is_none() {
        engine.register_view(&name, sql, 0)?;
        return Ok(());
    }
    let what = format!("feed `{}`", files.name);
    let path = scratch.join(format!("{name}.parquet"));
    let fail = |source: std::io::Error| RunError::File {
        action: "cannot write",
        path: path.clone(),
        source,
    };
    let columns = engine.columns_of(&what, sql, 0)?;
    let fields: Vec<_> = columns
        .into_iter()
        .map(|(name, data_type)| arrow_schema::Field::new(name, data_type, true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let out = fs_err::File::create(&path).map_err(fail)?;
    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), None)
        .map_err(|error| fail(std::io::Error::other(error)))?;
    engine.stream::<RunError>(&what, sql, 0, |batch| {
        let loose = RecordBatch::try_new(Arc::clone(&schema), batch.columns().to_vec())
            .map_err(|error| RunError::Bug(error.to_string()))?;
        writer.write(&loose).map_err(|error| fail(std::io::Error::other(error)))
    })?;
    writer.close().map_err(|error| fail(std::io::Error::other(error)))?;
    engine.register_parquet(&name, &[path])?;
    Ok(())
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

/// Checks that every feed can be opened and mapped, without reading it through.
///
/// # Errors
///
/// Every problem, at its place in the project file.
pub(crate) fn check(
    engine: &Engine,
    project: &Project,
    positions: &Positions,
    file: &str,
    feeds: &[FeedFiles<'_>],
) -> Result<(), RunError> {
    let mut problems = Vec::new();
    for files in feeds.iter().filter(|files| !files.files.is_empty()) {
        if let Err(error) = check_feed(engine, project, files) {
            let path = format!("feeds.{}", files.name);
            let (line, column) = positions.of(&path);
            let hint = error.hint();
            let message = match error {
                RunError::Feed { message, .. } => message,
                RunError::Landing { source, .. } => source.to_string(),
                other => return Err(other),
            };
            problems.push(Problem { line, column, path, message, hint });
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort();
    Err(RunError::Project(Problems { file: file.to_owned(), problems }))
}

fn check_feed(engine: &Engine, project: &Project, files: &FeedFiles<'_>) -> Result<(), RunError> {
    let contract = contract_of(files)?;
    let wanted = landing::raw_columns(files.name, files.feed, contract)?;
    let is_text = files.kind != FeedKind::Parquet;
    let raw = raw_table(files.name);
    if is_text {
        let schema = landing::check_headers(files, &wanted, &project.time_zone)?;
        engine.register_batches(&raw, schema, Vec::new())?;
    } else {
        register_raw_parquet(engine, files, &wanted)?;
    }
    let sql = plan(engine, project, files, contract, &wanted, is_text)?;
    engine.register_view(&typed_table(files.name), &sql, 0)?;
    Ok(())
}
