//! References that no feed named for some nights, and that come back.

use std::collections::HashSet;

use idip_schemas::identify::departed::departed_last_night;
use idip_schemas::identify::identity_last_night;

use super::references::References;
use crate::normalise::Kind;

/// References that come back to an id that ended, as rows of `departed` and nodes; `labels` are the
/// components of nodes.
///
/// Whose id was in force last night has it still, and needs nobody to come back. An identifier may have
/// changed hands: it counts where no key of a source says who has it.
pub(super) fn came_back(
    departed: &departed_last_night::Columns,
    last: &identity_last_night::Columns,
    references: &References,
    labels: &[u32],
) -> Vec<(usize, u32)> {
    let found = references.locate(&departed.party_ref);
    let mut found: Vec<(usize, u32)> =
        found.into_iter().enumerate().filter_map(|(row, node)| Some((row, node?))).collect();
    if found.is_empty() {
        return found;
    }
    let in_force: HashSet<i64> = last.customer_id.values().iter().copied().collect();
    let is_key = |name: Option<&str>| name.is_some_and(|name| Kind::of_reference(name).is_none());
    let with_key: HashSet<u32> = references
        .names
        .iter()
        .zip(labels)
        .filter(|(name, _)| is_key(*name))
        .map(|(_, &component)| component)
        .collect();
    found.retain(|&(row, node)| {
        let component = labels.get(node as usize);
        let has_no_key = component.is_none_or(|component| !with_key.contains(component));
        !in_force.contains(&departed.customer_id.value(row))
            && (is_key(Some(departed.party_ref.value(row))) || has_no_key)
    });
    found
}
