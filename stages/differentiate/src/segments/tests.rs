mod business;
mod cdnow;
mod fixture;
mod needs;
mod nights;

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::Array;
use proptest::prelude::*;

use super::*;
use fixture::{
    Party, events, ids, input, night, params, parse_parties, planted, quality, run, views,
};

#[test]
fn planted_groups_are_found_and_numbered_best_first() {
    let written = run(&params(3, 2), &views(vec![input(&planted())], 2, None));
    for (customer, (value, need)) in ids(&written) {
        let expected = if customer == 999 { 0 } else { customer / 100 };
        assert_eq!(value, expected, "value segment of customer {customer}");
        // Fifteen customers each like books and toys; equal in size, the richer come first.
        let expected = if customer == 999 { 0 } else { 1 + (customer + 1) % 2 };
        assert_eq!(need, expected, "need segment of customer {customer}");
    }
    let parties = parse_parties(&written);
    let value: BTreeSet<_> = parties.value_segment.iter().flatten().collect();
    let need: BTreeSet<_> = parties.need_segment.iter().flatten().collect();
    assert!(value.iter().any(|name| name.starts_with("best frequent")), "{value:?}");
    assert!(value.iter().any(|name| name.starts_with("lowest lapsed")), "{value:?}");
    assert_eq!(need.into_iter().collect::<Vec<_>>(), ["books", "not_enough_purchases", "toys"]);
}

#[test]
fn cells_and_shares_add_up_to_all_money() {
    let written = run(&params(3, 2), &views(vec![input(&planted())], 2, None));
    let cells = written.batch(&value_need_cell::CONTRACT).unwrap();
    let cells = value_need_cell::Columns::parse(&cells).unwrap();
    assert_eq!(cells.n_customers.values().iter().sum::<i64>(), 31);
    // Σ days · cents: 40 · (10 · 9000 + 45) + 8 · (10 · 2500 + 45) + 4 · (10 · 800 + 45).
    assert_eq!(cells.net_amount.values().iter().sum::<i128>(), 3_834_340);
    // The prospect has a cell of its own.
    assert_eq!((cells.value_segment_id.value(0), cells.need_segment_id.value(0)), (0, 0));
    assert_eq!(cells.n_customers.len(), 7);
}

#[test]
fn rows_in_any_order_and_batches_give_the_same_bytes() {
    let parties = planted();
    let whole = run(&params(3, 2), &views(vec![input(&parties)], 2, None));
    let mut shuffled = parties.clone();
    shuffled.reverse();
    shuffled.rotate_left(7);
    let (head, tail) = shuffled.split_at(11);
    let split = run(&params(3, 2), &views(vec![input(head), input(tail)], 2, None));
    assert!(split.into_iter_by_name().eq(whole.into_iter_by_name()));
}

#[test]
fn who_did_nothing_stays_in_the_segment_of_last_night_with_its_name() {
    let mut parties = planted();
    let first = run(&params(3, 2), &views(vec![input(&parties)], 2, None));
    // A customer of the middle group buys like the best; everybody else does nothing.
    parties.iter_mut().find(|party| party.id == 203).unwrap().bought = Some((903, 2, 40, 9000));
    let second = run(&params(3, 2), &views(vec![input(&parties)], 2, Some(&first)));
    let mut expected = ids(&first);
    expected.get_mut(&203).unwrap().0 = 1;
    assert_eq!(ids(&second), expected);
    assert!(quality(&second, "value", "iterations").1.unwrap().contains("last night"));
    let names = |tables: &Tables| {
        let parties = parse_parties(tables);
        let names: BTreeMap<i64, String> = parties
            .value_segment_id
            .values()
            .iter()
            .copied()
            .zip(parties.value_segment.iter().flatten().map(str::to_owned))
            .collect();
        names
    };
    assert_eq!(names(&second), names(&first));
}

