//! What a failed run had finished, for the next one to take over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::manifest::from_json;
use crate::name;
use crate::staging::{FinishedStep, STEPS, Staging};
use crate::store::Store;

/// The finished steps of the last failed run of a date.
#[derive(Debug, Clone)]
pub struct FailedRun {
    path: PathBuf,
    steps: Vec<FinishedStep>,
}

impl FailedRun {
    /// Returns the folder, to be given to [`Staging::adopt_step`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists the finished steps by id.
    pub fn steps(&self) -> &[FinishedStep] {
        &self.steps
    }

    /// Returns a finished step of this fingerprint; `None` when it must run again.
    pub fn step(&self, id: &str, fingerprint: &str) -> Option<&FinishedStep> {
        self.steps.iter().find(|step| step.key.id == id && step.key.fingerprint == fingerprint)
    }
}

impl Store {
    /// Returns what the last failed run of a date had finished; `None` when there is nothing.
    ///
    /// It only saves work: a marker that cannot be read is left out, with a warning.
    ///
    /// # Errors
    ///
    /// When the folder cannot be listed or is a link.
    pub fn failed(&self, date: &str) -> Result<Option<FailedRun>> {
        name::check_date(date)?;
        let path = self.failed_dir().join(date);
        let mut steps = Vec::new();
        for marker in self.disk.list(&path.join(STEPS))? {
            let bytes = self.disk.read(&marker.path)?.unwrap_or_default();
            match from_json::<FinishedStep>(&bytes, &marker.path) {
                Ok(step) => steps.push(step),
                Err(error) => tracing::warn!(%error, "step of a failed run is run again"),
            }
        }
        steps.sort();
        Ok((!steps.is_empty()).then_some(FailedRun { path, steps }))
    }
}

impl Staging {
    /// Ends a failed run, keeping its finished steps in `<store>/failed/<date>`.
    ///
    /// They take the place of those of an earlier failed run of that date. A run whose fsync failed
    /// cannot be kept.
    ///
    /// # Errors
    ///
    /// [`StoreError::Spoiled`](crate::StoreError::Spoiled) after a failed fsync; or when the disk
    /// refuses. The folder is then left to the next sweep.
    pub fn keep_as_failed(self, date: &str) -> Result<()> {
        name::check_date(date)?;
        self.check_sound()?;
        let kept: BTreeSet<String> = {
            let state = self.state();
            let entries = state.steps.values().flat_map(|step| {
                let tables = step.tables.iter().flat_map(|table| &table.files);
                tables.chain(&step.files).map(|file| file.path.clone())
            });
            let markers = state.steps.keys().map(|id| format!("{STEPS}/{id}.json"));
            entries.chain(markers).collect()
        };
        let disk = &self.store.disk;
        let (files, folders) = disk.walk(&self.root)?;
        for path in files.iter().filter(|path| !kept.contains(*path)) {
            disk.remove_file(&self.root.join(path))?;
        }
        folders.iter().try_for_each(|folder| disk.sync_dir(folder))?;
        let target = self.store.failed_dir().join(date);
        disk.retire(&target)?;
        disk.rename(&self.root, &target)?;
        disk.sync_parents(&self.root, &target)
    }
}
