//! Carries out the steps of a night: takes over what is unchanged, runs the rest.
//!
//! | file | subject |
//! |---|---|
//! | `load.rs` | the source tables, last night's tables, and the relations over them |
//! | `answer.rs` | one step: its function run, its tables registered |
//! | `asked.rs` | the views of a step, asked when the step wants them |
//! | `written.rs` | the tables of a step, checked and written as they come |
//! | `passed_on.rs` | large tables that are passed on and not published |
//! | `outputs.rs` | what is made for others out of finished tables |

mod answer;
mod asked;
mod load;
mod outputs;
mod passed_on;
mod written;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use idip_schemas::TableContract;
use idip_schemas::differentiate::customer_day;
use idip_schemas::source::party_purchase;
use idip_stage::Tables;
use idip_store::{FailedRun, FinishedStep, Night, Staging, Status, StepKey, TableEntry};
use serde_json::{Value, json};

use super::context::command;
use super::graph::Node;
use super::plan::{LOAD, NightPlan};
use super::results::Results;
use super::run::Run;
use crate::engine::Engine;
use crate::{RunError, allocator, outputs as made_for_others};

/// Rows of a table from which on what a step used is given back to the system at once.
///
/// Below, the next step takes it over, which costs less than to ask for it again.
const ROWS_TO_GIVE_BACK: u64 = 1 << 20;

/// What has to be done.
pub(super) struct Todo {
    /// Whether the feeds are read.
    pub(super) load: bool,
    /// Whether each step of the graph runs.
    runs: Vec<bool>,
}

/// A night in the making.
pub(super) struct Work<'w> {
    pub(super) run: &'w Run<'w>,
    pub(super) engine: &'w Engine,
    pub(super) staging: &'w Staging,
    /// Folder of what is needed while the night runs.
    pub(super) scratch: &'w Path,
    pub(super) results: &'w mut Results,
    pub(super) night: &'w NightPlan,
    pub(super) published: Option<&'w Night>,
    pub(super) failed: Option<FailedRun>,
    pub(super) rows: BTreeMap<String, u64>,
    /// Hashes of the tables' files, by table.
    pub(super) hashes: BTreeMap<String, String>,
}

