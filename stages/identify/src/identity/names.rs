//! The names on party records, numbered so that equal names are equal numbers.

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, StringArray};
use idip_schemas::identify::party_identifier;

use crate::normalise::{fold, name_key, names_agree, person_name};
use crate::order::{Strings, sorted_positions};

/// Number of a missing name.
pub(super) const NAMELESS: u32 = 0;

/// First names and whole names of the records; shape of each list `(n_records,)`.
#[derive(Debug)]
pub(super) struct Names {
    /// Number of the folded first name.
    pub(super) first: Vec<u32>,
    /// Number of the folded first and last name.
    pub(super) person: Vec<u32>,
    spelled: StringArray,
    /// Record that spells each number; the first entry stands for [`NAMELESS`].
    spelling: Vec<u32>,
}

impl Names {
    /// Folds and numbers the names. O(n log n).
    pub(super) fn number(records: &party_identifier::Columns) -> Self {
        let n = records.party_ref.len();
        let mut firsts = StringBuilder::with_capacity(n, 8 * n);
        let mut persons = StringBuilder::with_capacity(n, 16 * n);
        let (mut raw, mut first, mut last, mut whole) = Default::default();
        for (first_name, last_name) in records.first_name.iter().zip(&records.last_name) {
            fold_name(first_name, &mut raw, &mut first);
            fold_name(last_name, &mut raw, &mut last);
            name_key(&first, &last, &mut whole);
            firsts.append_value(&first);
            persons.append_value(&whole);
        }
        let spelled = firsts.finish();
        let (first, spelling) = numbers(&spelled);
        let (person, _) = numbers(&persons.finish());
        Self { first, person, spelled, spelling }
    }

    /// Whether two sets of first names may belong to one person.
    ///
    /// They do when every name of one of them agrees with some name of the other; a set without names
    /// agrees with every set.
    pub(super) fn agree(&self, a: &[u32], b: &[u32]) -> bool {
        let covered = |a: &[u32], b: &[u32]| {
            a.iter().all(|&x| {
                b.iter().any(|&y| x == y || names_agree(self.spelling(x), self.spelling(y)))
            })
        };
        a == b || a.is_empty() || b.is_empty() || covered(a, b) || covered(b, a)
    }

    fn spelling(&self, number: u32) -> &str {
        let record = self.spelling.get(number as usize).copied().unwrap_or_default();
        std::str::from_utf8(self.spelled.bytes(record)).unwrap_or_default()
    }
}

fn fold_name(name: Option<&str>, raw: &mut String, out: &mut String) {
    match name.and_then(|name| person_name(name, raw)) {
        Some(name) => fold(name, out),
        None => out.clear(),
    }
}

/// The number of each string, ascending from 1, the empty one 0; and a position for each number.
fn numbers(strings: &StringArray) -> (Vec<u32>, Vec<u32>) {
    let mut numbers = vec![NAMELESS; strings.n_strings()];
    let mut position_of = vec![0];
    let mut last: &[u8] = &[];
    for position in sorted_positions(strings) {
        let text = strings.bytes(position);
        if text != last {
            position_of.push(position);
            last = text;
        }
        if let Some(number) = numbers.get_mut(position as usize) {
            *number = position_of.len() as u32 - 1;
        }
    }
    (numbers, position_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[(&str, &str)]) -> Names {
        let n = names.len();
        let none = || StringArray::new_null(n);
        Names::number(&party_identifier::Columns {
            party_ref: (0..n).map(|i| Some(i.to_string())).collect(),
            loyalty_id: none(),
            email: none(),
            phone: none(),
            payment_token: none(),
            handle: none(),
            first_name: names.iter().map(|(first, _)| Some(*first)).collect(),
            last_name: names.iter().map(|(_, last)| Some(*last)).collect(),
            birth_date: arrow_array::Date32Array::new_null(n),
            street: none(),
            postal_code: none(),
            city: none(),
            country: none(),
        })
    }

    #[test]
    fn spellings_of_one_name_share_a_number_and_missing_names_have_none() {
        let names = named(&[
            ("José", "García"),
            ("JOSE", "Garcia"),
            ("", "Garcia"),
            ("n/a", "-"),
            ("Jose", "Ruiz"),
        ]);
        assert_eq!(names.first, [1, 1, 0, 0, 1]);
        assert_eq!(names.person[0], names.person[1]);
        assert_ne!(names.person[0], names.person[4]);
        assert_ne!(names.person[2], NAMELESS);
        assert_eq!(names.person[3], NAMELESS);
    }

    #[test]
    fn sets_of_names_agree_when_one_covers_the_other() {
        let names = named(&[("Ana", ""), ("Luis", ""), ("A.", ""), ("Pedro", "")]);
        let [ana, luis, a, pedro] = names.first[..] else { panic!("four records") };
        assert!(names.agree(&[ana], &[a]) && names.agree(&[], &[luis]));
        assert!(names.agree(&[ana], &[ana, luis]));
        assert!(!names.agree(&[ana], &[luis]));
        assert!(!names.agree(&[ana, luis], &[ana, pedro]));
    }
}
