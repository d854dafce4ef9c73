//! Cost of what surrounds k-means, at the size of a large shop: 500,000 customers.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p idip-numerics --bench clusters` gives the CPU time of one core.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use divan::{Bencher, black_box};
use idip_numerics::cluster_count::{ClusterCountParams, choose_cluster_count};
use idip_numerics::kmeans::{Columns, KMeansParams};
use idip_numerics::mixture::{CovarianceType, MixtureInit, MixtureParams, fit_mixture};
use idip_numerics::profile::FeatureColumn;
use idip_numerics::quality::{
    BootstrapParams, SilhouetteSample, bootstrap_jaccard, sampled_silhouette,
};
use idip_numerics::surrogate_tree::{NamedColumn, SurrogateParams, explain_labels};

const N_ROWS: usize = 500_000;

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

fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

/// Six clusters of the rows.
fn labels(columns: &Columns<'_>) -> Vec<u32> {
    let params = KMeansParams::new(6).n_starts(1).tolerance(1e-3).check().expect("valid");
    params.fit_columns(columns, None).expect("finite").labels
}

const FORMS: [CovarianceType; 2] = [CovarianceType::Full, CovarianceType::Diagonal];

/// Ten iterations of a mixture of 6 components in 12 features, and the shares of every row.
#[divan::bench(args = FORMS, sample_count = 3)]
fn ten_iterations_of_a_mixture(bencher: Bencher<'_, '_>, form: CovarianceType) {
    let columns = columns(12);
    let slices = slices(&columns);
    let view = Columns::new(&slices).expect("equal lengths");
    let params = MixtureParams {
        max_iterations: 10,
        tolerance: 0.0,
        n_starts: 1,
        ..MixtureParams::new(6, form)
    };
    let start = fit_mixture(&view, &MixtureParams { max_iterations: 1, ..params.clone() });
    let init = MixtureInit::Given(start.expect("groups").model);
    let params = MixtureParams { init, ..params };
    bencher.bench_local(|| fit_mixture(black_box(&view), &params).expect("groups"));
}

/// The search for a start of the same mixture: ten of k-means, two of linfa, polished on a sample.
#[divan::bench(sample_count = 3)]
fn search_for_a_mixture(bencher: Bencher<'_, '_>) {
    let columns = columns(12);
    let slices = slices(&columns);
    let view = Columns::new(&slices).expect("equal lengths");
    let params = MixtureParams { max_iterations: 1, ..MixtureParams::new(6, CovarianceType::Full) };
    bencher.bench_local(|| fit_mixture(black_box(&view), &params).expect("groups"));
}

/// The whole table of 3 to 10 clusters in 12 features.
#[divan::bench(sample_count = 1)]
fn choice_of_a_number_of_clusters(bencher: Bencher<'_, '_>) {
    let columns = columns(12);
    let slices = slices(&columns);
    let view = Columns::new(&slices).expect("equal lengths");
    let params = ClusterCountParams::default();
    bencher.bench_local(|| choose_cluster_count(black_box(&view), &params).expect("finite"));
}

/// Silhouette of 10,000 of the rows.
#[divan::bench(sample_count = 5)]
fn silhouette_of_a_sample(bencher: Bencher<'_, '_>) {
    let columns = columns(12);
    let slices = slices(&columns);
    let view = Columns::new(&slices).expect("equal lengths");
    let labels = labels(&view);
    let sample = SilhouetteSample { n_rows: 10_000, n_rows_per_cluster_min: 200, seed: 1 };
    bencher.bench_local(|| sampled_silhouette(black_box(&view), &labels, sample).expect("fits"));
}

/// Twenty resamples of 5,000 rows.
#[divan::bench(sample_count = 5)]
fn bootstrap_stability(bencher: Bencher<'_, '_>) {
    let columns = columns(12);
    let slices = slices(&columns);
    let view = Columns::new(&slices).expect("equal lengths");
    let labels = labels(&view);
    let params = BootstrapParams::default();
    bencher.bench_local(|| bootstrap_jaccard(black_box(&view), &labels, params).expect("fits"));
}

/// A tree of depth 3 over 12 columns.
#[divan::bench(sample_count = 5)]
fn surrogate_tree(bencher: Bencher<'_, '_>) {
    let columns = columns(12);
    let slices = slices(&columns);
    let labels = labels(&Columns::new(&slices).expect("equal lengths"));
    let named: Vec<NamedColumn<'_>> = slices
        .iter()
        .map(|values| NamedColumn { name: "feature", values: FeatureColumn::Slice(values) })
        .collect();
    let params = SurrogateParams::default();
    bencher.bench_local(|| explain_labels(&labels, black_box(&named), params).expect("finite"));
}
