//! Parties and their purchase histories, by ascending customer.

use arrow_array::{Array, Int64Array};
use idip_numerics::btyd::Cells;
use idip_schemas::differentiate::value::customer_value_input;
use idip_stage::{StageError, Tables};

use crate::order::one_by_customer;

/// Every party; histories of those with purchases, in the same order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Input {
    /// Every party, ascending.
    pub(super) customer_id: Vec<i64>,
    /// Whether it has purchases, and so a place below.
    pub(super) has_purchases: Vec<bool>,
    pub(super) frequency: Vec<i64>,
    pub(super) recency_days: Vec<i64>,
    pub(super) t_days: Vec<i64>,
    /// NaN where it is null.
    pub(super) monetary_value: Vec<f64>,
}

impl Input {
    /// Reads the view.
    ///
    /// # Errors
    ///
    /// When the view breaks its contract or repeats a customer.
    pub(super) fn parse(views: &Tables) -> Result<Self, StageError> {
        let batches = views
            .batches(&customer_value_input::CONTRACT)?
            .iter()
            .map(customer_value_input::Columns::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let places = one_by_customer(
            customer_value_input::CONTRACT.name,
            batches.iter().map(|batch| &batch.customer_id),
        )?;
        let mut input = Self::default();
        input.customer_id.reserve(places.len());
        input.has_purchases.reserve(places.len());
        for place in &places {
            let Some(batch) = batches.get(place.batch as usize) else { continue };
            let row = place.row as usize;
            let history = int(&batch.frequency, row)
                .zip(int(&batch.recency_days, row))
                .zip(int(&batch.t_days, row));
            input.customer_id.push(place.customer_id);
            input.has_purchases.push(history.is_some());
            let Some(((frequency, recency_days), t_days)) = history else { continue };
            let monetary = &batch.monetary_value;
            input.frequency.push(frequency);
            input.recency_days.push(recency_days);
            input.t_days.push(t_days);
            input.monetary_value.push(if monetary.is_valid(row) {
                monetary.value(row)
            } else {
                f64::NAN
            });
        }
        Ok(input)
    }

    /// Counts customers with equal histories, and tells each customer's cell.
    ///
    /// # Errors
    ///
    /// When a history contradicts itself.
    pub(super) fn cells(&self) -> Result<(Cells, Vec<u32>), StageError> {
        Cells::compress(&self.frequency, &self.recency_days, &self.t_days).map_err(|source| {
            StageError::Algorithm {
                what: "purchase histories could not be counted",
                source: Box::new(source),
            }
        })
    }
}

fn int(values: &Int64Array, row: usize) -> Option<i64> {
    values.is_valid(row).then(|| values.value(row))
}
