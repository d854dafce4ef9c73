//! What a published night says of itself.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};
use crate::name;

/// Newest layout of a night that this program reads and the one it writes.
pub const FORMAT_VERSION: u32 = 1;

/// One file of a night.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path within the night, parts joined by `/`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 hash of the whole file, in hexadecimal.
    pub blake3: String,
    /// Data rows; null when the file is no table of rows.
    pub rows: Option<u64>,
}

/// One written table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableEntry {
    /// Stage that wrote it.
    pub stage: String,
    /// Table name.
    pub table: String,
    /// Rows over all files.
    pub rows: u64,
    /// Its Parquet files, by path.
    pub files: Vec<FileEntry>,
}

/// One table of a night, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableRecord {
    /// Stage that wrote it.
    pub stage: String,
    /// Table name.
    pub table: String,
    /// Version of the contract it keeps.
    pub contract_version: u32,
    /// Rows over all files.
    pub rows: u64,
}

/// One input file of a night.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputRecord {
    /// Feed it belongs to.
    pub feed: String,
    /// Path relative to the project, or the base name: never where it lies on this machine.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 hash of the whole file, in hexadecimal.
    pub hash: String,
    /// Data rows read.
    pub rows: u64,
}

/// One step that was run or taken over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepRecord {
    /// Step id, unique in a night.
    pub id: String,
    /// Stage of the step.
    pub stage: String,
    /// Hash of everything its outputs depend on.
    pub fingerprint: String,
    /// Tables and feeds it read, sorted.
    pub inputs: Vec<String>,
    /// Tables it wrote, `stage/table`, sorted.
    pub tables: Vec<String>,
    /// Other files it wrote, by path, sorted.
    pub files: Vec<String>,
}

/// The manifest of a night: everything it was made from and everything it holds.
///
/// It has no time and no machine in it, and its lists are sorted: the same run gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout of the night, see [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Version of the program that wrote it.
    pub idip_version: String,
    /// Logical date, `YYYY-MM-DD`.
    pub logical_date: String,
    /// Hash of everything the night depends on.
    pub fingerprint: String,
    /// Seed of the run.
    pub seed: u64,
    /// Night whose state was read; null for the first one.
    pub parent: Option<String>,
    /// Hash of the project's settings.
    pub config_hash: String,
    /// Input files, by feed and path.
    pub inputs: Vec<InputRecord>,
    /// Steps, by id.
    pub steps: Vec<StepRecord>,
    /// Tables, by stage and name.
    pub tables: Vec<TableRecord>,
    /// Files, by path, without the manifest itself.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// Returns what one table consists of; `None` when the night has no such table.
    pub fn table(&self, stage: &str, table: &str) -> Option<TableEntry> {
        let record = self.tables.iter().find(|t| t.stage == stage && t.table == table)?;
        let folder = format!("{stage}/{table}/");
        let files = self.files.iter().filter(|file| file.path.starts_with(&folder));
        Some(TableEntry {
            stage: stage.to_owned(),
            table: table.to_owned(),
            rows: record.rows,
            files: files.cloned().collect(),
        })
    }

    pub(crate) fn to_bytes(&self, path: &Path) -> Result<Vec<u8>> {
        json_bytes(self, path)
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self> {
        /// The one field whose place never changes.
        #[derive(Deserialize)]
        struct Format {
            format_version: u32,
        }

        let Format { format_version: found } = from_json(bytes, path)?;
        if found > FORMAT_VERSION {
            let supported = FORMAT_VERSION;
            return Err(StoreError::NewerFormat { path: path.to_owned(), found, supported });
        }
        let manifest: Self = from_json(bytes, path)?;
        manifest.check_names(path)?;
        Ok(manifest)
    }

    /// A forged path must not lead out of the night.
    fn check_names(&self, path: &Path) -> Result<()> {
        let tables = self.tables.iter().flat_map(|t| [t.stage.as_str(), t.table.as_str()]);
        tables
            .map(|part| name::check_name("table", part))
            .chain(self.files.iter().map(|file| name::check_relative(&file.path)))
            .chain([name::check_date(&self.logical_date)])
            .collect::<Result<()>>()
            .map_err(|error| corrupt(path, &error))
    }
}

/// Writes a document the same way each time: fields in order of declaration, one final newline.
pub(crate) fn json_bytes(document: &impl Serialize, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(|error| corrupt(path, &error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(crate) fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8], path: &Path) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| corrupt(path, &error))
}

pub(crate) fn corrupt(path: &Path, detail: &impl ToString) -> StoreError {
    StoreError::Corrupt { path: path.to_owned(), detail: detail.to_string() }
}
