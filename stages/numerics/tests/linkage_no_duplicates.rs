//! Tables in which hardly anybody, or nobody, has two records: the people of a family are not one person.

#![cfg(test)]

mod families;

use std::collections::BTreeSet;

use families::{Draw, Row, families, keyed, linked, records};
use idip_numerics::linkage::{Bounds, evaluate};

const FIRST: [&str; 24] = [
    "anna", "bernd", "carla", "dirk", "elke", "franz", "gerda", "heinz", "ida", "jens", "karin",
    "lars", "maria", "norbert", "olga", "paul", "ruth", "stefan", "tanja", "uwe", "vera",
    "wolfgang", "yvonne", "zeno",
];
const LAST: [&str; 16] = [
    "bauer", "braun", "fischer", "hahn", "jung", "keller", "koch", "krause", "lang", "meyer",
    "richter", "schulz", "vogel", "weber", "winter", "wolf",
];

/// Families of one to four in five towns, one record each person but for some of a thousand, who have two.
fn town_people(n: usize, twice_in_thousand: u64, seed: u64) -> (Vec<Row>, Vec<u32>) {
    let mut draw = Draw(seed);
    let (mut rows, mut truth) = (Vec::new(), Vec::new());
    let mut person = 0;
    while rows.len() < n {
        let mut last = LAST[draw.below(16) as usize].to_owned();
        if draw.below(2) == 0 {
            last += LAST[draw.below(16) as usize];
        }
        let code = format!("{}00{:02}", 1 + draw.below(5), draw.below(90));
        let street = format!("{}weg {}", LAST[draw.below(16) as usize], 1 + draw.below(90));
        let landline = format!("030{:07}", draw.below(10_000_000));
        let mut names = BTreeSet::new();
        for _ in 0..=draw.below(4) {
            names.insert(FIRST[draw.below(24) as usize]);
        }
        for first in names {
            let email = format!("{}{}@x.de", &first[..2], draw.below(10_000_000));
            for _ in 0..=u64::from(draw.below(1000) < twice_in_thousand) {
                rows.push([
                    first.to_owned(),
                    last.clone(),
                    String::new(),
                    draw.keep(&email, 7),
                    draw.keep(&landline, 3),
                    draw.keep(&code, 9),
                    draw.keep(&street, 9),
                ]);
                truth.push(person);
            }
            person += 1;
        }
    }
    (rows, truth)
}

#[test]
fn a_family_is_not_one_person_where_nobody_has_two_records() {
    for (n, seed) in [(400, 1), (2_000, 2), (8_000, 3)] {
        let (rows, truth) = town_people(n, 0, seed);
        let run = linked(&records(&keyed(rows)), &Bounds::default());
        let persons: BTreeSet<u32> = run.linkage.person_of.iter().copied().collect();
        let lost = truth.len() - persons.len();
        assert!(lost * 100 <= truth.len(), "{n}: {lost} of {} people are gone", truth.len());
    }
}

#[test]
fn few_second_records_are_found_among_many_families() {
    let (rows, truth) = town_people(8_000, 100, 4);
    let run = linked(&records(&keyed(rows)), &Bounds::default());
    let found = evaluate(&run.linkage.person_of, &truth).expect("equal lengths").pairs;
    assert!(found.precision > 0.8 && found.recall > 0.6, "{found:?}");
}

#[test]
fn one_record_of_each_person_stays_as_many_persons() {
    let (rows, truth) = families(1_500, 11);
    let mut known = BTreeSet::new();
    let rows: Vec<Row> = rows
        .into_iter()
        .zip(truth)
        .filter_map(|(row, person)| known.insert(person).then_some(row))
        .collect();
    let n = rows.len();
    let run = linked(&records(&keyed(rows)), &Bounds::default());
    let persons: BTreeSet<u32> = run.linkage.person_of.iter().copied().collect();
    assert!((n - persons.len()) * 100 <= n, "{} of {n}", persons.len());
}
