//! Planted need profiles are found again: how many, and who has which.

use idip_numerics::quality::adjusted_rand_index;

use super::fixture::{Party, ids, input, run, units, views};
use super::*;

const N_CATEGORIES: usize = 12;

/// What each profile buys most, by category; the rest of the money goes evenly to all.
const FAVOURITES: [&[usize]; 6] = [&[0, 1], &[2, 3], &[4, 5, 6], &[7], &[8, 9], &[10, 11, 0]];

/// Customers with their profile, who each bought from 8 to 37 times by it.
fn customers(n: usize) -> (Vec<Party>, Vec<u32>) {
    let mut unit = units(5);
    let mut profiles = Vec::new();
    let parties = (0..n)
        .map(|id| {
            let profile = (unit() * 6.0) as usize;
            let n_baskets = 8 + (unit() * 30.0) as i64;
            let mut shares = vec![0.0; N_CATEGORIES];
            for _ in 0..n_baskets {
                let favourites = FAVOURITES[profile];
                let category = if unit() < 0.7 {
                    favourites[(unit() * favourites.len() as f64) as usize]
                } else {
                    (unit() * N_CATEGORIES as f64) as usize
                };
                shares[category] += 1.0 / n_baskets as f64;
            }
            profiles.push(profile as u32);
            let bought = Some((400, 3 + (unit() * 90.0) as i64, n_baskets, 2000));
            Party { id: 1 + id as i64, bought, shares: Some(shares) }
        })
        .collect();
    (parties, profiles)
}

fn agreement(written: &Tables, profiles: &[u32]) -> (usize, f64) {
    let found: Vec<u32> = ids(written).values().map(|ids| ids.1 as u32).collect();
    let n = found.iter().collect::<BTreeSet<_>>().len();
    (n, adjusted_rand_index(profiles, &found).expect("as many"))
}

#[test]
fn six_profiles_are_found_when_their_number_is_not_told() {
    let (parties, profiles) = customers(1500);
    let mut params = Params::default();
    params.need.n_clusters = ClusterNumber::AUTO;
    let written = run(&params, &views(vec![input(&parties)], N_CATEGORIES, None));
    let (n, agreement) = agreement(&written, &profiles);
    assert!((5..=7).contains(&n), "{n} segments");
    assert!(agreement >= 0.70, "adjusted Rand index {agreement}");
    let batch = written.batch(&cluster_count::CONTRACT).unwrap();
    let counts = cluster_count::Columns::parse(&batch).unwrap();
    let chosen: Vec<usize> =
        (0..counts.axis.len()).filter(|&row| counts.is_chosen.value(row)).collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(counts.n_clusters.value(chosen[0]) as usize, n);
    assert!(counts.reason.value(chosen[0]).starts_with("highest_silhouette"));
    assert_eq!(counts.n_clusters.values()[..], [3, 4, 5, 6, 7, 8, 9, 10]);
    // The next night keeps the number, and the table of the night that chose it.
    let next = run(&params, &views(vec![input(&parties)], N_CATEGORIES, Some(&written)));
    assert_eq!(ids(&next), ids(&written));
    assert_eq!(next.batch(&cluster_count::CONTRACT).unwrap(), batch);
}

#[test]
fn topics_and_log_ratios_find_the_profiles_too() {
    let (parties, profiles) = customers(600);
    for (features, transform, least) in [
        (NeedFeatures::Topics, ShareTransform::Hellinger, 0.7),
        (NeedFeatures::Shares, ShareTransform::Clr, 0.6),
    ] {
        let mut params = Params::default();
        (params.need.features, params.need.transform) = (features, transform);
        params.need.n_topics = 6;
        let written = run(&params, &views(vec![input(&parties)], N_CATEGORIES, None));
        let (_, agreement) = agreement(&written, &profiles);
        assert!(agreement >= least, "{features:?} {transform:?}: {agreement}");
        let topics = written.batch(&need_topic::CONTRACT).unwrap();
        let topics = need_topic::Columns::parse(&topics).unwrap();
        if features == NeedFeatures::Topics {
            assert_eq!(topics.share.len(), 6 * N_CATEGORIES);
            assert!((topics.share.values().iter().sum::<f64>() - 6.0).abs() < 1e-9);
        } else {
            assert_eq!(topics.share.len(), 0);
        }
        let next = run(&params, &views(vec![input(&parties)], N_CATEGORIES, Some(&written)));
        assert_eq!(ids(&next), ids(&written));
    }
}
