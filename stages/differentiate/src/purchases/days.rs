//! The purchase days of customers, for steps that need more of them than features tell.

use std::ops::RangeInclusive;

use arrow_array::RecordBatch;
use idip_numerics::purchase_book::Day;
use idip_schemas::differentiate::customer_day;
use idip_stage::{Part, StageError, View, Views};

use crate::order::in_order;

/// The days of some neighbouring customers, by ascending customer and day.
#[derive(Debug, Default)]
pub(crate) struct CustomerDays(Vec<(i64, Day)>);

impl CustomerDays {
    /// The view it is read from.
    pub(crate) fn view() -> View {
        View::whole(&customer_day::CONTRACT)
    }

    /// Reads the days of these customers.
    ///
    /// # Errors
    ///
    /// When the view breaks its contract.
    pub(crate) fn read(
        views: &dyn Views,
        customers: RangeInclusive<i64>,
    ) -> Result<Self, StageError> {
        let part = Part { customers: Some(customers), ..Part::default() };
        let batches = in_order(views.part(&customer_day::CONTRACT, &part)?);
        let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in &batches {
            let columns = customer_day::Columns::parse(batch)?;
            let ids = columns.customer_id.values().iter().zip(columns.day.values());
            let sums = columns.cents.values().iter().zip(columns.baskets.values());
            let row = |((&id, &on), (&cents, &baskets)): ((&i64, &i32), (&i64, &i64))| {
                (id, Day { on, cents, baskets })
            };
            rows.extend(ids.zip(sums).map(row));
        }
        let key = |(customer_id, day): &(i64, Day)| (*customer_id, day.on);
        if !rows.is_sorted_by_key(key) {
            rows.sort_unstable_by_key(key);
        }
        Ok(Self(rows))
    }

    /// The days of each customer that has any.
    pub(crate) fn by_customer(&self) -> impl Iterator<Item = &[(i64, Day)]> {
        self.0.chunk_by(|a, b| a.0 == b.0)
    }

    /// The days of customers from that one on, to be asked by ascending customer.
    pub(crate) fn from(&self, customer_id: i64) -> SaleDays<'_> {
        let first = self.0.partition_point(|row| row.0 < customer_id);
        SaleDays { rest: self.0.get(first..).unwrap_or_default() }
    }
}

/// The days of one customer after the other.
pub(crate) struct SaleDays<'a> {
    rest: &'a [(i64, Day)],
}

impl<'a> SaleDays<'a> {
    /// The days of a customer with a sale, ascending; ids come in ascending order.
    pub(crate) fn of(&mut self, customer_id: i64) -> impl Iterator<Item = Day> + use<'a> {
        let n_passed = self.rest.iter().take_while(|row| row.0 < customer_id).count();
        let rest = self.rest.get(n_passed..).unwrap_or_default();
        let n_mine = rest.iter().take_while(|row| row.0 == customer_id).count();
        let (mine, rest) = rest.split_at_checked(n_mine).unwrap_or_default();
        self.rest = rest;
        mine.iter().map(|row| row.1).filter(|day| day.baskets > 0)
    }
}
