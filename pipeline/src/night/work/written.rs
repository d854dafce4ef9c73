//! The tables of a step, checked and written as they come.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use idip_schemas::{Retention, TableContract};
use idip_stage::{Output, StageError};
use idip_store::{Staging, StoreError, TableEntry, TableWriter};

use super::passed_on::ScratchTable;
use crate::RunError;
use crate::night::graph::Node;
use crate::night::table_order::KeyOrder;

/// Tables with more rows are read back from their files by the steps that follow: what a night holds in
/// memory does not grow with the number of its tables.
const ROWS_IN_MEMORY: usize = 1 << 16;

/// Takes the tables of one step.
pub(super) struct Written<'w> {
    node: &'w Node,
    staging: &'w Staging,
    /// Folder of large tables that are passed on.
    scratch: &'w Path,
    tables: BTreeMap<&'static str, Table<'w>>,
    /// Why no more rows were taken.
    failure: Option<RunError>,
}

struct Table<'w> {
    contract: &'static TableContract,
    file: TableFile<'w>,
    order: KeyOrder,
    n_rows: usize,
    /// Its rows, as long as they are few.
    kept: Vec<RecordBatch>,
}

/// The file of a table.
enum TableFile<'w> {
    Published(Box<TableWriter<'w>>),
    /// Of a table that is passed on, once it is large.
    PassedOn(Option<Box<ScratchTable>>),
}

/// A table that is whole.
pub(super) enum Whole {
    /// Its rows, and its files where it is published.
    Held(Vec<RecordBatch>, Option<TableEntry>),
    /// Its files, from which it is to be read.
    Files(TableEntry),
    /// Its file in the scratch folder, from which it is to be read.
    Scratch(PathBuf),
}

impl<'w> Written<'w> {
    pub(super) fn new(node: &'w Node, staging: &'w Staging, scratch: &'w Path) -> Self {
        Self { node, staging, scratch, tables: BTreeMap::new(), failure: None }
    }

    /// Why rows were refused, when they were.
    pub(super) fn failure(&mut self) -> Option<RunError> {
        self.failure.take()
    }

    /// Ends a table.
    ///
    /// # Errors
    ///
    /// When the step never wrote it, or the disk refuses.
    pub(super) fn finish(&mut self, contract: &'static TableContract) -> Result<Whole, RunError> {
        let table = self.tables.remove(contract.name).ok_or_else(|| {
            let (step, table) = (self.node.step.name(), contract.name);
            RunError::Bug(format!("step `{step}` promised table `{table}` and did not write it"))
        })?;
        let is_in_memory = table.is_in_memory();
        Ok(match table.file {
            TableFile::Published(writer) if is_in_memory => {
                Whole::Held(table.kept, Some(writer.finish()?))
            }
            TableFile::Published(writer) => Whole::Files(writer.finish()?),
            TableFile::PassedOn(Some(file)) => Whole::Scratch(file.finish()?),
            TableFile::PassedOn(None) => Whole::Held(table.kept, None),
        })
    }

    fn take(
        &mut self,
        contract: &'static TableContract,
        batch: RecordBatch,
    ) -> Result<(), RunError> {
        let step = || self.node.step.name().to_owned();
        let of_step = |source: StageError| RunError::Step { step: step(), source };
        contract.check(&batch).map_err(|source| of_step(source.into()))?;
        if !self.tables.contains_key(contract.name) {
            let table = Table::new(self.node, self.staging, contract)?;
            self.tables.insert(contract.name, table);
        }
        let Some(table) = self.tables.get_mut(contract.name) else { return Ok(()) };
        if let Some(row) = table.order.first_out(contract, &batch) {
            return Err(RunError::Bug(format!(
                "step `{}` wrote table `{}` with row {row} out of the order of its key",
                step(),
                contract.name
            )));
        }
        table.take(batch, self.scratch)
    }
}

impl Output for Written<'_> {
    fn push(
        &mut self,
        contract: &'static TableContract,
        batch: RecordBatch,
    ) -> Result<(), StageError> {
        self.take(contract, batch).map_err(|error| {
            self.failure = Some(error);
            StageError::Refused
        })
    }
}

impl<'w> Table<'w> {
    fn new(
        node: &Node,
        staging: &'w Staging,
        contract: &'static TableContract,
    ) -> Result<Self, StoreError> {
        let file = match contract.retention {
            Retention::Published => {
                let writer = staging.table_writer(node.stage, contract.name, &contract.schema())?;
                TableFile::Published(Box::new(writer))
            }
            Retention::Transient => TableFile::PassedOn(None),
        };
        Ok(Self { contract, file, order: KeyOrder::default(), n_rows: 0, kept: Vec::new() })
    }

    fn is_in_memory(&self) -> bool {
        self.n_rows <= ROWS_IN_MEMORY
    }

    fn take(&mut self, batch: RecordBatch, scratch: &Path) -> Result<(), RunError> {
        self.n_rows += batch.num_rows();
        let is_in_memory = self.is_in_memory();
        match &mut self.file {
            TableFile::Published(writer) => writer.write(&batch)?,
            TableFile::PassedOn(Some(file)) => file.write(&batch)?,
            TableFile::PassedOn(none) if !is_in_memory => {
                let Self { contract, kept, .. } = self;
                let file = ScratchTable::create(scratch, contract.name, contract.schema())?;
                let file = none.insert(Box::new(file));
                kept.iter().chain([&batch]).try_for_each(|batch| file.write(batch))?;
            }
            TableFile::PassedOn(None) => {}
        }
        if is_in_memory {
            self.kept.push(batch);
        } else {
            self.kept = Vec::new();
        }
        Ok(())
    }
}
