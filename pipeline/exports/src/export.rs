//! From record batches to CSV files.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{ArrayRef, RecordBatch};

use crate::cell::{Cell, Cells, Dialect, push_quoted};
use crate::error::{ExportError, Result};
use crate::file_name;
use crate::manifest::{ExportReport, FileRecord, SegmentRecord};
use crate::neutralise::{Injection, neutralise};
use crate::parts::Parts;
use crate::profile::{CsvProfile, LineEnding};
use crate::route::Routes;
use crate::sink::Sink;

/// One column of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportColumn {
    /// Column of the table.
    pub source: String,
    /// Header in the files.
    pub header: String,
    /// What its text is, when it is text.
    pub text: TextKind,
    /// Written for null instead of the profile's word.
    pub null: Option<String>,
}

impl ExportColumn {
    /// Makes a column of free text, numbers or dates.
    pub fn new(source: &str, header: &str) -> Self {
        let (source, header) = (source.to_owned(), header.to_owned());
        Self { source, header, text: TextKind::Free, null: None }
    }
}

/// What the text of a column is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TextKind {
    /// Anything: made harmless where it must be.
    #[default]
    Free,
    /// A key: never changed. One that would have to be stops the export.
    Id,
    /// A telephone number: kept when it is E.164 (`+34600111222`), free text otherwise.
    Phone,
}

/// Limits of a file, tighter than the profile's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SplitLimits {
    /// Data rows, at most.
    pub max_rows: Option<u64>,
    /// Bytes, at most, with header.
    pub max_bytes: Option<u64>,
}

/// What is to be written, and how.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    /// Rows, in the order they are written.
    pub batches: &'a [RecordBatch],
    /// Columns, in the order they are written.
    pub columns: &'a [ExportColumn],
    /// Dialect and limits of the receiver.
    pub profile: &'a CsvProfile,
    /// Beginning of the file names: 1 to 16 of `a-z`, `0-9`, `_` and `-`.
    pub stem: &'a str,
    /// Limits beside the profile's.
    pub limits: SplitLimits,
}

impl<'a> Export<'a> {
    /// Makes an export without limits of its own.
    pub fn new(
        batches: &'a [RecordBatch],
        columns: &'a [ExportColumn],
        profile: &'a CsvProfile,
        stem: &'a str,
    ) -> Self {
        Self { batches, columns, profile, stem, limits: SplitLimits::default() }
    }
}

/// Writes all rows to `<stem>.csv`, or to `<stem>-part-0001-of-0007.csv` and so on.
///
/// # Errors
///
/// When a column is missing or of a type without CSV form, a cell cannot be written without changing its
/// meaning, or the sink refuses. Files written until then are incomplete.
pub fn export(job: &Export<'_>, sink: &dyn Sink) -> Result<ExportReport> {
    let routes = Routes::one(job.batches);
    let mut report = Writer::new(job)?.write(&routes, vec![job.stem.to_owned()], sink)?;
    for file in &mut report.files {
        file.segment = None;
    }
    report.segments.clear();
    Ok(report)
}

/// Writes the rows of each segment to files of its own, `<stem>-<segment>.csv`.
///
/// `column` is the text column that names the segment; rows without one go to the segment `(none)`. The
/// segments in `known` get a file even without rows, so that a receiver can empty them.
///
/// # Errors
///
/// As [`export`]; [`ExportError::TooManySegments`] above 500.
pub fn export_by_segment(
    job: &Export<'_>,
    column: &str,
    known: &[String],
    sink: &dyn Sink,
) -> Result<ExportReport> {
    let routes = Routes::by(job.batches, column, known)?;
    let names: Vec<&str> = routes.names.iter().map(String::as_str).collect();
    let stems =
        file_name::slugs(&names).iter().map(|slug| format!("{}-{slug}", job.stem)).collect();
    Writer::new(job)?.write(&routes, stems, sink)
}

/// Finds a column of a batch.
pub(crate) fn column_of<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| ExportError::MissingColumn {
        column: name.to_owned(),
        found: batch.schema().fields().iter().map(|field| field.name().clone()).collect(),
    })
}

/// A checked export.
struct Writer<'a> {
    job: &'a Export<'a>,
    dialect: Dialect,
    nulls: Vec<Vec<u8>>,
    header: Vec<u8>,
    line_ending: &'static [u8],
    max_rows: u64,
    max_bytes: u64,
}

