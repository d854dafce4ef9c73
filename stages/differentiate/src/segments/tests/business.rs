//! Nights of a simulated business that grows, with a kind of customer that comes on one of them.

use super::fixture::{Party, events, ids, input, moved_in_a_night, quality, run_on, units, views};
use super::*;

/// First night, in days since 1970-01-01.
const FIRST_NIGHT: i32 = 20_000;

/// A customer and all it ever buys.
struct Customer {
    /// Days before [`FIRST_NIGHT`] on which it bought, and after it as negative numbers.
    days: Vec<i32>,
    cents: i64,
}

/// A business of 400 days: customers come every day, buy at their own rate and at some time no more, as
/// the Pareto/NBD model has it (Schmittlein, Morrison and Colombo 1987).
fn business(n: usize, seed: u64) -> Vec<Customer> {
    let mut unit = units(seed);
    let mut customer = || {
        let from = 400 - (unit() * 430.0) as i32;
        let rate = 0.002 + 0.05 * unit().powi(4);
        let end = f64::from(from) + 60.0 * ln_of_unit(unit()) / 0.4;
        let cents = 1000 + (9000.0 * unit().powi(3)) as i64;
        let mut days = vec![from];
        let mut at = f64::from(from);
        loop {
            at += ln_of_unit(unit()) / rate;
            if at < end || at < -40.0 {
                break;
            }
            days.push(at as i32);
        }
        Customer { days, cents }
    };
    (0..n).map(|_| customer()).collect()
}

/// Logarithm of a uniform number, never infinite.
fn ln_of_unit(u: f64) -> f64 {
    u.max(1e-12).ln()
}

/// Customers as the night sees them; customer `i` has the id `i + 1`.
fn parties(customers: &[Customer], night: i32) -> Vec<Party> {
    (1..)
        .zip(customers)
        .filter_map(|(id, customer)| {
            let ago = |day: i32| i64::from(night - FIRST_NIGHT + day);
            let mut known: Vec<i64> =
                customer.days.iter().map(|&day| ago(day)).filter(|&ago| ago >= 0).collect();
            known.dedup();
            let bought = (*known.first()?, *known.last()?, known.len() as i64, customer.cents);
            Some(Party { id, bought: Some(bought), shares: None })
        })
        .collect()
}

/// Thirty nights of a business; checks that they are calm.
fn thirty_nights(customers: &[Customer], params: &Params) -> Tables {
    let mut last: Option<Tables> = None;
    let mut moved = Vec::new();
    for night in FIRST_NIGHT..=FIRST_NIGHT + 30 {
        let parties = parties(customers, night);
        let tonight = run_on(night, params, &views(vec![input(&parties)], 0, last.as_ref()));
        if let Some(last) = &last {
            moved.push(moved_in_a_night(&parties, &ids(last), &ids(&tonight)));
        }
        last = Some(tonight);
    }
    let mean = moved.iter().sum::<f64>() / moved.len() as f64;
    let worst = moved.iter().copied().fold(0.0, f64::max);
    eprintln!("{:.3} % a night, {:.3} % on the worst", 100.0 * mean, 100.0 * worst);
    assert!(mean <= 0.005 && worst <= 0.02, "mean {mean}, worst {worst}, {moved:?}");
    last.expect("thirty nights")
}

#[test]
fn a_simulated_business_is_calm_for_thirty_nights_and_announces_a_new_kind() {
    // With a fixed number an old segment makes room, and its customers move.
    for (seed, n_clusters, moves_max) in [
        (1, ClusterNumber::Fixed(5), 0.2),
        (2, ClusterNumber::AUTO, 0.02),
        (3, ClusterNumber::Fixed(4), 0.2),
    ] {
        let mut params = Params::default();
        params.value.n_clusters = n_clusters;
        let mut customers = business(4000, seed);
        let last = thirty_nights(&customers, &params);
        // Schools that buy every week for a fortune, all known since today.
        let today = -31;
        customers.extend((0..400).map(|at| Customer {
            days: (0..40).rev().map(|week| today + 7 * week).collect(),
            cents: 300_000 + 100 * at,
        }));
        let night = FIRST_NIGHT + 31;
        let parties = parties(&customers, night);
        let tonight = run_on(night, &params, &views(vec![input(&parties)], 0, Some(&last)));
        let is_news = |event: &&(String, i64, String, i32)| event.0 == "value" && event.3 == night;
        let events = events(&tonight);
        let born: BTreeSet<i64> = events
            .iter()
            .filter(is_news)
            .filter(|event| event.2 == "born")
            .map(|event| event.1)
            .collect();
        let new = ids(&tonight);
        let n_in_born = (4001..=4400).filter(|id| born.contains(&new[id].0)).count();
        let moves = moved_in_a_night(&parties, &ids(&last), &new);
        eprintln!("{born:?} {n_in_born} {:?} {moves}", quality(&tonight, "value", "iterations"));
        assert!(n_in_born >= 380, "{n_in_born} of 400 in {born:?}");
        assert!(moves <= moves_max, "{moves} of those who did not buy moved");
    }
}
