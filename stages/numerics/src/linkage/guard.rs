//! Guards: what no single person has, whatever the evidence says.

use super::agglomeration::{BoundRecords, History, merged, unite};
use super::comparison::is_one_edit;
use super::pool::MISSING;
use super::records::Records;
use super::score::Scorer;

/// Bits by which a cluster that breaks a guard must be surer, in turn.
const STRICTER: [f64; 2] = [3.0, 6.0];

/// Most distinct values and records that one person may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardLimits {
    /// Limits of columns.
    pub distinct: Vec<DistinctLimit>,
    /// Most records.
    pub most_records: usize,
}

/// Most distinct values of one column that one person may have.
///
/// Values one edit apart count as one, so that spelling errors break no guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinctLimit {
    /// Column by name.
    pub field: String,
    /// Most values.
    pub most: usize,
    /// Records that must hold a value for it to count; 2 where a single one is likely to be an error.
    pub least_holders: usize,
}

impl DistinctLimit {
    fn is_broken(&self, records: &Records, members: &[u32]) -> bool {
        let Some(column) = records.position(&self.field) else { return false };
        let mut distinct: Vec<(&str, usize)> = Vec::new();
        for &record in members {
            if records.cell(record, column) == MISSING {
                continue;
            }
            let value = records.value(record, column);
            match distinct.iter_mut().find(|(known, _)| is_one_edit(known, value)) {
                Some((_, n_holders)) => *n_holders += 1,
                None => distinct.push((value, 1)),
            }
        }
        distinct.iter().filter(|(_, n_holders)| *n_holders >= self.least_holders).count()
            > self.most
    }
}

/// A guard that a cluster breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Too many distinct values in the limit of this place.
    Distinct(usize),
    /// Too many records.
    Records,
}

impl GuardLimits {
    /// The first guard that these records together break.
    pub fn violation(&self, records: &Records, members: &[u32]) -> Option<Violation> {
        let contradictory = self
            .distinct
            .iter()
            .position(|limit| members.len() > limit.most && limit.is_broken(records, members));
        let too_many = (members.len() > self.most_records).then_some(Violation::Records);
        contradictory.map(Violation::Distinct).or(too_many)
    }
}

/// Records that became one person.
pub(super) struct Guarded {
    /// Ascending.
    pub(super) members: Vec<u32>,
    /// The first guard that they, or a cluster they come from, broke.
    pub(super) broke: Option<Violation>,
}

/// Parts the clusters that break a guard: ever surer, then into what is together; then unites what is tied.
///
/// Only values that contradict each other part a cluster for good. A hundred copies of one record are one
/// person, and told: as a hundred persons each would be written to.
///
/// What is tied stays so, and is told if it breaks a guard. Who did not change since last night is parted from
/// what came to it, not in itself.
pub(super) fn guard(
    scorer: &Scorer<'_>,
    clusters: Vec<Vec<u32>>,
    limits: Option<&GuardLimits>,
    bounds: &BoundRecords,
    history: &History,
    least: f64,
) -> Vec<Guarded> {
    let violation = |members: &[u32]| limits?.violation(scorer.records(), members);
    let (mut people, mut broke) = (Vec::new(), Vec::new());
    for cluster in clusters {
        let of_cluster = violation(&cluster);
        if of_cluster.is_none() {
            people.push(cluster);
        } else {
            people.extend(part(scorer, cluster, &violation, bounds, history, least));
        }
        broke.resize(people.len(), of_cluster);
    }
    let united = unite(scorer, people, bounds, history, least).into_iter();
    let told = |members: &[u32], places: &[usize]| {
        let before = places.iter().filter_map(|&place| *broke.get(place)?).min();
        before.or_else(|| if places.len() > 1 { violation(members) } else { None })
    };
    united.map(|(members, places)| Guarded { broke: told(&members, &places), members }).collect()
}

fn part(
    scorer: &Scorer<'_>,
    cluster: Vec<u32>,
    violation: &impl Fn(&[u32]) -> Option<Violation>,
    bounds: &BoundRecords,
    history: &History,
    least: f64,
) -> Vec<Vec<u32>> {
    let merged = |cluster: &Vec<u32>, stricter: f64| {
        let groups = history.united(bounds.groups(cluster), bounds);
        merged(scorer, groups, bounds, history, least + stricter)
    };
    let (mut done, mut open) = (Vec::new(), vec![cluster]);
    for stricter in STRICTER {
        let parts = open.iter().flat_map(|cluster| merged(cluster, stricter));
        let (still_open, good): (Vec<_>, Vec<_>) =
            parts.partition(|part| violation(part).is_some());
        done.extend(good);
        open = still_open;
    }
    for cluster in open {
        match violation(&cluster) {
            Some(Violation::Distinct(_)) => done.extend(merged(&cluster, f64::INFINITY)),
            Some(Violation::Records) | None => done.push(cluster),
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;

    use super::*;
    use crate::linkage::field::{Field, FieldKind};

    #[test]
    fn distinct_values_and_records_are_limited_and_spelling_errors_do_not_count() {
        let keys = StringArray::from(vec!["a", "b", "c", "d"]);
        let cards = StringArray::from(vec![Some("L100"), Some("L101"), Some("K777"), None]);
        let fields = [(Field::new("card", FieldKind::Identifier), &cards)];
        let records = Records::new(&keys, &fields).expect("is well formed");
        let limit = DistinctLimit { field: "card".to_owned(), most: 1, least_holders: 1 };
        let limits = GuardLimits { distinct: vec![limit.clone()], most_records: 3 };
        assert_eq!(limits.violation(&records, &[0, 1, 3]), None);
        assert_eq!(limits.violation(&records, &[0, 2]), Some(Violation::Distinct(0)));
        assert_eq!(limits.violation(&records, &[0, 1, 2, 3]), Some(Violation::Distinct(0)));
        let copies = GuardLimits { distinct: Vec::new(), ..limits.clone() };
        assert_eq!(copies.violation(&records, &[0, 1, 2, 3]), Some(Violation::Records));
        // Two records hold the first card, one the other.
        let confirmed = DistinctLimit { least_holders: 2, ..limit.clone() };
        assert!(
            limit.is_broken(&records, &[0, 1, 2]) && !confirmed.is_broken(&records, &[0, 1, 2])
        );
    }
}
