//! A query whose rows are shared out by a key, all rows of one key to one partition.
//!
//! The optimizer would drop a plain repartition and group in two phases: first within each partition,
//! then over all of them, moving half-made groups between. Where a group is a list of all its rows,
//! that moves and keeps everything twice. A source that is partitioned already is grouped at once.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableType, ident};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties};

use super::leaf::{Hidden, Leaf};

/// The query and its key.
#[derive(Debug)]
pub(super) struct SharedOut {
    plan: LogicalPlan,
    schema: SchemaRef,
    key: String,
}

impl SharedOut {
    /// Shares the answer of `plan` out by its column `key`.
    pub(super) fn new(plan: LogicalPlan, key: &str) -> Self {
        let schema = Arc::clone(plan.schema().inner());
        Self { plan, schema, key: key.to_owned() }
    }
}

#[async_trait]
impl TableProvider for SharedOut {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = match projection {
            Some(indices) => self.schema.project(indices)?,
            None => self.schema.as_ref().clone(),
        };
        let names = wanted.fields().iter().map(|field| ident(field.name()));
        let plan = LogicalPlanBuilder::from(self.plan.clone()).project(names)?.build()?;
        let rows = session.create_physical_plan(&plan).await?;
        let Ok(key) = wanted.index_of(&self.key) else { return Ok(rows) };
        let by_key: Vec<Arc<dyn PhysicalExpr>> = vec![Arc::new(Column::new(&self.key, key))];
        let partitions = session.config_options().execution.target_partitions.max(1);
        let by_key = Partitioning::Hash(by_key, partitions);
        Ok(Arc::new(Leaf(Repartition(RepartitionExec::try_new(rows, by_key)?))))
    }
}

/// Hidden from an optimizer that would take it away.
#[derive(Debug)]
struct Repartition(RepartitionExec);

impl Hidden for Repartition {
    const NAME: &'static str = "SharedOutExec";

    fn properties(&self) -> &Arc<PlanProperties> {
        self.0.properties()
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        self.0.execute(partition, context)
    }
}
