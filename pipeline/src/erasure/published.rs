//! Published tables, read batch by batch in the order in which they were written.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch, RecordBatchReader, StringArray};
use idip_store::{Night, TableRecord};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use crate::RunError;

/// Reads some columns of a table, or all of them, handing every batch over.
///
/// # Errors
///
/// When a file cannot be read, or `each` fails.
pub(super) fn each_batch(
    night: &Night,
    table: &TableRecord,
    columns: Option<&[&str]>,
    each: &mut dyn FnMut(RecordBatch) -> Result<(), RunError>,
) -> Result<(), RunError> {
    for path in night.table_files(&table.stage, &table.table) {
        let fail = |error: &dyn std::fmt::Display| RunError::File {
            action: "cannot read",
            path: path.clone(),
            source: std::io::Error::other(error.to_string()),
        };
        for batch in open(&path, columns).map_err(|error| fail(&error))? {
            each(batch.map_err(|error| fail(&error))?)?;
        }
    }
    Ok(())
}

fn open(
    path: &PathBuf,
    columns: Option<&[&str]>,
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path)?)?;
    let mask = match columns {
        Some(columns) => ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied()),
        None => ProjectionMask::all(),
    };
    builder.with_projection(mask).build()
}

/// Names of the columns of a table, as its first file has them.
///
/// # Errors
///
/// When the file cannot be read.
pub(super) fn columns(night: &Night, table: &TableRecord) -> Result<Vec<String>, RunError> {
    let files = night.table_files(&table.stage, &table.table);
    let Some(path) = files.first() else { return Ok(Vec::new()) };
    let reader = open(path, None).map_err(|error| RunError::File {
        action: "cannot read",
        path: path.clone(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(reader.schema().fields().iter().map(|field| field.name().clone()).collect())
}

/// The record of a table; none when the night has no such table.
pub(super) fn record<'n>(night: &'n Night, table: &str) -> Option<&'n TableRecord> {
    night.tables().iter().find(|record| record.table == table)
}

/// A column of texts.
pub(super) fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name)?.as_string_opt::<i32>()
}

/// A column of ids.
pub(super) fn ids<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b Int64Array> {
    batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()
}

/// Reference and customer of each row of `identity_map` or `identifier_holder`.
pub(super) fn references(night: &Night, table: &str) -> Result<Vec<(String, i64)>, RunError> {
    let mut rows = Vec::new();
    if let Some(record) = record(night, table) {
        each_batch(night, record, Some(&["party_ref", "customer_id"]), &mut |batch| {
            if let (Some(names), Some(ids)) =
                (texts(&batch, "party_ref"), ids(&batch, "customer_id"))
            {
                let pairs = names.iter().zip(ids.values());
                rows.extend(pairs.filter_map(|(name, id)| Some((name?.to_owned(), *id))));
            }
            Ok(())
        })?;
    }
    Ok(rows)
}
