//! Cost of customer value at the size of a large shop: 500,000 customers over two years.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p idip-numerics --bench btyd` gives the CPU time of one core.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use divan::{AllocProfiler, Bencher, black_box};
use idip_numerics::btyd::{
    BetaGeometricFamily, Cells, DiscountedHorizon, Dropout, FitSettings, GammaGamma, RepeatSpend,
    ScoreSettings, SpendFitSettings, fit, fit_gamma_gamma, score,
};
use simulated::{Behaviour, Customers, mean_spend};

#[path = "../tests/simulated/mod.rs"]
mod simulated;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const N_CUSTOMERS: usize = 500_000;

const DROPOUTS: [Dropout; 2] = [Dropout::AfterRepeats, Dropout::AfterEvery];

fn main() {
    divan::main();
}

fn customers() -> Customers {
    Behaviour::CDNOW.customers(N_CUSTOMERS, 730, 1)
}

fn compressed(customers: &Customers) -> (Cells, Vec<u32>) {
    Cells::compress(&customers.x, &customers.t_x, &customers.t).expect("histories")
}

/// From columns to cells: a sort.
#[divan::bench(sample_count = 10)]
fn compress(bencher: Bencher<'_, '_>) {
    let customers = customers();
    bencher.bench_local(|| compressed(black_box(&customers)));
}

/// From columns to estimates, from a cold start.
#[divan::bench(args = DROPOUTS, sample_count = 10)]
fn fit_cold(bencher: Bencher<'_, '_>, dropout: Dropout) {
    let customers = customers();
    bencher.bench_local(|| {
        let (cells, _) = compressed(black_box(&customers));
        fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS).expect("a fit")
    });
}

/// A million customers of shops of every kind, each with a fit or a named reason.
#[divan::bench(args = [1, 2, 3, 4], sample_count = 3)]
fn fit_million_of_any_shop(bencher: Bencher<'_, '_>, seed: u64) {
    let behaviour = match seed {
        1 => Behaviour { r: 4.0, alpha: 15.0, a: 0.3, b: 8.0, may_leave_at_once: false },
        2 => Behaviour { r: 0.1, alpha: 2.0, a: 3.0, b: 1.0, may_leave_at_once: true },
        3 => Behaviour { r: 1.0, alpha: 90.0, a: 0.1, b: 0.1, may_leave_at_once: false },
        _ => Behaviour { r: 0.5, alpha: 30.0, a: 5.0, b: 40.0, may_leave_at_once: true },
    };
    let customers = behaviour.customers(1_000_000, 1_000, seed);
    let dropout =
        if behaviour.may_leave_at_once { Dropout::AfterEvery } else { Dropout::AfterRepeats };
    bencher.bench_local(|| {
        let (cells, _) = compressed(black_box(&customers));
        fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS).expect("a fit")
    });
}

/// From columns to estimates of spend, from a cold start.
#[divan::bench(sample_count = 10)]
fn fit_spend(bencher: Bencher<'_, '_>) {
    let customers = customers();
    let spend = mean_spend(&customers.x, [6.25, 3.74, 15.44], 2);
    bencher.bench_local(|| {
        let spend = RepeatSpend::new(black_box(&customers.x), &spend).expect("spend");
        fit_gamma_gamma(&spend, &SpendFitSettings::default()).expect("a fit")
    });
}

/// All scores and the value of twelve months, for every customer.
#[divan::bench(args = DROPOUTS, sample_count = 10)]
fn score_all(bencher: Bencher<'_, '_>, dropout: Dropout) {
    let customers = customers();
    let means = mean_spend(&customers.x, [6.25, 3.74, 15.44], 2);
    let (cells, cell_of_row) = compressed(&customers);
    let model = fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS);
    let model = model.expect("a fit").model;
    let spend = GammaGamma::new(6.25, 3.74, 15.44).expect("valid");
    let settings = ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 90.0,
        discounted_horizon: DiscountedHorizon::new(12, 30.4375, 0.01).expect("valid"),
    };
    bencher.bench_local(|| {
        let scores = score(black_box(&model), &cells, &settings);
        let value = |((&cell, &x), &mean): ((&u32, &i64), &f64)| {
            let of_cell = scores.of(cell as usize).expect("a cell");
            of_cell.discounted_purchases * spend.expected_spend(x as u32, mean)
        };
        let rows = cell_of_row.iter().zip(&customers.x).zip(&means);
        rows.map(value).collect::<Vec<f64>>()
    });
}
