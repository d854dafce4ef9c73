//! One published night, to read.

use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::error::{Result, StoreError};
use crate::hash::hash_open;
use crate::manifest::{FileEntry, Manifest, TableEntry, TableRecord, corrupt};
use crate::name::NightName;
use crate::staging::{FinishedStep, StepKey};
use crate::store::Store;

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SUCCESS: &str = "_SUCCESS";

/// A published night.
#[derive(Debug, Clone)]
pub struct Night {
    disk: Disk,
    path: PathBuf,
    name: NightName,
    manifest: Manifest,
}

impl Night {
    /// Opens a night and checks that it is whole as far as its manifest: see [`Night::verify`].
    pub(crate) fn open(store: &Store, name: &NightName) -> Result<Self> {
        let path = store.nights_dir().join(name.as_str());
        let disk = store.disk.clone();
        disk.open(&path.join(SUCCESS))?;
        let manifest_path = path.join(MANIFEST);
        let bytes = disk.read(&manifest_path)?.unwrap_or_default();
        if !blake3::hash(&bytes).to_hex().starts_with(name.hash16()) {
            // A newer idip may name its nights by another rule: say that, rather than damage.
            Manifest::from_bytes(&bytes, &manifest_path)?;
            let detail = format!("its hash is not the one in the name of `{name}`");
            return Err(corrupt(&manifest_path, &detail));
        }
        let manifest = Manifest::from_bytes(&bytes, &manifest_path)?;
        Ok(Self { disk, path, name: name.clone(), manifest })
    }

    /// Returns the folder name.
    pub fn name(&self) -> &NightName {
        &self.name
    }

    /// Returns the logical date, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        self.name.date()
    }

    /// Returns the night's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the night was made from and holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Lists the tables by stage and name.
    pub fn tables(&self) -> &[TableRecord] {
        &self.manifest.tables
    }

    /// Returns what one table consists of; `None` when the night has no such table.
    pub fn table(&self, stage: &str, table: &str) -> Option<TableEntry> {
        self.manifest.table(stage, table)
    }

    /// Returns the Parquet files of one table, in order; none when the night has no such table.
    pub fn table_files(&self, stage: &str, table: &str) -> Vec<PathBuf> {
        let files = self.table(stage, table).map(|entry| entry.files).unwrap_or_default();
        files.iter().map(|file| self.path.join(&file.path)).collect()
    }

    /// Returns a finished step with what it wrote, for a later run to take over.
    pub fn step(&self, id: &str) -> Option<FinishedStep> {
        let record = self.manifest.steps.iter().find(|step| step.id == id)?;
        let tables = record.tables.iter().map(|path| {
            let (stage, table) = path.split_once('/')?;
            self.table(stage, table)
        });
        let files = record.files.iter();
        let files = files.map(|path| self.manifest.files.iter().find(|file| file.path == *path));
        Some(FinishedStep {
            key: StepKey {
                id: record.id.clone(),
                stage: record.stage.clone(),
                fingerprint: record.fingerprint.clone(),
                inputs: record.inputs.clone(),
            },
            tables: tables.collect::<Option<_>>()?,
            files: files.map(Option::<&FileEntry>::cloned).collect::<Option<_>>()?,
        })
    }

    /// Compares every file with the manifest, by size and hash; reads the whole night.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] with everything that is wrong: files changed, missing or foreign.
    pub fn verify(&self) -> Result<()> {
        let mut problems = Vec::new();
        for entry in &self.manifest.files {
            match check_file(&self.disk, &self.path, entry) {
                Ok(()) => {}
                Err(StoreError::Changed { found, .. }) => {
                    problems.push(format!("`{}` {found}", entry.path));
                }
                Err(error) => problems.push(error.to_string()),
            }
        }
        let (found, _) = self.disk.walk(&self.path)?;
        let listed = |path: &String| {
            path == MANIFEST
                || path == SUCCESS
                || self.manifest.files.iter().any(|entry| entry.path == *path)
        };
        let foreign = found.iter().filter(|path| !listed(path));
        problems.extend(foreign.map(|path| format!("`{path}` is not in the manifest")));
        if problems.is_empty() {
            return Ok(());
        }
        Err(StoreError::Damaged { night: self.name.to_string(), problems })
    }
}

/// Checks one file against its entry, by size first, then by hash.
pub(crate) fn check_file(disk: &Disk, folder: &Path, entry: &FileEntry) -> Result<()> {
    let path = folder.join(&entry.path);
    let file = disk.open(&path)?;
    let bytes = file.metadata().map(|found| found.len()).unwrap_or_default();
    let found = if bytes == entry.bytes {
        let hash = hash_open(file, &path)?;
        if hash == entry.blake3 {
            return Ok(());
        }
        format!("has hash {hash}, expected {}", entry.blake3)
    } else {
        format!("has {bytes} bytes, expected {}", entry.bytes)
    };
    Err(StoreError::Changed { path, found })
}
