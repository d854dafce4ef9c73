//! Values that too many people share to tell them apart.

use super::field::FieldKind;
use super::pool::{MISSING, prefix};
use super::records::Records;

/// Up to how many people a value may be shared by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLimit {
    /// Column by name.
    pub field: String,
    /// Most people.
    pub most_people: usize,
}

/// A value that links nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedValue {
    /// Column.
    pub field: String,
    /// Value.
    pub value: String,
    /// Distinct people, told apart by the first letter of the given name and three of the family name.
    pub n_people: usize,
    /// Distinct days of birth.
    pub n_birth_dates: usize,
    /// Records that hold it.
    pub n_records: usize,
}

/// Makes values missing that more people share than their limit, and returns them.
///
/// People are counted, not records: thirty orders of one guest are no reason. Where records have no
/// names, days of birth alone count. The values come in the order of the limits and of the text.
/// O(n log n) a limit.
pub fn quarantine(records: &mut Records, limits: &[SharedLimit]) -> Vec<SharedValue> {
    let initials = initials(records);
    let mut found = Vec::new();
    for limit in limits {
        let Some(column) = records.position(&limit.field) else { continue };
        let mut shared = shared_in(records, column, limit, &initials);
        let mut is_forgotten =
            vec![false; records.columns().get(column).map_or(0, |c| c.values.len())];
        for (number, _) in &shared {
            if let Some(slot) = is_forgotten.get_mut(*number as usize) {
                *slot = true;
            }
        }
        records.forget(column, &is_forgotten);
        shared.sort_unstable_by(|a, b| a.1.value.cmp(&b.1.value));
        found.extend(shared.into_iter().map(|(_, value)| value));
    }
    found
}

/// For each record what tells people apart: a class of the given and of the family name.
fn initials(records: &Records) -> Vec<(u32, u32)> {
    let classes = |kind, length| {
        let position = records.position_of_kind(kind)?;
        let column = records.columns().get(position)?;
        Some((position, column.values.classes(|value| prefix(value, length))))
    };
    let (Some(first), Some(last)) =
        (classes(FieldKind::FirstName, 1), classes(FieldKind::LastName, 3))
    else {
        return vec![(MISSING, MISSING); records.len()];
    };
    let class = |(column, classes): &(usize, Vec<u32>), record: u32| {
        classes.get(records.cell(record, *column) as usize).copied().unwrap_or(MISSING)
    };
    (0..records.len() as u32).map(|r| (class(&first, r), class(&last, r))).collect()
}

fn shared_in(
    records: &Records,
    column: usize,
    limit: &SharedLimit,
    initials: &[(u32, u32)],
) -> Vec<(u32, SharedValue)> {
    let Some(values) = records.columns().get(column) else { return Vec::new() };
    let is_frequent = |number: u32| {
        values.counts.get(number as usize).is_some_and(|&n| n as usize > limit.most_people)
    };
    let birth_date = records.position_of_kind(FieldKind::BirthDate);
    let mut holders: Vec<(u32, u32)> = (0..records.len() as u32)
        .map(|record| (records.cell(record, column), record))
        .filter(|&(number, _)| is_frequent(number))
        .collect();
    holders.sort_unstable();
    let distinct = |mut list: Vec<(u32, u32)>| {
        list.sort_unstable();
        list.dedup();
        list.len()
    };
    holders
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|group| {
            let &(number, _) = group.first()?;
            let members = || group.iter().map(|holder| holder.1);
            let named = members().filter_map(|record| initials.get(record as usize).copied());
            let n_people =
                distinct(named.filter(|name| name.0 != MISSING && name.1 != MISSING).collect());
            let born = birth_date.map_or(Vec::new(), |column| {
                members().map(|record| (records.cell(record, column), 0)).collect()
            });
            let n_birth_dates = distinct(born.into_iter().filter(|b| b.0 != MISSING).collect());
            (n_people > limit.most_people || n_birth_dates > limit.most_people).then(|| {
                let shared = SharedValue {
                    field: values.field.name.clone(),
                    value: values.values.value(number).to_owned(),
                    n_people,
                    n_birth_dates,
                    n_records: group.len(),
                };
                (number, shared)
            })
        })
        .collect()
}
