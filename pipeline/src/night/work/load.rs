//! The source tables of a night, last night's tables, and the relations over them.

use std::collections::BTreeMap;
use std::path::Path;

use idip_schemas::source;
use idip_stage::Read;
use idip_store::Status;
use serde_json::json;

use super::{Work, batches};
use crate::RunError;
use crate::night::Progress;
use crate::night::graph::SOURCES;
use crate::night::plan::LOAD;
use crate::sources;

impl Work<'_> {
    /// Loads the source tables, and publishes those that are kept.
    pub(in crate::night) fn load(
        &mut self,
        read: sources::Typed<'_>,
        scratch: &Path,
        progress: &Progress,
    ) -> Result<sources::Sources, RunError> {
        self.results.begin_step();
        let doing = |feed: &str| progress.doing(feed);
        let loaded = read.load(
            self.engine,
            &self.run.context.project,
            &self.night.context,
            scratch,
            &doing,
        )?;
        let mut entries = Vec::new();
        for contract in [
            &source::reject::CONTRACT,
            &source::reconciliation::CONTRACT,
            &source::category::CONTRACT,
            &source::sales_channel::CONTRACT,
        ] {
            let batches = batches(&loaded.tables, contract)?;
            self.engine.register_table(contract.name, contract, &batches)?;
            entries.push(self.write(SOURCES, contract, &batches)?);
        }
        self.staging.finish_step(&self.night.sources, &entries, &[])?;
        let status = if loaded.rejected > 0 { Status::Warn } else { Status::Success };
        let message =
            (loaded.rejected > 0).then(|| format!("{} rows were rejected", loaded.rejected));
        let mut figures = BTreeMap::new();
        for entry in &entries {
            figures.insert(format!("rows_{}", entry.table), json!(entry.rows));
        }
        let read: u64 = loaded.rows.values().sum();
        figures.insert("rows_read".into(), json!(read));
        figures.insert("rows_rejected".into(), json!(loaded.rejected));
        figures.insert("rows_erased".into(), json!(loaded.erased));
        self.results.end_step(LOAD, status, message, figures);
        Ok(loaded)
    }

    /// Registers last night's tables that a step reads, empty where there was none.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub(in crate::night) fn register_last_night(&self) -> Result<(), RunError> {
        for node in &self.run.graph.nodes {
            for table in &node.last {
                let name = format!("last_{table}");
                if self.engine.has_table(&name) {
                    continue;
                }
                let contract = contract_of(table)?;
                let stage = self.run.graph.stage_of(table);
                let files = self
                    .night
                    .last_night
                    .as_ref()
                    .map(|night| night.table_files(stage, table))
                    .unwrap_or_default();
                if files.is_empty() {
                    self.engine.register_table(&name, contract, &[])?;
                } else {
                    self.engine.register_table_files(&name, contract, &files)?;
                }
            }
        }
        Ok(())
    }

    /// Registers every relation whose tables are all there by now.
    pub(super) fn register_relations(&self) -> Result<(), RunError> {
        for relation in &self.run.graph.relations {
            let there = relation.reads.iter().all(|read| match read {
                Read::Table(table) => self.engine.has_table(table.name),
                Read::LastNight(table) => self.engine.has_table(&format!("last_{}", table.name)),
                Read::Relation(name) => self.engine.has_table(name),
            });
            if there && !self.engine.has_table(relation.name) {
                let as_of = self.night.context.logical_date;
                self.engine.register_view(relation.name, relation.sql, as_of)?;
            }
        }
        Ok(())
    }
}

fn contract_of(table: &str) -> Result<&'static idip_schemas::TableContract, RunError> {
    idip_schemas::find(table)
        .ok_or_else(|| RunError::Bug(format!("no contract is named `{table}`")))
}
