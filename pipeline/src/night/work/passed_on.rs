//! Tables that steps pass on to each other and nobody publishes: in memory while they are small, in a file
//! of the scratch folder when they are large.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use fs_err::File;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::RunError;

/// Rows of a row group: those of 100,000 customers and more.
const ROW_GROUP_ROWS: usize = 1 << 19;

/// A table in the scratch folder, being written.
pub(super) struct ScratchTable {
    path: PathBuf,
    writer: ArrowWriter<File>,
}

impl ScratchTable {
    /// Starts the file of a table.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn create(scratch: &Path, table: &str, schema: SchemaRef) -> Result<Self, RunError> {
        let path = scratch.join(format!("{table}.parquet"));
        // It is read a few times within minutes: what compressing saves is less than what it takes.
        let properties = WriterProperties::builder()
            .set_compression(Compression::UNCOMPRESSED)
            .set_dictionary_enabled(false)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let file = File::create(&path).map_err(|source| refused(&path, source))?;
        let writer = ArrowWriter::try_new(file, schema, Some(properties))
            .map_err(|source| refused(&path, std::io::Error::other(source)))?;
        Ok(Self { path, writer })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), RunError> {
        let written = self.writer.write(batch);
        written.map_err(|source| refused(&self.path, std::io::Error::other(source)))
    }

    pub(super) fn finish(self) -> Result<PathBuf, RunError> {
        let Self { path, writer } = self;
        writer.close().map_err(|source| refused(&path, std::io::Error::other(source)))?;
        Ok(path)
    }
}

fn refused(path: &Path, source: std::io::Error) -> RunError {
    RunError::File { action: "cannot write", path: path.to_owned(), source }
}
