//! Parties by lifecycle state and level of loyalty.

use std::collections::BTreeMap;

use arrow_array::Decimal128Array;
use idip_schemas::differentiate::portfolio::loyalty_group;
use idip_schemas::{Amount, ColumnType};
use idip_stage::StageError;

use super::party::Party;

/// Customers and net money, in minor units, by state and level.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<String, BTreeMap<i64, (i64, i128)>>);

impl Groups {
    pub(super) fn add(&mut self, party: &Party<'_>) {
        if !self.0.contains_key(party.state) {
            self.0.insert(party.state.to_owned(), BTreeMap::new());
        }
        let Some(levels) = self.0.get_mut(party.state) else { return };
        let group = levels.entry(party.level).or_default();
        *group = (group.0 + 1, group.1 + i128::from(party.net_cents));
    }

    /// The groups, by these names of levels, the lowest first.
    pub(super) fn table(&self, levels: &[String]) -> Result<loyalty_group::Columns, StageError> {
        let groups = || {
            self.0.iter().flat_map(|(state, groups)| {
                groups.iter().map(move |(level, group)| (state.as_str(), *level, *group))
            })
        };
        let name = |level: i64| usize::try_from(level).ok().and_then(|level| levels.get(level));
        if let Some((_, level, _)) = groups().find(|(_, level, _)| name(*level).is_none()) {
            return Err(StageError::Data {
                message: format!(
                    "`customer_loyalty` has the level {level}, expected below {}",
                    levels.len()
                ),
                hint: None,
            });
        }
        let cents = groups().map(|(_, _, group)| group.1);
        Ok(loyalty_group::Columns {
            lifecycle_state: groups().map(|group| Some(group.0)).collect(),
            loyalty_level_number: groups().map(|group| Some(group.1)).collect(),
            loyalty_level: groups().map(|group| name(group.1)).collect(),
            n_customers: groups().map(|group| Some(group.2.0)).collect(),
            net_amount: Decimal128Array::from_iter_values(cents)
                .with_data_type(Amount::data_type()),
        })
    }
}