#[test]
fn a_new_fit_takes_the_numbers_of_the_nearest_segments() {
    let parties = planted();
    let first = run(&params(3, 2), &views(vec![input(&parties)], 2, None));
    let mut cold = params(3, 2);
    (cold.value.warm_start, cold.need.warm_start) = (false, false);
    // However far they moved.
    cold.continuity = ContinuityParams {
        distance_max: 5.0,
        overlap_min: 0.0,
        gain_min: 0.0,
        ..ContinuityParams::default()
    };
    // The best spend less, and the middle group now spends more than they: 40 · 30.00 and 8 · 160.00.
    let mut poorer = parties;
    for party in &mut poorer {
        match (party.id / 100, party.id % 10) {
            (1, at) => party.bought = Some((900 + at, 2, 40, 3000 + at)),
            (2, at) => party.bought = Some((300 + at, 30, 8, 16_000 + at)),
            _ => {}
        }
    }
    let second = run(&cold, &views(vec![input(&poorer)], 2, Some(&first)));
    assert_eq!(ids(&second), ids(&first));
    let anew = run(&cold, &views(vec![input(&poorer)], 2, None));
    assert_ne!(ids(&anew), ids(&first));
    // By default segments that moved this far are others: the two that did are dead, two are born.
    cold.continuity = ContinuityParams::default();
    let third = run(&cold, &views(vec![input(&poorer)], 2, Some(&first)));
    let born: BTreeSet<i64> = ids(&third).values().map(|ids| ids.0).collect();
    assert_eq!(born, BTreeSet::from([0, 3, 4, 5]));
    let value: Vec<_> = events(&third).into_iter().filter(|event| event.0 == "value").collect();
    let dead: Vec<_> =
        value.iter().filter(|event| event.2 == "dead").map(|event| event.1).collect();
    assert_eq!((dead, value.len()), (vec![1, 2], 7));
}

#[test]
fn a_new_category_renumbers_nobody() {
    let mut parties = planted();
    let first = run(&params(3, 2), &views(vec![input(&parties)], 2, None));
    parties
        .iter_mut()
        .filter_map(|party| party.shares.as_mut())
        .for_each(|shares| shares.push(0.0));
    let second = run(&params(3, 2), &views(vec![input(&parties)], 3, Some(&first)));
    assert_eq!(ids(&second), ids(&first));
}

#[test]
fn more_clusters_than_customers_are_cut_and_noted() {
    let few: Vec<Party> = planted().into_iter().filter(|party| party.id % 100 < 1).collect();
    let written = run(&params(5, 6), &views(vec![input(&few)], 2, None));
    let (n, note) = quality(&written, "value", "n_clusters");
    assert_eq!(n, Some(3.0));
    assert_eq!(note.as_deref(), Some("5 asked for; no more customers differ"));
}

#[test]
fn customers_who_are_all_alike_are_one_segment() {
    let alike: Vec<Party> = (1..=9)
        .map(|id| Party { id, bought: Some((50, 5, 4, 1000)), shares: Some(vec![0.5, 0.5]) })
        .collect();
    let written = run(&Params::default(), &views(vec![input(&alike)], 2, None));
    assert!(ids(&written).values().all(|&ids| ids == (1, 1)));
    assert_eq!(quality(&written, "value", "n_clusters").0, Some(1.0));
    assert_eq!(quality(&written, "value", "silhouette").0, None);
    assert_eq!(parse_parties(&written).value_segment.value(0), "all");
}

#[test]
fn one_customer_is_one_segment_and_nobody_is_none() {
    let one = Party { id: 4, bought: Some((50, 5, 4, 1000)), shares: Some(vec![0.5, 0.5]) };
    let written = run(&Params::default(), &views(vec![input(&[one])], 2, None));
    assert_eq!(ids(&written), BTreeMap::from([(4, (1, 1))]));
    let written = run(&Params::default(), &views(vec![], 2, None));
    assert_eq!(ids(&written), BTreeMap::new());
    assert_eq!(quality(&written, "need", "n_clusters").0, Some(0.0));
    let prospect = Party { id: 4, bought: None, shares: None };
    let written = run(&Params::default(), &views(vec![input(&[prospect])], 0, None));
    assert_eq!(ids(&written), BTreeMap::from([(4, (0, 0))]));
}

