//! What later steps need of purchases beyond features: the days and the money of each customer.

use arrow_array::{Decimal128Array, RecordBatch};
use idip_schemas::differentiate::{customer_day, customer_total};
use idip_schemas::{Amount, ColumnType, ContractError};

use super::ledger::Ledger;

/// Rows of `customer_day` and `customer_total` in the making.
#[derive(Debug, Default)]
pub(super) struct PassedOn {
    days: Days,
    customer_ids: Vec<i64>,
    sale_cents: Vec<i64>,
    return_cents: Vec<i64>,
    told_sale_cents: Vec<Option<i64>>,
    discount_cents: Vec<Option<i64>>,
}

#[derive(Debug, Default)]
struct Days {
    customer_ids: Vec<i64>,
    on: Vec<i32>,
    cents: Vec<i64>,
    baskets: Vec<i64>,
}

impl PassedOn {
    /// Adds a customer; they come ascending.
    pub(super) fn push(&mut self, customer_id: i64, ledger: &Ledger) {
        let days = &ledger.days;
        let rows = &mut self.days;
        rows.customer_ids.resize(rows.customer_ids.len() + days.len(), customer_id);
        rows.on.extend(days.iter().map(|day| day.on));
        rows.cents.extend(days.iter().map(|day| day.cents));
        rows.baskets.extend(days.iter().map(|day| day.baskets));
        self.customer_ids.push(customer_id);
        self.sale_cents.push(ledger.sale_cents);
        self.return_cents.push(ledger.return_cents);
        self.told_sale_cents.push(ledger.told_sale_cents);
        self.discount_cents.push(ledger.discount_cents);
    }

    /// The rows of `customer_day` and of `customer_total`.
    pub(super) fn into_batches(self) -> Result<(RecordBatch, RecordBatch), ContractError> {
        let days = customer_day::Columns {
            customer_id: self.days.customer_ids.into(),
            day: self.days.on.into(),
            cents: self.days.cents.into(),
            baskets: self.days.baskets.into(),
        };
        let amounts = |cents: &[i64]| {
            Decimal128Array::from_iter_values(cents.iter().map(|&cents| i128::from(cents)))
                .with_data_type(Amount::data_type())
        };
        let told = |cents: &[Option<i64>]| {
            cents
                .iter()
                .map(|cents| cents.map(i128::from))
                .collect::<Decimal128Array>()
                .with_data_type(Amount::data_type())
        };
        let totals = customer_total::Columns {
            customer_id: self.customer_ids.into(),
            sale_amount: amounts(&self.sale_cents),
            return_amount: amounts(&self.return_cents),
            told_sale_amount: told(&self.told_sale_cents),
            discount_amount: told(&self.discount_cents),
        };
        Ok((days.into_batch()?, totals.into_batch()?))
    }
}
