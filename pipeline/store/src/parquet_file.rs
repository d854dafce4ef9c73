//! Parquet files whose bytes depend on the rows alone.

use std::io;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::coalesce::BatchCoalescer;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::disk::{DiskFile, Written};
use crate::error::{Result, StoreError};

/// What every reader of Parquet knows; Zstandard makes a fifth less of a night, and takes 4 % more time.
const COMPRESSION: Compression = Compression::SNAPPY;
/// Rows of a row group: small enough that 500,000 customers keep two cores busy when read.
const ROW_GROUP_ROWS: usize = 1 << 18;
/// Column by which tables of customers are sorted.
const CUSTOMER: &str = "customer_id";
/// Bytes of a dictionary beyond which a column has none: what repeats needs less, and what does not is looked
/// up for each value until then.
const DICTIONARY_BYTES: usize = 1 << 17;
/// Rows handed to the encoder at once. It looks at page sizes between calls only, so that batches as
/// they come would show in the bytes.
const ENCODE_ROWS: usize = 1 << 13;

/// A Parquet file being written.
pub(crate) struct ParquetFile {
    stage: String,
    table: String,
    schema: SchemaRef,
    batches: BatchCoalescer,
    writer: ArrowWriter<DiskFile>,
    rows: u64,
}

impl ParquetFile {
    pub(crate) fn new(stage: &str, table: &str, schema: &Schema, file: DiskFile) -> Result<Self> {
        let schema = without_metadata(schema);
        let path = file.path().to_owned();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties(&schema)));
        Ok(Self {
            stage: stage.to_owned(),
            table: table.to_owned(),
            batches: BatchCoalescer::new(Arc::clone(&schema), ENCODE_ROWS),
            schema,
            writer: writer.map_err(|source| encode_error(source, &path))?,
            rows: 0,
        })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = self.fitted(batch)?;
        self.rows += batch.num_rows() as u64;
        let mut first = 0;
        // Whole pieces are encoded where they lie.
        while self.batches.is_empty() && batch.num_rows() - first >= ENCODE_ROWS {
            self.encode(&batch.slice(first, ENCODE_ROWS))?;
            first += ENCODE_ROWS;
        }
        let rest = batch.slice(first, batch.num_rows() - first);
        self.batches.push_batch(rest).map_err(|error| self.refused(&error))?;
        self.encode_completed()
    }

    pub(crate) fn finish(mut self) -> Result<(Written, u64)> {
        self.batches.finish_buffered_batch().map_err(|error| self.refused(&error))?;
        self.encode_completed()?;
        let path = self.writer.inner().path().to_owned();
        self.writer.finish().map_err(|source| encode_error(source, &path))?;
        Ok((self.writer.inner_mut().finish()?, self.rows))
    }

    fn encode_completed(&mut self) -> Result<()> {
        while let Some(batch) = self.batches.next_completed_batch() {
            self.encode(&batch)?;
        }
        Ok(())
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let written = self.writer.write(batch);
        written.map_err(|source| encode_error(source, self.writer.inner().path()))
    }

    /// Checks a batch against the schema, by name, and gives it the schema of the file.
    fn fitted(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let found = batch.schema_ref();
        if names(found).ne(names(&self.schema)) {
            let (found, expected): (Vec<_>, Vec<_>) =
                (names(found).collect(), names(&self.schema).collect());
            return Err(self.mismatch(format!("columns are {found:?}, expected {expected:?}")));
        }
        // Checks types, and nulls where the schema has none.
        RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec())
            .map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &ArrowError) -> StoreError {
        // Only errors about types and shapes arise here: their text holds no cell.
        self.mismatch(error.to_string())
    }

    fn mismatch(&self, detail: String) -> StoreError {
        StoreError::Batch { stage: self.stage.clone(), table: self.table.clone(), detail }
    }
}

fn names(schema: &Schema) -> impl Iterator<Item = &String> {
    schema.fields().iter().map(|field| field.name())
}

fn properties(schema: &Schema) -> WriterProperties {
    let builder = WriterProperties::builder()
        .set_created_by(concat!("idip version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(COMPRESSION)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Page);
    let measured = schema
        .fields()
        .iter()
        .filter(|field| matches!(field.data_type(), DataType::Float64 | DataType::Decimal128(..)));
    // Measured values hardly repeat: a dictionary of them is looked up for each value, then given up.
    let builder = measured.fold(builder, |builder, field| {
        builder.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false)
    });
    // Tables are sorted by their keys, of which the first column is one. The least and the greatest text of
    // another take a comparison for each value, and hardly a page has others than the next.
    let texts = schema.fields().iter().skip(1).filter(|field| *field.data_type() == DataType::Utf8);
    let builder = texts.fold(builder, |builder, field| {
        let column = ColumnPath::from(field.name().as_str());
        builder.set_column_statistics_enabled(column, EnabledStatistics::None)
    });
    match schema.fields().first() {
        // Ids ascend where they come first: from one to the next takes half the bytes of an id.
        Some(id) if id.name() == CUSTOMER && *id.data_type() == DataType::Int64 => {
            let column = ColumnPath::from(CUSTOMER);
            builder
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED)
                .build()
        }
        _ => builder.build(),
    }
}

impl std::fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetFile")
            .field("path", &self.writer.inner().path())
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// Metadata of a schema comes from whoever built the batch and would show in the bytes.
fn without_metadata(schema: &Schema) -> SchemaRef {
    let plain = |field: &Field| field.clone().with_metadata(std::collections::HashMap::new());
    Arc::new(Schema::new(schema.fields().iter().map(|field| plain(field)).collect::<Vec<_>>()))
}

fn encode_error(source: ParquetError, path: &std::path::Path) -> StoreError {
    let path = path.to_owned();
    match source {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(source) => StoreError::Io { action: "write", path, source: *source },
            Err(cause) => StoreError::Parquet { path, source: ParquetError::External(cause) },
        },
        source => StoreError::Parquet { path, source },
    }
}
