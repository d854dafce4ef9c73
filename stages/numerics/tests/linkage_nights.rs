//! Laws of a linkage that knows last night: who changes, and who does not.

#![cfg(test)]

mod families;

use std::collections::BTreeSet;

use families::{Draw, families, keyed, linked, records};
use idip_numerics::linkage::{
    Bounds, GuardLimits, HYSTERESIS, History, LinkageParams, evaluate, link,
};
use proptest::prelude::*;

#[test]
fn people_of_last_night_stay_and_two_of_them_join_from_a_bit_more_on() {
    let (rows, truth) = families(300, 11);
    let table = records(&keyed(rows));
    let first = linked(&table, &Bounds::default());
    let model = || Some(first.model.clone());
    let after = |history: Vec<Option<u32>>, least_weight: f64| {
        let history = History::new(history, Vec::new());
        let params = LinkageParams { history, least_weight, ..LinkageParams::default() };
        link(&table, &params, model(), &Bounds::default()).expect("links").linkage.person_of
    };
    let n = table.len() as u32;
    let nobody = || vec![None; n as usize];
    let people = |of: &[u32]| of.iter().map(|&person| Some(person)).collect::<Vec<_>>();

    // The same records are the same people, whatever number they had; new records are linked as ever.
    let plain = first.linkage.person_of.clone();
    assert_eq!(after(people(&plain), 0.0), plain);
    assert_eq!(after(plain.iter().map(|&it| Some(n - it)).collect(), 0.0), plain);
    assert_eq!(after(nobody(), 0.0), plain);

    // Where every record was a person of its own, each merge takes a bit more than it would.
    let alone: Vec<u32> = (0..n).collect();
    let strict = LinkageParams { least_weight: HYSTERESIS, ..LinkageParams::default() };
    let strict = link(&table, &strict, model(), &Bounds::default()).expect("links");
    assert_eq!(after(people(&alone), 0.0), strict.linkage.person_of);

    // Where whole families were one person, they are parted all the same: that is no matter of a bit.
    let families: Vec<u32> = truth.iter().map(|person| person / 2).collect();
    let parted = evaluate(&after(people(&families), 0.0), &truth).expect("equal lengths");
    let at_first = evaluate(&plain, &truth).expect("equal lengths");
    assert!(parted.pairs.f1() > at_first.pairs.f1() - 0.05, "{parted:?} after {at_first:?}");
    assert!(parted.pairs.precision > 0.9, "{parted:?}");
}

#[test]
fn a_changed_record_parts_and_joins_where_unchanged_ones_stay() {
    let (rows, truth) = families(300, 11);
    let table = records(&keyed(rows));
    let first = linked(&table, &Bounds::default());
    let after = |history: &[u32], unchanged: Vec<u32>| {
        let person_of = history.iter().map(|&it| Some(it)).collect();
        let history = History::new(person_of, unchanged);
        let params = LinkageParams { history, ..LinkageParams::default() };
        let model = Some(first.model.clone());
        link(&table, &params, model, &Bounds::default()).expect("links").linkage.person_of
    };
    let families: Vec<u32> = truth.iter().map(|person| person / 2).collect();
    let alone: Vec<u32> = (0..table.len() as u32).collect();
    let n_people = |of: &[u32]| of.iter().collect::<BTreeSet<_>>().len();

    // Unchanged, whole families stay one person, and every record stays a person of its own.
    assert_eq!(n_people(&after(&families, families.clone())), n_people(&families));
    assert_eq!(after(&alone, alone.clone()), alone);

    // One family that changed is parted, the others are not.
    let of_first = first.linkage.person_of.iter().zip(&families);
    let of_first: Vec<u32> = of_first.filter(|it| *it.1 == 0).map(|it| *it.0).collect();
    assert_eq!(n_people(&of_first), 2, "a couple");
    let others = families.iter().copied().filter(|&it| it != 0).collect();
    assert_eq!(n_people(&after(&families, others)), n_people(&families) + 1);

    // One record that changed finds its person, with one more of its records at most.
    let is_twin = |place: usize| first.linkage.person_of[place] == first.linkage.person_of[0];
    assert!(is_twin(1), "two records of the first person");
    let others = alone.iter().copied().filter(|&it| it != 0).collect();
    let found = after(&alone, others);
    assert!((1..found.len()).any(|place| found[place] == found[0] && is_twin(place)));
    let strangers = (1..found.len()).filter(|&place| found[place] != found[0]);
    assert_eq!(n_people(&found), strangers.count() + 1, "nobody else is joined");

    // A model that is trained again judges everybody again.
    let history = History::new(families.iter().map(|&it| Some(it)).collect(), families.clone());
    let params = LinkageParams { history, ..LinkageParams::default() };
    let trained = link(&table, &params, None, &Bounds::default()).expect("links").linkage;
    assert!(n_people(&trained.person_of) > n_people(&families) + 100);
}

