//! Several nights of planted segments: births, drift, kept numbers, reasons.

use super::fixture::{
    Party, events, ids, input, parse_parties, quality, run, run_on, units, views,
};
use super::*;

/// Customers around this many days since the last purchase, purchase days and cents.
fn group(first_id: i64, n: i64, [since, days, cents]: [i64; 3], seed: u64) -> Vec<Party> {
    let mut unit = units(seed);
    (0..n)
        .map(|at| {
            let mut about = |value: i64| value + (unit() * 0.1 * value as f64) as i64;
            let bought = Some((about(700), about(since), about(days), about(cents)));
            let shares = Some(vec![0.5 + 0.001 * at as f64, 0.5 - 0.001 * at as f64]);
            Party { id: first_id + at, bought, shares }
        })
        .collect()
}

/// Three groups that no one could mistake.
fn three_groups() -> Vec<Party> {
    [
        group(1000, 60, [10, 60, 9000], 1),
        group(2000, 60, [40, 12, 2500], 2),
        group(3000, 60, [600, 5, 900], 3),
    ]
    .concat()
}

fn auto() -> Params {
    let mut params = Params::default();
    params.value.n_clusters = ClusterNumber::AUTO;
    params.value.features =
        vec![ValueFeature::DaysSinceLast, ValueFeature::PurchaseDays, ValueFeature::MeanBasket];
    params
}

fn drift_classes(written: &Tables, axis: &str) -> Vec<(String, String, i32)> {
    let batch = written.batch(&segment_drift::CONTRACT).unwrap();
    let found = segment_drift::Columns::parse(&batch).unwrap();
    (0..found.axis.len())
        .filter(|&row| found.axis.value(row) == axis)
        .map(|row| {
            let (feature, class) = (found.feature.value(row), found.class.value(row));
            (feature.to_owned(), class.to_owned(), found.trained_on.value(row))
        })
        .collect()
}

fn by_value(written: &Tables) -> BTreeMap<i64, i64> {
    ids(written).into_iter().map(|(customer, (value, _))| (customer, value)).collect()
}

#[test]
fn a_new_kind_of_customer_is_announced_as_a_born_segment() {
    let mut parties = three_groups();
    let first = run_on(1000, &auto(), &views(vec![input(&parties)], 2, None));
    let born: Vec<_> = events(&first).into_iter().filter(|event| event.0 == "value").collect();
    let event = |id, kind: &str, night| ("value".to_owned(), id, kind.to_owned(), night);
    assert_eq!(born, [1, 2, 3].map(|id| event(id, "born", 1000)));
    assert!(drift_classes(&first, "value").iter().all(|found| found.1 == "no_reference"));

    parties.extend(group(4000, 90, [300, 80, 30_000], 4));
    let second = run_on(1001, &auto(), &views(vec![input(&parties)], 2, Some(&first)));
    assert!(drift_classes(&second, "value").iter().any(|found| found.1 == "refit"));
    assert!(drift_classes(&second, "value").iter().all(|found| found.2 == 1001));
    let is_news = |event: &(String, i64, String, i32)| event.0 == "value" && event.3 == 1001;
    let news: Vec<_> = events(&second).into_iter().filter(is_news).collect();
    let born: Vec<_> = news.iter().filter(|event| event.2 == "born").cloned().collect();
    assert_eq!(born, [event(4, "born", 1001)], "{news:?}");
    assert!(news.iter().all(|event| event.2 != "dead"), "{news:?}");
    for (customer, (value, _)) in ids(&second) {
        assert_eq!(value == 4, customer >= 4000, "customer {customer} is in {value}");
    }

    // Gone again: the number 4 dies and is not given to the next kind that comes.
    parties.retain(|party| party.id < 4000);
    let third = run_on(1002, &auto(), &views(vec![input(&parties)], 2, Some(&second)));
    assert!(events(&third).contains(&event(4, "dead", 1002)), "{:?}", events(&third));
    assert_eq!(by_value(&third), by_value(&first));
    parties.extend(group(5000, 90, [300, 80, 30_000], 5));
    let fourth = run_on(1003, &auto(), &views(vec![input(&parties)], 2, Some(&third)));
    assert!(events(&fourth).contains(&event(5, "born", 1003)), "{:?}", events(&fourth));
    assert!(ids(&fourth).values().all(|ids| ids.0 != 4));
}

#[test]
fn a_shuffled_night_changes_nothing() {
    let parties = three_groups();
    let first = run(&auto(), &views(vec![input(&parties)], 2, None));
    let mut shuffled = parties.clone();
    shuffled.rotate_left(77);
    shuffled.reverse();
    let again = run(&auto(), &views(vec![input(&shuffled)], 2, None));
    assert!(again.into_iter_by_name().eq(first.clone().into_iter_by_name()));
    let whole = run(&auto(), &views(vec![input(&parties)], 2, Some(&first)));
    let (head, tail) = shuffled.split_at(50);
    let split = run(&auto(), &views(vec![input(head), input(tail)], 2, Some(&first)));
    assert!(split.into_iter_by_name().eq(whole.into_iter_by_name()));
    assert_eq!(ids(&again_of(&parties, &first)), ids(&first));
}

fn again_of(parties: &[Party], last: &Tables) -> Tables {
    let mut params = auto();
    (params.value.refit, params.need.refit) = (true, true);
    run(&params, &views(vec![input(parties)], 2, Some(last)))
}

