//! CSV files for a CRM: segments and offers.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use idip_exports::{
    CsvProfile, ExportColumn, FileSink, ManifestFacts, Sink, TextKind, export, export_by_segment,
    seal,
};
use idip_project::{Export, ExportProfile, ExportTable};
use idip_stage::RunContext;
use idip_store::{FileEntry, FileWriter, Staging};

use super::STAGE;
use crate::engine::{Engine, identifier};
use crate::{RunError, day_of};

/// Columns of a segment file unless the project file names others.
const SEGMENT_COLUMNS: [&str; 12] = [
    "customer_id",
    "party_type",
    "value_segment",
    "need_segment",
    "rfm_segment",
    "r_score",
    "f_score",
    "m_score",
    "last_purchase_on",
    "purchase_days",
    "net_amount",
    "favourite_category",
];

/// Columns of an offer file unless the project file names others.
const OFFER_COLUMNS: [&str; 12] = [
    "customer_id",
    "channel",
    "send_on",
    "offer_id",
    "offer_name",
    "email",
    "phone",
    "first_name",
    "language",
    "value_segment",
    "need_segment",
    "reason",
];

/// Writes one export into the night.
pub(super) fn write(
    wanted: &Export,
    engine: &Engine,
    staging: &Staging,
    run: &RunContext,
    snapshot: &str,
) -> Result<Vec<FileEntry>, RunError> {
    let folder = format!("{STAGE}/{}", wanted.name);
    let sink = StagingSink { staging, folder, files: RefCell::new(Vec::new()) };
    deliver(wanted, engine, run, snapshot, &sink)?;
    Ok(sink.files.into_inner())
}

/// Writes one export into a folder outside the store.
///
/// # Errors
///
/// When the folder cannot be written or a table is missing.
pub(crate) fn write_to_folder(
    wanted: &Export,
    engine: &Engine,
    run: &RunContext,
    snapshot: &str,
    folder: &Path,
) -> Result<(), RunError> {
    fs_err::create_dir_all(folder).map_err(|source| RunError::File {
        action: "cannot make the folder",
        path: folder.to_owned(),
        source,
    })?;
    deliver(wanted, engine, run, snapshot, &FolderSink { folder: folder.to_owned() })
}

fn deliver(
    wanted: &Export,
    engine: &Engine,
    run: &RunContext,
    snapshot: &str,
    sink: &dyn Sink,
) -> Result<(), RunError> {
    let profile = profile(wanted.profile);
    let columns = columns(wanted);
    let batches = rows(wanted, &columns, engine, run)?;
    let stem = match wanted.table {
        ExportTable::Segments => "segment",
        ExportTable::Offers => "offer",
    };
    let job = idip_exports::Export::new(&batches, &columns, &profile, stem);
    let report = match &wanted.split_by {
        None => export(&job, sink)?,
        Some(axis) => {
            let known = segments(axis, engine, run)?;
            export_by_segment(&job, &format!("{axis}_segment"), &known, sink)?
        }
    };
    let facts = ManifestFacts {
        logical_date: day_of(run.logical_date).map(|day| day.to_string()).unwrap_or_default(),
        snapshot_id: snapshot.to_owned(),
        previous_snapshot: None,
    };
    seal(&report, &profile, &facts, sink)?;
    Ok(())
}

fn profile(wanted: ExportProfile) -> CsvProfile {
    let name = match wanted {
        ExportProfile::Generic => "generic",
        ExportProfile::Hubspot => "hubspot",
        ExportProfile::Salesforce => "salesforce",
        ExportProfile::Braze => "braze",
        ExportProfile::Spreadsheet => "spreadsheet",
    };
    CsvProfile::named(name).cloned().unwrap_or(CsvProfile::GENERIC)
}

/// The columns of an export, keys and telephone numbers told apart from free text.
fn columns(wanted: &Export) -> Vec<ExportColumn> {
    let names: Vec<&str> = match (&wanted.columns, wanted.table) {
        (Some(columns), _) => columns.iter().map(String::as_str).collect(),
        (None, ExportTable::Segments) => SEGMENT_COLUMNS.to_vec(),
        (None, ExportTable::Offers) => OFFER_COLUMNS.to_vec(),
    };
    names
        .into_iter()
        .map(|name| {
            let mut column = ExportColumn::new(name, name);
            column.text = match name {
                "phone" => TextKind::Phone,
                "offer_id" => TextKind::Id,
                _ => TextKind::Free,
            };
            column
        })
        .collect()
}

fn rows(
    wanted: &Export,
    columns: &[ExportColumn],
    engine: &Engine,
    run: &RunContext,
) -> Result<Vec<RecordBatch>, RunError> {
    let table = match wanted.table {
        ExportTable::Segments => "customer",
        ExportTable::Offers => "offer_file",
    };
    let mut names: Vec<String> = columns.iter().map(|column| column.source.clone()).collect();
    if let Some(axis) = &wanted.split_by {
        names.push(format!("{axis}_segment"));
    }
    names.sort();
    names.dedup();
    let list: Vec<String> = names.iter().map(|name| identifier(name)).collect();
    let sql = format!("SELECT {} FROM {table} ORDER BY customer_id", list.join(", "));
    Ok(engine.ask(&format!("export `{}`", wanted.name), &sql, run.logical_date)?)
}

fn segments(axis: &str, engine: &Engine, run: &RunContext) -> Result<Vec<String>, RunError> {
    use arrow_array::cast::AsArray;
    let sql = format!("SELECT segment FROM segment WHERE axis = '{axis}' ORDER BY segment_id");
    let answer = engine.ask("segments", &sql, run.logical_date)?;
    Ok(answer
        .iter()
        .flat_map(|batch| {
            batch
                .column(0)
                .as_string::<i32>()
                .iter()
                .flatten()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect())
}

/// Files of the night in the making.
struct StagingSink<'s> {
    staging: &'s Staging,
    folder: String,
    files: RefCell<Vec<FileEntry>>,
}

struct StagingFile<'s> {
    sink: &'s StagingSink<'s>,
    writer: FileWriter<'s>,
}

impl Sink for StagingSink<'_> {
    fn create(&self, name: &str) -> io::Result<Box<dyn FileSink + '_>> {
        let writer = self.staging.file_writer(&self.folder, name).map_err(io::Error::other)?;
        Ok(Box::new(StagingFile { sink: self, writer }))
    }
}

impl Write for StagingFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl FileSink for StagingFile<'_> {
    fn finish(self: Box<Self>, rows: Option<u64>) -> io::Result<()> {
        let entry = self.writer.finish(rows).map_err(io::Error::other)?;
        self.sink.files.borrow_mut().push(entry);
        Ok(())
    }
}

/// Files of a folder outside the store; each is written aside and renamed when it is whole.
struct FolderSink {
    folder: PathBuf,
}

struct FolderFile {
    file: fs_err::File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Sink for FolderSink {
    fn create(&self, name: &str) -> io::Result<Box<dyn FileSink + '_>> {
        let temporary = self.folder.join(format!(".{name}.tmp"));
        let file = fs_err::File::create(&temporary)?;
        Ok(Box::new(FolderFile { file, temporary, path: self.folder.join(name) }))
    }
}

impl Write for FolderFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl FileSink for FolderFile {
    fn finish(self: Box<Self>, _: Option<u64>) -> io::Result<()> {
        self.file.sync_all()?;
        fs_err::rename(&self.temporary, &self.path)
    }
}
