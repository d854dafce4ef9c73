//! One step: its function run, its tables registered.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use idip_schemas::TableContract;
use idip_store::TableEntry;

use super::Work;
use super::asked::Asked;
use super::written::{Whole, Written};
use crate::RunError;
use crate::night::graph::Node;

impl Work<'_> {
    /// Runs a step, answers its views, checks and writes its tables.
    pub(super) fn answer(&mut self, node: &Node) -> Result<Vec<TableEntry>, RunError> {
        let context = &self.night.context;
        let asked = Asked::new(node, self.engine, context);
        let mut written = Written::new(node, self.staging, self.scratch);
        let run = || node.step.run_into(context, &asked, &mut written);
        let outcome = catch_unwind(AssertUnwindSafe(run))
            .map_err(|_| RunError::Bug(format!("step `{}` panicked", node.step.name())))?;
        if let Some(failure) = asked.failure().or_else(|| written.failure()) {
            return Err(failure);
        }
        outcome.map_err(|source| RunError::Step { step: node.step.name().to_owned(), source })?;
        let mut entries = Vec::new();
        for contract in node.step.writes() {
            let entry = match written.finish(contract)? {
                Whole::Held(batches, entry) => {
                    self.engine.register_table(contract.name, contract, &batches)?;
                    entry
                }
                Whole::Files(entry) => {
                    self.register_written(&entry)?;
                    Some(entry)
                }
                Whole::Scratch(file) => {
                    self.engine.register_table_files(contract.name, contract, &[file])?;
                    None
                }
            };
            if let Some(entry) = &entry {
                self.note(entry);
            }
            entries.extend(entry);
        }
        Ok(entries)
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
