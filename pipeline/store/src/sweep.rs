//! Clearing up: leftovers of killed runs, and nights past their keeping.

use std::collections::BTreeSet;

use crate::error::{Result, StoreError};
use crate::name::NightName;
use crate::night::Night;
use crate::store::StoreLock;

/// Beginnings of names in the store's folder that belong to a run in progress.
const TRANSIENT: [&str; 3] = [".run-", ".tmp-", ".trash-"];

/// What a sweep found and removed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// Names within the store, sorted.
    pub removed: Vec<String>,
}

impl StoreLock {
    /// Removes what killed runs left: staging folders, temporary files, nights never put in force.
    ///
    /// # Errors
    ///
    /// [`StoreError::AheadOfPointer`] when more nights lie after `CURRENT` than one killed run can
    /// leave: somebody moved the pointer, and removing them could lose published nights.
    pub fn sweep(&self) -> Result<Sweep> {
        let disk = &self.store.disk;
        let mut swept = Sweep::default();
        for entry in disk.list(self.store.path())? {
            if TRANSIENT.iter().any(|start| entry.name.starts_with(start)) {
                disk.remove(&entry.path)?;
                swept.removed.push(entry.name);
            }
        }
        self.end_replacement(&mut swept)?;
        self.sweep_nights(&mut swept)?;
        if !swept.removed.is_empty() {
            disk.sync_dir(self.store.path())?;
        }
        swept.removed.sort();
        Ok(swept)
    }

    /// Ends a backfill's replacement that was cut short: once the new folder is there, it holds.
    fn end_replacement(&self, swept: &mut Sweep) -> Result<()> {
        let Some([old, new]) = self.store.replacing()? else { return Ok(()) };
        let folders = self.store.night_folders()?;
        if folders.contains(&new) && folders.contains(&old) {
            self.retire(&old, swept)?;
        }
        self.drop_journal()
    }

    fn sweep_nights(&self, swept: &mut Sweep) -> Result<()> {
        let current = self.store.current_name()?;
        let date = current.as_ref().map_or("", NightName::date);
        let (later, beside): (Vec<_>, Vec<_>) = self
            .store
            .night_folders()?
            .into_iter()
            .filter(|name| name.date() >= date && Some(name) != current.as_ref())
            .partition(|name| name.date() > date);
        // A run moves the pointer before it ends, so that a killed one leaves one night at most.
        if later.len() > 1 {
            return Err(StoreError::AheadOfPointer {
                current: current.map(|name| name.to_string()),
                nights: later.iter().map(ToString::to_string).collect(),
            });
        }
        later.iter().chain(&beside).try_for_each(|name| self.retire(name, swept))
    }

    fn retire(&self, name: &NightName, swept: &mut Sweep) -> Result<()> {
        self.store.disk.retire(&self.store.nights_dir().join(name.as_str()))?;
        swept.removed.push(format!("nights/{name}"));
        Ok(())
    }

    /// Removes all but the newest `keep_nights` nights, and failed runs of dates already passed.
    ///
    /// The night in force and its parent always stay: the next run reads one, a re-run the other.
    ///
    /// # Errors
    ///
    /// When the disk refuses, or the night in force cannot be read.
    pub fn prune(&self, keep_nights: usize) -> Result<Sweep> {
        let mut swept = Sweep::default();
        let Some(current) = self.store.current_name()? else { return Ok(swept) };
        let parent = Night::open(&self.store, &current)?.manifest().parent.clone();
        let nights = self.store.nights()?;
        let newest: BTreeSet<&NightName> = nights.iter().rev().take(keep_nights).collect();
        for name in &nights {
            let needed = *name == current || parent.as_deref() == Some(name.as_str());
            if !needed && !newest.contains(name) {
                self.retire(name, &mut swept)?;
            }
        }
        for entry in self.store.disk.list(&self.store.failed_dir())? {
            if entry.name.as_str() < current.date() {
                self.store.disk.retire(&entry.path)?;
                swept.removed.push(format!("failed/{}", entry.name));
            }
        }
        swept.removed.sort();
        Ok(swept)
    }
}
