//! The SQL engine: tables and questions in, batches out. The only place that names DataFusion.
//!
//! | file | subject |
//! |---|---|
//! | `tables.rs` | tables, views and answers under a name |
//! | `shared_out.rs` | a query whose rows are shared out by a key |
//! | `passage.rs` | a query whose rows are counted and changed on their way |
//! | `leaf.rs` | a plan of which the optimizer sees no more than a leaf |
//! | `purchases.rs`, `amount.rs`, `scalar.rs`, `erased.rs` | functions beyond SQL's own |
//! | `conform.rs`, `expression.rs` | answers as contracts want them; what an expression names |
//! | `memory.rs`, `sparing.rs` | the memory of its operators, and what is done when it is too little |
//! | `error.rs` | what it could not do, in words that show no cell |

mod amount;
mod conform;
mod erased;
mod error;
mod expression;
mod leaf;
mod memory;
mod passage;
mod purchases;
mod scalar;
mod shared_out;
mod sparing;
mod tables;

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{AggregateUDF, Expr, LogicalPlan, ScalarUDF, Volatility};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;

pub(crate) use amount::MOST_CENTS;
pub(crate) use conform::{conform, conform_columns};
use erased::IsErased;
pub use error::EngineError;
pub(crate) use error::plain;
pub(crate) use expression::columns_named;
use memory::SharedMemory;
pub(crate) use passage::{Passage, Passing};

use crate::erasure::ErasedParties;

/// The part of the memory that the smaller side of a join may take as a whole; the other side, which is
/// wide more often than not, is then not shared out by the key.
const HELD_WHOLE_PART: usize = 8;

/// Bytes of a row of that side, where its size is not known.
const ROW_BYTES: usize = 64;

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
        let held_whole = limits.memory / HELD_WHOLE_PART;
        // Contracts speak of `Utf8`; by default the engine answers in `Utf8View`.
        let config = SessionConfig::new()
            .with_target_partitions(limits.threads)
            .with_information_schema(false)
            .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
            .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
            .set_bool("datafusion.sql_parser.enable_ident_normalization", false)
            // A union may be nullable where its plan says it is not; contracts check real nulls.
            .set_bool("datafusion.execution.skip_physical_aggregate_schema_check", true)
            .set_str("datafusion.sql_parser.parse_float_as_decimal", "true")
            .set_usize("datafusion.optimizer.hash_join_single_partition_threshold", held_whole)
            .set_usize(
                "datafusion.optimizer.hash_join_single_partition_threshold_rows",
                held_whole / ROW_BYTES,
            );
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
        session.register_udf(ScalarUDF::from(amount::FloatAmount::new()));
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

    fn frame(&self, what: &str, sql: &str, as_of: i32) -> Result<DataFrame, EngineError> {
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
        self.collect(what, self.frame(what, sql, as_of)?)
    }

    fn collect(&self, what: &str, frame: DataFrame) -> Result<Vec<RecordBatch>, EngineError> {
        let answer = self.runtime.block_on(async {
            match frame.clone().collect().await {
                Err(error) if sparing::is_exhausted(&error) => {
                    sparing::frame(frame).collect().await
                }
                answer => answer,
            }
        });
        let fail =
            |source| EngineError::Execute { what: what.to_owned(), source: Box::new(source) };
        answer.map_err(fail)
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
            let mut stream = frame.clone().execute_stream().await.map_err(fail)?;
            let mut next = stream.next().await;
            // Joins take their memory before the first rows come out.
            if matches!(&next, Some(Err(error)) if sparing::is_exhausted(error)) {
                stream = sparing::frame(frame).execute_stream().await.map_err(fail)?;
                next = stream.next().await;
            }
            while let Some(batch) = next {
                receive(batch.map_err(fail)?)?;
                next = stream.next().await;
            }
            Ok(())
        })
    }
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

/// Quotes an SQL identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes an SQL text.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod linkage_oracle;
#[cfg(test)]
mod tests;