#[test]
fn one_category_is_what_everybody_needs() {
    let mut parties = planted();
    parties
        .iter_mut()
        .filter_map(|party| party.shares.as_mut())
        .for_each(|shares| *shares = vec![1.0]);
    let written = run(&params(3, 2), &views(vec![input(&parties)], 1, None));
    assert!(ids(&written).iter().all(|(&id, ids)| ids.1 == i64::from(id != 999)));
    let note = quality(&written, "need", "n_clusters").1;
    assert_eq!(note.as_deref(), Some("2 asked for; fewer than two categories"));
}

#[test]
fn few_baskets_tell_no_need() {
    let mut parties = planted();
    parties.iter_mut().find(|party| party.id == 104).unwrap().bought = Some((900, 2, 2, 9000));
    let written = run(&params(3, 2), &views(vec![input(&parties)], 2, None));
    assert_eq!(ids(&written)[&104].1, 0);
    assert_eq!(ids(&written)[&104].0, 1);
}

#[test]
fn a_centroid_is_the_mean_of_its_customers_prepared_as_the_model_says() {
    let written = run(&params(3, 2), &views(vec![input(&planted())], 2, None));
    let batch = written.batch(&cluster_model::CONTRACT).unwrap();
    let model = cluster_model::Columns::parse(&batch).unwrap();
    let row = (0..model.axis.len())
        .find(|&row| {
            model.axis.value(row) == "value"
                && model.cluster.value(row) == 2
                && model.feature.value(row) == "mean_basket"
        })
        .unwrap();
    // Money of a basket of the middle group: 25.00 to 25.09.
    let prepared = |cents: i64| {
        let x = (cents as f64 / 100.0).ln_1p();
        let x = x.clamp(model.lower_bound.value(row), model.upper_bound.value(row));
        (x - model.mean.value(row)) / model.scale.value(row)
    };
    let expected = (2500..2510).map(prepared).sum::<f64>() / 10.0;
    assert!((model.centroid.value(row) - expected).abs() < 1e-12);
}

#[test]
fn an_rfm_segment_that_no_rule_gives_stops_the_night() {
    let mut params = Params::default();
    params.rfm.segments.retain(|rule| rule.name != "loyal");
    let error = Segments::new(params)
        .run(&night(7), &views(vec![input(&planted())], 2, None))
        .expect_err("the input says `loyal`");
    assert_eq!(error.to_string(), "RFM segment `loyal` of `rfm_score` is not in rfm.segments");
}

fn party() -> impl Strategy<Value = Party> {
    let bought = prop::option::of((0..800_i64, 0..300_i64, 1..9_i64, -500..5000_i64))
        .prop_map(|bought| bought.map(|(t, since, days, cents)| (t + since, since, days, cents)));
    let books = prop::option::of(0.0..=1.0_f64);
    (bought, books).prop_map(|(bought, books)| Party {
        id: 0,
        bought,
        shares: books.filter(|_| bought.is_some()).map(|books| vec![books, 1.0 - books]),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_parties_are_segmented_and_their_order_changes_nothing(
        mut parties in prop::collection::vec(party(), 0..40),
        n_value in 1..7_usize,
        n_need in 1..7_usize,
        turn in any::<prop::sample::Index>(),
    ) {
        parties.iter_mut().zip(1..).for_each(|(party, id)| party.id = id);
        let params = params(n_value, n_need);
        let before = run(&params, &views(vec![input(&parties)], 2, None));
        if !parties.is_empty() {
            let at = turn.index(parties.len());
            parties.rotate_left(at);
        }
        let after = run(&params, &views(vec![input(&parties)], 2, None));
        prop_assert!(after.into_iter_by_name().eq(before.into_iter_by_name()));
    }
}
