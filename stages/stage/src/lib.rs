//! What a stage is: steps, views, tables and the context of a run.
//!
//! A stage is an ordered list of steps. A step reads views (SQL over tables), writes tables (by
//! contract), and is a pure function between them: it knows no disk, no clock, no engine and no
//! other stage.

mod context;
mod error;
mod tables;
mod view;
mod views;

pub use context::RunContext;
pub use error::StageError;
pub use tables::{Output, Tables};
pub use view::{Read, Relation, Sql, SqlBuilder, View};
pub use views::{Part, Views, parse, parse_customers};

use idip_schemas::TableContract;

/// One of the five: identify, differentiate, interact, personalize, measure.
pub struct Stage {
    /// Name, a verb.
    pub name: &'static str,
    /// Steps, in an order in which they can run.
    pub steps: Vec<Box<dyn Step>>,
    /// Named queries that later views and the project file's predicates may read.
    pub relations: Vec<Relation>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let steps: Vec<_> = self.steps.iter().map(|step| step.name()).collect();
        f.debug_struct("Stage")
            .field("name", &self.name)
            .field("steps", &steps)
            .finish_non_exhaustive()
    }
}

/// A pure function from views to tables.
pub trait Step: Send + Sync {
    /// `stage.step`, unique in the project.
    fn name(&self) -> &'static str;

    /// The questions it asks.
    fn views(&self) -> Vec<View>;

    /// The tables it writes, all of them on every run.
    fn writes(&self) -> Vec<&'static TableContract>;

    /// Every setting that can change its answer, as text that is equal when the settings are.
    fn settings(&self) -> String;

    /// Computes the tables.
    ///
    /// The order of rows within a view is not defined: a step sorts where order matters. What it
    /// writes is sorted by the key of each table.
    ///
    /// # Errors
    ///
    /// Says which rule the data broke; nothing is published then.
    fn run(&self, context: &RunContext, views: &Tables) -> Result<Tables, StageError>;

    /// Computes the tables as [`run`](Self::run) does, asks for its views as it needs them, and hands its
    /// tables over batch by batch.
    ///
    /// A step of large views or tables does so, that they are never in memory as a whole.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and when a view is not answered or a table is refused.
    fn run_into(
        &self,
        context: &RunContext,
        views: &dyn Views,
        output: &mut dyn Output,
    ) -> Result<(), StageError> {
        let mut given = Tables::default();
        for view in self.views() {
            given = given.with(view.contract, views.whole(view.contract)?);
        }
        let mut tables = self.run(context, &given)?;
        drop(given);
        for contract in self.writes() {
            let batches = tables.take(contract)?;
            if batches.is_empty() {
                output.push(contract, contract.empty())?;
            }
            batches.into_iter().try_for_each(|batch| output.push(contract, batch))?;
        }
        Ok(())
    }
}

/// Runs a step that hands its tables over batch by batch, on tables in memory and into memory: what
/// [`Step::run`] is of such a step.
///
/// # Errors
///
/// As [`Step::run`].
pub fn run_in_memory(
    step: &dyn Step,
    context: &RunContext,
    views: &Tables,
) -> Result<Tables, StageError> {
    let mut tables = Tables::default();
    step.run_into(context, views, &mut tables)?;
    Ok(tables)
}
