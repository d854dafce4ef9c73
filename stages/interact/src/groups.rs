//! Rows of a view by the party they belong to.

use rayon::prelude::*;

/// Rows of a view, grouped by party.
#[derive(Debug)]
pub(crate) struct Groups {
    rows: Vec<u32>,
    starts: Vec<u32>,
}

impl Groups {
    /// Groups rows by their id. `parties` is ascending without repeats; rows of others are left
    /// out. Costs one sort of the rows.
    pub(crate) fn new(parties: &[i64], ids: &[i64]) -> Self {
        let order = ascending(ids);
        let mut rows = Vec::with_capacity(order.len());
        let mut starts = Vec::with_capacity(parties.len() + 1);
        let mut rest = order.iter().copied().filter_map(|row| Some((row, *ids.get(row as usize)?)));
        let mut next = rest.next();
        for &party in parties {
            starts.push(rows.len() as u32);
            while let Some((row, id)) = next.filter(|&(_, id)| id <= party) {
                if id == party {
                    rows.push(row);
                }
                next = rest.next();
            }
        }
        starts.push(rows.len() as u32);
        Self { rows, starts }
    }

    /// Returns the rows of the party at a position, in the order of the view.
    pub(crate) fn of(&self, party: usize) -> &[u32] {
        match self.starts.get(party..party + 2) {
            Some(&[start, end]) => self.rows.get(start as usize..end as usize).unwrap_or(&[]),
            _ => &[],
        }
    }
}

/// Returns the rows in ascending order of their ids, rows of one id in their own order.
pub(crate) fn ascending(ids: &[i64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..ids.len() as u32).collect();
    if !ids.is_sorted() {
        order.par_sort_unstable_by_key(|&row| (ids.get(row as usize).copied(), row));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_find_their_party_and_strangers_are_left_out() {
        let groups = Groups::new(&[2, 4, 7], &[7, 1, 4, 7, 5, 9, 7]);
        assert_eq!(groups.of(0), [] as [u32; 0]);
        assert_eq!(groups.of(1), [2]);
        assert_eq!(groups.of(2), [0, 3, 6]);
        assert_eq!(groups.of(3), [] as [u32; 0]);
    }
}
