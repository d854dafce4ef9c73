//! What runs did, with times: kept beside the nights, with the field names of dbt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::manifest::{from_json, json_bytes};
use crate::name;
use crate::store::{Store, StoreLock};

/// Schema of the run results that this program writes.
pub const RUN_RESULTS_VERSION: &str = "idip-run-results-v1";

/// Enough for a month of nights.
const RUNS_KEPT: usize = 30;

/// Results of one run, laid out as dbt's `run_results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResults {
    /// Which run this is.
    pub metadata: RunMetadata,
    /// Flags of the command.
    pub args: BTreeMap<String, Value>,
    /// Wall time of the run, in seconds.
    pub elapsed_time: f64,
    /// One result a step that was looked at, in order of execution.
    pub results: Vec<StepResult>,
}

/// Which run it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMetadata {
    /// See [`RUN_RESULTS_VERSION`].
    pub schema_version: String,
    /// Version of the program.
    pub idip_version: String,
    /// End of the run, ISO 8601 in UTC, such as `2026-02-01T02:05:00Z`.
    pub generated_at: String,
    /// Id of the run, a safe file name.
    pub invocation_id: String,
}

/// Result of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepResult {
    /// Step id.
    pub unique_id: String,
    /// How it ended.
    pub status: Status,
    /// Its phases.
    pub timing: Vec<Timing>,
    /// Wall time, in seconds.
    pub execution_time: f64,
    /// Rows or checks that failed; null when nothing was checked.
    pub failures: Option<u64>,
    /// One line for people.
    pub message: Option<String>,
    /// Counts and figures of the step.
    pub adapter_response: BTreeMap<String, Value>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It ran and wrote its tables.
    Success,
    /// It ran, and something deserves a look.
    Warn,
    /// It failed.
    Error,
    /// It did not run: a step before it failed.
    Skipped,
    /// It did not need to run: nothing it depends on has changed.
    Reused,
}

/// One phase of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Name of the phase, such as `execute`.
    pub name: String,
    /// ISO 8601, UTC.
    pub started_at: String,
    /// ISO 8601, UTC.
    pub completed_at: String,
}

impl StoreLock {
    /// Writes the results of a run: as the latest, and under `runs/`, where the last 30 stay.
    ///
    /// # Errors
    ///
    /// When `invocation_id` or `generated_at` would not be safe in a file name, or the disk refuses.
    pub fn write_run_results(&self, results: &RunResults) -> Result<()> {
        let (store, disk) = (&self.store, &self.store.disk);
        let RunMetadata { generated_at, invocation_id, .. } = &results.metadata;
        name::check_name("run", invocation_id)?;
        let instant: String = generated_at
            .chars()
            .filter(|c| !matches!(c, ':' | '-' | '.' | '+'))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        name::check_name("instant", &instant)?;
        // The names sort by time.
        let one = store.runs_dir().join(format!("{instant}-{invocation_id}.json"));
        let latest = store.run_results_path();
        let bytes = json_bytes(results, &latest)?;
        disk.replace(&one, &bytes)?;
        disk.replace(&latest, &bytes)?;
        let runs = disk.list(&store.runs_dir())?;
        let surplus = runs.len().saturating_sub(RUNS_KEPT);
        runs.iter().take(surplus).try_for_each(|run| disk.remove(&run.path))
    }
}

impl Store {
    fn run_results_path(&self) -> std::path::PathBuf {
        self.path().join("run_results.json")
    }

    /// Returns the results of the last run; `None` when there are none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when they cannot be understood.
    pub fn last_run_results(&self) -> Result<Option<RunResults>> {
        let path = self.run_results_path();
        let bytes = self.disk.read(&path)?;
        bytes.map(|bytes| from_json(&bytes, &path)).transpose()
    }

    /// Returns the results of the kept runs, newest first; those of another format are left out.
    ///
    /// # Errors
    ///
    /// When the folder cannot be listed or a file not be read.
    pub fn run_results(&self) -> Result<Vec<RunResults>> {
        let mut all = Vec::new();
        for run in self.disk.list(&self.runs_dir())?.into_iter().rev() {
            let bytes = self.disk.read(&run.path)?.unwrap_or_default();
            match from_json(&bytes, &run.path) {
                Ok(results) => all.push(results),
                Err(StoreError::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}