/// Some other partition of the records: some people of `person_of` joined in twos, some records parted.
fn disturbed(person_of: &[u32], draw: &mut Draw) -> Vec<u32> {
    let n = person_of.len() as u64;
    let joined: Vec<u32> =
        person_of.iter().map(|&it| if draw.below(2) == 0 { it } else { it / 2 * 2 }).collect();
    let alone = |place: usize| (n as usize + place) as u32;
    let parted = joined.iter().enumerate();
    parted.map(|(place, &it)| if draw.below(10) == 0 { alone(place) } else { it }).collect()
}

/// The guard against too many records, alone.
fn at_most(most_records: usize) -> GuardLimits {
    GuardLimits { distinct: Vec::new(), most_records }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn who_did_not_change_stays_whatever_the_weights_do(
        seed in 0_u64..1_000,
        bits in -30.0_f64..30.0,
    ) {
        let (rows, _) = families(60, seed);
        let table = records(&keyed(rows));
        let first = linked(&table, &Bounds::default());
        let last = disturbed(&first.linkage.person_of, &mut Draw(seed + 1));
        let unchanged = last.clone();
        let history = History::new(last.iter().map(|&it| Some(it)).collect(), unchanged);
        let params = LinkageParams {
            history,
            guards: Some(at_most(2)),
            ..LinkageParams::default()
        };
        let mut model = first.model.clone();
        model.person_prior += bits;
        let tonight = link(&table, &params, Some(model), &Bounds::default()).expect("links");
        let tonight = tonight.linkage.person_of;
        for (a, x) in tonight.iter().enumerate() {
            for (b, y) in tonight.iter().enumerate() {
                prop_assert_eq!(x == y, last[a] == last[b]);
            }
        }
    }

    #[test]
    fn nobody_changes_but_whom_a_changed_record_meets(
        seed in 0_u64..1_000,
        bits in -30.0_f64..30.0,
        changed in 0_usize..150,
        arrived in 0_usize..150,
    ) {
        let (rows, _) = families(60, seed);
        let table = records(&keyed(rows));
        let first = linked(&table, &Bounds::default());
        let last = disturbed(&first.linkage.person_of, &mut Draw(seed + 1));
        let (changed, arrived) = (changed % table.len(), arrived % table.len());
        let mut person_of: Vec<Option<u32>> = last.iter().map(|&it| Some(it)).collect();
        person_of[arrived] = None;
        let touched = [last[changed], last[arrived]];
        let unchanged = last.iter().copied().filter(|it| !touched.contains(it)).collect();
        let params = LinkageParams {
            history: History::new(person_of, unchanged),
            guards: Some(at_most(4)),
            ..LinkageParams::default()
        };
        let mut model = first.model.clone();
        model.person_prior += bits;
        let tonight = link(&table, &params, Some(model), &Bounds::default()).expect("links");
        let tonight = tonight.linkage.person_of;
        // Whoever has none of the touched people's records has one person's records, all of them.
        for (record, &person) in tonight.iter().enumerate() {
            let of_person: Vec<usize> =
                (0..tonight.len()).filter(|&it| tonight[it] == person).collect();
            if of_person.iter().any(|&it| touched.contains(&last[it])) {
                continue;
            }
            let before: Vec<usize> =
                (0..tonight.len()).filter(|&it| last[it] == last[record]).collect();
            prop_assert_eq!(of_person, before);
        }
    }

    #[test]
    fn what_is_bound_holds_for_who_did_not_change_too(seed in 0_u64..1_000) {
        let (rows, _) = families(60, seed);
        let table = records(&keyed(rows));
        let first = linked(&table, &Bounds::default());
        let last = disturbed(&first.linkage.person_of, &mut Draw(seed + 1));
        let n = table.len() as u32;
        // Two records of one person are two, and records of three people are one.
        let of_one = (1..n).find(|&b| last[b as usize] == last[b as usize - 1]);
        prop_assume!(of_one.is_some());
        let apart = of_one.map(|b| (b - 1, b)).into_iter().collect::<Vec<_>>();
        let tied = vec![vec![apart[0].0, n / 2, n - 1]];
        prop_assume!(!tied[0].contains(&apart[0].1) && apart[0].0 < n / 2);
        let history = History::new(last.iter().map(|&it| Some(it)).collect(), last.clone());
        let params = LinkageParams { history, ..LinkageParams::default() };
        let bounds = Bounds { apart: apart.clone(), tied: tied.clone(), ..Bounds::default() };
        let tonight = link(&table, &params, Some(first.model.clone()), &bounds).expect("links");
        let tonight = tonight.linkage.person_of;
        prop_assert_ne!(tonight[apart[0].0 as usize], tonight[apart[0].1 as usize]);
        for &record in &tied[0] {
            prop_assert_eq!(tonight[record as usize], tonight[apart[0].0 as usize]);
        }
        // Nobody moves whose person of last night is in neither.
        let touched: BTreeSet<u32> =
            tied[0].iter().chain([&apart[0].1]).map(|&it| last[it as usize]).collect();
        for a in 0..tonight.len() {
            for b in 0..a {
                if !touched.contains(&last[a]) && !touched.contains(&last[b]) {
                    prop_assert_eq!(tonight[a] == tonight[b], last[a] == last[b]);
                }
            }
        }
    }
}
