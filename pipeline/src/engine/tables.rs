//! Tables of the engine: files, batches, answers and queries under a name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::{Constraint, Constraints};
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::options::ReadOptions;
use datafusion::datasource::listing::{ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::Result;
use datafusion::prelude::ParquetReadOptions;
use idip_schemas::TableContract;

use super::passage::{Passage, Passed};
use super::shared_out::SharedOut;
use super::{Engine, EngineError, plan_error};

impl Engine {
    /// Registers Parquet files under a name, and returns their schema.
    pub fn register_parquet(
        &self,
        name: &str,
        files: &[PathBuf],
    ) -> Result<SchemaRef, EngineError> {
        self.register_files(name, files, &[])
    }

    /// Registers the files of a published table under a name.
    ///
    /// The engine is told the table's key, so that a join that only looks rows up by it is left out where
    /// nothing of those rows is asked.
    pub fn register_table_files(
        &self,
        name: &str,
        contract: &TableContract,
        files: &[PathBuf],
    ) -> Result<(), EngineError> {
        self.register_files(name, files, contract.key).map(|_| ())
    }

    /// Registers the files of a published table under its own name; one of an older program has no key.
    pub fn register_published(&self, table: &str, files: &[PathBuf]) -> Result<(), EngineError> {
        match idip_schemas::find(table) {
            Some(contract) => self.register_table_files(table, contract, files),
            None => self.register_parquet(table, files).map(|_| ()),
        }
    }

    fn register_files(
        &self,
        name: &str,
        files: &[PathBuf],
        key: &[&str],
    ) -> Result<SchemaRef, EngineError> {
        let state = self.session.state();
        let options = ParquetReadOptions::default()
            .file_extension("")
            .parquet_pruning(true)
            .to_listing_options(state.config(), state.default_table_options());
        let open = async {
            let paths: Vec<ListingTableUrl> = files
                .iter()
                .map(|file| ListingTableUrl::parse(url(file)))
                .collect::<Result<_, _>>()?;
            let config = ListingTableConfig::new_with_multi_paths(paths)
                .with_listing_options(options)
                .infer_schema(&state)
                .await?;
            ListingTable::try_new(config)
        };
        let table = self
            .runtime
            .block_on(open)
            .map_err(|error| plan_error(format!("table `{name}`"), error))?;
        let schema = table.schema();
        let table = table.with_constraints(unique(&schema, key));
        self.replace(name, Arc::new(table))?;
        Ok(schema)
    }

    /// Registers the rows of a table under a name; see [`Engine::register_table_files`] for its key.
    pub fn register_table(
        &self,
        name: &str,
        contract: &TableContract,
        batches: &[RecordBatch],
    ) -> Result<(), EngineError> {
        self.register_rows(name, contract.schema(), batches, contract.key)
    }

    /// Registers batches in memory under a name.
    pub fn register_batches(
        &self,
        name: &str,
        schema: SchemaRef,
        batches: &[RecordBatch],
    ) -> Result<(), EngineError> {
        self.register_rows(name, schema, batches, &[])
    }

    fn register_rows(
        &self,
        name: &str,
        schema: SchemaRef,
        batches: &[RecordBatch],
        key: &[&str],
    ) -> Result<(), EngineError> {
        // One partition a thread, by whole batches: the answer does not depend on it.
        let n = self.session.copied_config().target_partitions().max(1);
        let mut partitions = vec![Vec::new(); n];
        for (index, batch) in batches.iter().flat_map(slices).enumerate() {
            if let Some(partition) = partitions.get_mut(index % n) {
                partition.push(batch);
            }
        }
        let key = unique(&schema, key);
        let table = MemTable::try_new(schema, partitions)
            .map_err(|error| plan_error(format!("table `{name}`"), error))?;
        self.replace(name, Arc::new(table.with_constraints(key)))
    }

    /// Answers a query and registers the answer under a name.
    pub fn register_answer(
        &self,
        name: &str,
        what: &str,
        sql: &str,
        as_of: i32,
    ) -> Result<(), EngineError> {
        let frame = self.frame(what, sql, as_of)?;
        let schema = Arc::clone(frame.schema().inner());
        self.register_batches(name, schema, &self.collect(what, frame)?)
    }

    /// Registers a query under a name; it is computed where it is used.
    pub fn register_view(&self, name: &str, sql: &str, as_of: i32) -> Result<(), EngineError> {
        let what = || format!("view `{name}`");
        let frame = self.frame(&what(), sql, as_of)?;
        self.replace(name, frame.into_view())
    }

    /// Registers a query as [`Engine::register_view`] does, its rows shared out by `key`.
    ///
    /// A grouping by that key then needs one pass: each group is put together in one place, and no
    /// partial groups are moved. It pays where groups are many and what is kept of each is large.
    pub fn register_view_by(
        &self,
        name: &str,
        sql: &str,
        key: &str,
        as_of: i32,
    ) -> Result<(), EngineError> {
        let frame = self.frame(&format!("view `{name}`"), sql, as_of)?;
        let shared_out = SharedOut::new(frame.logical_plan().clone(), key);
        self.replace(name, Arc::new(shared_out))
    }

    /// Registers a query under a name whose rows go through a passage wherever it is used.
    pub(crate) fn register_passage(
        &self,
        name: &str,
        sql: &str,
        passage: Arc<dyn Passage>,
    ) -> Result<(), EngineError> {
        let frame = self.frame(&format!("view `{name}`"), sql, 0)?;
        let passed = Passed::new(frame.logical_plan().clone(), passage);
        self.replace(name, Arc::new(passed))
    }

    fn replace(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<(), EngineError> {
        let what = || format!("table `{name}`");
        self.session.deregister_table(name).map_err(|error| plan_error(what(), error))?;
        self.session.register_table(name, table).map_err(|error| plan_error(what(), error))?;
        Ok(())
    }

    /// Forgets a table.
    pub fn drop_table(&self, name: &str) -> Result<(), EngineError> {
        self.session
            .deregister_table(name)
            .map(|_| ())
            .map_err(|error| plan_error(format!("table `{name}`"), error))
    }

    /// Whether a table or view has that name.
    pub fn has_table(&self, name: &str) -> bool {
        self.session.table_exist(name).unwrap_or(false)
    }
}

/// The promise that no two rows have the same `key`; none when there is no key.
fn unique(schema: &Schema, key: &[&str]) -> Constraints {
    let key: Option<Vec<usize>> = key.iter().map(|name| schema.index_of(name).ok()).collect();
    let key = key.filter(|key| !key.is_empty());
    Constraints::new_unverified(key.map(Constraint::PrimaryKey).into_iter().collect())
}

/// Rows of one batch in memory: small enough to share out, large enough to be worth it.
const ROWS_A_BATCH: usize = 8192;

fn slices(batch: &RecordBatch) -> Vec<RecordBatch> {
    let rows = batch.num_rows();
    (0..rows.div_ceil(ROWS_A_BATCH))
        .map(|index| {
            let from = index * ROWS_A_BATCH;
            batch.slice(from, ROWS_A_BATCH.min(rows - from))
        })
        .collect()
}

/// A path as the engine wants it: absolute, with what would be a pattern or an escape encoded.
fn url(file: &Path) -> String {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let mut url = String::from("file://");
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    url
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}
