//! Who consents to be written to, and who works for the shop.

use idip_schemas::differentiate::advocacy::advocacy_permission;
use idip_stage::{StageError, Views, parse};

use super::at;
use crate::order::{Place, one_by_customer, row_of};

/// What one party permits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Permission {
    /// None when nothing was stated.
    pub(super) has_consent: Option<bool>,
    pub(super) is_employee: bool,
}

/// What all who said something permit.
pub(super) struct Permissions {
    batches: Vec<advocacy_permission::Columns>,
    places: Vec<Place>,
}

impl Permissions {
    pub(super) fn read(views: &dyn Views) -> Result<Self, StageError> {
        let contract = &advocacy_permission::CONTRACT;
        let batches = parse(views, contract, advocacy_permission::Columns::parse)?;
        let places =
            one_by_customer(contract.name, batches.iter().map(|batch| &batch.customer_id))?;
        Ok(Self { batches, places })
    }

    pub(super) fn of(&self, customer_id: i64) -> Permission {
        let found = row_of(&self.places, customer_id);
        let found = found.and_then(|(batch, row)| {
            let columns = self.batches.get(batch)?;
            Some(Permission {
                has_consent: at(&columns.has_consent, row, |values| values.value(row)),
                is_employee: columns.is_employee.value(row),
            })
        });
        found.unwrap_or_default()
    }
}
