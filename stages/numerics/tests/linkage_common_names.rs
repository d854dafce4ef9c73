//! A table most of whose people share their names with hundreds of strangers of their town.

#![cfg(test)]

mod families;

use families::{Draw, Row, families, keyed, linked, records};
use idip_numerics::linkage::{Bounds, evaluate};

const FIRST: [&str; 6] = ["ana", "luis", "eva", "jose", "maria", "pedro"];
/// Two to each of five towns.
const LAST: [&str; 10] =
    ["garcia", "ruiz", "moreno", "santos", "vega", "luna", "campos", "gil", "ibarra", "vidal"];

/// Two records of each person; of four people one has a rare name. Strangers of one name live in one town.
fn people(n: usize) -> (Vec<Row>, Vec<u32>) {
    let mut draw = Draw(7);
    let (mut rows, mut truth) = (Vec::new(), Vec::new());
    for person in 0..n {
        let mut below = |n: u64| draw.below(n) as usize;
        let town = below(5);
        let (mut first, mut last) =
            (FIRST[below(6)].to_owned(), LAST[2 * town + below(2)].to_owned());
        if person % 4 == 0 {
            first = format!("{first}{}{}", FIRST[below(6)], LAST[below(10)]);
            last = format!("{}{}{last}", LAST[below(10)], LAST[below(10)]);
        }
        let code = format!("{town}{town}{:03}", draw.below(40));
        let street = format!("calle {} {}", LAST[town], draw.below(60));
        let born = format!(
            "{}-{:02}-{:02}",
            1950 + draw.below(50),
            1 + draw.below(12),
            1 + draw.below(28)
        );
        let email = format!("{}{}@x.es", &first[..3], draw.below(10_000_000));
        let phone = format!("6{:08}", draw.below(100_000_000));
        for _ in 0..2 {
            rows.push([
                first.clone(),
                last.clone(),
                draw.keep(&born, 8),
                draw.keep(&email, 6),
                draw.keep(&phone, 6),
                draw.keep(&code, 9),
                draw.keep(&street, 7),
            ]);
            truth.push(person as u32);
        }
    }
    (rows, truth)
}

#[test]
fn persons_are_learnt_whether_most_pairs_of_a_name_are_strangers_or_few() {
    for (world, (rows, truth)) in [("common", people(6_000)), ("rare", families(900, 7))] {
        let run = linked(&records(&keyed(rows)), &Bounds::default());
        let born = run.model.comparisons.iter().find(|it| it.name == "birth_date");
        let equal = &born.expect("is compared").levels[0];
        assert!(equal.same_person > 0.8, "{world}: {equal:?}");
        assert!(equal.same_household < 0.5 * equal.same_person, "{world}: {equal:?}");
        let found = evaluate(&run.linkage.person_of, &truth).expect("equal lengths").pairs;
        assert!(found.precision > 0.95 && found.f1() > 0.9, "{world}: {found:?} {}", found.f1());
    }
}
