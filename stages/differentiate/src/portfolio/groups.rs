//! Parties by lifecycle state and level of loyalty.

use std::collections::BTreeMap;

use arrow_array::Decimal128Array;
use idip_schemas::differentiate::portfolio::loyalty_group;
use idip_schemas::{Amount, ColumnType};
use idip_stage::StageError;

use super::Party;

pub(super) fn groups(
    parties: &[Party<'_>],
    levels: &[String],
) -> Result<loyalty_group::Columns, StageError> {
    let mut groups: BTreeMap<(&str, i64), (i64, i128)> = BTreeMap::new();
    for party in parties {
        let group = groups.entry((party.state, party.level)).or_default();
        *group = (group.0 + 1, group.1 + i128::from(party.net_cents));
    }
    let name = |level: i64| usize::try_from(level).ok().and_then(|level| levels.get(level));
    if let Some((_, level)) = groups.keys().find(|(_, level)| name(*level).is_none()) {
        return Err(StageError::Data {
            message: format!(
                "`customer_loyalty` has the level {level}, expected below {}",
                levels.len()
            ),
            hint: None,
        });
    }
    let cents = groups.values().map(|group| group.1);
    Ok(loyalty_group::Columns {
        lifecycle_state: groups.keys().map(|group| Some(group.0)).collect(),
        loyalty_level_number: groups.keys().map(|group| Some(group.1)).collect(),
        loyalty_level: groups.keys().map(|group| name(group.1)).collect(),
        n_customers: groups.values().map(|group| Some(group.0)).collect(),
        net_amount: Decimal128Array::from_iter_values(cents).with_data_type(Amount::data_type()),
    })
}
