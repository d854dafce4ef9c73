use arrow_array::StringArray;

use super::*;
use crate::linkage::field::Field;

fn compared(rows: [[&str; 4]; 2]) -> Vec<(String, u8)> {
    let kinds = [
        ("first_name", FieldKind::FirstName),
        ("last_name", FieldKind::LastName),
        ("birth_date", FieldKind::BirthDate),
        ("email", FieldKind::Email),
    ];
    // A third record, so that each column tells records apart.
    let rows = [rows[0], rows[1], ["zzz", "zzz", "1900-01-01", "z@z"]];
    let columns: Vec<StringArray> = (0..4)
        .map(|c| rows.iter().map(|row| (!row[c].is_empty()).then_some(row[c])).collect())
        .collect();
    let fields: Vec<(Field, &StringArray)> =
        kinds.iter().zip(&columns).map(|((name, kind), c)| (Field::new(name, *kind), c)).collect();
    let keys = StringArray::from(vec!["a", "b", "c"]);
    let records = Records::new(&keys, &fields).expect("is well formed");
    let comparisons = Comparisons::of(&records).expect("fits");
    let pattern = comparisons.pattern(&records, 0, 1);
    let levels = comparisons.list().iter().enumerate();
    levels.map(|(k, comparison)| (comparison.name.clone(), pattern.level(k))).collect()
}

fn level_of(name: &str, rows: [[&str; 4]; 2]) -> u8 {
    // A comparison that the rows do not allow has no level.
    compared(rows).into_iter().find(|level| level.0 == name).map_or(NOT_COMPARABLE, |level| level.1)
}

fn name_level(a: (&str, &str), b: (&str, &str)) -> u8 {
    level_of("name", [[a.0, a.1, "", ""], [b.0, b.1, "", ""]])
}

#[test]
fn names_are_compared_together() {
    assert_eq!(name_level(("ana", "ruiz"), ("ana", "ruiz")), 1);
    assert_eq!(name_level(("ana", "ruiz"), ("ruiz", "ana")), 2);
    assert_eq!(name_level(("martha", "ruiz"), ("marhta", "ruiz")), 3);
    assert_eq!(name_level(("luis", "garcia"), ("luisa", "garia")), 3);
    // Jaro-Winkler of maria and marta: (4/5 + 4/5 + 1) / 3 = .867, and .3 x .133 for the prefix: .907.
    assert_eq!(name_level(("maria", "gil"), ("marta", "gil")), 4);
    assert_eq!(name_level(("j", "gil"), ("jose", "gil")), 5);
    assert_eq!(name_level(("ana", "gil"), ("luis", "gil")), 6);
    assert_eq!(name_level(("ana", "gil"), ("ana", "moreno")), 7);
    assert_eq!(name_level(("martha", "gil"), ("marhta", "moreno")), 8);
    assert_eq!(name_level(("ana", "gil"), ("luis", "moreno")), 9);
}

#[test]
fn a_missing_name_leaves_the_other_one_to_be_compared() {
    let of = |name: &str| level_of(name, [["", "ruiz", "", ""], ["ana", "ruiz", "", ""]]);
    assert_eq!((of("name"), of("last_name"), of("first_name")), (0, 1, 0));
    let of = |name: &str| level_of(name, [["ana", "ruiz", "", ""], ["ana", "ruiz", "", ""]]);
    assert_eq!((of("name"), of("last_name")), (1, 0));
}

#[test]
fn days_of_birth_are_apart_by_edits_then_by_years() {
    let level = |a: &str, b: &str| level_of("birth_date", [["", "", a, ""], ["", "", b, ""]]);
    assert_eq!(level("1980-05-17", "1980-05-17"), 1);
    assert_eq!(level("1980-05-17", "1980-05-71"), 2);
    assert_eq!(level("1980-05-17", "1989-06-17"), 3);
    assert_eq!(level("1980-05-17", "1980-11-28"), 4);
    assert_eq!(level("1980-05-17", "1988-11-28"), 5);
    assert_eq!(level("1980-05-17", "1935-11-28"), 6);
    assert_eq!(level("1980-05-17", ""), NOT_COMPARABLE);
}

#[test]
fn mailboxes_at_two_providers_are_alike_but_near_ones_are_not() {
    let level = |a: &str, b: &str| level_of("email", [["", "", "", a], ["", "", "", b]]);
    assert_eq!(level("ana@a.es", "ana@a.es"), 1);
    assert_eq!(level("ana@a.es", "ana@b.es"), 2);
    assert_eq!(level("ana1@a.es", "ana2@a.es"), 3);
}