impl Work<'_> {
    /// A finished step with the same fingerprint, and the folder it lies in.
    fn finished(&self, key: &StepKey) -> Option<(PathBuf, FinishedStep)> {
        let published = self.published.and_then(|night| {
            let step = night.step(&key.id)?;
            (step.key.fingerprint == key.fingerprint).then(|| (night.path().to_owned(), step))
        });
        published.or_else(|| {
            let failed = self.failed.as_ref()?;
            let step = failed.step(&key.id, &key.fingerprint)?;
            Some((failed.path().to_owned(), step.clone()))
        })
    }

    /// Decides which steps run; the feeds are read when one that runs needs them.
    pub(super) fn todo(&self) -> Result<Todo, RunError> {
        let graph = self.run.graph;
        let selection = &self.run.options.selection;
        let mut runs = Vec::new();
        for (node, key) in graph.nodes.iter().zip(&self.night.keys) {
            let finished = self.finished(key).is_some();
            let selected = selection.has(node.step.name());
            let reads_it = |later: &Node| {
                selection.has(later.step.name())
                    && node.step.writes().iter().any(|table| later.reads.contains(table.name))
            };
            if !selected && !finished && graph.nodes.iter().any(reads_it) {
                return Err(command(
                    &format!(
                        "`{}` is not up to date for {}, and the selected steps read it",
                        node.step.name(),
                        self.night.day
                    ),
                    Some(&format!("run `idip run --select {}+`", node.stage)),
                ));
            }
            runs.push(selected && !finished);
        }
        graph.make_again(&mut runs);
        // The report names offers, which only the feeds tell.
        let outputs_are_done = self.night.outputs.keys().all(|key| self.finished(key).is_some());
        let load = runs.iter().any(|runs| *runs)
            || !outputs_are_done
            || self.finished(&self.night.sources).is_none();
        Ok(Todo { load, runs })
    }

    /// Takes a step over or runs it.
    ///
    /// # Errors
    ///
    /// The step's, or the disk's.
    pub(super) fn step(&mut self, index: usize, node: &Node, todo: &Todo) -> Result<(), RunError> {
        let Some(key) = self.night.keys.get(index) else { return Ok(()) };
        let id = node.step.name();
        self.results.begin_step();
        if !todo.runs.get(index).copied().unwrap_or(false) {
            let Some((folder, step)) = self.finished(key) else { return Ok(()) };
            self.adopt(&folder, &step)?;
            self.results.end_step(id, Status::Reused, None, BTreeMap::new());
            self.release(index, todo)?;
            return self.register_relations();
        }
        let answer = self.answer(node);
        self.release(index, todo)?;
        match answer {
            Ok(entries) => {
                if entries.iter().any(|entry| entry.rows > ROWS_TO_GIVE_BACK) {
                    allocator::give_back();
                }
                let figures = entries
                    .iter()
                    .map(|entry| (format!("rows_{}", entry.table), json!(entry.rows)))
                    .collect::<BTreeMap<String, Value>>();
                self.staging.finish_step(key, &entries, &[])?;
                self.results.end_step(id, Status::Success, None, figures);
                self.register_relations()
            }
            Err(error) => {
                self.results.end_step(id, Status::Error, Some(error.to_string()), BTreeMap::new());
                Err(error)
            }
        }
    }

    /// Lets go of what a step made on its way, and of the lists of purchases, the largest tables of a
    /// night, after the last step that reads them.
    fn release(&self, done: usize, todo: &Todo) -> Result<(), RunError> {
        for table in [party_purchase::CONTRACT.name, customer_day::CONTRACT.name] {
            let mut later = self.run.graph.nodes.iter().zip(&todo.runs).skip(done + 1);
            let is_read = later.any(|(node, runs)| *runs && node.reads.contains(table));
            if !is_read && self.engine.has_table(table) {
                self.engine.drop_table(table)?;
            }
        }
        Ok(())
    }

    fn adopt(&mut self, folder: &Path, step: &FinishedStep) -> Result<(), RunError> {
        self.staging.adopt_step(folder, step)?;
        for table in &step.tables {
            self.register_written(table)?;
            self.note(table);
        }
        Ok(())
    }

    /// Lets the engine read a table from the files of the night.
    fn register_written(&self, table: &TableEntry) -> Result<(), RunError> {
        let files: Vec<PathBuf> =
            table.files.iter().map(|file| self.staging.path().join(&file.path)).collect();
        self.engine.register_published(&table.table, &files)?;
        Ok(())
    }

    fn note(&mut self, entry: &TableEntry) {
        self.rows.insert(entry.table.clone(), entry.rows);
        let hashes: Vec<&str> = entry.files.iter().map(|file| file.blake3.as_str()).collect();
        self.hashes.insert(entry.table.clone(), hashes.join(","));
    }

    /// Fingerprints of every step of the night, in order of their ids.
    pub(super) fn fingerprints(&self) -> Vec<String> {
        let keys = std::iter::once(&self.night.sources)
            .chain(&self.night.keys)
            .chain(self.night.outputs.keys());
        let done: Vec<&str> = self
            .results
            .steps()
            .iter()
            .map(|step| step.unique_id.as_str())
            .chain(self.rows.contains_key("reconciliation").then_some(LOAD))
            .collect();
        keys.filter(|key| done.contains(&key.id.as_str()))
            .map(|key| format!("{}={}", key.id, key.fingerprint))
            .collect()
    }

    /// Whether everything of a published night stays as it is, so that this one only adds to it.
    pub(super) fn keeps_all_of(&self, night: &Night) -> bool {
        night.manifest().steps.iter().filter(|step| step.stage != made_for_others::STAGE).all(
            |step| {
                std::iter::once(&self.night.sources)
                    .chain(&self.night.keys)
                    .any(|key| key.id == step.id && key.fingerprint == step.fingerprint)
            },
        )
    }
}

fn batches(
    tables: &Tables,
    contract: &'static TableContract,
) -> Result<Vec<RecordBatch>, RunError> {
    tables
        .batches(contract)
        .map(<[RecordBatch]>::to_vec)
        .map_err(|error| RunError::Bug(format!("a step did not write what it promised: {error}")))
}
