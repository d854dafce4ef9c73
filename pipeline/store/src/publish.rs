//! Putting a run in force.

use std::collections::BTreeMap;
use std::path::Path;

use crate::disk::Disk;
use crate::error::{Result, StoreError};
use crate::manifest::{FORMAT_VERSION, FileEntry, InputRecord, Manifest, StepRecord, TableRecord};
use crate::name::{self, NightName};
use crate::night::{MANIFEST, Night, SUCCESS};
use crate::staging::{FinishedStep, STEPS, Staging};
use crate::store::{Store, StoreLock};

/// What the runner knows of a night; the staging knows the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Version of the program.
    pub idip_version: String,
    /// Logical date, `YYYY-MM-DD`.
    pub logical_date: String,
    /// Hash of everything the night depends on: inputs, settings, parent, program.
    pub fingerprint: String,
    /// Seed of the run.
    pub seed: u64,
    /// Folder name of the night whose state was read.
    pub parent: Option<String>,
    /// Hash of the project's settings.
    pub config_hash: String,
    /// Input files.
    pub inputs: Vec<InputRecord>,
    /// Contract version of every table written, by table name.
    pub contract_versions: BTreeMap<String, u32>,
}

/// What a publication may do beyond adding the next night.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PublishMode {
    /// Puts this night in place of one published for the same date from other inputs.
    pub replace: bool,
    /// Allows a date before the night in force, which stays in force.
    pub backfill: bool,
}

/// What a publication came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A night was added.
    Added,
    /// The very same night was published before; nothing changed.
    Unchanged,
    /// A night took the place of another one of its date.
    Replaced,
}

/// A publication.
#[derive(Debug, Clone)]
pub struct Published {
    /// The published night of the date.
    pub night: Night,
    /// What was done.
    pub outcome: Outcome,
}

impl Store {
    /// Tells, before any work is done, what publishing would come to.
    ///
    /// [`Outcome::Unchanged`] means that the run can be spared.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyPublished`] and [`StoreError::OutOfOrder`] when `mode` does not allow it.
    pub fn foresee(&self, date: &str, fingerprint: &str, mode: PublishMode) -> Result<Outcome> {
        name::check_date(date)?;
        let published = self.night(date)?;
        if let Some(night) = &published {
            if night.manifest().fingerprint == fingerprint {
                return Ok(Outcome::Unchanged);
            }
            if !mode.replace {
                let published = night.name().to_string();
                return Err(StoreError::AlreadyPublished { date: date.to_owned(), published });
            }
        }
        match self.current_name()? {
            Some(current) if date < current.date() && !mode.backfill => {
                let current = current.to_string();
                Err(StoreError::OutOfOrder { date: date.to_owned(), current })
            }
            _ if published.is_some() => Ok(Outcome::Replaced),
            _ => Ok(Outcome::Added),
        }
    }
}

impl StoreLock {
    /// Publishes a run: afterwards, and not before, readers see all of it.
    ///
    /// A night dated after the one in force takes its place; one dated before (a backfill) is added
    /// beside and `CURRENT` stays. Later nights still name the parent they were made from, so that their
    /// fingerprints tell that they are due again.
    ///
    /// The staging is used up; on an error before the pointer moved, the next sweep removes it.
    ///
    /// # Errors
    ///
    /// As [`Store::foresee`]; [`StoreError::NotReproducible`] when the same fingerprint gave other bytes
    /// and `replace` was not asked for; [`StoreError::WrongParent`], [`StoreError::Unfinished`] and
    /// [`StoreError::NoContract`] when the run is not what it claims.
    pub fn publish(&self, staging: Staging, draft: &Draft, mode: PublishMode) -> Result<Published> {
        let (store, disk) = (&self.store, &self.store.disk);
        staging.check_sound()?;
        let date = draft.logical_date.as_str();
        let outcome = store.foresee(date, &draft.fingerprint, mode)?;
        let parent = store.previous_name(date)?.map(|name| name.to_string());
        if parent != draft.parent {
            let (date, found) = (date.to_owned(), draft.parent.clone());
            return Err(StoreError::WrongParent { date, expected: parent, found });
        }

        let manifest = compose(&staging, draft)?;
        let manifest_path = staging.root.join(MANIFEST);
        let bytes = manifest.to_bytes(&manifest_path)?;
        let name = NightName::new(date, &blake3::hash(&bytes).to_hex());
        let published = store.night(date)?;
        let (outcome, old) = match published {
            Some(night) if *night.name() == name => {
                staging.discard()?;
                return Ok(Published { night, outcome: Outcome::Unchanged });
            }
            Some(night) if outcome == Outcome::Unchanged && !mode.replace => {
                let differing = differing_files(night.manifest(), &manifest);
                return Err(StoreError::NotReproducible { date: date.to_owned(), differing });
            }
            Some(night) => (Outcome::Replaced, Some(night.name().clone())),
            None => (outcome, None),
        };

        seal(&staging, &bytes)?;
        let moves_pointer = store.current_name()?.is_none_or(|current| current.date() <= date);
        if let (Some(old), false) = (&old, moves_pointer) {
            disk.replace(&store.replacing_path(), format!("{old} {name}\n").as_bytes())?;
        }
        let target = store.nights_dir().join(name.as_str());
        disk.rename(&staging.root, &target)?;
        disk.sync_parents(&staging.root, &target)?;
        if moves_pointer {
            self.move_pointer(&name)?;
        }
        self.clear_away(old.as_ref(), date)?;
        Ok(Published { night: Night::open(store, &name)?, outcome })
    }

