//! What holds whatever the evidence says.

use std::collections::BTreeMap;

/// What holds whatever the evidence says.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// Groups of records that are one to begin with, as several rows of one; disjoint, each ascending.
    pub together: Vec<Vec<u32>>,
    /// Groups of records whose people are one, however little they have in common; disjoint, each
    /// ascending, and with all or none of a group of `together`.
    ///
    /// Each brings along the records that are one person with it.
    pub tied: Vec<Vec<u32>>,
    /// Pairs of records that are two people, with all they are tied to.
    pub apart: Vec<(u32, u32)>,
}

/// Bounds, looked up by record.
#[derive(Debug)]
pub(crate) struct BoundRecords {
    /// Smallest record that each record is together with.
    first_of: Vec<u32>,
    /// Smallest record that each record is tied to.
    tie_of: Vec<u32>,
    has_ties: bool,
    /// Pairs of smallest tied records, the smaller first, ascending.
    apart: Vec<(u32, u32)>,
}

impl Bounds {
    /// The bounds of each of these records. O(n).
    pub(crate) fn by_record(&self, n_records: usize) -> BoundRecords {
        let mut first_of: Vec<u32> = (0..n_records as u32).collect();
        point_at_first(&mut first_of, &self.together);
        let mut tie_of = first_of.clone();
        point_at_first(&mut tie_of, &self.tied);
        let tie = |record: u32| tie_of.get(record as usize).copied().unwrap_or(record);
        let pairs = self.apart.iter().map(|&(a, b)| (tie(a), tie(b)));
        let mut apart: Vec<(u32, u32)> = pairs.map(|(a, b)| (a.min(b), a.max(b))).collect();
        apart.sort_unstable();
        BoundRecords { first_of, tie_of, has_ties: !self.tied.is_empty(), apart }
    }
}

fn point_at_first(first_of: &mut [u32], groups: &[Vec<u32>]) {
    for group in groups {
        for &member in group {
            if let (Some(slot), Some(&first)) = (first_of.get_mut(member as usize), group.first()) {
                *slot = first;
            }
        }
    }
}

impl BoundRecords {
    /// The smallest record that a record is tied to.
    pub(crate) fn tie(&self, record: u32) -> u32 {
        self.tie_of.get(record as usize).copied().unwrap_or(record)
    }

    /// Whether any records are tied.
    pub(crate) fn has_ties(&self) -> bool {
        self.has_ties
    }

    /// Whether two records are two people.
    pub(crate) fn are_apart(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.tie(a), self.tie(b));
        self.apart.binary_search(&(a.min(b), a.max(b))).is_ok()
    }

    /// Whether it holds already that two records are one person, or that they are two.
    pub(crate) fn decide(&self, a: u32, b: u32) -> bool {
        self.tie(a) == self.tie(b) || self.are_apart(a, b)
    }

    /// Whether some of these records are two people.
    pub(crate) fn have_apart(&self, members: &[u32]) -> bool {
        !self.apart.is_empty()
            && members.iter().any(|&a| members.iter().any(|&b| self.are_apart(a, b)))
    }

    /// Members alone, but for those that are together; by first member.
    pub(crate) fn groups(&self, members: &[u32]) -> Vec<Vec<u32>> {
        grouped(members, |record| self.first_of.get(record as usize).copied().unwrap_or(record))
    }

    /// Members alone, but for those that are tied; by first member.
    pub(crate) fn tied_groups(&self, members: &[u32]) -> Vec<Vec<u32>> {
        grouped(members, |record| self.tie(record))
    }
}

fn grouped(members: &[u32], group_of: impl Fn(u32) -> u32) -> Vec<Vec<u32>> {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &member in members {
        groups.entry(group_of(member)).or_default().push(member);
    }
    groups.into_values().collect()
}
