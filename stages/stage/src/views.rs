//! What a step is answered when it asks.

use std::ops::RangeInclusive;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use idip_schemas::{ContractError, TableContract};

use crate::{StageError, Tables};

/// The column by which [`Part::customers`] takes rows.
const CUSTOMER: &str = "customer_id";

/// The part of an answer that is asked for: all of it, if nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part<'a> {
    /// Columns, in this order; all of them when none is named.
    pub columns: &'a [&'a str],
    /// Ids of the customers whose rows are asked for; a step names them where the answer has the column
    /// `customer_id`.
    pub customers: Option<RangeInclusive<i64>>,
}

/// Answers the views of a step, when the step asks and as much as it asks for.
///
/// What is asked for is the step's: it is gone when the step lets go of it.
pub trait Views: Sync {
    /// A part of the answer of a view. The order of its rows is not defined.
    ///
    /// # Errors
    ///
    /// When the step has no such view, or it cannot be answered.
    fn part(
        &self,
        contract: &'static TableContract,
        part: &Part<'_>,
    ) -> Result<Vec<RecordBatch>, StageError>;

    /// The whole answer of a view.
    ///
    /// # Errors
    ///
    /// As [`part`](Self::part).
    fn whole(&self, contract: &'static TableContract) -> Result<Vec<RecordBatch>, StageError> {
        self.part(contract, &Part::default())
    }

    /// The whole answer of a view as one batch.
    ///
    /// # Errors
    ///
    /// As [`part`](Self::part), and when its batches do not fit together.
    fn as_one(&self, contract: &'static TableContract) -> Result<RecordBatch, StageError> {
        match self.whole(contract)?.as_slice() {
            [] => Ok(contract.empty()),
            [one] => Ok(one.clone()),
            many => concat_batches(&contract.schema(), many)
                .map_err(|source| StageError::Arrow { table: contract.name, source }),
        }
    }
}

/// The whole answer of a view, each batch as typed columns.
///
/// # Errors
///
/// When the view is not answered, or breaks its contract.
pub fn parse<C>(
    views: &dyn Views,
    contract: &'static TableContract,
    columns: impl Fn(&RecordBatch) -> Result<C, ContractError>,
) -> Result<Vec<C>, StageError> {
    views.whole(contract)?.iter().map(|batch| Ok(columns(batch)?)).collect()
}

/// The rows of these customers in the answer of a view, as [`parse`].
///
/// # Errors
///
/// As [`parse`].
pub fn parse_customers<C>(
    views: &dyn Views,
    contract: &'static TableContract,
    customers: &RangeInclusive<i64>,
    columns: impl Fn(&RecordBatch) -> Result<C, ContractError>,
) -> Result<Vec<C>, StageError> {
    let part = Part { customers: Some(customers.clone()), ..Part::default() };
    views.part(contract, &part)?.iter().map(|batch| Ok(columns(batch)?)).collect()
}

/// Tables that lie in memory answer as the views they are named after.
impl Views for Tables {
    fn part(
        &self,
        contract: &'static TableContract,
        part: &Part<'_>,
    ) -> Result<Vec<RecordBatch>, StageError> {
        let fail = |source| StageError::Arrow { table: contract.name, source };
        let of = |batch: &RecordBatch| {
            let rows = match &part.customers {
                Some(customers) => filter_record_batch(batch, &of_customers(batch, customers)?)?,
                None => batch.clone(),
            };
            if part.columns.is_empty() {
                return Ok(rows);
            }
            let schema = rows.schema();
            let index = |name: &&str| schema.index_of(name);
            rows.project(&part.columns.iter().map(index).collect::<Result<Vec<_>, _>>()?)
        };
        self.batches(contract)?.iter().map(|batch| of(batch).map_err(fail)).collect()
    }
}

fn of_customers(
    batch: &RecordBatch,
    customers: &RangeInclusive<i64>,
) -> Result<BooleanArray, ArrowError> {
    let ids = batch.column(batch.schema_ref().index_of(CUSTOMER)?).as_primitive::<Int64Type>();
    let is_asked_for = |row| Some(ids.is_valid(row) && customers.contains(&ids.value(row)));
    Ok((0..ids.len()).map(is_asked_for).collect())
}
