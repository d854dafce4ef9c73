//! People of last night: evidence near even odds joins and parts nobody to and fro, and who did not change
//! is not judged again.

use std::collections::BTreeMap;

use super::bounds::BoundRecords;
use crate::components::UnionFind;

/// Bits by which evidence must be surer to join two people of last night, or to part one.
///
/// Frequencies and priors move by a few hundredths of a bit from one night to the next, so that one bit,
/// odds of two to one, lets through what has changed and holds what has not.
pub const HYSTERESIS: f64 = 1.0;

/// The person that each record was last night; empty where there was none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    person_of: Vec<Option<u32>>,
    /// Ascending.
    unchanged: Vec<u32>,
}

impl History {
    /// `person_of` is by record, none for one that nobody knew.
    ///
    /// `unchanged` are the people all of whose records say what they said last night, none more and none
    /// less: no weight parts one of them, and none joins two of them unless another record is between them.
    pub fn new(person_of: Vec<Option<u32>>, mut unchanged: Vec<u32>) -> Self {
        unchanged.sort_unstable();
        Self { person_of, unchanged }
    }

    /// The same people, of whom each is to be judged again.
    pub(crate) fn judged_again(&self) -> Self {
        Self { person_of: self.person_of.clone(), unchanged: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.person_of.is_empty()
    }

    fn person(&self, record: u32) -> Option<u32> {
        self.person_of.get(record as usize).copied().flatten()
    }

    fn is_unchanged(&self, person: u32) -> bool {
        self.unchanged.binary_search(&person).is_ok()
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

    /// What the records of a group were.
    pub(crate) fn past(&self, members: &[u32]) -> Past {
        let mut people: Vec<u32> = members.iter().filter_map(|&it| self.person(it)).collect();
        people.sort_unstable();
        people.dedup();
        let is_unchanged = |&it: &u32| self.person(it).is_some_and(|it| self.is_unchanged(it));
        Past { is_unchanged: members.iter().all(is_unchanged), people }
    }

    /// Groups by the first person that they were last night, and those of new records alone.
    pub(crate) fn parted(&self, groups: Vec<Vec<u32>>) -> (Vec<Vec<Vec<u32>>>, Vec<Vec<u32>>) {
        let mut known: BTreeMap<u32, Vec<Vec<u32>>> = BTreeMap::new();
        let mut new = Vec::new();
        for group in groups {
            match self.past(&group).people.first() {
                Some(person) => known.entry(*person).or_default().push(group),
                None => new.push(group),
            }
        }
        (known.into_values().collect(), new)
    }

    /// Groups with those of one unchanged person in one, by first member.
    ///
    /// Where that would unite records that are apart, they stay as they are.
    pub(crate) fn united(&self, groups: Vec<Vec<u32>>, bounds: &BoundRecords) -> Vec<Vec<u32>> {
        if self.unchanged.is_empty() {
            return groups;
        }
        let mut sets = UnionFind::new(groups.len() as u32);
        let mut holder: BTreeMap<u32, u32> = BTreeMap::new();
        for (place, group) in (0..).zip(&groups) {
            let people = self.past(group).people.into_iter();
            for person in people.filter(|&person| self.is_unchanged(person)) {
                sets.union(*holder.entry(person).or_insert(place), place);
            }
        }
        let components = sets.into_components();
        let mut together: Vec<Vec<Vec<u32>>> = vec![Vec::new(); components.len()];
        for (group, &component) in groups.into_iter().zip(components.labels()) {
            if let Some(parts) = together.get_mut(component as usize) {
                parts.push(group);
            }
        }
        let mut united = Vec::with_capacity(together.len());
        for parts in together {
            let mut all = parts.concat();
            all.sort_unstable();
            if parts.len() > 1 && bounds.have_apart(&all) {
                united.extend(parts);
            } else {
                united.push(all);
            }
        }
        united.sort_unstable();
        united
    }
}

/// What the records of a group were last night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Past {
    /// The people that they were, ascending.
    people: Vec<u32>,
    /// Whether each of them belonged to a person that did not change.
    is_unchanged: bool,
}

impl Past {
    /// Bits that two groups must have in common to be one.
    pub(crate) fn least_between(&self, other: &Self, least: f64) -> f64 {
        let is_shared = |person| other.people.binary_search(person).is_ok();
        let are_two = !self.people.is_empty()
            && !other.people.is_empty()
            && !self.people.iter().any(is_shared);
        match are_two {
            true if self.is_unchanged && other.is_unchanged => f64::INFINITY,
            true => least + HYSTERESIS,
            false => least,
        }
    }

