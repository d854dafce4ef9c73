//! A query whose rows are looked at, counted and changed on their way.
//!
//! What is told of all rows then needs no second reading of them.

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan, TableType};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::StreamExt;

use super::leaf::{Hidden, Leaf};

/// What becomes of the rows of a query.
pub(crate) trait Passage: Debug + Send + Sync {
    /// The columns of what leaves.
    fn schema(&self) -> SchemaRef;

    /// The query is about to be answered, for the first time or once more: what passed before is void.
    fn open(&self);

    /// The rows of one partition begin.
    fn begin(self: Arc<Self>, partition: usize) -> Box<dyn Passing>;
}

/// The rows of one partition on their way.
pub(crate) trait Passing: Send {
    /// What leaves of these rows.
    ///
    /// # Errors
    ///
    /// When they are not what was expected.
    fn pass(&mut self, rows: &RecordBatch) -> Result<RecordBatch, ArrowError>;

    /// All rows of the partition have passed.
    fn end(self: Box<Self>);
}

/// The query and what becomes of its rows.
#[derive(Debug)]
pub(super) struct Passed {
    plan: LogicalPlan,
    passage: Arc<dyn Passage>,
}

impl Passed {
    pub(super) fn new(plan: LogicalPlan, passage: Arc<dyn Passage>) -> Self {
        Self { plan, passage }
    }
}

#[async_trait]
impl TableProvider for Passed {
    fn schema(&self) -> SchemaRef {
        self.passage.schema()
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
        let rows = session.create_physical_plan(&self.plan).await?;
        self.passage.open();
        let schema = match projection {
            Some(indices) => Arc::new(self.schema().project(indices)?),
            None => self.schema(),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(rows.output_partitioning().partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Arc::new(Leaf(Way {
            rows,
            passage: Arc::clone(&self.passage),
            projection: projection.cloned(),
            properties: Arc::new(properties),
        })))
    }
}

/// The way of the rows of a query through a passage.
#[derive(Debug)]
struct Way {
    rows: Arc<dyn ExecutionPlan>,
    passage: Arc<dyn Passage>,
    projection: Option<Vec<usize>>,
    properties: Arc<PlanProperties>,
}

impl Hidden for Way {
    const NAME: &'static str = "PassageExec";

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let rows = self.rows.execute(partition, context)?;
        let passing = Arc::clone(&self.passage).begin(partition);
        let projection = self.projection.clone();
        let passed =
            futures::stream::try_unfold((rows, passing), move |(mut rows, mut passing)| {
                let projection = projection.clone();
                async move {
                    while let Some(batch) = rows.next().await {
                        let mut left = passing.pass(&batch?)?;
                        if left.num_rows() > 0 {
                            if let Some(indices) = &projection {
                                left = left.project(indices)?;
                            }
                            return Ok(Some((left, (rows, passing))));
                        }
                    }
                    passing.end();
                    Ok(None)
                }
            });
        let schema = Arc::clone(self.properties.eq_properties.schema());
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, passed)))
    }
}
