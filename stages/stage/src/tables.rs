//! Tables in memory, by contract.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use idip_schemas::TableContract;

use crate::StageError;

/// Batches of tables, by table name.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    batches: BTreeMap<&'static str, Vec<RecordBatch>>,
}

impl Tables {
    /// Adds a table, or replaces it.
    #[must_use]
    pub fn with(mut self, contract: &'static TableContract, batches: Vec<RecordBatch>) -> Self {
        self.batches.insert(contract.name, batches);
        self
    }

    /// The batches of a table, in the order they came.
    ///
    /// # Errors
    ///
    /// When the table was never given.
    pub fn batches(&self, contract: &'static TableContract) -> Result<&[RecordBatch], StageError> {
        self.batches
            .get(contract.name)
            .map(Vec::as_slice)
            .ok_or(StageError::NotGiven { table: contract.name })
    }

    /// A table as one batch; copies only when there is more than one.
    ///
    /// # Errors
    ///
    /// When the table was never given or its batches do not fit together.
    pub fn batch(&self, contract: &'static TableContract) -> Result<RecordBatch, StageError> {
        match self.batches(contract)? {
            [] => Ok(contract.empty()),
            [one] => Ok(one.clone()),
            many => arrow_select::concat::concat_batches(&many[0].schema(), many)
                .map_err(|source| StageError::Arrow { table: contract.name, source }),
        }
    }

    /// Takes a table out, its batches in the order they came.
    ///
    /// # Errors
    ///
    /// When the table was never given.
    pub fn take(
        &mut self,
        contract: &'static TableContract,
    ) -> Result<Vec<RecordBatch>, StageError> {
        self.batches.remove(contract.name).ok_or(StageError::NotGiven { table: contract.name })
    }

    /// Number of rows of a table; 0 when it was never given.
    pub fn rows(&self, contract: &'static TableContract) -> usize {
        self.batches
            .get(contract.name)
            .map_or(0, |batches| batches.iter().map(RecordBatch::num_rows).sum())
    }

    /// Every table, in name order.
    pub fn into_iter_by_name(self) -> impl Iterator<Item = (&'static str, Vec<RecordBatch>)> {
        self.batches.into_iter()
    }
}

/// Takes the tables of a step, batch by batch.
pub trait Output {
    /// Takes the next rows of a table.
    ///
    /// # Errors
    ///
    /// [`StageError::Refused`] when no more rows are wanted; a step passes it on.
    fn push(
        &mut self,
        contract: &'static TableContract,
        batch: RecordBatch,
    ) -> Result<(), StageError>;
}

impl Output for Tables {
    fn push(
        &mut self,
        contract: &'static TableContract,
        batch: RecordBatch,
    ) -> Result<(), StageError> {
        self.batches.entry(contract.name).or_default().push(batch);
        Ok(())
    }
}