    /// Removes what a published night makes superfluous.
    fn clear_away(&self, old: Option<&NightName>, date: &str) -> Result<()> {
        let (store, disk) = (&self.store, &self.store.disk);
        if let Some(old) = old {
            disk.retire(&store.nights_dir().join(old.as_str()))?;
            self.drop_journal()?;
        }
        disk.retire(&store.failed_dir().join(date))
    }
}

/// Joins what the runner and the staging know, every list sorted.
fn compose(staging: &Staging, draft: &Draft) -> Result<Manifest> {
    let state = staging.state();
    let mut tables = Vec::new();
    for entry in state.tables.values() {
        let contract_version = *draft.contract_versions.get(&entry.table).ok_or_else(|| {
            StoreError::NoContract { run_id: staging.run_id.clone(), table: entry.table.clone() }
        })?;
        let (stage, table) = (entry.stage.clone(), entry.table.clone());
        tables.push(TableRecord { stage, table, contract_version, rows: entry.rows });
    }
    let mut files: Vec<FileEntry> = state.tables.values().flat_map(|t| t.files.clone()).collect();
    files.extend(state.files.values().cloned());
    files.sort();

    let mut inputs = draft.inputs.clone();
    inputs.sort();
    for InputRecord { feed, path, .. } in &inputs {
        let relative = Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !relative || path.is_empty() {
            return Err(StoreError::InputPath { feed: feed.clone(), path: path.clone() });
        }
    }
    Ok(Manifest {
        format_version: FORMAT_VERSION,
        idip_version: draft.idip_version.clone(),
        logical_date: draft.logical_date.clone(),
        fingerprint: draft.fingerprint.clone(),
        seed: draft.seed,
        parent: draft.parent.clone(),
        config_hash: draft.config_hash.clone(),
        inputs,
        steps: state.steps.values().map(record_of).collect(),
        tables,
        files,
    })
}

fn record_of(step: &FinishedStep) -> StepRecord {
    StepRecord {
        id: step.key.id.clone(),
        stage: step.key.stage.clone(),
        fingerprint: step.key.fingerprint.clone(),
        inputs: step.key.inputs.clone(),
        tables: step.tables.iter().map(|t| format!("{}/{}", t.stage, t.table)).collect(),
        files: step.files.iter().map(|file| file.path.clone()).collect(),
    }
}

/// Completes the staging folder: nothing foreign in it, manifest and mark written, all of it durable.
fn seal(staging: &Staging, manifest: &[u8]) -> Result<()> {
    let disk: &Disk = &staging.store.disk;
    disk.remove(&staging.root.join(STEPS))?;
    let (found, folders) = disk.walk(&staging.root)?;
    let unfinished = {
        let state = staging.state();
        let of_tables = |path: &String| {
            state.tables.values().flat_map(|t| &t.files).any(|file| file.path == *path)
        };
        found.into_iter().find(|path| !state.files.contains_key(path) && !of_tables(path))
    };
    if let Some(path) = unfinished {
        return Err(StoreError::Unfinished { run_id: staging.run_id.clone(), path });
    }
    disk.write(&staging.root.join(MANIFEST), manifest)?;
    disk.write(&staging.root.join(SUCCESS), b"")?;
    folders.iter().try_for_each(|folder| disk.sync_dir(folder))
}

fn differing_files(published: &Manifest, found: &Manifest) -> Vec<String> {
    let one_sided = |a: &Manifest, b: &Manifest| -> Vec<String> {
        let missing = a.files.iter().filter(|file| !b.files.contains(file));
        missing.map(|file| file.path.clone()).collect()
    };
    let mut paths = one_sided(published, found);
    paths.extend(one_sided(found, published));
    paths.sort();
    paths.dedup();
    if paths.is_empty() {
        // The same files from other records, such as row counts of inputs.
        paths.push(MANIFEST.to_owned());
    }
    paths
}