    /// Adds what another group was.
    pub(crate) fn join(&mut self, other: Self) {
        self.people.extend(other.people);
        self.people.sort_unstable();
        self.people.dedup();
        self.is_unchanged &= other.is_unchanged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::agglomeration::Bounds;

    /// Records 0 and 2 were person 7, 3 was 4, 5 and 6 were 9; 1 and 4 are new. Nothing happened to 4 and 9.
    fn history() -> History {
        let person_of = vec![Some(7), None, Some(7), Some(4), None, Some(9), Some(9)];
        History::new(person_of, vec![9, 4])
    }

    #[test]
    fn two_people_of_last_night_must_be_surer_than_anybody_else() {
        let between = |one: &[u32], other: &[u32]| {
            let history = history();
            history.past(one).least_between(&history.past(other), 0.0)
        };
        assert!((between(&[0], &[3]) - 1.0).abs() < 1e-12);
        for (one, other) in [(&[0, 3][..], &[2][..]), (&[0], &[]), (&[], &[3]), (&[1], &[4])] {
            assert!(between(one, other).abs() < 1e-12);
        }
    }

    #[test]
    fn two_people_who_did_not_change_join_by_no_weight_unless_something_came_between() {
        let between = |one: &[u32], other: &[u32]| {
            let history = history();
            history.past(one).least_between(&history.past(other), 0.0)
        };
        assert!(between(&[3], &[5, 6]).is_infinite());
        assert!((between(&[1, 3], &[5, 6]) - 1.0).abs() < 1e-12, "a new record");
        assert!((between(&[3], &[2, 5, 6]) - 1.0).abs() < 1e-12, "one of a changed person");
        assert!(between(&[5], &[6]).abs() < 1e-12, "one person in two parts");
        let history = history();
        let mut past = history.past(&[3]);
        past.join(history.past(&[1]));
        assert_eq!(past, history.past(&[1, 3]));
        let judged_again = history.judged_again();
        let past = |members| judged_again.past(members);
        assert!((past(&[3]).least_between(&past(&[5, 6]), 0.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn groups_are_parted_by_who_they_were() {
        let history = history();
        assert_eq!(history.people(), [vec![0, 2], vec![5, 6]]);
        let (known, new) = history.parted(vec![vec![0], vec![1, 4], vec![2], vec![3]]);
        assert_eq!(known, [vec![vec![3]], vec![vec![0], vec![2]]]);
        assert_eq!(new, [vec![1, 4]]);
        assert_eq!(history.past(&[0, 1, 2, 3]).people, [4, 7]);
        assert!(History::default().is_empty());
    }

    #[test]
    fn who_did_not_change_is_one_to_begin_with_unless_that_unites_what_is_apart() {
        let alone = || (0..7).map(|record| vec![record]).collect::<Vec<_>>();
        let free = Bounds::default().by_record(7);
        let expected = vec![vec![0], vec![1], vec![2], vec![3], vec![4], vec![5, 6]];
        assert_eq!(history().united(alone(), &free), expected);
        assert_eq!(history().judged_again().united(alone(), &free), alone());
        // Groups may hold several people: 4 brings 1 along, 9 brings 3.
        let groups = vec![vec![0], vec![1, 5], vec![2], vec![3, 6]];
        assert_eq!(history().united(groups, &free), [vec![0], vec![1, 3, 5, 6], vec![2]]);
        let bounds = Bounds { apart: vec![(5, 6)], ..Bounds::default() }.by_record(7);
        assert_eq!(history().united(alone(), &bounds), alone());
    }
}