impl<'a> Writer<'a> {
    fn new(job: &'a Export<'a>) -> Result<Self> {
        let profile = job.profile;
        profile.check()?;
        file_name::check_stem(job.stem)?;
        check_headers(job)?;
        let dialect = Dialect::new(profile);
        let quoted = |text: &str| {
            let mut cell = Vec::new();
            push_quoted(&mut cell, text, dialect.delimiter);
            cell
        };
        let word = |column: &ExportColumn| quoted(column.null.as_deref().unwrap_or(&profile.null));
        let nulls = job.columns.iter().map(word).collect();
        let line_ending: &[u8] = match profile.line_ending {
            LineEnding::Lf => b"\n",
            LineEnding::CrLf => b"\r\n",
        };
        let mut header = if profile.bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        let names: Vec<Vec<u8>> = job.columns.iter().map(|column| quoted(&column.header)).collect();
        header.extend(names.join(&dialect.delimiter));
        header.extend_from_slice(line_ending);
        let tighter = |a: Option<u64>, b: Option<u64>| {
            a.unwrap_or(u64::MAX).min(b.unwrap_or(u64::MAX)).max(1)
        };
        Ok(Self {
            max_rows: tighter(profile.max_rows, job.limits.max_rows),
            max_bytes: tighter(profile.max_bytes, job.limits.max_bytes),
            job,
            dialect,
            nulls,
            header,
            line_ending,
        })
    }

    fn write(&self, routes: &Routes, stems: Vec<String>, sink: &dyn Sink) -> Result<ExportReport> {
        let plans = self.plan(routes)?;
        let mut segments = Vec::with_capacity(plans.len());
        for ((name, stem), plan) in routes.names.iter().zip(stems).zip(plans) {
            segments.push(Parts::new(sink, stem, Some(name.clone()), plan)?);
        }
        let mut neutralised = vec![0; self.job.columns.len()];
        self.each_row(routes, |place, row| {
            let Some(parts) = segments.get_mut(place) else { return Ok(()) };
            parts.make_room(&self.header)?;
            row.push(&mut parts.buffer, &mut neutralised)
        })?;
        let mut files: Vec<FileRecord> = Vec::new();
        for parts in &mut segments {
            parts.finish(&self.header)?;
            files.append(&mut parts.done);
        }
        Ok(self.report(files, &neutralised))
    }

    /// Decides how many rows each part of each segment gets.
    fn plan(&self, routes: &Routes) -> Result<Vec<Vec<u64>>> {
        let by_rows = |rows: u64| {
            let full = (rows / self.max_rows) as usize;
            let mut plan = vec![self.max_rows; full];
            let rest = rows % self.max_rows;
            if rest > 0 || plan.is_empty() {
                plan.push(rest);
            }
            plan
        };
        if self.bytes_max()? <= self.max_bytes {
            return Ok(routes.counts().into_iter().map(by_rows).collect());
        }
        // The number of parts is in their names: the sizes must be known before the first is written.
        let header = self.header.len() as u64;
        let mut plans = vec![vec![0_u64]; routes.names.len()];
        let mut sizes = vec![header; routes.names.len()];
        let (mut scratch, mut ignored) = (Vec::new(), vec![0; self.job.columns.len()]);
        self.each_row(routes, |place, row| {
            scratch.clear();
            row.push(&mut scratch, &mut ignored)?;
            let bytes = scratch.len() as u64;
            if header + bytes > self.max_bytes {
                let (bytes, limit) = (header + bytes, self.max_bytes);
                return Err(ExportError::RowTooLarge { row: row.number(), bytes, limit });
            }
            if let (Some(plan), Some(size)) = (plans.get_mut(place), sizes.get_mut(place))
                && let Some(rows) = plan.last_mut()
            {
                if *size + bytes > self.max_bytes || *rows == self.max_rows {
                    plan.push(1);
                    *size = header + bytes;
                } else {
                    *rows += 1;
                    *size += bytes;
                }
            }
            Ok(())
        })?;
        Ok(plans)
    }

    /// Bounds the bytes of all rows together, without looking at each.
    fn bytes_max(&self) -> Result<u64> {
        let mut bytes = self.header.len() as u64;
        for batch in self.job.batches {
            let separators = self.job.columns.len() + self.line_ending.len() + 2;
            bytes += (separators * batch.num_rows()) as u64;
            bytes +=
                self.bind(batch)?.iter().map(|cells| cells.bytes_max(&self.dialect)).sum::<u64>();
        }
        Ok(bytes)
    }

