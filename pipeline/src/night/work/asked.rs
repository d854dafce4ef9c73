//! The views of a step, asked of the engine when the step wants them.

use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use idip_schemas::TableContract;
use idip_stage::{Part, RunContext, Sql, StageError, Tables, View, Views};

use crate::RunError;
use crate::engine::{Engine, conform, conform_columns, identifier};
use crate::night::graph::Node;

/// Answers the views of one step.
pub(super) struct Asked<'w> {
    node: &'w Node,
    engine: &'w Engine,
    context: &'w RunContext,
    /// Why a view was not answered.
    failure: Mutex<Option<RunError>>,
}

impl<'w> Asked<'w> {
    pub(super) fn new(node: &'w Node, engine: &'w Engine, context: &'w RunContext) -> Self {
        Self { node, engine, context, failure: Mutex::new(None) }
    }

    /// Why a view was not answered, when one was not.
    pub(super) fn failure(&self) -> Option<RunError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn answer(&self, view: &View, part: &Part<'_>) -> Result<Vec<RecordBatch>, RunError> {
        let what = format!("view `{}` of `{}`", view.contract.name, self.node.step.name());
        let sql = self.sql(&what, view)?;
        let sql = part_of(&sql, part);
        let conform = |batch: &RecordBatch| match part.columns {
            [] => conform(&what, view.contract, batch),
            columns => conform_columns(&what, view.contract, columns, batch),
        };
        let batches = self.engine.ask(&what, &sql, self.context.logical_date)?;
        batches.iter().map(|batch| conform(batch).map_err(RunError::from)).collect()
    }

    fn sql<'s>(&self, what: &str, view: &'s View) -> Result<std::borrow::Cow<'s, str>, RunError> {
        let build = match &view.sql {
            Sql::Text(sql) => return Ok(sql.as_ref().into()),
            Sql::Built(build) => build,
        };
        let mut given = Tables::default();
        for contract in &view.given {
            let sql = format!("SELECT * FROM {}", contract.name);
            let batches = self
                .engine
                .ask(what, &sql, self.context.logical_date)?
                .iter()
                .map(|batch| conform(what, contract, batch))
                .collect::<Result<Vec<_>, _>>()?;
            given = given.with(contract, batches);
        }
        let built = build(self.context, &given);
        built
            .map(Into::into)
            .map_err(|source| RunError::Step { step: self.node.step.name().to_owned(), source })
    }
}

impl Views for Asked<'_> {
    fn part(
        &self,
        contract: &'static TableContract,
        part: &Part<'_>,
    ) -> Result<Vec<RecordBatch>, StageError> {
        let view = self.node.views.iter().find(|view| view.contract.name == contract.name);
        let view = view.ok_or(StageError::NotGiven { table: contract.name })?;
        self.answer(view, part).map_err(|error| {
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            StageError::Refused
        })
    }
}

/// The query of a part of what another query answers.
fn part_of(sql: &str, part: &Part<'_>) -> String {
    if *part == Part::default() {
        return sql.to_owned();
    }
    let columns = match part.columns {
        [] => "*".to_owned(),
        names => names.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", "),
    };
    // A line of its own, for the query may end in a comment.
    let part_sql = format!("SELECT {columns} FROM (\n{sql}\n) AS whole");
    match &part.customers {
        None => part_sql,
        Some(customers) => format!(
            "{part_sql} WHERE customer_id BETWEEN {} AND {}",
            customers.start(),
            customers.end()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_asked_for_by_its_columns_and_customers() {
        assert_eq!(part_of("SELECT 1", &Part::default()), "SELECT 1");
        let part = Part { columns: &["customer_id", "x"], customers: None };
        let sql = "SELECT \"customer_id\", \"x\" FROM (\nSELECT 1\n) AS whole";
        assert_eq!(part_of("SELECT 1", &part), sql);
        let part = Part { customers: Some(3..=5), ..Part::default() };
        let sql = "SELECT * FROM (\nSELECT 1\n) AS whole WHERE customer_id BETWEEN 3 AND 5";
        assert_eq!(part_of("SELECT 1", &part), sql);
    }
}
