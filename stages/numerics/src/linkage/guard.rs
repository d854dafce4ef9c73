//! Guards: what no single person has, whatever the evidence says.

use super::comparison::is_one_edit;
use super::pool::MISSING;
use super::records::Records;

/// Most distinct values and records that one person may have.
///
/// Values one edit apart count as one, so that spelling errors break no guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardLimits {
    /// Column by name, and its most distinct values.
    pub distinct: Vec<(String, usize)>,
    /// Most records.
    pub most_records: usize,
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
        if members.len() > self.most_records {
            return Some(Violation::Records);
        }
        let limits = self.distinct.iter().enumerate();
        limits
            .filter(|(_, (_, most))| members.len() > *most)
            .find(|(_, (field, most))| {
                let Some(column) = records.position(field) else { return false };
                let mut distinct: Vec<&str> = Vec::new();
                for &record in members {
                    let value = records.value(record, column);
                    if records.cell(record, column) != MISSING
                        && !distinct.iter().any(|known| is_one_edit(known, value))
                    {
                        distinct.push(value);
                    }
                }
                distinct.len() > *most
            })
            .map(|(place, _)| Violation::Distinct(place))
    }
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
        let limits = GuardLimits { distinct: vec![("card".to_owned(), 1)], most_records: 3 };
        assert_eq!(limits.violation(&records, &[0, 1, 3]), None);
        assert_eq!(limits.violation(&records, &[0, 2]), Some(Violation::Distinct(0)));
        assert_eq!(limits.violation(&records, &[0, 1, 2, 3]), Some(Violation::Records));
    }
}
