//! One step: its views asked, its function run, its tables checked and written.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use idip_schemas::{Retention, TableContract};
use idip_stage::{Sql, Tables, View};
use idip_store::TableEntry;

use super::{Work, batches};
use crate::RunError;
use crate::engine::conform;
use crate::night::graph::Node;
use crate::night::table_order;

/// Tables with more rows are read back from their files by the steps that follow: what a night holds in
/// memory does not grow with the number of its tables.
const ROWS_IN_MEMORY: u64 = 1 << 16;

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
        let step = || node.step.name().to_owned();
        let context = &self.night.context;
        let tables = catch_unwind(AssertUnwindSafe(|| node.step.run(context, &views)))
            .map_err(|_| RunError::Bug(format!("step `{}` panicked", node.step.name())))?
            .map_err(|source| RunError::Step { step: step(), source })?;
        drop(views);
        let mut entries = Vec::new();
        for contract in node.step.writes() {
            let batches = batches(&tables, contract)?;
            for batch in &batches {
                contract
                    .check(batch)
                    .map_err(|source| RunError::Step { step: step(), source: source.into() })?;
            }
            if let Some(row) = table_order::first_out_of_order(contract, &batches) {
                return Err(RunError::Bug(format!(
                    "step `{}` wrote table `{}` with row {row} out of the order of its key",
                    node.step.name(),
                    contract.name
                )));
            }
            if contract.retention == Retention::Published {
                let entry = self.write(node.stage, contract, &batches)?;
                let is_large = entry.rows > ROWS_IN_MEMORY;
                if is_large {
                    self.register_written(&entry)?;
                }
                entries.push(entry);
                if is_large {
                    continue;
                }
            }
            self.engine.register_table(contract.name, contract, &batches)?;
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
