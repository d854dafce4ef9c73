//! Thirty nights of a real shop: who did nothing stays where they were.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::fixture::{Party, ids, input, moved_in_a_night, run_on, views};
use super::*;

/// The night before each thirty, in days since 1970-01-01, in the words of a calendar: all customers
/// came from January to March 1997, so that the first windows have a business that only begins.
const WINDOWS: [(&str, i32); 5] = [
    ("1997-02-01", 9893),
    ("1997-03-01", 9921),
    ("1998-01-01", 10_227),
    ("1998-03-01", 10_286),
    ("1998-06-01", 10_378),
];

/// Purchases of each customer: day and cents, ascending by day.
fn purchases() -> Option<BTreeMap<i64, Vec<(i32, i64)>>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles/data");
    let path = folder.join("cdnow_master_transactions.csv");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return None;
    };
    let mut found: BTreeMap<i64, Vec<(i32, i64)>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let customer = fields[0].parse().expect("an id");
        found
            .entry(customer)
            .or_default()
            .push((day(fields[1]), fields[3].parse().expect("cents")));
    }
    for purchases in found.values_mut() {
        purchases.sort_unstable();
    }
    Some(found)
}

/// Days since 1970-01-01 of a day of 1997 or 1998, neither a leap year.
fn day(text: &str) -> i32 {
    const BEFORE_MONTH: [i32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const START_OF_1998: i32 = 10_227;
    let part = |range: std::ops::Range<usize>| {
        text.get(range).and_then(|part: &str| part.parse::<i32>().ok()).expect("a date")
    };
    let year_start = START_OF_1998 + 365 * (part(0..4) - 1998);
    year_start + BEFORE_MONTH[part(5..7) as usize - 1] + part(8..10) - 1
}

fn parties(purchases: &BTreeMap<i64, Vec<(i32, i64)>>, night: i32) -> Vec<Party> {
    purchases
        .iter()
        .filter_map(|(&id, purchases)| {
            let known: Vec<(i32, i64)> =
                purchases.iter().copied().filter(|(day, _)| *day <= night).collect();
            let (first, last) = (known.first()?.0, known.last()?.0);
            let mut days: Vec<i32> = known.iter().map(|(day, _)| *day).collect();
            days.dedup();
            let cents: i64 = known.iter().map(|(_, cents)| cents).sum();
            let n = days.len() as i64;
            let bought = Some((i64::from(night - first), i64::from(night - last), n, cents / n));
            Some(Party { id, bought, shares: None })
        })
        .collect()
}

/// Part of the customers who did not buy that changed segment on each of the thirty nights.
fn moved(
    purchases: &BTreeMap<i64, Vec<(i32, i64)>>,
    first_night: i32,
    features: &[ValueFeature],
) -> Vec<f64> {
    let mut params = Params::default();
    params.value.features = features.to_vec();
    let mut last: Option<Tables> = None;
    let mut moved = Vec::new();
    for night in first_night..=first_night + 30 {
        let parties = parties(purchases, night);
        let tonight = run_on(night, &params, &views(vec![input(&parties)], 0, last.as_ref()));
        if let Some(last) = &last {
            moved.push(moved_in_a_night(&parties, &ids(last), &ids(&tonight)));
        }
        last = Some(tonight);
    }
    moved
}

#[test]
fn customers_who_did_nothing_stay_in_their_segments_for_thirty_nights() {
    let Some(purchases) = purchases() else { return };
    let three = [ValueFeature::DaysSinceLast, ValueFeature::Frequency, ValueFeature::NetAmount];
    let usual = Params::default().value.features;
    for features in [three.as_slice(), &usual] {
        for (name, first_night) in WINDOWS {
            let moved = moved(&purchases, first_night, features);
            let mean = moved.iter().sum::<f64>() / moved.len() as f64;
            let worst = moved.iter().copied().fold(0.0, f64::max);
            eprintln!(
                "{name}, {} features: {:.3} % a night, {:.3} % on the worst",
                features.len(),
                100.0 * mean,
                100.0 * worst
            );
            assert!(
                mean <= 0.005 && worst <= 0.02,
                "{name}: mean {mean}, worst {worst}, {moved:?}"
            );
        }
    }
}
