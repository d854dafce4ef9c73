//! Cost of k-means at the size of a large shop: 500,000 customers.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p idip-numerics` gives the CPU time of one core. One Lloyd
//! iteration is the difference of `twenty_one_iterations` and `one_iteration`, over 20.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use divan::{Bencher, black_box};
use idip_numerics::kmeans::{Centroids, Columns, Init, KMeansParams};

const N_ROWS: usize = 500_000;

/// Number of features and of clusters: value clusters and need clusters of a night.
const SHAPES: [(usize, usize); 2] = [(6, 8), (12, 6)];

fn main() {
    divan::main();
}

/// Noisy groups of unequal size that overlap, as customers do.
fn columns(n_features: usize) -> Vec<Vec<f64>> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let centers: Vec<Vec<f64>> =
        (0..10).map(|_| (0..n_features).map(|_| 3.0 * uniform()).collect()).collect();
    let mut columns = vec![Vec::with_capacity(N_ROWS); n_features];
    for _ in 0..N_ROWS {
        let group = (10.0 * uniform() * uniform()) as usize;
        for (column, center) in columns.iter_mut().zip(&centers[group]) {
            let noise = (0..4).map(|_| uniform()).sum::<f64>() - 2.0;
            column.push(center + 1.2 * noise);
        }
    }
    columns
}

/// Every 61,001st row, so that all benches start from the same centroids.
fn first_centroids(columns: &[Vec<f64>], n_clusters: usize) -> Centroids {
    let values = (0..n_clusters)
        .flat_map(|cluster| columns.iter().map(move |column| column[cluster * 61_001]))
        .collect();
    Centroids::new(columns.len(), values).expect("finite rows")
}

fn bench_iterations(bencher: Bencher<'_, '_>, shape: (usize, usize), max_iterations: usize) {
    let columns = columns(shape.0);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns_view = Columns::new(&slices).expect("equal lengths");
    let params = KMeansParams::new(shape.1)
        .max_iterations(max_iterations)
        .init(Init::Precomputed(first_centroids(&columns, shape.1)))
        .check()
        .expect("valid");
    bencher.bench_local(|| params.fit_columns(black_box(&columns_view), None).expect("finite"));
}

/// Copy of the data, one pass, one update, the final measuring pass.
#[divan::bench(args = SHAPES, sample_count = 10)]
fn one_iteration(bencher: Bencher<'_, '_>, shape: (usize, usize)) {
    bench_iterations(bencher, shape, 1);
}

/// The same and twenty iterations more.
#[divan::bench(args = SHAPES, sample_count = 10)]
fn twenty_one_iterations(bencher: Bencher<'_, '_>, shape: (usize, usize)) {
    bench_iterations(bencher, shape, 21);
}

/// Three k-means++ starts at the tolerance of scikit-learn, at most 100 iterations each.
#[divan::bench(args = SHAPES, sample_count = 5)]
fn three_starts(bencher: Bencher<'_, '_>, shape: (usize, usize)) {
    let columns = columns(shape.0);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns_view = Columns::new(&slices).expect("equal lengths");
    let params = KMeansParams::new(shape.1)
        .n_starts(3)
        .max_iterations(100)
        .tolerance(1e-4)
        .seed(42)
        .check()
        .expect("valid");
    bencher.bench_local(|| params.fit_columns(black_box(&columns_view), None).expect("finite"));
}

/// Labels and distances of the two nearest centroids for every row.
#[divan::bench(args = SHAPES, sample_count = 10)]
fn assign(bencher: Bencher<'_, '_>, shape: (usize, usize)) {
    let columns = columns(shape.0);
    let centroids = first_centroids(&columns, shape.1);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns_view = Columns::new(&slices).expect("equal lengths");
    bencher.bench_local(|| centroids.assign(black_box(&columns_view)).expect("finite"));
}
