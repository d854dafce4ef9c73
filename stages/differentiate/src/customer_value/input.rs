//! Parties and their purchase histories, by ascending customer.

use std::ops::RangeInclusive;

use arrow_array::{Array, Int64Array};
use idip_numerics::btyd::{CellColumn, Cells, CellsError};
use idip_schemas::differentiate::value::customer_value_input;
use idip_stage::{Part, StageError, Views};

use crate::order::{customer_ids, one_by_customer, parts};

/// Every party; histories of those with purchases, in the same order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Input {
    /// Every party, ascending.
    pub(super) customer_id: Vec<i64>,
    /// Whether it has purchases, and so a place below.
    pub(super) has_purchases: Vec<bool>,
    pub(super) frequency: Vec<u32>,
    /// Empty when [`Self::cells`] has counted them, as the next.
    pub(super) recency_days: Vec<u32>,
    pub(super) t_days: Vec<u32>,
    /// NaN where it is null.
    pub(super) monetary_value: Vec<f64>,
}

impl Input {
    /// Reads the view.
    ///
    /// # Errors
    ///
    /// When the view breaks its contract or repeats a customer, or a history is not possible.
    pub(super) fn parse(views: &dyn Views) -> Result<Self, StageError> {
        let contract = &customer_value_input::CONTRACT;
        let customer_id = customer_ids(views, contract)?;
        let mut input = Self::default();
        input.has_purchases.reserve(customer_id.len());
        for customers in parts(&customer_id) {
            input.read(views, customers)?;
        }
        Ok(Self { customer_id, ..input })
    }

    /// Adds the histories of neighbouring customers.
    fn read(
        &mut self,
        views: &dyn Views,
        customers: RangeInclusive<i64>,
    ) -> Result<(), StageError> {
        let contract = &customer_value_input::CONTRACT;
        let part = Part { customers: Some(customers), ..Part::default() };
        let batches = views
            .part(contract, &part)?
            .iter()
            .map(customer_value_input::Columns::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let places =
            one_by_customer(contract.name, batches.iter().map(|batch| &batch.customer_id))?;
        for place in &places {
            let Some(batch) = batches.get(place.batch as usize) else { continue };
            let row = place.row as usize;
            let history = int(&batch.frequency, row)
                .zip(int(&batch.recency_days, row))
                .zip(int(&batch.t_days, row));
            self.has_purchases.push(history.is_some());
            let Some(((frequency, recency_days), t_days)) = history else { continue };
            let at = self.frequency.len();
            let monetary = &batch.monetary_value;
            self.frequency.push(narrow(at, CellColumn::Frequency, frequency)?);
            self.recency_days.push(narrow(at, CellColumn::RecencyDays, recency_days)?);
            self.t_days.push(narrow(at, CellColumn::TDays, t_days)?);
            self.monetary_value.push(if monetary.is_valid(row) {
                monetary.value(row)
            } else {
                f64::NAN
            });
        }
        Ok(())
    }

    /// Counts customers with equal histories, and tells each customer's cell; the days are then let
    /// go.
    ///
    /// # Errors
    ///
    /// When a history contradicts itself.
    pub(super) fn cells(&mut self) -> Result<(Cells, Vec<u32>), StageError> {
        let recency_days = std::mem::take(&mut self.recency_days);
        let t_days = std::mem::take(&mut self.t_days);
        Cells::compress(&self.frequency, &recency_days, &t_days).map_err(refused)
    }
}

fn refused(error: CellsError) -> StageError {
    StageError::Algorithm {
        what: "purchase histories could not be counted",
        source: Box::new(error),
    }
}

/// Counts and days are small; what is not is no history.
fn narrow(row: usize, column: CellColumn, value: i64) -> Result<u32, StageError> {
    u32::try_from(value).map_err(|_| refused(CellsError::OutOfRange { row, column, value }))
}

fn int(values: &Int64Array, row: usize) -> Option<i64> {
    values.is_valid(row).then(|| values.value(row))
}
