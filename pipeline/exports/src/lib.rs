//! Writes CRM files from published tables, with manifest and checksums.
//!
//! Rows go from Arrow columns straight into CSV bytes, one file for all or one for each segment, split
//! where the receiver sets limits. Text that a spreadsheet could take for a formula, or a mail tool for
//! markup, is made harmless on the way and counted; numbers, dates, ids and telephone numbers are
//! recognised by type and strict pattern and stay as they are.
//!
//! The crate opens no file: bytes go to a [`Sink`] of the caller, which names, fsyncs and publishes.
//! The order of delivery is CSV files, `manifest.json`, `SHA256SUMS`, and `_SUCCESS` last.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, RecordBatch, StringArray};
//! use idip_exports::{CsvProfile, Export, ExportColumn, MemorySink, export};
//!
//! let names: ArrayRef = Arc::new(StringArray::from(vec!["Ada", "=cmd()"]));
//! let batches = [RecordBatch::try_from_iter([("name", names)])?];
//! let columns = [ExportColumn::new("name", "Name")];
//! let job = Export::new(&batches, &columns, &CsvProfile::GENERIC, "customers");
//! let sink = MemorySink::default();
//! let report = export(&job, &sink)?;
//! assert_eq!(sink.files()["customers.csv"], b"Name\nAda\ncmd()\n");
//! assert_eq!(report.neutralised["Name"], 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cell;
mod error;
mod export;
mod file_name;
mod manifest;
mod neutralise;
mod number;
mod parts;
mod profile;
mod route;
mod sink;

#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod round_trip_tests;

pub use error::{ExportError, Result};
pub use export::{Export, ExportColumn, SplitLimits, TextKind, export, export_by_segment};
pub use manifest::{
    ExportManifest, ExportReport, FileRecord, MANIFEST_VERSION, ManifestFacts, SegmentRecord, seal,
};
pub use neutralise::{Injection, neutralise};
pub use profile::{Blank, CsvProfile, LineEnding};
pub use sink::{FileSink, MemorySink, Sink};
