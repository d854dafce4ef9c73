//! The SQL engine: tables and questions in, batches out. The only place that names DataFusion.

mod coded;
mod conform;
mod erased;
mod error;
mod expression;
mod memory;
mod purchases;
mod scalar;
mod shared_out;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{AggregateUDF, Expr, LogicalPlan, ScalarUDF, Volatility};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::StreamExt;

pub(crate) use coded::{KEY_SEPARATOR, OTHER};
pub(crate) use conform::conform;
use erased::IsErased;
pub use error::EngineError;
pub(crate) use error::plain;
pub(crate) use expression::columns_named;
use memory::SharedMemory;
pub(crate) use purchases::LINE_KINDS;
use shared_out::SharedOut;

use crate::erasure::ErasedParties;

/// Limits of the engine.
#[derive(Debug, Clone)]
pub struct EngineLimits {
    /// Threads.
    pub threads: usize,
    /// Bytes its operators may hold before they spill.
    pub memory: usize,
    /// Folder for what spills; must exist.
    pub spill: PathBuf,
}

/// A SQL engine over the tables of one run.
pub struct Engine {
    session: SessionContext,
    runtime: tokio::runtime::Runtime,
    erased: Option<Arc<ErasedParties>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// Starts an engine whose answers keep plain Arrow types.
    pub fn start(limits: &EngineLimits) -> Result<Self, EngineError> {
        // Contracts speak of `Utf8`; by default the engine answers in `Utf8View`.
        let config = SessionConfig::new()
            .with_target_partitions(limits.threads)
            .with_information_schema(false)
            .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
            .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
            .set_bool("datafusion.sql_parser.enable_ident_normalization", false)
            // A union may be nullable where its plan says it is not; contracts check real nulls.
            .set_bool("datafusion.execution.skip_physical_aggregate_schema_check", true)
            .set_str("datafusion.sql_parser.parse_float_as_decimal", "true");
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![limits.spill.clone()]));
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(SharedMemory::new(limits.memory)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|error| EngineError::Start(Box::new(error)))?;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(environment)
            .with_default_features()
            .build();
        let session = SessionContext::new_with_state(state);
        session.register_udf(ScalarUDF::from(scalar::LocalDay::new()));
        session.register_udf(ScalarUDF::from(scalar::CleanText::new()));
        session.register_udf(ScalarUDF::from(coded::FloatAmount::new()));
        session.register_udf(ScalarUDF::from(coded::KeyIndex::new()));
        session.register_udf(ScalarUDF::from(coded::MinorUnits::new()));
        session.register_udf(ScalarUDF::from(coded::BasketKey::new()));
        session.register_udaf(AggregateUDF::from(purchases::Purchases::new()));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(limits.threads)
            .thread_name("engine")
            .build()
            .map_err(|error| EngineError::Start(Box::new(error)))?;
        Ok(Self { session, runtime, erased: None })
    }

    /// The same engine, which leaves out of every feed who was erased.
    pub(crate) fn without(mut self, erased: &Arc<ErasedParties>) -> Self {
        if !erased.is_empty() {
            self.session.register_udf(ScalarUDF::from(IsErased::new(Arc::clone(erased))));
            self.erased = Some(Arc::clone(erased));
        }
        self
    }

    /// Who is left out of every feed, asked as `is_erased(party_ref)`; none where nobody was erased.
    pub(crate) fn erased(&self) -> Option<&Arc<ErasedParties>> {
        self.erased.as_ref()
    }

    /// Registers Parquet files under a name, and returns their schema.
    pub fn register_parquet(
        &self,
        name: &str,
        files: &[PathBuf],
    ) -> Result<SchemaRef, EngineError> {
        let what = || format!("table `{name}`");
        let paths: Vec<String> = files.iter().map(|file| url(file)).collect();
        let options = ParquetReadOptions::default().file_extension("").parquet_pruning(true);
        let frame = self
            .runtime
            .block_on(self.session.read_parquet(paths, options))
            .map_err(|error| plan_error(what(), error))?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        self.replace(name, frame.into_view())?;
        Ok(schema)
    }

    /// Registers batches in memory under a name.
    pub fn register_batches(
        &self,
        name: &str,
        schema: SchemaRef,
        batches: &[RecordBatch],
    ) -> Result<(), EngineError> {
        // One partition a thread, by whole batches: the answer does not depend on it.
        let n = self.session.copied_config().target_partitions().max(1);
        let mut partitions = vec![Vec::new(); n];
        for (index, batch) in batches.iter().flat_map(slices).enumerate() {
            if let Some(partition) = partitions.get_mut(index % n) {
                partition.push(batch);
            }
        }
        let table = MemTable::try_new(schema, partitions)
            .map_err(|error| plan_error(format!("table `{name}`"), error))?;
        self.replace(name, Arc::new(table))
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
        let answer = self.runtime.block_on(frame.collect()).map_err(|source| {
            EngineError::Execute { what: what.to_owned(), source: Box::new(source) }
        })?;
        self.register_batches(name, schema, &answer)
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

    fn replace(
        &self,
        name: &str,
        table: Arc<dyn datafusion::catalog::TableProvider>,
    ) -> Result<(), EngineError> {
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

    /// Plans a query and returns the names and types of its answer.
    ///
    /// # Errors
    ///
    /// When it cannot be planned, or names a function of another answer on every run.
    pub fn columns_of(
        &self,
        what: &str,
        sql: &str,
        as_of: i32,
    ) -> Result<Vec<(String, DataType)>, EngineError> {
        let frame = self.frame(what, sql, as_of)?;
        if let Some(function) = unsteady_function(frame.logical_plan()) {
            let message = format!("function '{function}' does not give the same on every run");
            return Err(plan_error(what.to_owned(), DataFusionError::Plan(message)));
        }
        let fields = frame.schema().fields();
        Ok(fields.iter().map(|field| (field.name().clone(), field.data_type().clone())).collect())
    }

    fn frame(
        &self,
        what: &str,
        sql: &str,
        as_of: i32,
    ) -> Result<datafusion::dataframe::DataFrame, EngineError> {
        let fail = |error| plan_error(what.to_owned(), error);
        let frame = self.runtime.block_on(self.session.sql(sql)).map_err(fail)?;
        if sql.contains("$as_of") {
            let as_of = ScalarValue::Date32(Some(as_of));
            return frame.with_param_values(vec![("as_of", as_of)]).map_err(fail);
        }
        Ok(frame)
    }

    /// Answers a query, all of it.
    pub fn ask(&self, what: &str, sql: &str, as_of: i32) -> Result<Vec<RecordBatch>, EngineError> {
        let frame = self.frame(what, sql, as_of)?;
        self.runtime.block_on(frame.collect()).map_err(|source| EngineError::Execute {
            what: what.to_owned(),
            source: Box::new(source),
        })
    }

    /// Answers a query batch by batch, so that the answer need not fit into memory.
    ///
    /// # Errors
    ///
    /// The engine's, or what the receiver makes of a batch.
    pub fn stream<E: From<EngineError>>(
        &self,
        what: &str,
        sql: &str,
        as_of: i32,
        mut receive: impl FnMut(RecordBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let fail =
            |source| EngineError::Execute { what: what.to_owned(), source: Box::new(source) };
        let frame = self.frame(what, sql, as_of)?;
        self.runtime.block_on(async {
            let mut stream = frame.execute_stream().await.map_err(fail)?;
            while let Some(batch) = stream.next().await {
                receive(batch.map_err(fail)?)?;
            }
            Ok(())
        })
    }
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

/// A function whose answer depends on more than its arguments: a clock, chance, the session.
fn unsteady_function(plan: &LogicalPlan) -> Option<String> {
    let mut found = None;
    let visited = plan.apply(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                if let Expr::ScalarFunction(call) = part
                    && call.func.signature().volatility != Volatility::Immutable
                {
                    found = Some(call.func.name().to_owned());
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    debug_assert!(visited.is_ok(), "the visit itself never fails");
    found
}

fn plan_error(what: String, source: DataFusionError) -> EngineError {
    EngineError::Plan { what, source: Box::new(source) }
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

/// Quotes an SQL identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes an SQL text.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::{Int64Array, StringArray};
    use arrow_schema::{Field, Schema};

    use super::*;

    #[test]
    fn a_grouping_by_the_key_of_a_shared_out_view_is_one_pass() {
        let spill = tempfile::tempdir().unwrap();
        let limits = EngineLimits { threads: 2, memory: 64 << 20, spill: spill.path().to_owned() };
        let engine = Engine::start(&limits).unwrap();
        let schema = Arc::new(Schema::new(vec![
            Field::new("party", DataType::Utf8, true),
            Field::new("cents", DataType::Int64, false),
        ]));
        let rows = RecordBatch::try_new(
            Arc::clone(&schema),
            vec![
                Arc::new(StringArray::from(vec![Some("a"), None, Some("b"), Some("a")])),
                Arc::new(Int64Array::from(vec![1, 2, 4, 8])),
            ],
        )
        .unwrap();
        engine.register_batches("sale", schema, &[rows.clone(), rows]).unwrap();
        engine.register_view_by("sale_by_party", "SELECT * FROM sale", "party", 0).unwrap();
        let grouped = "SELECT party, sum(cents) AS cents FROM sale_by_party GROUP BY party";
        let plan: Vec<String> = engine
            .ask("plan", &format!("EXPLAIN {grouped}"), 0)
            .unwrap()
            .iter()
            .flat_map(|batch| batch.column(1).as_string::<i32>().iter().flatten())
            .map(str::to_owned)
            .collect();
        let plan = plan.join("\n");
        assert!(plan.contains("mode=SinglePartitioned"), "{plan}");
        assert!(!plan.contains("mode=Partial"), "{plan}");
        let ordered = format!("{grouped} ORDER BY party");
        let answer = engine.ask("sums", &ordered, 0).unwrap();
        let sums: Vec<i64> = answer
            .iter()
            .flat_map(|batch| batch.column(1).as_primitive::<arrow_array::types::Int64Type>())
            .flatten()
            .collect();
        assert_eq!(sums, [18, 8, 4]);
    }
}
