//! How much every party bought, and at which discount.

use idip_schemas::differentiate::advocacy::advocacy_buyer;
use idip_stage::{Part, StageError, Views};

use super::at;
use crate::order::Order;

/// Every party, in the order of customers.
pub(super) struct Buyers {
    pub(super) ids: Vec<i64>,
    pub(super) has_bought: Vec<bool>,
    /// Baskets, and discount by money before discount where it is told.
    pub(super) discounts: Vec<(i64, Option<f64>)>,
}

impl Buyers {
    pub(super) fn read(views: &dyn Views) -> Result<Self, StageError> {
        let (mut has_bought, mut discounts) = (Vec::new(), Vec::new());
        let contract = &advocacy_buyer::CONTRACT;
        let order = Order::read(views, contract, &Part::default(), |batch| {
            let columns = advocacy_buyer::Columns::parse(batch)?;
            has_bought.extend(columns.purchase_days.values().iter().map(|&days| days != 0));
            discounts.extend(columns.n_baskets.values().iter().enumerate().map(|(row, &n)| {
                (n, at(&columns.discount_share, row, |values| values.value(row)))
            }));
            Ok(())
        })?;
        let (has_bought, discounts) = (order.sort(has_bought), order.sort(discounts));
        Ok(Self { ids: order.ids, has_bought, discounts })
    }
}
