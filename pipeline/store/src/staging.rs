//! A run's own folder, out of sight until it is published.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use serde::{Deserialize, Serialize};

use crate::disk::{DiskFile, Written};
use crate::error::{Result, StoreError};
use crate::manifest::{FileEntry, TableEntry, json_bytes};
use crate::name;
use crate::night::check_file;
use crate::parquet_file::ParquetFile;
use crate::store::{Store, StoreLock};

/// Folder of the markers of finished steps; not published.
pub(crate) const STEPS: &str = ".steps";
const PART: &str = "part-0.parquet";

/// What a step is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepKey {
    /// Step id, unique in a night: names joined by dots.
    pub id: String,
    /// Stage of the step.
    pub stage: String,
    /// Hash of everything its outputs depend on.
    pub fingerprint: String,
    /// Tables and feeds it reads.
    pub inputs: Vec<String>,
}

/// A step that is done, with what it wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FinishedStep {
    /// What the step is known by.
    pub key: StepKey,
    /// Tables it wrote.
    pub tables: Vec<TableEntry>,
    /// Other files it wrote.
    pub files: Vec<FileEntry>,
}

/// A run in progress: its tables and files, invisible to readers.
///
/// May be shared between threads. Dropping it leaves the folder for the next
/// [`StoreLock::sweep`]; end it with [`StoreLock::publish`], [`Staging::keep_as_failed`] or
/// [`Staging::discard`].
#[derive(Debug)]
pub struct Staging {
    pub(crate) store: Store,
    pub(crate) run_id: String,
    pub(crate) root: PathBuf,
    state: Mutex<State>,
    /// Keeps the lock as long as the run lasts.
    #[cfg_attr(not(test), expect(dead_code, reason = "held, never read"))]
    pub(crate) held: Arc<File>,
}

/// What the run has finished so far.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tables: BTreeMap<(String, String), TableEntry>,
    pub(crate) files: BTreeMap<String, FileEntry>,
    pub(crate) steps: BTreeMap<String, FinishedStep>,
    spoiled: bool,
}

impl StoreLock {
    /// Begins a run in a new folder, `<store>/.run-<id>`.
    ///
    /// # Errors
    ///
    /// When `run_id` is no safe name or its folder exists.
    pub fn begin(&self, run_id: &str) -> Result<Staging> {
        name::check_name("run", run_id)?;
        let root = self.store.path().join(format!(".run-{run_id}"));
        self.store.disk.create_dir(&root)?;
        self.store.disk.create_dir(&root.join(STEPS))?;
        Ok(Staging {
            store: self.store.clone(),
            run_id: run_id.to_owned(),
            root,
            state: Mutex::default(),
            held: Arc::clone(&self.held),
        })
    }
}

impl Staging {
    /// Returns the run's folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Writes a table from all its batches.
    ///
    /// # Errors
    ///
    /// As [`Staging::table_writer`] and [`TableWriter::write`].
    pub fn write_table(
        &self,
        stage: &str,
        table: &str,
        schema: &Schema,
        batches: &[RecordBatch],
    ) -> Result<TableEntry> {
        let mut writer = self.table_writer(stage, table, schema)?;
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        writer.finish()
    }

