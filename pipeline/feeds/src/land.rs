//! The way of one feed from its bytes to batches and rejects.

use std::io::{self, Read};
use std::path::Path;

use arrow_array::RecordBatch;
use serde::Serialize;

use crate::column::Columns;
use crate::number::{Decimal, NumberStyle};
use crate::reject::shape;
use crate::source::{Source, known_file_kind};
use crate::{
    Encoding, FeedError, FeedFormat, FeedSpec, Figures, Reject, RejectReason, SinkError, Total,
    csv_rows, json_rows,
};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What was read of a feed: every row is accounted for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LandingReport {
    /// Rows in the file, without header and blank lines: kept and rejected.
    pub rows_read: u64,
    /// Rows handed over in batches.
    pub rows_kept: u64,
    /// Rows handed over as rejects.
    pub rows_rejected: u64,
    /// Lines with nothing but blanks.
    pub blank_lines: u64,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the bytes of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Local times of kept rows that the clock skipped: moved forward by the gap.
    pub dst_shifted: u64,
    /// Local times of kept rows that came twice: read as the first.
    pub dst_folded: u64,
    /// Whether the last line has no line end: the file may be cut.
    pub ends_mid_line: bool,
    /// Wanted JSON members that no row has: perhaps misspelt.
    pub columns_never_seen: Vec<String>,
    /// Sums of the columns in [`FeedSpec::totals`], rejected rows included.
    pub totals: Vec<Total>,
}

impl LandingReport {
    /// Returns what a control file can be compared with.
    pub fn figures(&self) -> Figures {
        Figures { rows: self.rows_read, sha256: self.sha256.clone(), totals: self.totals.clone() }
    }
}

/// Reads the feed file at `path` into batches of at most `batch_rows` rows.
///
/// Batches have the columns of [`FeedSpec::schema`], in the order of the file; rejects come as they
/// are found. Both are provisional until this returns: after an error they are void. A batch is cut
/// short at 64 MiB of text in a column; memory is bounded by it and one record of 16 MiB.
///
/// # Errors
///
/// See [`FeedError`]. A bad row is no error, but a reject.
pub fn land(
    path: &Path,
    spec: &FeedSpec,
    batch_rows: usize,
    batches: &mut dyn FnMut(RecordBatch) -> Result<(), SinkError>,
    rejects: &mut dyn FnMut(Reject) -> Result<(), SinkError>,
) -> Result<LandingReport, FeedError> {
    let mut file = fs_err::File::open(path)
        .map_err(|source| FeedError::Read { path: path.to_owned(), source })?;
    land_from(&mut file, path, spec, batch_rows, batches, rejects)
}

/// Reads a feed from any reader, such as a pipe; `path` names it in messages.
///
/// # Errors
///
/// As [`land`].
pub fn land_from(
    reader: &mut dyn Read,
    path: &Path,
    spec: &FeedSpec,
    batch_rows: usize,
    batches: &mut dyn FnMut(RecordBatch) -> Result<(), SinkError>,
    rejects: &mut dyn FnMut(Reject) -> Result<(), SinkError>,
) -> Result<LandingReport, FeedError> {
    let problems = spec.problems();
    if !problems.is_empty() {
        return Err(FeedError::Spec { path: path.to_owned(), problems });
    }
    let style = match &spec.format {
        FeedFormat::Csv(csv) => csv.number_style(),
        FeedFormat::JsonLines => NumberStyle::PLAIN,
    };
    let mut landing = Landing {
        path,
        batch_rows: batch_rows.max(1),
        batches,
        rejects,
        columns: Columns::new(spec, style),
        report: LandingReport::default(),
    };
    let mut source = Source::new(reader);
    landing.open(&mut source, spec)?;
    match &spec.format {
        FeedFormat::Csv(csv) => csv_rows::read(&mut source, spec, csv, &mut landing)?,
        FeedFormat::JsonLines => json_rows::read(&mut source, spec, &mut landing)?,
    }
    landing.close(source)
}

