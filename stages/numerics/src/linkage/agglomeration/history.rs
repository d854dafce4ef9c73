//! People of last night: evidence near even odds joins and parts nobody to and fro.

use std::collections::BTreeMap;

/// Bits by which evidence must be surer to join two people of last night, or to part one.
///
/// Frequencies and priors move by a few hundredths of a bit from one night to the next, so that one bit,
/// odds of two to one, lets through what has changed and holds what has not.
pub const HYSTERESIS: f64 = 1.0;

/// The person that each record was last night; empty where there was none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    person_of: Vec<Option<u32>>,
}

impl History {
    /// `person_of` is by record, none for one that nobody knew.
    pub fn new(person_of: Vec<Option<u32>>) -> Self {
        Self { person_of }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.person_of.is_empty()
    }

    fn person(&self, record: u32) -> Option<u32> {
        self.person_of.get(record as usize).copied().flatten()
    }

    /// Records of each person of last night, each ascending.
    pub(crate) fn people(&self) -> Vec<Vec<u32>> {
        let mut people: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (record, person) in (0..).zip(&self.person_of) {
            if let Some(person) = person {
                people.entry(*person).or_default().push(record);
            }
        }
        people.into_values().filter(|records| records.len() > 1).collect()
    }

    /// Who the records of a group were, ascending.
    pub(crate) fn of_group(&self, members: &[u32]) -> Vec<u32> {
        let mut people: Vec<u32> = members.iter().filter_map(|&it| self.person(it)).collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Groups by the first person that they were last night, and those of new records alone.
    pub(crate) fn parted(&self, groups: Vec<Vec<u32>>) -> (Vec<Vec<Vec<u32>>>, Vec<Vec<u32>>) {
        let mut known: BTreeMap<u32, Vec<Vec<u32>>> = BTreeMap::new();
        let mut new = Vec::new();
        for group in groups {
            match self.of_group(&group).first() {
                Some(person) => known.entry(*person).or_default().push(group),
                None => new.push(group),
            }
        }
        (known.into_values().collect(), new)
    }
}

/// Bits that two groups must have in common to be one, by who they were last night.
pub(crate) fn least_between(one: &[u32], other: &[u32], least: f64) -> f64 {
    let are_two = !one.is_empty()
        && !other.is_empty()
        && !one.iter().any(|person| other.binary_search(person).is_ok());
    if are_two { least + HYSTERESIS } else { least }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_people_of_last_night_must_be_surer_than_anybody_else() {
        assert!((least_between(&[1], &[2], 0.0) - 1.0).abs() < 1e-12);
        for (one, other) in [(&[1, 3][..], &[3][..]), (&[1], &[]), (&[], &[2]), (&[], &[])] {
            assert!(least_between(one, other, 0.0).abs() < 1e-12);
        }
    }

    #[test]
    fn groups_are_parted_by_who_they_were() {
        let history = History::new(vec![Some(7), None, Some(7), Some(4), None]);
        assert_eq!(history.people(), [vec![0, 2]]);
        let (known, new) = history.parted(vec![vec![0], vec![1, 4], vec![2], vec![3]]);
        assert_eq!(known, [vec![vec![3]], vec![vec![0], vec![2]]]);
        assert_eq!(new, [vec![1, 4]]);
        assert_eq!(history.of_group(&[0, 1, 2, 3]), [4, 7]);
        assert!(History::default().is_empty());
    }
}