    fn bind<'b>(&'b self, batch: &'b RecordBatch) -> Result<Vec<Cells<'b>>> {
        let columns = self.job.columns.iter().zip(&self.nulls);
        columns
            .map(|(column, null)| {
                Cells::bind(column_of(batch, &column.source)?, column, null, &self.dialect)
            })
            .collect()
    }

    fn each_row(
        &self,
        routes: &Routes,
        mut take: impl FnMut(usize, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut first = 0;
        for (batch, places) in self.job.batches.iter().zip(&routes.of_rows) {
            let cells = self.bind(batch)?;
            let mut row = Row { writer: self, cells: &cells, at: 0, first };
            for (at, place) in places.iter().enumerate() {
                row.at = at;
                take(usize::from(*place), &row)?;
            }
            first += batch.num_rows() as u64;
        }
        Ok(())
    }

    fn report(&self, files: Vec<FileRecord>, neutralised: &[u64]) -> ExportReport {
        let mut segments: BTreeMap<&str, SegmentRecord> = BTreeMap::new();
        for file in &files {
            let segment = file.segment.as_deref().unwrap_or_default();
            let record = segments.entry(segment).or_insert_with(|| SegmentRecord {
                segment: segment.to_owned(),
                rows: 0,
                files: Vec::new(),
            });
            record.rows += file.rows;
            record.files.push(file.file.clone());
        }
        let columns: Vec<String> = self.job.columns.iter().map(|c| c.header.clone()).collect();
        let changed = columns.iter().cloned().zip(neutralised.iter().copied());
        ExportReport {
            neutralised: changed.filter(|(_, cells)| *cells > 0).collect(),
            segments: segments.into_values().collect(),
            rows: files.iter().map(|file| file.rows).sum(),
            columns,
            files,
        }
    }
}

/// One row of a batch.
struct Row<'w> {
    writer: &'w Writer<'w>,
    cells: &'w [Cells<'w>],
    at: usize,
    first: u64,
}

impl Row<'_> {
    fn number(&self) -> u64 {
        self.first + self.at as u64
    }

    /// Adds the row to a buffer and counts the cells that were changed, by column.
    fn push(&self, out: &mut Vec<u8>, neutralised: &mut [u64]) -> Result<()> {
        let (start, dialect) = (out.len(), &self.writer.dialect);
        for (at, (cells, changed)) in self.cells.iter().zip(neutralised).enumerate() {
            if at > 0 {
                out.push(dialect.delimiter);
            }
            match cells.push(out, self.at, dialect) {
                Ok(Cell::AsIs) => {}
                Ok(Cell::Neutralised) => *changed += 1,
                Err(detail) => return Err(self.error(at, detail)),
            }
        }
        if out.len() == start {
            out.extend_from_slice(b"\"\""); // readers skip empty lines
        }
        out.extend_from_slice(self.writer.line_ending);
        Ok(())
    }

    #[cold]
    fn error(&self, column: usize, detail: &'static str) -> ExportError {
        let column = self.writer.job.columns.get(column);
        let column = column.map(|column| column.source.clone()).unwrap_or_default();
        ExportError::Cell { column, row: self.number(), detail }
    }
}

fn check_headers(job: &Export<'_>) -> Result<()> {
    let profile = job.profile;
    if let Some(limit) = profile.max_columns.filter(|limit| job.columns.len() > *limit) {
        let (profile, found) = (profile.name.to_string(), job.columns.len());
        return Err(ExportError::TooManyColumns { profile, found, limit });
    }
    if job.columns.is_empty() {
        let (profile, detail) = (profile.name.to_string(), "no column is asked for".to_owned());
        return Err(ExportError::Profile { profile, detail });
    }
    let mut seen = BTreeSet::new();
    for column in job.columns {
        let header = &column.header;
        let word = column.null.as_deref().unwrap_or_default();
        let detail = if header.is_empty() {
            "empty"
        } else if neutralise(header, Injection::Machine) != *header {
            "like a formula or markup, or has control characters"
        } else if !seen.insert(header) {
            "used twice"
        } else if neutralise(word, Injection::Machine) != *word {
            "written as null by a word like a formula or markup"
        } else {
            continue;
        };
        return Err(ExportError::Header { header: header.clone(), detail });
    }
    Ok(())
}