#[test]
fn every_customer_has_a_reason_and_rules_say_who_is_where() {
    let parties = three_groups();
    let written = run(&auto(), &views(vec![input(&parties)], 2, None));
    let found = parse_parties(&written);
    for row in 0..found.customer_id.len() {
        let reason = found.value_segment_reason.value(row);
        let (feature, side) = reason.rsplit_once(':').expect("a feature and a side");
        assert!(["days_since_last", "purchase_days", "mean_basket"].contains(&feature));
        // The best buy often and much, the lapsed rarely and little, long ago.
        let id = found.customer_id.value(row);
        let is_long_ago = feature == "days_since_last";
        match id / 1000 {
            1 => assert_eq!(side == "low", is_long_ago, "{id}: {reason}"),
            3 => assert_eq!(side == "high", is_long_ago, "{id}: {reason}"),
            _ => {}
        }
    }
    let batch = written.batch(&segment_reason::CONTRACT).unwrap();
    let counts = segment_reason::Columns::parse(&batch).unwrap();
    let value = || (0..counts.axis.len()).filter(|&row| counts.axis.value(row) == "value");
    assert_eq!(value().map(|row| counts.n_customers.value(row)).sum::<i64>(), 180);
    let shares: f64 = value().map(|row| counts.customer_share.value(row)).sum();
    assert!((shares - 3.0).abs() < 1e-12);
    let batch = written.batch(&segment_rule::CONTRACT).unwrap();
    let rules = segment_rule::Columns::parse(&batch).unwrap();
    let value: Vec<usize> =
        (0..rules.axis.len()).filter(|&row| rules.axis.value(row) == "value").collect();
    assert_eq!(value.len(), 3);
    for row in value {
        // Two splits tell three groups apart without fail.
        assert_eq!((rules.fidelity.value(row), rules.n_customers.value(row)), (1.0, 60));
    }
}

#[test]
fn a_mixture_tells_how_probable_a_segment_is_and_goes_on_the_next_night() {
    let mut params = auto();
    params.value.method = ValueMethod::GaussianMixture;
    params.value.n_clusters = ClusterNumber::Fixed(3);
    let parties = three_groups();
    let first = run(&params, &views(vec![input(&parties)], 2, None));
    let found = parse_parties(&first);
    assert!(found.value_segment_probability.iter().all(|p| p.is_some_and(|p| p > 0.9)));
    for (customer, (value, _)) in ids(&first) {
        assert_eq!(value, customer / 1000);
    }
    let second = run(&params, &views(vec![input(&parties)], 2, Some(&first)));
    assert_eq!(ids(&second), ids(&first));
    let note = quality(&second, "value", "iterations").1;
    assert_eq!(note.as_deref(), Some("gone on from last night"));
    // Back to k-means there is no probability.
    params.value.method = ValueMethod::Kmeans;
    let third = run(&params, &views(vec![input(&parties)], 2, Some(&second)));
    assert_eq!(ids(&third), ids(&first));
    assert_eq!(parse_parties(&third).value_segment_probability.null_count(), 180);
}

#[test]
fn a_feature_that_is_the_same_for_all_is_told_and_takes_no_part() {
    let mut params = auto();
    params.value.n_clusters = ClusterNumber::Fixed(3);
    params.value.features.push(ValueFeature::NCategories);
    let parties = three_groups();
    let written = run(&params, &views(vec![input(&parties)], 2, None));
    let batch = written.batch(&segment_drift::CONTRACT).unwrap();
    let drift = segment_drift::Columns::parse(&batch).unwrap();
    let constant: Vec<&str> = (0..drift.axis.len())
        .filter(|&row| drift.is_constant.value(row))
        .map(|row| drift.feature.value(row))
        .collect();
    assert_eq!(constant, ["n_categories"]);
    params.value.features.pop();
    let without = run(&params, &views(vec![input(&parties)], 2, None));
    assert_eq!(ids(&without), ids(&written));
}

#[test]
fn categories_tell_customers_apart_that_numbers_do_not() {
    // One group by numbers; every other customer buys online.
    let parties = group(1000, 60, [40, 12, 2500], 1);
    let mut params = auto();
    params.value.n_clusters = ClusterNumber::Fixed(2);
    params.value.categories = vec![ValueCategory::FavouriteChannel];
    params.value.category_weight = 40.0;
    let first = run_on(1000, &params, &views(vec![input(&parties)], 2, None));
    let segments: BTreeSet<(i64, i64)> =
        by_value(&first).into_iter().map(|(customer, segment)| (customer % 2, segment)).collect();
    assert_eq!(segments.len(), 2, "{segments:?}");
    let batch = first.batch(&cluster_model::CONTRACT).unwrap();
    let model = cluster_model::Columns::parse(&batch).unwrap();
    let shares: BTreeSet<(String, String)> = (0..model.axis.len())
        .filter(|&row| model.transform.value(row) == "indicator")
        .map(|row| {
            let share = model.centroid.value(row) * model.scale.value(row) + model.mean.value(row);
            (model.feature.value(row).to_owned(), format!("{share:.1}"))
        })
        .collect();
    let of =
        |channel: &str, share: &str| (format!("favourite_channel={channel}"), share.to_owned());
    let expected =
        [of("online", "0.0"), of("online", "1.0"), of("store", "0.0"), of("store", "1.0")];
    assert_eq!(shares, BTreeSet::from(expected));
    let second = run_on(1001, &params, &views(vec![input(&parties)], 2, Some(&first)));
    assert_eq!(by_value(&second), by_value(&first));
    let note = quality(&second, "value", "iterations").1;
    assert_eq!(note.as_deref(), Some("gone on from last night"));
    // Without the category the model is another.
    params.value.categories.clear();
    let third = run_on(1002, &params, &views(vec![input(&parties)], 2, Some(&second)));
    let note = quality(&third, "value", "iterations").1.unwrap();
    assert!(note.contains("other features"), "{note}");
}
