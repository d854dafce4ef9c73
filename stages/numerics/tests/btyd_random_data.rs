//! Whatever the data are, there is a fit or a named reason.

#![cfg(test)]

mod simulated;

use std::collections::BTreeMap;

use idip_numerics::btyd::{
    BetaGeometric, BetaGeometricFamily, Cells, Dropout, FitBasis, FitError, FitSettings,
    PriorReason, PurchaseModel, fit,
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use simulated::Behaviour;

fn ln_likelihood(model: &BetaGeometric, cells: &Cells, unit: f64) -> f64 {
    cells.histories(unit).map(|(h, n)| f64::from(n) * model.ln_likelihood(&h)).sum()
}

/// A short name of what the fit rests on.
fn name(basis: &FitBasis) -> &'static str {
    match basis {
        FitBasis::MaximumLikelihood => "maximum likelihood",
        FitBasis::StrongPrior(_) => "strong prior",
        FitBasis::WeakPrior(PriorReason::Unbounded { .. }) => "no bound",
        FitBasis::WeakPrior(PriorReason::TooFewCustomers { .. }) => "too few customers",
        FitBasis::WeakPrior(PriorReason::NoRepeatPurchases) => "no repeat purchases",
        FitBasis::WeakPrior(PriorReason::AllAlike) => "all alike",
        FitBasis::WeakPrior(PriorReason::FlatDirection { .. }) => "flat direction",
        FitBasis::WeakPrior(PriorReason::Degenerate) => "degenerate",
        FitBasis::WeakPrior(PriorReason::NoOptimum(_)) => "no optimum",
    }
}

/// Simulated behaviour far beyond what shops have, 50 to 20,000 customers, two models each.
#[test]
fn two_hundred_random_data_sets_have_a_fit_or_a_named_reason() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(20_260_101);
    let mut log_uniform = |low: f64, high: f64| (random.gen_range(low.ln()..high.ln())).exp();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    let mut most_steps = 0;
    for set in 0..200 {
        let n = log_uniform(50.0, 20_000.0) as usize;
        let behaviour = Behaviour {
            r: log_uniform(0.05, 20.0),
            alpha: log_uniform(0.5, 200.0),
            a: log_uniform(0.05, 10.0),
            b: log_uniform(0.05, 30.0),
            may_leave_at_once: set % 2 == 0,
        };
        let customers = behaviour.customers(n, log_uniform(20.0, 1_500.0) as i64, set);
        let (cells, _) =
            Cells::compress(&customers.x, &customers.t_x, &customers.t).expect("histories");
        let dropout = if set % 2 == 0 { Dropout::AfterEvery } else { Dropout::AfterRepeats };
        let unit = [1.0, 7.0, 30.0][set as usize % 3];
        let settings = FitSettings { time_unit_days: unit, ..FitSettings::WEEKS };
        let fitted = fit(&BetaGeometricFamily { dropout }, &cells, &settings)
            .unwrap_or_else(|error| panic!("set {set} of {n}, {behaviour:?}: {error}"));
        *found.entry(name(&fitted.basis)).or_insert(0) += 1;
        assert!(fitted.ln_likelihood.is_finite() && fitted.stop_reason.is_converged());
        if fitted.basis != FitBasis::MaximumLikelihood {
            continue;
        }
        most_steps = most_steps.max(fitted.n_steps);
        // An optimum is nowhere worse than the truth, whatever the unit of time.
        let alpha = behaviour.alpha * 7.0 / unit;
        let truth = BetaGeometric::new(dropout, behaviour.r, alpha, behaviour.a, behaviour.b);
        let at_truth = ln_likelihood(&truth.expect("possible"), &cells, unit);
        assert!(
            fitted.ln_likelihood >= at_truth - 1e-9 * at_truth.abs(),
            "set {set}: {} at the optimum, {at_truth} at the truth",
            fitted.ln_likelihood
        );
        let errors = fitted.standard_errors.expect("an optimum has errors");
        assert!(errors.iter().all(|e| e.is_finite() && *e > 0.0), "set {set}: {errors:?}");
    }
    eprintln!("{found:?}, at most {most_steps} steps");
    // Half of such data sets hold too little to tell a and b; none is left without an optimum.
    assert!(found["maximum likelihood"] >= 80, "{found:?}");
    assert!(!found.contains_key("no optimum"), "{found:?}");
    assert!(most_steps <= 30, "{most_steps} steps");
}

