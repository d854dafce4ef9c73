//! Laws of a linkage: what it depends on, and what its parts add up to.

#![cfg(test)]

mod families;

use std::collections::BTreeSet;

use families::{Draw, Row, families, keyed, linked, records};
use idip_numerics::linkage::{
    Bounds, GuardLimits, Linkage, LinkageParams, Model, PooledEvidence, Records, Scorer,
    SharedLimit, Violation, evaluate, explain, link, quarantine,
};
use proptest::prelude::*;

/// The person of each key, numbered by key.
fn partition(records: &Records, linkage: &Linkage, n: usize) -> Vec<u32> {
    let mut of_row = vec![0; n];
    for (row, person) in records.rows().iter().zip(&linkage.person_of) {
        of_row[*row as usize] = *person;
    }
    of_row
}

#[test]
fn families_stay_apart_and_their_households_are_found() {
    let (rows, truth) = families(900, 7);
    let table = records(&keyed(rows));
    let run = linked(&table, &Bounds::default());
    let found = evaluate(&run.linkage.person_of, &truth).expect("equal lengths");
    assert!(found.pairs.f1() > 0.97 && found.pairs.precision > 0.97, "{found:?}");
    assert!(run.model.household_prior.is_some());
    let households: Vec<u32> =
        run.linkage.person_of.iter().map(|&p| run.linkage.household_of[p as usize]).collect();
    let homes: Vec<u32> = truth.iter().map(|person| person / 2).collect();
    let found = evaluate(&households, &homes).expect("equal lengths");
    assert!(found.pairs.f1() > 0.9, "{found:?}");
    // What the weights expect of themselves is near what they are.
    let expected = run.linkage.quality.precision.expect("pairs are linked");
    assert!(expected > 0.9 && expected <= 1.0, "{expected}");
}

#[test]
fn copies_beyond_the_guard_stay_one_person_and_are_told() {
    let (mut rows, _) = families(900, 7);
    let whole = |row: &Row| row.iter().all(|value| !value.is_empty());
    let copied = rows.iter().find(|row| whole(row)).expect("one says everything").clone();
    let n = rows.len();
    rows.extend(std::iter::repeat_n(copied, 70));
    let table = records(&keyed(rows));
    let guards = Some(GuardLimits { distinct: Vec::new(), most_records: 60 });
    let params = LinkageParams { guards, ..LinkageParams::default() };
    let found = link(&table, &params, None, &Bounds::default()).expect("links").linkage;
    let of_copies: BTreeSet<u32> = table
        .rows()
        .iter()
        .zip(&found.person_of)
        .filter(|(row, _)| **row as usize >= n)
        .map(|(_, person)| *person)
        .collect();
    assert_eq!(of_copies.len(), 1);
    let told = found.for_review.iter().map(|(person, why)| (*person, *why));
    assert!(
        told.collect::<Vec<_>>().contains(&(*of_copies.first().expect("one"), Violation::Records))
    );
}

#[test]
fn the_order_of_rows_and_the_threads_change_nothing() {
    let (rows, _) = families(300, 3);
    let rows = keyed(rows);
    let table = records(&rows);
    let one = linked(&table, &Bounds::default());
    let mut shuffled: Vec<usize> = (0..rows.len()).collect();
    let mut draw = Draw(5);
    for place in (1..shuffled.len()).rev() {
        shuffled.swap(place, draw.below(place as u64 + 1) as usize);
    }
    let moved: Vec<(String, Row)> = shuffled.iter().map(|&place| rows[place].clone()).collect();
    let moved_table = records(&moved);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let other = pool.install(|| linked(&moved_table, &Bounds::default()));
        assert_eq!(one.linkage.person_of, other.linkage.person_of);
        assert_eq!(one.linkage.household_of, other.linkage.household_of);
        assert_eq!(one.linkage.edges, other.linkage.edges);
        assert_eq!(one.model, other.model);
    }
    let back = partition(&moved_table, &one.linkage, rows.len());
    let straight = partition(&table, &one.linkage, rows.len());
    for (place, &old) in shuffled.iter().enumerate() {
        assert_eq!(back[place], straight[old]);
    }
}

#[test]
fn a_stored_model_gives_the_same_people() {
    let (rows, _) = families(300, 11);
    let table = records(&keyed(rows));
    let first = linked(&table, &Bounds::default());
    let stored = serde_json::to_string(&first.model).expect("is written");
    let read: Model = serde_json::from_str(&stored).expect("is read");
    assert_eq!(read, first.model);
    let again =
        link(&table, &LinkageParams::default(), Some(read), &Bounds::default()).expect("links");
    assert_eq!(again.linkage.person_of, first.linkage.person_of);
    assert!(!again.model.has_drifted(&again.linkage.n_level_pairs));
    // Records that agree far less are another population.
    let none: Vec<Vec<u64>> = again
        .linkage
        .n_level_pairs
        .iter()
        .map(|counts| counts.iter().rev().copied().collect())
        .collect();
    assert!(again.model.has_drifted(&none));
}

#[test]
fn a_value_of_many_people_links_nobody() {
    let (mut rows, _) = families(40, 13);
    for row in rows.iter_mut().take(60) {
        row[3] = "tienda@x.es".to_owned();
    }
    let mut table = records(&keyed(rows));
    let limits = [SharedLimit { field: "email".to_owned(), most_people: 8 }];
    let shared = quarantine(&mut table, &limits);
    assert_eq!(shared.len(), 1);
    assert!(shared[0].value == "tienda@x.es" && shared[0].n_people > 8, "{shared:?}");
    assert_eq!(shared[0].n_records, 60);
    assert!((0..table.len() as u32).all(|record| table.value(record, 3) != "tienda@x.es"));
}

