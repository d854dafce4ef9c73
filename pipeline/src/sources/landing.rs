//! Text feeds become raw typed columns on disk; what cannot be read becomes rejects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use idip_feeds::{
    ControlFile, CsvFormat, Delimiter, FeedFormat, FeedSpec, HeaderLine, LINE_COLUMN,
    LandingReport, RawColumn, RawKind, Reject,
};
use idip_project::{ColumnSource, Encoding, Feed, FeedKind, RawType};
use idip_schemas::TableContract;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::files::{FeedFile, FeedFiles};
use super::mapping;
use crate::error::MappingProblem;
use crate::{RunError, engine};

/// Column of a landed file that says where a row came from: file number, then line.
pub(crate) const PLACE: &str = "_place";

/// Lines of one file fit below this bit of a place.
pub(crate) const LINE_BITS: u32 = 40;

/// Rows of one batch on its way to disk.
const BATCH_ROWS: usize = 8192;

/// Column of `party` in which an impossible day is no reason to do without the whole record.
pub(crate) const BIRTH_DATE: &str = "birth_date";

/// 0001-01-01, in days since 1970-01-01: an impossible day of birth, which Identify takes for a missing
/// one and counts.
pub(crate) const NOBODYS_BIRTH_DATE: i32 = -719_162;

/// One landed file.
#[derive(Debug)]
pub(crate) struct Landed {
    /// Raw typed columns, as Parquet.
    pub(crate) path: PathBuf,
    /// What was read.
    pub(crate) report: LandingReport,
    /// Rows that could not be read.
    pub(crate) rejects: Vec<Reject>,
}

/// The columns of a file that a feed's mapping reads, with their types.
///
/// # Errors
///
/// When an expression is not SQL.
pub(crate) fn raw_columns(
    name: &str,
    feed: &Feed,
    contract: &'static TableContract,
) -> Result<Vec<(String, RawType)>, RunError> {
    let mut columns: BTreeMap<String, RawType> = BTreeMap::new();
    for (target, source) in &feed.columns {
        match source {
            ColumnSource::Column(column) => {
                let wanted = contract
                    .column(target)
                    .map_or(RawType::Text, |target| raw_type(&(target.data_type)()));
                columns.entry(column.clone()).or_insert(wanted);
            }
            ColumnSource::Sql { sql } => {
                let named = engine::columns_named(sql).map_err(|message| RunError::Mapping {
                    feed: name.to_owned(),
                    problems: vec![MappingProblem {
                        column: target.clone(),
                        message: format!("is not an SQL expression: {message}"),
                        hint: None,
                    }],
                })?;
                for column in named {
                    columns.entry(column).or_insert(RawType::Text);
                }
            }
            ColumnSource::Value { .. } => {}
        }
    }
    for (column, raw) in &feed.types {
        columns.insert(column.clone(), raw.clone());
    }
    Ok(columns.into_iter().collect())
}

fn raw_type(target: &DataType) -> RawType {
    match target {
        DataType::Int64 => RawType::Integer,
        DataType::Float64 | DataType::Decimal128(..) => RawType::Decimal,
        DataType::Date32 => RawType::Date(None),
        DataType::Timestamp(..) => RawType::Timestamp(None),
        DataType::Boolean => RawType::Boolean,
        _ => RawType::Text,
    }
}

/// Reads one text file into a Parquet file of raw typed columns.
///
/// # Errors
///
/// When the file cannot be read, its header does not fit, or its control file disagrees.
pub(crate) fn land(
    files: &FeedFiles<'_>,
    index: usize,
    file: &FeedFile,
    columns: &[(String, RawType)],
    project_zone: &str,
    scratch: &Path,
) -> Result<Landed, RunError> {
    let feed = files.feed;
    let fail = |source| RunError::Landing { feed: files.name.to_owned(), source };
    let mut spec = FeedSpec::new(format(files), raw(columns, feed, project_zone));
    spec.null_tokens.extend(feed.null_values.iter().cloned());
    spec.money = money_column(feed, columns);
    let control = match &feed.control {
        Some(control) => {
            let companion = companion(&file.path, &control.suffix);
            let control = ControlFile::read(&companion).map_err(fail)?;
            spec.totals = control.total_columns();
            Some(control)
        }
        None => None,
    };
    let path = scratch.join(format!("{}-{index}.parquet", files.name));
    let out = fs_err::File::create(&path).map_err(|source| disk("cannot write", &path, source))?;
    let mut fields: Vec<Arc<Field>> = spec
        .schema()
        .fields()
        .iter()
        .filter(|field| field.name() != LINE_COLUMN)
        .cloned()
        .collect();
    fields.push(Arc::new(Field::new(PLACE, DataType::Int64, false)));
    let schema = Arc::new(Schema::new(fields));
    let level = ZstdLevel::try_new(1).unwrap_or_default();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))
        .map_err(|error| parquet_error(&path, error))?;
    let mut rejects = Vec::new();
    let first_place = (index as i64) << LINE_BITS;
    let report = idip_feeds::land(
        &file.path,
        &spec,
        BATCH_ROWS,
        &mut |batch| {
            let placed = place(&schema, &batch, first_place)?;
            writer.write(&placed)?;
            Ok(())
        },
        &mut |reject| {
            rejects.push(reject);
            Ok(())
        },
    )
    .map_err(fail)?;
    writer.close().map_err(|error| parquet_error(&path, error))?;
    if let Some(control) = control {
        control.check(&file.path, &report.figures()).map_err(fail)?;
    }
    Ok(Landed { path, report, rejects })
}

