use arrow_array::StringArray;
use proptest::prelude::*;

use super::*;
use crate::linkage::field::Field;

fn records(rows: &[(&str, &str)]) -> Records {
    let keys: StringArray = (0..rows.len()).map(|n| Some(format!("{n:04}"))).collect();
    let first: StringArray = rows.iter().map(|row| Some(row.0)).collect();
    let last: StringArray = rows.iter().map(|row| Some(row.1)).collect();
    let fields = [
        (Field::new("first_name", FieldKind::FirstName), &first),
        (Field::new("last_name", FieldKind::LastName), &last),
    ];
    Records::new(&keys, &fields).expect("is well formed")
}

fn rules(texts: &[&str]) -> Vec<BlockingRule> {
    texts.iter().map(|text| text.parse().expect("is a rule")).collect()
}

#[test]
fn blocks_hold_the_records_that_share_a_key() {
    let table = records(&[("ana", "gil"), ("eva", "gil"), ("ana", "ruiz"), ("", "gil")]);
    let rules = rules(&["last_name", "first_name:1", "last_name, first_name"]);
    let blocks = Blocks::build(&table, &rules, 10).expect("columns are known");
    assert_eq!(blocks.rules()[0].block(0), [0, 1, 3]);
    assert_eq!(blocks.rules()[1].block(0), [0, 2]);
    assert!(blocks.rules()[2].is_empty());
    assert_eq!(blocks.rules()[0].n_pairs(), 3);
    assert_eq!(blocks.first_rule(0, 2), Some(1));
    assert_eq!(blocks.first_rule(1, 2), None);
}

#[test]
fn swapped_names_meet_in_either_order() {
    let table = records(&[("ana", "gil"), ("gil", "ana"), ("gil", "gil")]);
    let blocks = Blocks::build(&table, &rules(&["names"]), 10).expect("columns are known");
    assert_eq!(blocks.first_rule(0, 1), Some(0));
    assert_eq!(blocks.first_rule(1, 2), None);
}

#[test]
fn a_large_block_is_divided_and_what_it_loses_is_counted() {
    // Four records of one family name, cap 3: divided by given name into 2 + 1 + 1.
    let table = records(&[("ana", "gil"), ("eva", "gil"), ("ana", "gil"), ("luz", "gil")]);
    let blocks = Blocks::build(&table, &rules(&["last_name"]), 3).expect("columns are known");
    let rule = &blocks.rules()[0];
    assert_eq!((rule.n_oversized, rule.n_largest), (1, 4));
    assert_eq!((rule.n_pairs_of_rule, rule.n_pairs(), rule.n_pairs_cut), (6, 1, 5));
    // No column is left that divides four equal records.
    let table = records(&[("ana", "gil"); 4]);
    let blocks = Blocks::build(&table, &rules(&["last_name"]), 3).expect("columns are known");
    assert_eq!(blocks.rules()[0].n_pairs_cut, 6);
}

#[test]
fn of_rare_names_whole_sizes_are_kept_until_they_are_enough() {
    // Blocks of 2, 2, 3 and 4 records: 1 + 1, 3 and 6 pairs.
    let names = ["ana", "ana", "eva", "eva", "luz", "luz", "luz", "mar", "mar", "mar", "mar"];
    let table = records(&names.map(|name| (name, "gil")));
    let rule = &rules(&["first_name"])[0];
    for (n_pairs, kept) in [(0, 0), (1, 2), (2, 2), (3, 5), (6, 11), (99, 11)] {
        let blocks = Blocks::build_rare(&table, rule, 10, n_pairs).expect("columns are known");
        assert_eq!(blocks.rules()[0].n_pairs(), kept, "of {n_pairs} pairs");
    }
    let blocks = Blocks::build_rare(&table, rule, 10, 3).expect("columns are known");
    assert_eq!(blocks.first_rule(4, 6), Some(0));
    assert_eq!(blocks.first_rule(7, 8), None);
}

#[test]
fn an_unknown_column_is_named() {
    let error = Blocks::build(&records(&[]), &rules(&["shoe_size"]), 3).expect_err("is refused");
    assert_eq!(error, LinkageError::UnknownField { field: "shoe_size".to_owned() });
}

proptest! {
    #[test]
    fn a_pair_shares_a_block_exactly_when_it_shares_the_key(
        rows in prop::collection::vec(
            (prop::sample::select(vec!["ana", "eva", "ada", ""]),
             prop::sample::select(vec!["gil", "ruiz", "gomez", ""])),
            0..30,
        ),
    ) {
        let table = records(&rows);
        let rules = rules(&["first_name:1, last_name", "last_name:1"]);
        let blocks = Blocks::build(&table, &rules, 100).expect("columns are known");
        let mut n_pairs = [0, 0];
        for b in 0..rows.len() {
            for a in 0..b {
                let (x, y) = (rows[a], rows[b]);
                let first = |name: &'static str| name.chars().next();
                let holds = [
                    first(x.0).is_some() && first(x.0) == first(y.0) && !x.1.is_empty() && x.1 == y.1,
                    first(x.1).is_some() && first(x.1) == first(y.1),
                ];
                for (n, holds) in n_pairs.iter_mut().zip(holds) {
                    *n += u64::from(holds);
                }
                let expected = holds.iter().position(|&holds| holds);
                prop_assert_eq!(blocks.first_rule(a as u32, b as u32), expected);
            }
        }
        for (rule, n) in blocks.rules().iter().zip(n_pairs) {
            prop_assert_eq!(rule.n_pairs(), n);
        }
    }
}
