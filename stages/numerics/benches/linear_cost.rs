//! Cost by the number of customers, from 100,000 to 5 million: a straight line for each kernel.
//!
//! `bench/linear_cost.py` runs it on one core and draws the lines.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use divan::{Bencher, black_box};
use idip_numerics::btyd::{
    BetaGeometric, Cells, DiscountedHorizon, Dropout, GammaGamma, ScoreSettings, score,
};
use idip_numerics::kmeans::{Centroids, Columns, Init, KMeansParams};
use idip_numerics::profile::{FeatureColumn, profile_segments};
use simulated::{Behaviour, mean_spend};

#[path = "../tests/simulated/mod.rs"]
mod simulated;

const N_CUSTOMERS: [usize; 5] = [100_000, 500_000, 1_000_000, 2_000_000, 5_000_000];

/// Clusters and features of the clusterings.
const N_CLUSTERS: usize = 8;
const N_FEATURES: usize = 6;

fn main() {
    divan::main();
}

/// From histories to all scores and the value of twelve months, under a BG/NBD and a Gamma-Gamma.
#[divan::bench(args = N_CUSTOMERS, sample_count = 3, sample_size = 1)]
fn bg_nbd_scores(bencher: Bencher<'_, '_>, n_customers: usize) {
    let customers = Behaviour::CDNOW.customers(n_customers, 730, 1);
    let means = mean_spend(&customers.x, [6.25, 3.74, 15.44], 2);
    let model = BetaGeometric::new(Dropout::AfterRepeats, 0.243, 4.414, 0.793, 2.426);
    let model = model.expect("possible");
    let spend = GammaGamma::new(6.25, 3.74, 15.44).expect("valid");
    let settings = ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 90.0,
        discounted_horizon: DiscountedHorizon::new(12, 30.4375, 0.01).expect("valid"),
    };
    bencher.bench_local(|| {
        let (x, t_x, t) = black_box((&customers.x, &customers.t_x, &customers.t));
        let (cells, cell_of_row) = Cells::compress(x, t_x, t).expect("histories");
        let scores = score(&model, &cells, &settings);
        let value = |((&cell, &x), &mean): ((&u32, &i64), &f64)| {
            let of_cell = scores.of(cell as usize).expect("a cell");
            of_cell.discounted_purchases * spend.expected_spend(x as u32, mean)
        };
        cell_of_row.iter().zip(x).zip(&means).map(value).collect::<Vec<f64>>()
    });
}

/// Ten Lloyd iterations, the copy of the data included.
#[divan::bench(args = N_CUSTOMERS, sample_count = 3, sample_size = 1)]
fn ten_lloyd_iterations(bencher: Bencher<'_, '_>, n_customers: usize) {
    let columns = columns(n_customers);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns = Columns::new(&slices).expect("equal lengths");
    let params = KMeansParams::new(N_CLUSTERS)
        .max_iterations(10)
        .init(Init::Precomputed(centroids(&slices)))
        .check()
        .expect("valid");
    bencher.bench_local(|| params.fit_columns(black_box(&columns), None).expect("finite"));
}

/// The assignment to segments that a night without a full fit makes.
#[divan::bench(args = N_CUSTOMERS, sample_count = 3, sample_size = 1)]
fn assignment(bencher: Bencher<'_, '_>, n_customers: usize) {
    let columns = columns(n_customers);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let centroids = centroids(&slices);
    let columns = Columns::new(&slices).expect("equal lengths");
    bencher.bench_local(|| centroids.assign(black_box(&columns)).expect("finite"));
}

/// Profiles of the segments over all features.
#[divan::bench(args = N_CUSTOMERS, sample_count = 3, sample_size = 1)]
fn segment_profiles(bencher: Bencher<'_, '_>, n_customers: usize) {
    let columns = columns(n_customers);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let view = Columns::new(&slices).expect("equal lengths");
    let labels = centroids(&slices).assign(&view).expect("finite").labels;
    let features: Vec<FeatureColumn<'_>> =
        slices.iter().map(|&column| FeatureColumn::Slice(column)).collect();
    bencher.bench_local(|| profile_segments(black_box(&labels), N_CLUSTERS as u32, &features));
}

/// Noisy groups of unequal size that overlap, as customers do.
fn columns(n_rows: usize) -> Vec<Vec<f64>> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let centers: Vec<Vec<f64>> =
        (0..10).map(|_| (0..N_FEATURES).map(|_| 3.0 * uniform()).collect()).collect();
    let mut columns: Vec<Vec<f64>> = (0..N_FEATURES).map(|_| Vec::with_capacity(n_rows)).collect();
    for _ in 0..n_rows {
        let group = (10.0 * uniform() * uniform()) as usize;
        for (column, center) in columns.iter_mut().zip(&centers[group]) {
            let noise = (0..4).map(|_| uniform()).sum::<f64>() - 2.0;
            column.push(center + 1.2 * noise);
        }
    }
    columns
}

/// Rows that are the same however many there are.
fn centroids(columns: &[&[f64]]) -> Centroids {
    let values = (0..N_CLUSTERS)
        .flat_map(|cluster| columns.iter().map(move |column| column[cluster * 11_003]))
        .collect();
    Centroids::new(columns.len(), values).expect("finite rows")
}