#[test]
fn pairs_alike_in_name_alone_do_not_link() {
    let name = |key: &str| {
        let mut row: Row = Default::default();
        row[0] = "ana".to_owned();
        row[1] = "garcia".to_owned();
        (key.to_owned(), row)
    };
    let (rows, _) = families(200, 17);
    let mut rows = keyed(rows);
    rows.extend([name("z1"), name("z2")]);
    let table = records(&rows);
    let run = linked(&table, &Bounds::default());
    let n = table.len();
    assert_ne!(run.linkage.person_of[n - 1], run.linkage.person_of[n - 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_parts_of_a_weight_sum_to_it(seed in 0_u64..1_000, a in 0_u32..150, b in 0_u32..150) {
        let (rows, _) = families(80, seed);
        let table = records(&keyed(rows));
        let run = linked(&table, &Bounds::default());
        let n = table.len() as u32;
        let (a, b) = (a % n, b % n);
        prop_assume!(a != b);
        let scorer = Scorer::new(&run.model, &table, &run.comparisons);
        let pattern = run.comparisons.pattern(&table, a, b);
        let weight = scorer.evidence(a, pattern).weight();
        let sum: f64 = explain(&scorer, a, b).iter().map(|part| part.bits).sum();
        prop_assert!((sum - weight).abs() < 1e-9, "{sum} {weight}");
        // Either record may come first.
        prop_assert!((scorer.evidence(b, pattern).weight() - weight).abs() < 1e-9);
        prop_assert_eq!(run.comparisons.pattern(&table, b, a), pattern);
    }

    #[test]
    fn evidence_adds_up(seed in 0_u64..1_000, cut in 1_usize..5) {
        let (rows, _) = families(60, seed);
        let table = records(&keyed(rows));
        let run = linked(&table, &Bounds::default());
        let scorer = Scorer::new(&run.model, &table, &run.comparisons);
        let of = |pairs: &[(u32, u32)]| {
            let mut sum = PooledEvidence::default();
            for &(a, b) in pairs {
                sum.add(&PooledEvidence::of_pair(&scorer, a, run.comparisons.pattern(&table, a, b)));
            }
            sum
        };
        // Records 0..6 against 6: in one go, and as two parts put together.
        let pairs: Vec<(u32, u32)> = (0..6).map(|a| (a, 6)).collect();
        let (one, other) = pairs.split_at(cut);
        let mut added = of(one);
        added.add(&of(other));
        let direct = of(&pairs);
        let (x, y) = (added.joint(&scorer), direct.joint(&scorer));
        prop_assert!((x.person - y.person).abs() < 1e-9 && (x.strangers - y.strangers).abs() < 1e-9);
        // The direct mean over the pairs of each comparison.
        let mut expected = scorer.priors().0;
        for k in 0..run.comparisons.list().len() {
            let levels: Vec<f64> = pairs
                .iter()
                .flat_map(|&(a, b)| {
                    scorer.level_evidence(a, run.comparisons.pattern(&table, a, b)).collect::<Vec<_>>()
                })
                .filter(|level| level.comparison == k)
                .map(|level| level.person)
                .collect();
            if !levels.is_empty() {
                expected += levels.iter().sum::<f64>() / levels.len() as f64;
            }
        }
        prop_assert!((direct.joint(&scorer).person - expected).abs() < 1e-9);
    }

    #[test]
    fn what_is_bound_holds_whatever_the_evidence_says(seed in 0_u64..1_000) {
        let (rows, truth) = families(60, seed);
        let table = records(&keyed(rows));
        let free = linked(&table, &Bounds::default());
        let n = table.len() as u32;
        let mut apart = Vec::new();
        for b in 1..n {
            if free.linkage.person_of[b as usize] == free.linkage.person_of[b as usize - 1] {
                apart.push((b - 1, b));
            }
        }
        prop_assume!(!apart.is_empty());
        // Two who are tied bring along records that are apart.
        let beside = |record: u32| {
            let person = free.linkage.person_of[record as usize];
            (0..n).find(|&r| r != record && free.linkage.person_of[r as usize] == person)
        };
        apart.extend(beside(0).zip(beside(n - 1)).filter(|(a, b)| a != b));
        let tied = vec![vec![0, n / 2, n - 1]];
        prop_assume!(!apart.iter().any(|pair| tied[0].contains(&pair.0) && tied[0].contains(&pair.1)));
        let bounds = Bounds { tied, apart: apart.clone(), ..Bounds::default() };
        let bound = linked(&table, &bounds).linkage;
        for (a, b) in apart {
            prop_assert_ne!(bound.person_of[a as usize], bound.person_of[b as usize]);
        }
        prop_assert_eq!(bound.person_of[0], bound.person_of[n as usize / 2]);
        prop_assert_eq!(bound.person_of[0], bound.person_of[n as usize - 1]);
        prop_assert_eq!(truth.len(), bound.person_of.len());
    }
    #[test]
    fn who_is_tied_brings_its_person_along_and_moves_nobody_else(seed in 0_u64..1_000) {
        let (rows, _) = families(60, seed);
        let table = records(&keyed(rows));
        let free = linked(&table, &Bounds::default()).linkage.person_of;
        let last = free.len() as u32 - 1;
        let bounds = Bounds { tied: vec![vec![0, last]], ..Bounds::default() };
        let bound = linked(&table, &bounds).linkage.person_of;
        let (of_first, of_last) = (free[0], free[last as usize]);
        let as_one = |person: u32| if person == of_last { of_first } else { person };
        for (a, x) in free.iter().enumerate() {
            for (b, y) in free.iter().enumerate() {
                prop_assert_eq!(bound[a] == bound[b], as_one(*x) == as_one(*y));
            }
        }
    }
}
