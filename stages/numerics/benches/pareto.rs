//! Cost of a Pareto/NBD: fits at the size of CDNOW, scores at the size of a large shop.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p idip-numerics --bench pareto` gives the CPU time of one
//! core.

#![expect(clippy::expect_used, reason = "a benchmark may stop")]

use divan::{Bencher, black_box};
use idip_numerics::btyd::bg_bb::{BgBbSettings, OpportunityCells, OpportunityHistory, fit_bg_bb};
use idip_numerics::btyd::pareto_nbd::{ParetoNbd, ParetoNbdFamily};
use idip_numerics::btyd::{
    Cells, DiscountedHorizon, FitSettings, PurchaseModel, ScoreSettings, fit, score,
};
use simulated::{Behaviour, Customers};

#[path = "../tests/simulated/mod.rs"]
mod simulated;

/// Customers of CDNOW, seen for up to 545 days.
const CDNOW: (usize, i64) = (23_570, 545);

/// Customers of a large shop, seen for up to two years.
const LARGE: (usize, i64) = (500_000, 730);

fn main() {
    divan::main();
}

fn cells((n, max_t_days): (usize, i64)) -> Cells {
    let Customers { x, t_x, t } = Behaviour::CDNOW.customers(n, max_t_days, 1);
    Cells::compress(&x, &t_x, &t).expect("histories").0
}

fn model() -> ParetoNbd {
    ParetoNbd::new(0.553, 10.578, 0.606, 11.669).expect("possible")
}

/// From cells to estimates with standard errors, from a cold start.
#[divan::bench(args = [CDNOW, LARGE], sample_count = 5)]
fn fit_cold(bencher: Bencher<'_, '_>, size: (usize, i64)) {
    let cells = cells(size);
    bencher.bench_local(|| {
        fit(&ParetoNbdFamily, black_box(&cells), &FitSettings::WEEKS).expect("a fit")
    });
}

/// P(alive), P(any purchase), expected purchases and the value of twelve months.
#[divan::bench(sample_count = 5)]
fn score_all(bencher: Bencher<'_, '_>) {
    let cells = cells(LARGE);
    let settings = ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 90.0,
        discounted_horizon: DiscountedHorizon::new(12, 30.4375, 0.01).expect("valid"),
    };
    bencher.bench_local(|| score(black_box(&model()), &cells, &settings));
}

/// The residual of all time, one cell after the other.
#[divan::bench(sample_count = 5)]
fn residual(bencher: Bencher<'_, '_>) {
    let cells = cells(LARGE);
    bencher.bench_local(|| {
        let residual = |(history, _)| model().discounted_expected_residual(&history, 0.0027);
        black_box(&cells).histories(7.0).map(residual).sum::<f64>()
    });
}

/// The log-likelihood of each cell, as the log score of a holdout asks it.
#[divan::bench(sample_count = 5)]
fn ln_likelihood(bencher: Bencher<'_, '_>) {
    let cells = cells(LARGE);
    bencher.bench_local(|| {
        let ln = |(history, _)| model().ln_likelihood(&history);
        black_box(&cells).histories(7.0).map(ln).sum::<f64>()
    });
}

/// A BG/BB over up to 52 weekly opportunities, from a cold start.
#[divan::bench(sample_count = 5)]
fn fit_weekly_bg_bb(bencher: Bencher<'_, '_>) {
    let Customers { x, t_x, t } = Behaviour::CDNOW.customers(CDNOW.0, 364, 1);
    let weekly = |((&x, &t_x), &t): ((&i64, &i64), &i64)| {
        let n_opportunities = (t / 7) as u32;
        let recency = (t_x / 7) as u32;
        let frequency = (x as u32).min(recency);
        let recency = if frequency > 0 { recency } else { 0 };
        OpportunityHistory { frequency, recency, n_opportunities }
    };
    let customers: Vec<OpportunityHistory> = x.iter().zip(&t_x).zip(&t).map(weekly).collect();
    let (cells, _) = OpportunityCells::compress(&customers).expect("histories");
    bencher.bench_local(|| fit_bg_bb(black_box(&cells), &BgBbSettings::default()).expect("a fit"));
}