#[test]
fn hard_cases_are_named() {
    let basis = |x: &[i64], t_x: &[i64], t: &[i64]| {
        let (cells, _) = Cells::compress(x, t_x, t).expect("histories");
        [Dropout::AfterRepeats, Dropout::AfterEvery].map(|dropout| {
            let fitted = fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS);
            let fitted = fitted.expect("a fit");
            let history = cells.history(0, 7.0).expect("a cell");
            let expected = fitted.model.expected_purchases(&history, 52.0);
            assert!(expected.is_finite() && expected >= 0.0);
            assert!(fitted.standard_errors.is_some());
            name(&fitted.basis)
        })
    };
    let many = |value: i64| vec![value; 500];
    assert_eq!(basis(&many(0), &many(0), &many(300)), ["no repeat purchases"; 2]);
    assert_eq!(basis(&many(3), &many(200), &many(300)), ["all alike"; 2]);
    assert_eq!(basis(&[0, 2], &[0, 20], &[30, 30]), ["too few customers"; 2]);
    // Everybody buys every week until the end: equal rates, nobody leaves.
    let t: Vec<i64> = (0..500).map(|i| 70 + 7 * (i % 30)).collect();
    let x: Vec<i64> = t.iter().map(|t| t / 7).collect();
    for found in basis(&x, &t, &t) {
        assert_ne!(found, "maximum likelihood");
    }
}

#[test]
fn what_cannot_be_fitted_is_an_error_with_a_reason() {
    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let none: [i64; 0] = [];
    let (empty, _) = Cells::compress(&none, &none, &none).expect("no histories");
    assert_eq!(fit(&family, &empty, &FitSettings::WEEKS), Err(FitError::NoCustomers));
    let (today, _) = Cells::compress(&[0, 0], &[0, 0], &[0, 0]).expect("histories");
    assert_eq!(fit(&family, &today, &FitSettings::WEEKS), Err(FitError::NoObservationTime));
    let (some, _) = Cells::compress(&[1, 0], &[4, 0], &[9, 9]).expect("histories");
    let unit = FitSettings { time_unit_days: 0.0, ..FitSettings::WEEKS };
    assert_eq!(fit(&family, &some, &unit), Err(FitError::TimeUnit(0.0)));
    for start in [vec![1.0; 3], vec![1.0, 1.0, 0.0, 1.0]] {
        let settings = FitSettings { start: Some(start.clone()), ..FitSettings::WEEKS };
        assert_eq!(fit(&family, &some, &settings), Err(FitError::Start(start)));
    }
}

#[test]
fn a_useless_warm_start_falls_back_on_a_cold_one() {
    let customers = Behaviour::CDNOW.customers(3_000, 500, 9);
    let (cells, _) =
        Cells::compress(&customers.x, &customers.t_x, &customers.t).expect("histories");
    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let cold = fit(&family, &cells, &FitSettings::WEEKS).expect("a fit");
    let start = Some(vec![1e9, 1e-9, 1e9, 1e-9]);
    let warm = fit(&family, &cells, &FitSettings { start, ..FitSettings::WEEKS }).expect("a fit");
    assert_eq!(warm.basis, FitBasis::MaximumLikelihood);
    assert!((warm.ln_likelihood - cold.ln_likelihood).abs() < 1e-6);
}

#[test]
fn the_fit_does_not_depend_on_threads_or_the_order_of_customers() {
    let customers = Behaviour::CDNOW.customers(40_000, 700, 4);
    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let with_threads = |n, reversed: bool| {
        let column = |values: &Vec<i64>| {
            let mut values = values.clone();
            if reversed {
                values.reverse();
            }
            values
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| {
            let [x, t_x, t] = [&customers.x, &customers.t_x, &customers.t].map(column);
            let (cells, _) = Cells::compress(&x, &t_x, &t).expect("histories");
            assert!(cells.len() > 10_000);
            fit(&family, &cells, &FitSettings::WEEKS).expect("a fit")
        })
    };
    let one = with_threads(1, false);
    assert_eq!(one, with_threads(2, true));
    assert_eq!(one, with_threads(5, false));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Any histories at all, not only those a model would make.
    #[test]
    fn any_histories_have_a_fit_or_a_named_reason(
        rows in prop::collection::vec((0..2_000_i64, 0..400_i64, 0..400_i64), 1..300),
        after_every in any::<bool>(),
    ) {
        let x: Vec<i64> = rows.iter().map(|row| row.0 / 400).collect();
        let t_x: Vec<i64> = rows.iter().zip(&x).map(|(r, &x)| if x > 0 { r.1 } else { 0 }).collect();
        let t: Vec<i64> = rows.iter().zip(&t_x).map(|(row, t_x)| t_x + row.2).collect();
        let (cells, _) = Cells::compress(&x, &t_x, &t).expect("histories");
        let dropout = if after_every { Dropout::AfterEvery } else { Dropout::AfterRepeats };
        let settings = FitSettings { min_customers: 0, ..FitSettings::WEEKS };
        match fit(&BetaGeometricFamily { dropout }, &cells, &settings) {
            Ok(fitted) => prop_assert!(fitted.ln_likelihood.is_finite()),
            Err(error) => prop_assert_eq!(error, FitError::NoObservationTime),
        }
    }
}