/// The rows of one feed on their way out.
pub(crate) struct Landing<'a> {
    pub(crate) path: &'a Path,
    batch_rows: usize,
    batches: &'a mut dyn FnMut(RecordBatch) -> Result<(), SinkError>,
    rejects: &'a mut dyn FnMut(Reject) -> Result<(), SinkError>,
    pub(crate) columns: Columns,
    pub(crate) report: LandingReport,
}

impl Landing<'_> {
    /// Keeps the row whose values are in the columns.
    pub(crate) fn keep(&mut self, line: u64) -> Result<(), FeedError> {
        self.columns.keep_row(line);
        self.report.rows_read += 1;
        self.report.rows_kept += 1;
        if self.columns.is_full(self.batch_rows) { self.hand_over() } else { Ok(()) }
    }

    /// Undoes the row whose values are in the columns, and tells why, and what its money is.
    pub(crate) fn reject(
        &mut self,
        line: u64,
        column: Option<&str>,
        reason: RejectReason,
        text: &str,
        money: Option<Decimal>,
    ) -> Result<(), FeedError> {
        let (column, sample) = (column.map(str::to_owned), shape(text));
        self.undo(Reject { line, column, reason, sample, money })
    }

    /// As [`Self::reject`], with a sample that holds nothing of the feed; no value of the row is known.
    pub(crate) fn reject_with(
        &mut self,
        line: u64,
        column: Option<&str>,
        reason: RejectReason,
        sample: String,
    ) -> Result<(), FeedError> {
        self.undo(Reject { line, column: column.map(str::to_owned), reason, sample, money: None })
    }

    fn undo(&mut self, reject: Reject) -> Result<(), FeedError> {
        self.columns.undo_row();
        self.report.rows_read += 1;
        self.report.rows_rejected += 1;
        (self.rejects)(reject)
            .map_err(|source| FeedError::Sink { path: self.path.to_owned(), source })
    }

    pub(crate) fn read_error(&self, source: io::Error) -> FeedError {
        FeedError::Read { path: self.path.to_owned(), source }
    }

    fn open(&self, source: &mut Source<'_>, spec: &FeedSpec) -> Result<(), FeedError> {
        source.fill_to(5).map_err(|error| self.read_error(error))?;
        let (encoding, expected) = match &spec.format {
            FeedFormat::Csv(csv) => (csv.encoding, csv.encoding.name()),
            FeedFormat::JsonLines => (Encoding::Utf8, "JSON lines in UTF-8"),
        };
        let start = source.window();
        let has_mark = start.starts_with(BYTE_ORDER_MARK);
        let found = match encoding {
            Encoding::Windows1252 if has_mark => Some("UTF-8 text (byte-order mark)"),
            _ => known_file_kind(start),
        };
        if let Some(found) = found {
            return Err(FeedError::NotText { path: self.path.to_owned(), expected, found });
        }
        if has_mark {
            source.consume(BYTE_ORDER_MARK.len());
        }
        if source.is_at_end() && source.window().is_empty() {
            let (path, bytes) = (self.path.to_owned(), source.bytes());
            return Err(FeedError::Empty { path, expected, bytes });
        }
        Ok(())
    }

    fn close(mut self, source: Source<'_>) -> Result<LandingReport, FeedError> {
        if self.columns.n_rows() > 0 {
            self.hand_over()?;
        }
        self.report.dst_shifted = self.columns.n_shifted;
        self.report.dst_folded = self.columns.n_folded;
        self.report.totals = self.columns.totals();
        self.report.bytes = source.bytes();
        self.report.ends_mid_line = !matches!(source.last_byte(), Some(b'\n' | b'\r'));
        self.report.sha256 = source.sha256();
        Ok(self.report)
    }

    fn hand_over(&mut self) -> Result<(), FeedError> {
        let batch = self
            .columns
            .take_batch()
            .map_err(|source| FeedError::Batch { path: self.path.to_owned(), source })?;
        (self.batches)(batch)
            .map_err(|source| FeedError::Sink { path: self.path.to_owned(), source })
    }
}
