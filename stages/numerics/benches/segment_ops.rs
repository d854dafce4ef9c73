//! Cost of the operations around segments at the size of a large shop: 500,000 customers.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p idip-numerics --bench segment_ops` gives the CPU time of one
//! core.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use std::num::NonZeroU32;

use divan::{Bencher, black_box};
use idip_numerics::concentration::Concentration;
use idip_numerics::drift::{BinEdges, kolmogorov_smirnov};
use idip_numerics::influence::{Graph, PageRankParams, betweenness};
use idip_numerics::kmeans::Columns;
use idip_numerics::nmf::NmfParams;
use idip_numerics::rates::{EventCount, EventRatePrior};
use idip_numerics::transform::rank_normal;

const N_CUSTOMERS: usize = 500_000;

const N_TOPICS: usize = 6;

/// Number of categories of a shop.
const CATEGORIES: [usize; 3] = [12, 24, 60];

fn main() {
    divan::main();
}

/// Uniform numbers from 0 to 1.
fn uniforms() -> impl FnMut() -> f64 {
    let mut state = 88_172_645_463_325_252_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Category shares of customers who buy 1 to 20 times from one or two of six overlapping topics.
fn category_shares(n_categories: usize) -> Vec<Vec<f64>> {
    let mut uniform = uniforms();
    let topics: Vec<Vec<f64>> = (0..N_TOPICS)
        .map(|topic| {
            let weights: Vec<f64> = (0..n_categories)
                .map(|c| if c % N_TOPICS == topic { 4.0 * uniform() } else { 0.4 * uniform() })
                .collect();
            let total: f64 = weights.iter().sum();
            weights
                .iter()
                .scan(0.0, |sum, w| {
                    *sum += w / total;
                    Some(*sum)
                })
                .collect()
        })
        .collect();
    let mut columns = vec![Vec::with_capacity(N_CUSTOMERS); n_categories];
    for _ in 0..N_CUSTOMERS {
        for column in &mut columns {
            column.push(0.0);
        }
        let own = [0; 2].map(|_| (N_TOPICS as f64 * uniform()) as usize);
        let n = 1 + (20.0 * uniform() * uniform()) as usize;
        for _ in 0..n {
            let topic = &topics[own[usize::from(uniform() < 0.3)]];
            let draw = uniform();
            let category = topic.partition_point(|&up_to| up_to < draw).min(n_categories - 1);
            if let Some(share) = columns[category].last_mut() {
                *share += 1.0 / n as f64;
            }
        }
    }
    columns
}

/// Topics of category shares from their start to rest.
#[divan::bench(args = CATEGORIES, sample_count = 1)]
fn topics(bencher: Bencher<'_, '_>, n_categories: usize) {
    let columns = category_shares(n_categories);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns_view = Columns::new(&slices).expect("equal lengths");
    let params = NmfParams::new(N_TOPICS).check().expect("valid");
    bencher.bench_local(|| params.fit(black_box(&columns_view)).expect("from 0"));
}

/// Weights of new customers under given topics.
#[divan::bench(args = CATEGORIES, sample_count = 3)]
fn weights_of_new_rows(bencher: Bencher<'_, '_>, n_categories: usize) {
    let columns = category_shares(n_categories);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns_view = Columns::new(&slices).expect("equal lengths");
    let params = NmfParams::new(N_TOPICS).max_iterations(20).check().expect("valid");
    let model = params.fit(&columns_view).expect("from 0");
    bencher.bench_local(|| model.topics.transform(black_box(&columns_view)).expect("from 0"));
}

/// Who speaks of whom: 500,000 parties, some three million edges, a few of them famous.
fn mentions() -> Graph {
    let mut uniform = uniforms();
    let n = N_CUSTOMERS as f64;
    let mut edges: Vec<(u32, u32)> =
        (0..3_000_000).map(|_| ((uniform() * n) as u32, (uniform().powi(3) * n) as u32)).collect();
    edges.sort_unstable();
    edges.dedup();
    let (from, to): (Vec<u32>, Vec<u32>) = edges.into_iter().unzip();
    Graph::new(N_CUSTOMERS as u32, &from, &to, &vec![1; from.len()]).expect("sorted")
}

#[divan::bench(sample_count = 3)]
fn page_rank(bencher: Bencher<'_, '_>) {
    let graph = mentions();
    bencher.bench_local(|| PageRankParams::default().rank(black_box(&graph)));
}

#[divan::bench(sample_count = 1)]
fn betweenness_of_32_pivots(bencher: Bencher<'_, '_>) {
    let graph = mentions();
    bencher.bench_local(|| betweenness(black_box(&graph), 32));
}

#[divan::bench(sample_count = 5)]
fn gini_and_lorenz(bencher: Bencher<'_, '_>) {
    let mut uniform = uniforms();
    let cents: Vec<i64> = (0..N_CUSTOMERS).map(|_| (100.0 / (1e-4 + uniform())) as i64).collect();
    bencher.bench_local(|| {
        let found = Concentration::of_cents(black_box(&cents)).expect("amounts");
        (found.gini(), found.top_share(1_000), found.lorenz(100))
    });
}

#[divan::bench(sample_count = 5)]
fn prior_of_event_rates(bencher: Bencher<'_, '_>) {
    let mut uniform = uniforms();
    let groups: Vec<EventCount> = (0..N_CUSTOMERS)
        .map(|_| EventCount {
            n_events: (0.2 / (0.02 + uniform())) as u32,
            exposure: 1.0 + 23.0 * uniform(),
        })
        .collect();
    let fallback = EventRatePrior::new(1.0, 10.0).expect("above 0");
    bencher.bench_local(|| EventRatePrior::by_likelihood(black_box(&groups), fallback));
}

#[divan::bench(sample_count = 5)]
fn drift_of_a_feature(bencher: Bencher<'_, '_>) {
    let mut uniform = uniforms();
    let mut night = || (0..N_CUSTOMERS).map(|_| uniform().ln()).collect::<Vec<f64>>();
    let (reference, tonight) = (night(), night());
    let edges = BinEdges::from_quantiles(&reference, NonZeroU32::MIN.saturating_add(9));
    let edges = edges.expect("values");
    bencher.bench_local(|| {
        (edges.counts(black_box(&tonight)), kolmogorov_smirnov(&reference, &tonight))
    });
}

#[divan::bench(sample_count = 5)]
fn normal_scores(bencher: Bencher<'_, '_>) {
    let mut uniform = uniforms();
    let values: Vec<f64> = (0..N_CUSTOMERS).map(|_| uniform()).collect();
    bencher.bench_local(|| rank_normal(black_box(&values)).expect("finite"));
}
