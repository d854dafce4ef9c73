//! The linkage of records, once more as plain SQL: candidates by joins on the keys of blocking rules, levels
//! by `CASE`, weights by sums over the parameters of the model.
//!
//! It shares no code with the linkage of `idip-numerics`. Given to both are the values of the records, the
//! list of rules and the trained model; which value's frequency a level is about is written down here a second
//! time. Distances of texts are those of [`likeness`], after their papers. Blocks above their limit, the
//! training and the clusters are not looked at.

mod by_kernel;
mod in_sql;
mod likeness;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::cast::AsArray;
use idip_numerics::linkage::{Bounds, LinkageParams, LinkageRun, Records, Scorer, link};

use super::{Engine, EngineLimits};

type Pair = (String, String);

/// A pair of records as one side sees it.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    /// First rule that holds the pair.
    rule: i64,
    /// Level of each comparison that can be made.
    levels: BTreeMap<String, i64>,
}

/// What a pair weighs: in all, and by part.
struct Weighed {
    weight: f64,
    is_enough: bool,
    parts: BTreeMap<String, f64>,
}

/// Added to and taken off each likeness: `campos` and `campos castillo` are alike at 0.88 exactly, and the last
/// bits decide whether that reaches the limit of 0.88.
const ROUNDING: f64 = 1e-12;

/// Compares both sides under one model.
fn both_agree(engine: &Engine, records: &Records, run: &LinkageRun) {
    let refs = in_sql::ask(engine, "SELECT party_ref FROM record ORDER BY party_ref");
    let refs = refs.column(0).as_string::<i32>();
    let keys: Vec<String> = refs.iter().map(|name| name.unwrap().to_owned()).collect();
    let answers = [ROUNDING, -ROUNDING].map(|rounding| {
        likeness::register(&engine.session, rounding);
        in_sql::answer(engine, run, records.len());
        (in_sql::seen(engine), in_sql::weighed(engine))
    });
    let [(seen, weighed), (seen_below, _)] = &answers;
    let at_a_limit = seen.iter().filter(|&(pair, seen)| seen_below.get(pair) != Some(seen)).count();
    assert!(seen.len() > 5_000 && 100 * at_a_limit < seen.len(), "{at_a_limit} of {}", seen.len());

    let expected = by_kernel::seen(records, run, &keys);
    let candidates = |seen: &BTreeMap<Pair, Seen>| seen.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(candidates(seen), candidates(&expected));
    assert!(weighed.keys().eq(seen.keys()));
    let mut n_pairs = vec![0; run.blocks.rules().len()];
    for seen in seen.values() {
        n_pairs[seen.rule as usize] += 1;
    }
    assert_eq!(n_pairs, run.linkage.n_pairs);

    let number: BTreeMap<&str, u32> = keys.iter().map(String::as_str).zip(0..).collect();
    let scorer = Scorer::new(&run.model, records, &run.comparisons);
    let mut links = Vec::new();
    for (pair, expected) in &expected {
        let side = answers.iter().find(|(seen, _)| &seen[pair] == expected);
        let Some((_, weighed)) = side else {
            panic!("{pair:?}: {:?}, expected {expected:?}", seen[pair]);
        };
        let weighed = &weighed[pair];
        let (a, b) = (number[pair.0.as_str()], number[pair.1.as_str()]);
        let pattern = run.comparisons.pattern(records, a, b);
        let weight = scorer.evidence(a, pattern).weight();
        assert!((weighed.weight - weight).abs() < 1e-9, "{} is {weight}", weighed.weight);
        assert_eq!(weighed.is_enough, scorer.is_enough(pattern));
        let parts = by_kernel::explained(&scorer, a, b);
        assert!(parts.keys().eq(weighed.parts.keys()), "{parts:?} {:?}", weighed.parts);
        for (part, bits) in &weighed.parts {
            assert!((parts[part] - bits).abs() < 1e-9, "{part}: {bits} is {}", parts[part]);
        }
        if weighed.is_enough && weighed.weight >= 0.0 {
            links.push((a, b));
        }
    }
    let kept = run.linkage.edges.iter().filter(|edge| edge.weight >= 0.0);
    assert!(kept.map(|edge| (edge.a, edge.b)).eq(links), "the pairs that link");
}

#[test]
fn candidates_levels_and_weights_are_those_of_plain_sql() {
    let folder = tempfile::tempdir().unwrap();
    let limits = EngineLimits { threads: 2, memory: 512 << 20, spill: folder.path().to_owned() };
    let engine = Engine::start(&limits).unwrap();
    let records = world::records(&engine, folder.path());
    let run = |model| link(&records, &LinkageParams::default(), model, &Bounds::default()).unwrap();
    let first = run(None);
    let names: BTreeSet<&str> = first.model.comparisons.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names.len(), 14, "every comparison is made: {names:?}");
    both_agree(&engine, &records, &first);

    // A model of another number of records, with three classes, as of a night before.
    let mut model = first.model;
    model.n_records /= 2;
    model.household_prior = Some(model.person_prior - 1.5);
    both_agree(&engine, &records, &run(Some(model)));
}
