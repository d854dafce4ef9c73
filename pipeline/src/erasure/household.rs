//! Households without those who went: the others keep theirs, under the smallest id that is left.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use idip_schemas::identify::household;
use idip_store::Night;

use super::published::{each_batch, ids, record};
use crate::RunError;

/// Who is left of each household of a night, by its id.
#[derive(Debug, Default)]
pub(super) struct Households {
    left: BTreeMap<i64, BTreeSet<i64>>,
}

impl Households {
    /// Reads the households of a night; `gone` are left out.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub(super) fn read(night: &Night, gone: &BTreeSet<i64>) -> Result<Self, RunError> {
        let mut households = Self::default();
        let Some(table) = record(night, household::CONTRACT.name) else { return Ok(households) };
        let columns = ["customer_id", "household_id"];
        each_batch(night, table, Some(&columns), &mut |batch| {
            households.add(&batch, gone);
            Ok(())
        })?;
        Ok(households)
    }

    fn add(&mut self, batch: &RecordBatch, gone: &BTreeSet<i64>) {
        let [Some(customers), Some(homes)] =
            ["customer_id", "household_id"].map(|name| ids(batch, name))
        else {
            return;
        };
        for (customer, home) in customers.values().iter().zip(homes.values()) {
            if !gone.contains(customer) {
                self.left.entry(*home).or_default().insert(*customer);
            }
        }
    }

    /// Whether the row of a customer stays: it did not go, nor is it left alone.
    pub(super) fn stays(&self, batch: &RecordBatch, row: usize) -> bool {
        let id = |name| ids(batch, name).map(|ids| ids.value(row));
        let (Some(customer), Some(home)) = (id("customer_id"), id("household_id")) else {
            return false;
        };
        self.left.get(&home).is_some_and(|left| left.len() > 1 && left.contains(&customer))
    }

    /// Rows that stay, with id and size of what is left of their households.
    ///
    /// # Errors
    ///
    /// When the table is not what its contract says.
    pub(super) fn settled(&self, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
        let bug = |error: idip_schemas::ContractError| RunError::Bug(error.to_string());
        let rows = household::Columns::parse(rows).map_err(bug)?;
        let left = || rows.household_id.values().iter().map(|home| self.left.get(home));
        household::Columns {
            household_id: left().map(|left| left.and_then(|it| it.first()).copied()).collect(),
            n_customers: left().map(|left| left.map(|it| it.len() as i64)).collect(),
            customer_id: rows.customer_id.clone(),
        }
        .into_batch()
        .map_err(bug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(i64, i64, i64)]) -> RecordBatch {
        household::Columns {
            customer_id: rows.iter().map(|row| Some(row.0)).collect(),
            household_id: rows.iter().map(|row| Some(row.1)).collect(),
            n_customers: rows.iter().map(|row| Some(row.2)).collect(),
        }
        .into_batch()
        .unwrap()
    }

    #[test]
    fn the_others_of_a_household_keep_it_and_nobody_is_one_alone() {
        let before =
            rows(&[(1, 1, 3), (2, 1, 3), (3, 1, 3), (4, 4, 2), (5, 4, 2), (6, 6, 2), (7, 6, 2)]);
        let mut households = Households::default();
        households.add(&before, &BTreeSet::from([1, 5]));
        let stays: Vec<bool> =
            (0..before.num_rows()).map(|row| households.stays(&before, row)).collect();
        assert_eq!(stays, [false, true, true, false, false, true, true]);
        let left = rows(&[(2, 1, 3), (3, 1, 3), (6, 6, 2), (7, 6, 2)]);
        let expected = rows(&[(2, 2, 2), (3, 2, 2), (6, 6, 2), (7, 6, 2)]);
        assert_eq!(households.settled(&left).unwrap(), expected);
    }
}