/// The column that holds the money of a row as a number; none where money is computed.
fn money_column(feed: &Feed, columns: &[(String, RawType)]) -> Option<String> {
    let ColumnSource::Column(name) = feed.columns.get(mapping::money(&feed.table)?)? else {
        return None;
    };
    let is_number = |raw: &RawType| matches!(raw, RawType::Decimal | RawType::Integer);
    let found = columns.iter().find(|(column, raw)| column == name && is_number(raw));
    found.map(|(name, _)| name.clone())
}

/// The companion of a file: its whole name and the suffix.
pub(crate) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn place(
    schema: &Arc<Schema>,
    batch: &RecordBatch,
    first_place: i64,
) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let (lines, columns): (Vec<_>, Vec<_>) = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, values)| (field.name() == LINE_COLUMN, Arc::clone(values)))
        .partition(|(is_line, _)| *is_line);
    let mut columns: Vec<_> = columns.into_iter().map(|(_, values)| values).collect();
    let lines = lines
        .first()
        .and_then(|(_, values)| values.as_any().downcast_ref::<Int64Array>())
        .map(|lines| lines.iter().map(|line| line.map(|line| first_place | line)).collect());
    columns.push(Arc::new(lines.unwrap_or_else(|| Int64Array::from(Vec::<i64>::new()))));
    RecordBatch::try_new(Arc::clone(schema), columns)
}

fn raw(columns: &[(String, RawType)], feed: &Feed, project_zone: &str) -> Vec<RawColumn> {
    let zone = feed.time_zone.clone().unwrap_or_else(|| project_zone.to_owned());
    let birth_date = match feed.columns.get(BIRTH_DATE) {
        Some(ColumnSource::Column(name)) if feed.table == "party" => Some(name),
        _ => None,
    };
    columns
        .iter()
        .map(|(name, raw)| RawColumn {
            name: name.clone(),
            kind: match raw {
                RawType::Text => RawKind::Text,
                RawType::Integer => RawKind::Integer,
                RawType::Decimal => RawKind::Decimal,
                RawType::Boolean => RawKind::Boolean,
                RawType::Date(format) => RawKind::Date { format: format.clone() },
                RawType::Timestamp(format) => {
                    RawKind::Timestamp { format: format.clone(), zone: Some(zone.clone()) }
                }
            },
            required: false,
            unreadable_day: (birth_date == Some(name)).then_some(NOBODYS_BIRTH_DATE),
        })
        .collect()
}

fn format(files: &FeedFiles<'_>) -> FeedFormat {
    let feed = files.feed;
    if files.kind == FeedKind::Jsonl {
        return FeedFormat::JsonLines;
    }
    FeedFormat::Csv(CsvFormat {
        delimiter: match feed.delimiter.as_deref() {
            None => Delimiter::Byte(b','),
            Some("tab") => Delimiter::Byte(b'\t'),
            Some("blanks") => Delimiter::Whitespace,
            Some(one) => Delimiter::Byte(one.bytes().next().unwrap_or(b',')),
        },
        encoding: match feed.encoding {
            None | Some(Encoding::Utf8) => idip_feeds::Encoding::Utf8,
            Some(Encoding::Latin1) => idip_feeds::Encoding::Windows1252,
        },
        decimal_comma: feed.decimal_comma,
        grouping: feed.decimal_comma.then_some('.'),
        header: feed.header.clone().map_or(HeaderLine::InFile, HeaderLine::Names),
        ..CsvFormat::default()
    })
}

fn disk(action: &'static str, path: &Path, source: std::io::Error) -> RunError {
    RunError::File { action, path: path.to_owned(), source }
}

fn parquet_error(path: &Path, error: parquet::errors::ParquetError) -> RunError {
    disk("cannot write", path, std::io::Error::other(error))
}

/// Checks the header of each text file of a feed, and returns the schema its rows will land in.
///
/// # Errors
///
/// When a file has no such columns.
pub(crate) fn check_headers(
    files: &FeedFiles<'_>,
    columns: &[(String, RawType)],
    project_zone: &str,
) -> Result<Arc<Schema>, RunError> {
    let spec = FeedSpec::new(format(files), raw(columns, files.feed, project_zone));
    for file in &files.files {
        // The first lines are enough for the header, and a cut row at their end is no reject here.
        let open = fs_err::File::open(&file.path)
            .map_err(|source| disk("cannot read", &file.path, source))?;
        let mut head = std::io::Read::take(open, HEAD_BYTES);
        idip_feeds::land_from(
            &mut head,
            &file.path,
            &spec,
            BATCH_ROWS,
            &mut |_| Ok(()),
            &mut |_| Ok(()),
        )
        .map_err(|source| RunError::Landing { feed: files.name.to_owned(), source })?;
    }
    let mut fields: Vec<Arc<Field>> = spec
        .schema()
        .fields()
        .iter()
        .filter(|field| field.name() != LINE_COLUMN)
        .cloned()
        .collect();
    fields.push(Arc::new(Field::new(PLACE, DataType::Int64, false)));
    Ok(Arc::new(Schema::new(fields)))
}

/// Bytes of a file that a check reads.
const HEAD_BYTES: u64 = 1 << 16;
