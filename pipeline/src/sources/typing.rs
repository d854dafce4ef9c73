//! One feed: its files read, its raw columns typed by SQL.

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};
use idip_project::{Duplicates, FeedKind, Project, RawType};
use idip_schemas::TableContract;
use parquet::arrow::ArrowWriter;
use rayon::prelude::*;

use super::files::FeedFiles;
use super::landing::{self, Landed, PLACE};
use super::mapping::{self, COPIES, REJECT, Surroundings};
use super::parquet_feed;
use crate::RunError;
use crate::engine::{Engine, EngineError, identifier};
use crate::error::MappingProblem;

/// A feed whose rows are typed, but not yet cut to a date.
#[derive(Debug)]
pub(super) struct TypedFeed<'f> {
    pub(super) files: &'f FeedFiles<'f>,
    /// The source table it fills.
    pub(super) contract: &'static TableContract,
    /// Its text files as they were read.
    pub(super) landed: Vec<Landed>,
    /// Rows of each file.
    pub(super) rows: Vec<u64>,
}

impl TypedFeed<'_> {
    /// Whether the feed fills that table.
    pub(super) fn is_of(&self, contract: &TableContract) -> bool {
        self.contract.name == contract.name
    }
}

/// Name of the typed rows of a feed in the engine.
pub(super) fn typed_table(feed: &str) -> String {
    format!("typed_{feed}")
}

/// Name of the rows of a feed as its files have them.
pub(super) fn raw_table(feed: &str) -> String {
    format!("raw_{feed}")
}

/// Reads and types one feed.
///
/// # Errors
///
/// When a file cannot be read, or the mapping does not fit it.
pub(super) fn read_feed<'f>(
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

/// The source table that a feed fills.
///
/// # Errors
///
/// When there is none, which the check of the project file rules out.
pub(super) fn contract_of(files: &FeedFiles<'_>) -> Result<&'static TableContract, RunError> {
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

/// Plans one feed without reading its rows.
///
/// # Errors
///
/// When a header or the mapping does not fit.
pub(super) fn check_feed(
    engine: &Engine,
    project: &Project,
    files: &FeedFiles<'_>,
) -> Result<(), RunError> {
    let contract = contract_of(files)?;
    let wanted = landing::raw_columns(files.name, files.feed, contract)?;
    let is_text = files.kind != FeedKind::Parquet;
    let raw = raw_table(files.name);
    if is_text {
        let schema = landing::check_headers(files, &wanted, &project.time_zone)?;
        engine.register_batches(&raw, schema, &[])?;
    } else {
        register_raw_parquet(engine, files, &wanted)?;
    }
    let sql = plan(engine, project, files, contract, &wanted, is_text)?;
    engine.register_view(&typed_table(files.name), &sql, 0)?;
    Ok(())
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
    typed_sql(engine, project, files, contract, &types, &from, is_text)
}

/// The SQL that types the rows `from`.
///
/// # Errors
///
/// When a column has a type that cannot be read.
pub(super) fn typed_sql(
    engine: &Engine,
    project: &Project,
    files: &FeedFiles<'_>,
    contract: &'static TableContract,
    types: &[(String, DataType)],
    from: &str,
    is_text: bool,
) -> Result<String, RunError> {
    let around = Surroundings {
        written_zone: if is_text {
            "UTC"
        } else {
            files.feed.time_zone.as_deref().unwrap_or(&project.time_zone)
        },
        business_zone: &project.time_zone,
        has_erased: engine.erased().is_some(),
    };
    let typed = mapping::mapping(files.name, files.feed, contract, types, from, around)
        .map_err(|problems| RunError::Mapping { feed: files.name.to_owned(), problems })?;
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

/// Types of the mapped expressions.
///
/// # Errors
///
/// One that names the expression that cannot be planned.
pub(super) fn expression_types(
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
                    let message = format!("cannot be computed: {}", crate::engine::plain(&source));
                    let column = column.name.to_owned();
                    return Err(RunError::Mapping {
                        feed: files.name.to_owned(),
                        problems: vec![MappingProblem { column, message, hint: None }],
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
