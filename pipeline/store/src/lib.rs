//! Where nights are published: lock, generations, manifests, run results.
//!
//! ```text
//! <store>/CURRENT                               one line: the folder name of the night in force
//! <store>/nights/<date>-<hash>/<stage>/<table>/part-0.parquet
//! <store>/nights/<date>-<hash>/manifest.json    everything it was made from and holds; no times
//! <store>/nights/<date>-<hash>/_SUCCESS         empty; written last
//! <store>/failed/<date>/                        finished steps of the last failed run of that date
//! <store>/ERASED, ERASURE_KEY                   who was erased, as keyed hashes, and the key
//! <store>/run_results.json, runs/               what the last runs did, with times
//! <store>/LOCK                                  held while a run writes
//! <store>/.run-<id>/, .tmp-*, .trash-*          work in progress; leftovers are swept
//! ```
//!
//! # What is in force
//!
//! `CURRENT` decides, alone. A night is published when the pointer has moved to it, or, for a
//! backfill of an earlier date, when its folder has been renamed into `nights/`. A folder dated after
//! `CURRENT`, or beside it on the same date, is invisible: a killed run left it, and the next
//! [`StoreLock::sweep`] removes it.
//!
//! Readers need no lock. They see the old night or the new one, never a mix.
//!
//! # Order of changes
//!
//! Files are fsynced as they are finished. Publishing then writes `manifest.json` and `_SUCCESS`,
//! fsyncs them and every folder, renames the staging folder into `nights/`, fsyncs both parents,
//! writes the new pointer beside `CURRENT`, fsyncs it, renames it and fsyncs the store. An fsync that
//! fails ends the run: it is never tried twice.
//!
//! Folders have mode 0700 and files 0600, whatever the umask. A symbolic link below the store's folder
//! is refused; the store's folder itself may be one.

mod disk;
mod erasure;
mod error;
mod failed;
mod hash;
mod manifest;
mod name;
mod night;
mod parquet_file;
mod publish;
mod run_results;
mod staging;
mod store;
mod sweep;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod power_cut_tests;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod protocol_tests;
#[cfg(test)]
mod staging_tests;
#[cfg(test)]
mod testing;

pub use erasure::{ERASURE_REASONS, Erasures, Tombstone};
pub use error::{Result, StoreError};
pub use failed::FailedRun;
pub use hash::hash_file;
pub use manifest::{
    FORMAT_VERSION, FileEntry, InputRecord, Manifest, StepRecord, TableEntry, TableRecord,
};
pub use name::NightName;
pub use night::Night;
pub use publish::{Draft, Outcome, PublishMode, Published};
pub use run_results::{RUN_RESULTS_VERSION, RunMetadata, RunResults, Status, StepResult, Timing};
pub use staging::{FileWriter, FinishedStep, Staging, StepKey, TableWriter};
pub use store::{Store, StoreLock};
pub use sweep::Sweep;
