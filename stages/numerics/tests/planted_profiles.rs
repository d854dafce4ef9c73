//! Planted need profiles are found again: the number of clusters, and who belongs to which.

#![cfg(test)]

use idip_numerics::cluster_count::{
    ChoiceReason, ClusterCount, ClusterCountParams, ClusterCountTable, choose_cluster_count,
};
use idip_numerics::kmeans::Columns;
use idip_numerics::quality::adjusted_rand_index;
use idip_numerics::transform::hellinger;
use rand::Rng;
use rand_distr::{Beta, Distribution, Gamma, Geometric, Poisson};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

const N_CATEGORIES: usize = 12;

/// Shares of the profiles among customers.
const WEIGHTS: [f64; 6] = [0.26, 0.20, 0.17, 0.15, 0.12, 0.10];

/// What each profile buys, by category, unscaled.
const PROFILES: [[f64; N_CATEGORIES]; 6] = [
    [3., 1., 1., 3., 2., 1., 2., 30., 12., 4., 1., 1.],
    [20., 1., 1., 24., 4., 2., 1., 4., 3., 1., 3., 1.],
    [2., 6., 1., 1., 4., 30., 1., 3., 4., 1., 5., 4.],
    [5., 1., 24., 3., 4., 1., 1., 8., 4., 1., 1., 18.],
    [1., 5., 1., 1., 2., 1., 24., 3., 20., 12., 1., 1.],
    [10., 4., 1., 2., 8., 4., 1., 4., 1., 1., 28., 1.],
];

/// How closely a customer keeps to the profile: the concentration of a Dirichlet distribution.
const CONCENTRATION: f64 = 14.0;

/// Purchases below which a customer's needs are not known.
const N_PURCHASES_MIN: u64 = 3;

/// Purchases that the mean shares of all are worth.
const PRIOR: f64 = 5.0;

/// Customers' features for clustering, a column a category, and the profile of each.
fn customers(n: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<u32>) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (rate, dropout) =
        (Gamma::new(0.9, 0.035).expect("in range"), Beta::new(0.8, 18.0).expect("in range"));
    let mut counts: Vec<Vec<f64>> = vec![Vec::new(); N_CATEGORIES];
    let mut profiles = Vec::new();
    while profiles.len() < n {
        let days = rng.gen_range(30.0..731.0);
        let mean: f64 = rate.sample(&mut rng) * days;
        let wanted = 1 + if mean > 0.0 {
            Poisson::new(mean).expect("in range").sample(&mut rng) as u64
        } else {
            0
        };
        let p = f64::clamp(dropout.sample(&mut rng), 1e-6, 1.0 - 1e-9);
        let n_purchases = wanted.min(1 + Geometric::new(p).expect("in range").sample(&mut rng));
        let draw: f64 = rng.gen_range(0.0..1.0);
        let profile = (0..5).find(|&p| draw < WEIGHTS[..=p].iter().sum()).unwrap_or(5);
        let total: f64 = PROFILES[profile].iter().sum();
        let preferences: Vec<f64> = PROFILES[profile]
            .iter()
            .map(|w| {
                Gamma::new(CONCENTRATION * w / total, 1.0).expect("in range").sample(&mut rng)
                    + 1e-12
            })
            .collect();
        let sum: f64 = preferences.iter().sum();
        let mut bought = [0.0; N_CATEGORIES];
        for _ in 0..n_purchases {
            let mut rest = rng.gen_range(0.0..1.0) * sum;
            let category = preferences.iter().position(|p| {
                rest -= p;
                rest < 0.0
            });
            bought[category.unwrap_or(N_CATEGORIES - 1)] += 1.0;
        }
        if n_purchases >= N_PURCHASES_MIN {
            counts.iter_mut().zip(bought).for_each(|(column, n)| column.push(n));
            profiles.push(profile as u32);
        }
    }
    // Shares drawn to those of all, so that a customer of few purchases is no extreme.
    let n_all: f64 = counts.iter().flatten().sum();
    let means: Vec<f64> = counts.iter().map(|column| column.iter().sum::<f64>() / n_all).collect();
    let of_row: Vec<f64> =
        (0..n).map(|row| counts.iter().map(|column| column[row]).sum()).collect();
    let shares: Vec<Vec<f64>> = counts
        .iter()
        .zip(&means)
        .map(|(column, mean)| {
            column.iter().zip(&of_row).map(|(n, all)| (n + PRIOR * mean) / (all + PRIOR)).collect()
        })
        .collect();
    let slices: Vec<&[f64]> = shares.iter().map(Vec::as_slice).collect();
    (hellinger(&slices).expect("in range"), profiles)
}

#[test]
fn six_planted_profiles_are_found_as_such() {
    for seed in 1..=5 {
        let (columns, profiles) = customers(6_000, seed);
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let columns = Columns::new(&slices).expect("a table");
        // Smaller samples than by default, for time.
        let params = ClusterCountParams {
            n_sample_rows: 2_000,
            n_silhouette_rows: 3_000,
            seed,
            ..ClusterCountParams::default()
        };
        let table = choose_cluster_count(&columns, &params).expect("finite values");
        let choice = table.choice.expect("a choice");
        assert!((5..=7).contains(&choice.n_clusters), "seed {seed}: {}", summary(&table));
        assert_eq!(choice.reason, ChoiceReason::HighestSilhouetteAllValid, "seed {seed}");

        let centroids = &table.counts[choice.position].centroids;
        let labels = centroids.assign(&columns).expect("finite values").labels;
        let agreement = adjusted_rand_index(&labels, &profiles).expect("equal lengths");
        // A customer of few purchases shows little of the profile; chance alone would give 0.
        assert!(agreement > 0.6, "seed {seed}: adjusted Rand index {agreement}");
    }
}

/// A line for each number, for whoever has to find out why.
fn summary(table: &ClusterCountTable) -> String {
    let line = |count: &ClusterCount| {
        let (silhouette, stability) = (count.silhouette, count.least_stability());
        format!("\n{}: silhouette {silhouette:?}, stability {stability}", count.n_clusters)
    };
    table.counts.iter().map(line).collect()
}
