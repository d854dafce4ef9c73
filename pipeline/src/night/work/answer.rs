//! One step: its views asked, its function run, its tables registered.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use idip_schemas::TableContract;
use idip_stage::{Sql, Tables, View};
use idip_store::TableEntry;

use super::Work;
use super::written::{Whole, Written};
use crate::RunError;
use crate::engine::conform;
use crate::night::graph::Node;

impl Work<'_> {
    /// Asks a step's views, runs it, checks and writes its tables.
    pub(super) fn answer(
        &mut self,
        index: usize,
        node: &Node,
    ) -> Result<Vec<TableEntry>, RunError> {
        let mut views = Tables::default();
        for view in &node.views {
            views = views.with(view.contract, self.answer_view(index, node, view)?);
        }
        let context = &self.night.context;
        let mut written = Written::new(node, self.staging);
        let run = || node.step.run_into(context, &views, &mut written);
        let outcome = catch_unwind(AssertUnwindSafe(run))
            .map_err(|_| RunError::Bug(format!("step `{}` panicked", node.step.name())))?;
        if let Some(failure) = written.failure() {
            return Err(failure);
        }
        outcome.map_err(|source| RunError::Step { step: node.step.name().to_owned(), source })?;
        drop(views);
        let mut entries = Vec::new();
        for contract in node.step.writes() {
            let entry = match written.finish(contract)? {
                Whole::InMemory(batches, entry) => {
                    self.engine.register_table(contract.name, contract, &batches)?;
                    entry
                }
                Whole::InFiles(entry) => {
                    self.register_written(&entry)?;
                    Some(entry)
                }
            };
            if let Some(entry) = &entry {
                self.note(entry);
            }
            entries.extend(entry);
        }
        Ok(entries)
    }

    /// Asks a view, or takes what it answered before, and keeps it while a later step asks it again.
    fn answer_view(
        &mut self,
        index: usize,
        node: &Node,
        view: &View,
    ) -> Result<Vec<RecordBatch>, RunError> {
        let Sql::Text(sql) = &view.sql else { return self.view(node, view) };
        let answer = match self.kept_views.remove(sql.as_ref()) {
            Some(kept) => kept,
            None => self.view(node, view)?,
        };
        let selected = |node: &&Node| self.run.options.selection.has(node.step.name());
        let later = self.run.graph.nodes.iter().skip(index + 1).filter(selected);
        let later = later.flat_map(|node| &node.views);
        let is_same = |later: &View| {
            later.contract.name == view.contract.name
                && matches!(&later.sql, Sql::Text(other) if other == sql)
        };
        if later.into_iter().any(is_same) {
            self.kept_views.insert(sql.to_string(), answer.clone());
        }
        Ok(answer)
    }

    fn view(&self, node: &Node, view: &View) -> Result<Vec<RecordBatch>, RunError> {
        let as_of = self.night.context.logical_date;
        let what = format!("view `{}` of `{}`", view.contract.name, node.step.name());
        let built;
        let sql = match &view.sql {
            Sql::Text(sql) => sql.as_ref(),
            Sql::Built(build) => {
                let mut given = Tables::default();
                for contract in &view.given {
                    let batches = self
                        .engine
                        .ask(&what, &format!("SELECT * FROM {}", contract.name), as_of)?
                        .iter()
                        .map(|batch| conform(&what, contract, batch))
                        .collect::<Result<Vec<_>, _>>()?;
                    given = given.with(contract, batches);
                }
                built = build(&self.night.context, &given).map_err(|source| RunError::Step {
                    step: node.step.name().to_owned(),
                    source,
                })?;
                built.as_str()
            }
        };
        self.engine
            .ask(&what, sql, as_of)?
            .iter()
            .map(|batch| conform(&what, view.contract, batch).map_err(RunError::from))
            .collect()
    }

    /// Writes a table into the night.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn write(
        &mut self,
        stage: &str,
        contract: &'static TableContract,
        batches: &[RecordBatch],
    ) -> Result<TableEntry, RunError> {
        let entry = self.staging.write_table(stage, contract.name, &contract.schema(), batches)?;
        self.note(&entry);
        Ok(entry)
    }
}
