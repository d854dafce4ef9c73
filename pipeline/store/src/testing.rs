//! Small runs for the tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use tempfile::TempDir;

use crate::{
    Draft, InputRecord, Outcome, PublishMode, Result, RunMetadata, RunResults, Staging, Status,
    StepKey, StepResult, Store, StoreLock, Timing,
};

/// A folder in memory where the system has one: tests that make thousands of runs do not wait for a
/// disk, whose losses they model themselves.
pub(crate) fn fast_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Two columns, `customer_id` from 1 and a `segment` that holds `salt`.
pub(crate) fn batch(n_rows: i64, salt: &str) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=n_rows));
    let segments: ArrayRef =
        Arc::new(StringArray::from_iter_values((1..=n_rows).map(|i| format!("{salt}{}", i % 7))));
    RecordBatch::try_from_iter([("customer_id", ids), ("segment", segments)])
        .expect("equal lengths")
}

pub(crate) fn key(id: &str, fingerprint: &str) -> StepKey {
    let stage = id.split('.').next().expect("an id has a part").to_owned();
    let inputs = vec!["transactions".to_owned()];
    StepKey { id: id.to_owned(), stage, fingerprint: fingerprint.to_owned(), inputs }
}

/// What a run is told to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Night {
    pub(crate) date: &'static str,
    /// Stands for all inputs and settings.
    pub(crate) salt: &'static str,
    pub(crate) mode: PublishMode,
}

impl Night {
    pub(crate) fn of(date: &'static str, salt: &'static str) -> Self {
        Self { date, salt, mode: PublishMode::default() }
    }

    pub(crate) fn replacing(self) -> Self {
        Self { mode: PublishMode { replace: true, ..self.mode }, ..self }
    }

    pub(crate) fn backfill(self) -> Self {
        Self { mode: PublishMode { backfill: true, ..self.mode }, ..self }
    }
}

pub(crate) fn draft(store: &Store, night: Night) -> Result<Draft> {
    let path = "feeds/transactions.csv".to_owned();
    let (feed, hash) = ("transactions".to_owned(), night.salt.to_owned());
    Ok(Draft {
        idip_version: "0.1.0".to_owned(),
        logical_date: night.date.to_owned(),
        fingerprint: format!("{}-{}", night.date, night.salt),
        seed: 7,
        parent: store.previous(night.date)?.map(|night| night.name().to_string()),
        config_hash: "c0ffee".to_owned(),
        inputs: vec![InputRecord { feed, path, bytes: 10, hash, rows: 3 }],
        contract_versions: BTreeMap::from([
            ("identity_map".to_owned(), 1),
            ("customer_segment".to_owned(), 2),
        ]),
    })
}

pub(crate) fn write_first_step(staging: &Staging, salt: &str) -> Result<()> {
    let rows = batch(5, salt);
    let table = staging.write_table("identify", "identity_map", &rows.schema(), &[rows])?;
    staging.finish_step(&key("identify.resolve", salt), &[table], &[])
}

pub(crate) fn write_second_step(staging: &Staging, salt: &str) -> Result<()> {
    let rows = batch(20, salt);
    let halves = [rows.slice(0, 9), rows.slice(9, 11)];
    let table =
        staging.write_table("differentiate", "customer_segment", &rows.schema(), &halves)?;
    let file = staging.write_file("differentiate/crm", "vip.csv", salt.as_bytes())?;
    staging.finish_step(&key("differentiate.segment", salt), &[table], &[file])
}

/// A whole run as the runner makes it, taking over what a failed one had finished.
pub(crate) fn run(store: &Store, night: Night) -> Result<Outcome> {
    let lock = store.lock()?;
    lock.sweep()?;
    if store.foresee(night.date, &draft(store, night)?.fingerprint, night.mode)?
        == Outcome::Unchanged
    {
        return Ok(Outcome::Unchanged);
    }
    let staging = lock.begin("a1")?;
    let failed = store.failed(night.date)?;
    let finished = failed.as_ref().and_then(|run| run.step("identify.resolve", night.salt));
    match (&failed, finished) {
        (Some(run), Some(step)) => staging.adopt_step(run.path(), step)?,
        _ => write_first_step(&staging, night.salt)?,
    }
    write_second_step(&staging, night.salt)?;
    let published = lock.publish(staging, &draft(store, night)?, night.mode)?;
    finish(&lock, night.date)?;
    Ok(published.outcome)
}

/// A run that fails after its first step.
pub(crate) fn failing_run(store: &Store, night: Night) -> Result<()> {
    let lock = store.lock()?;
    lock.sweep()?;
    let staging = lock.begin("a1")?;
    write_first_step(&staging, night.salt)?;
    staging.write_file("differentiate", "half.csv", b"1")?;
    staging.keep_as_failed(night.date)?;
    finish(&lock, night.date)
}

fn finish(lock: &StoreLock, date: &str) -> Result<()> {
    lock.write_run_results(&results(&format!("{date}T02:00:00Z"), "a1"))?;
    lock.prune(4).map(drop)
}

pub(crate) fn results(generated_at: &str, invocation_id: &str) -> RunResults {
    let timing = Timing {
        name: "execute".to_owned(),
        started_at: generated_at.to_owned(),
        completed_at: generated_at.to_owned(),
    };
    RunResults {
        metadata: RunMetadata {
            schema_version: crate::RUN_RESULTS_VERSION.to_owned(),
            idip_version: "0.1.0".to_owned(),
            generated_at: generated_at.to_owned(),
            invocation_id: invocation_id.to_owned(),
        },
        args: BTreeMap::from([("date".to_owned(), "2026-01-31".into())]),
        elapsed_time: 1.5,
        results: vec![StepResult {
            unique_id: "identify.resolve".to_owned(),
            status: Status::Success,
            timing: vec![timing],
            execution_time: 1.25,
            failures: Some(0),
            message: None,
            adapter_response: BTreeMap::from([("rows".to_owned(), 5.into())]),
        }],
    }
}

/// Every published byte: the pointer and all nights, by path.
pub(crate) fn published_bytes(store: &Store) -> BTreeMap<String, Vec<u8>> {
    let (files, _) = store.disk.walk(&store.nights_dir()).expect("can be listed");
    let read = |path: &Path| std::fs::read(path).expect("can be read");
    let mut all: BTreeMap<_, _> = files
        .into_iter()
        .map(|path| (path.clone(), read(&store.nights_dir().join(path))))
        .collect();
    if store.pointer_path().exists() {
        all.insert("CURRENT".to_owned(), read(&store.pointer_path()));
    }
    all
}

/// Asserts that only what belongs in a store at rest lies in it.
pub(crate) fn assert_no_leftovers(store: &Store) {
    let listed = store.disk.list(store.path()).expect("can be listed");
    let names: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
    let allowed = ["CURRENT", "LOCK", "failed", "nights", "run_results.json", "runs"];
    assert!(names.iter().all(|name| allowed.contains(name)), "leftovers in {names:?}");
}