    /// Starts a table that is written batch by batch.
    ///
    /// The file's bytes depend on `schema` (without its metadata) and the rows in their order; how the
    /// rows come in batches does not show.
    ///
    /// # Errors
    ///
    /// When a name is not safe or the table was begun before.
    pub fn table_writer(
        &self,
        stage: &str,
        table: &str,
        schema: &Schema,
    ) -> Result<TableWriter<'_>> {
        name::check_name("stage", stage)?;
        name::check_name("table", table)?;
        let file = self.create(&format!("{stage}/{table}/{PART}"))?;
        let inner = self.watch(ParquetFile::new(stage, table, schema, file))?;
        Ok(TableWriter { staging: self, stage: stage.to_owned(), table: table.to_owned(), inner })
    }

    /// Writes a file that is no table; see [`Staging::file_writer`].
    ///
    /// # Errors
    ///
    /// As [`Staging::file_writer`], and when the disk refuses the bytes.
    pub fn write_file(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<FileEntry> {
        let mut writer = self.file_writer(folder, name)?;
        writer.write_all(bytes).map_err(|source| StoreError::Io {
            action: "write",
            path: self.root.join(folder).join(name),
            source,
        })?;
        writer.finish(None)
    }

    /// Starts a file that is no table, such as a CSV export or the report.
    ///
    /// `folder` is one or more names joined by `/`; `name` may have one extension.
    ///
    /// # Errors
    ///
    /// When a name is not safe or the file was begun before.
    pub fn file_writer(&self, folder: &str, name: &str) -> Result<FileWriter<'_>> {
        name::check_folder(folder)?;
        name::check_file_name(name)?;
        let path = format!("{folder}/{name}");
        let file = self.create(&path)?;
        Ok(FileWriter { staging: self, path, file: io::BufWriter::with_capacity(1 << 16, file) })
    }

    /// Takes a table over from a published night or a failed run, by hard link where possible.
    ///
    /// # Errors
    ///
    /// When `from` is no folder of this store, or a file differs from its entry.
    pub fn adopt_table(&self, from: &Path, entry: &TableEntry) -> Result<()> {
        entry.files.iter().try_for_each(|file| self.check_in(from, file))?;
        entry.files.iter().try_for_each(|file| self.link_in(from, file))?;
        self.keep_table(entry.clone());
        Ok(())
    }

    /// Takes a file over, as [`Staging::adopt_table`] does.
    ///
    /// # Errors
    ///
    /// As [`Staging::adopt_table`].
    pub fn adopt_file(&self, from: &Path, entry: &FileEntry) -> Result<()> {
        self.check_in(from, entry)?;
        self.link_in(from, entry)?;
        self.keep_file(entry.clone());
        Ok(())
    }

    /// Takes a finished step over with everything it wrote, and marks it finished here.
    ///
    /// All files are checked before the first is taken: after [`StoreError::Changed`], or an error of
    /// the disk when a file is missing, the step can be run instead.
    ///
    /// # Errors
    ///
    /// As [`Staging::adopt_table`].
    pub fn adopt_step(&self, from: &Path, step: &FinishedStep) -> Result<()> {
        let entries = step.tables.iter().flat_map(|table| &table.files).chain(&step.files);
        entries.clone().try_for_each(|entry| self.check_in(from, entry))?;
        entries.clone().try_for_each(|entry| self.link_in(from, entry))?;
        step.tables.iter().for_each(|table| self.keep_table(table.clone()));
        step.files.iter().for_each(|file| self.keep_file(file.clone()));
        self.finish_step(&step.key, &step.tables, &step.files)
    }

    /// Marks a step finished, so that a later run may take it over if this one fails.
    ///
    /// # Errors
    ///
    /// When the id is no step id, or the step was finished before.
    pub fn finish_step(
        &self,
        key: &StepKey,
        tables: &[TableEntry],
        files: &[FileEntry],
    ) -> Result<()> {
        name::check_step_id(&key.id)?;
        let mut step =
            FinishedStep { key: key.clone(), tables: tables.to_vec(), files: files.to_vec() };
        step.key.inputs.sort();
        step.tables.sort();
        step.files.sort();
        if self.state().steps.contains_key(&key.id) {
            return Err(StoreError::Twice { what: key.id.clone() });
        }
        self.check_sound()?;
        let marker = self.root.join(STEPS).join(format!("{}.json", key.id));
        let bytes = json_bytes(&step, &marker)?;
        self.watch(self.store.disk.write(&marker, &bytes))?;
        self.state().steps.insert(key.id.clone(), step);
        Ok(())
    }

    /// Removes the run's folder.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn discard(self) -> Result<()> {
        self.store.disk.remove(&self.root)
    }

    fn create(&self, path: &str) -> Result<DiskFile> {
        self.check_sound()?;
        let full = self.root.join(path);
        if full.exists() {
            return Err(StoreError::Twice { what: path.to_owned() });
        }
        self.watch(self.store.disk.ensure_dir(full.parent().unwrap_or(&self.root)))?;
        self.watch(self.store.disk.create_file(&full))
    }

    /// Checks that a file can be taken over, changing nothing.
    fn check_in(&self, from: &Path, entry: &FileEntry) -> Result<()> {
        name::check_relative(&entry.path)?;
        self.check_sound()?;
        if self.root.join(&entry.path).exists() {
            return Err(StoreError::Twice { what: entry.path.clone() });
        }
        check_file(&self.store.disk, from, entry)
    }

    fn link_in(&self, from: &Path, entry: &FileEntry) -> Result<()> {
        let to = self.root.join(&entry.path);
        self.watch(self.store.disk.ensure_dir(to.parent().unwrap_or(&self.root)))?;
        self.watch(self.store.disk.link(&from.join(&entry.path), &to))
    }

    fn keep_table(&self, entry: TableEntry) {
        self.state().tables.insert((entry.stage.clone(), entry.table.clone()), entry);
    }

    fn keep_file(&self, entry: FileEntry) {
        self.state().files.insert(entry.path.clone(), entry);
    }

    /// Remembers a failed fsync: nothing of this run may be published or kept after one.
    pub(crate) fn watch<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(StoreError::Sync { .. })) {
            self.state().spoiled = true;
        }
        result
    }

    pub(crate) fn check_sound(&self) -> Result<()> {
        if self.state().spoiled {
            return Err(StoreError::Spoiled { run_id: self.run_id.clone() });
        }
        Ok(())
    }

    /// The records are only ever added to, so that a panic elsewhere leaves them true.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A table being written, batch by batch.
#[derive(Debug)]
pub struct TableWriter<'s> {
    staging: &'s Staging,
    stage: String,
    table: String,
    inner: ParquetFile,
}

impl TableWriter<'_> {
    /// Adds rows. Memory stays below two row groups of 262,144 rows.
    ///
    /// # Errors
    ///
    /// [`StoreError::Batch`] when names, order, types or nulls differ from the schema; or when the disk
    /// refuses the bytes.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.inner.write(batch)
    }

    /// Ends the table and fsyncs its file.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn finish(self) -> Result<TableEntry> {
        let (Written { bytes, blake3 }, rows) = self.staging.watch(self.inner.finish())?;
        let path = format!("{}/{}/{PART}", self.stage, self.table);
        let files = vec![FileEntry { path, bytes, blake3, rows: Some(rows) }];
        let entry = TableEntry { stage: self.stage, table: self.table, rows, files };
        self.staging.keep_table(entry.clone());
        Ok(entry)
    }
}

/// A file being written that is no table.
#[derive(Debug)]
pub struct FileWriter<'s> {
    staging: &'s Staging,
    path: String,
    file: io::BufWriter<DiskFile>,
}

impl FileWriter<'_> {
    /// Ends the file and fsyncs it; `rows` are its data rows, if it has any.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub fn finish(self, rows: Option<u64>) -> Result<FileEntry> {
        let Self { staging, path, file } = self;
        let mut file = file.into_inner().map_err(|error| StoreError::Io {
            action: "write",
            path: staging.root.join(&path),
            source: error.into_error(),
        })?;
        let Written { bytes, blake3 } = staging.watch(file.finish())?;
        let entry = FileEntry { path, bytes, blake3, rows };
        staging.keep_file(entry.clone());
        Ok(entry)
    }
}

impl Write for FileWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
