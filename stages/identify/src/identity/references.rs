//! Party references as nodes of a graph: distinct, ascending, numbered from 0.

use std::cmp::Ordering;

use arrow_array::{Array, StringArray, UInt32Array, cast::AsArray};
use arrow_select::take::take;
use idip_schemas::identify::{identity_map, party_reference};
use idip_stage::StageError;

use crate::order::{Strings, sorted_positions};

/// Every reference that a feed names, once.
#[derive(Debug)]
pub(super) struct References {
    /// Ascending by bytes; the position is the node.
    pub(super) names: StringArray,
    /// Whether a sale names the reference; shape `(n_references,)`.
    pub(super) is_buyer: Vec<bool>,
}

impl References {
    /// Numbers the references of all feeds. O(n log n).
    pub(super) fn number(named: &party_reference::Columns) -> Result<Self, StageError> {
        let order = sorted_positions(&named.party_ref);
        let mut first_of_each: Vec<u32> = Vec::with_capacity(order.len());
        let mut is_buyer = Vec::with_capacity(order.len());
        for position in order {
            let buys = named.is_buyer.value(position as usize);
            let seen = first_of_each.last().is_some_and(|&last| {
                named.party_ref.bytes(last) == named.party_ref.bytes(position)
            });
            match is_buyer.last_mut() {
                Some(known) if seen => *known |= buys,
                _ => {
                    first_of_each.push(position);
                    is_buyer.push(buys);
                }
            }
        }
        let names = pick(&named.party_ref, first_of_each)?;
        Ok(Self { names, is_buyer })
    }

    /// Number of references.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The node of each of these references, which may repeat; `None` for one that is not known.
    pub(super) fn locate(&self, wanted: &StringArray) -> Vec<Option<u32>> {
        let mut found = vec![None; wanted.len()];
        let mut node = 0;
        for position in sorted_positions(wanted) {
            let name = wanted.bytes(position);
            while (node as usize) < self.len() && self.names.bytes(node) < name {
                node += 1;
            }
            let here =
                (node as usize) < self.len() && self.names.bytes(node).cmp(name) == Ordering::Equal;
            if let Some(slot) = found.get_mut(position as usize) {
                *slot = here.then_some(node);
            }
        }
        found
    }
}

/// The strings at these positions.
pub(super) fn pick(strings: &StringArray, positions: Vec<u32>) -> Result<StringArray, StageError> {
    let positions = UInt32Array::from(positions);
    let picked = take(strings, &positions, None)
        .map_err(|source| StageError::Arrow { table: identity_map::CONTRACT.name, source })?;
    Ok(picked.as_string::<i32>().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(named: &[(&str, bool)]) -> References {
        let columns = party_reference::Columns {
            party_ref: named.iter().map(|(name, _)| Some(*name)).collect(),
            is_buyer: named.iter().map(|(_, buys)| Some(*buys)).collect(),
        };
        References::number(&columns).unwrap()
    }

    #[test]
    fn references_are_distinct_and_a_buyer_in_one_feed_is_a_buyer() {
        let references =
            numbered(&[("b", false), ("a", false), ("b", true), ("a", false), ("c", true)]);
        assert_eq!(references.names, StringArray::from(vec!["a", "b", "c"]));
        assert_eq!(references.is_buyer, [false, true, true]);
    }

    #[test]
    fn references_are_found_again_in_any_order() {
        let references = numbered(&[("a", false), ("c", false), ("e", false)]);
        let wanted = StringArray::from(vec!["e", "d", "a", "z", "e", ""]);
        assert_eq!(references.locate(&wanted), [Some(2), None, Some(0), None, Some(2), None]);
    }
}
