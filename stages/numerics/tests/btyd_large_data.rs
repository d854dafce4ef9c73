//! Up to a million customers, every model of value over time has a fit or a named reason.

#![cfg(test)]

mod simulated;

use idip_numerics::btyd::pareto_nbd::ParetoNbdFamily;
use idip_numerics::btyd::{
    BetaGeometricFamily, Cells, Dropout, Fit, FitBasis, FitSettings, PurchaseModel, RepeatSpend,
    SpendFitSettings, fit, fit_gamma_gamma,
};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use simulated::{Behaviour, mean_spend};

/// Checks a fit, and tells what it rests on.
fn basis<M>(set: u64, fitted: &Fit<M>) -> String {
    assert!(fitted.ln_likelihood.is_finite(), "set {set}");
    assert!(fitted.stop_reason.is_converged(), "set {set}: {:?}", fitted.stop_reason);
    let errors = fitted.standard_errors.as_ref().expect("an optimum has errors");
    assert!(errors.iter().all(|e| e.is_finite() && *e > 0.0), "set {set}: {errors:?}");
    match &fitted.basis {
        FitBasis::MaximumLikelihood => "maximum likelihood".to_owned(),
        FitBasis::WeakPrior(reason) | FitBasis::StrongPrior(reason) => reason.to_string(),
    }
}

fn is_possible(model: &impl PurchaseModel, cells: &Cells) -> bool {
    (0..cells.len()).step_by(1 + cells.len() / 100).all(|cell| {
        let history = cells.history(cell, 7.0).expect("a cell");
        let (alive, expected) = (model.p_alive(&history), model.expected_purchases(&history, 52.0));
        (0.0..=1.0).contains(&alive) && expected.is_finite() && expected >= 0.0
    })
}

#[test]
fn a_search_that_begins_with_a_sample_ends_where_it_would_without() {
    let behaviour = Behaviour { r: 1.2, alpha: 8.0, a: 0.5, b: 3.0, may_leave_at_once: false };
    let customers = behaviour.customers(150_000, 730, 5);
    let (cells, _) =
        Cells::compress(&customers.x, &customers.t_x, &customers.t).expect("histories");
    assert!(cells.len() > 50_000, "{} cells, too few for a sample", cells.len());
    let from = |start: [f64; 4]| FitSettings { start: Some(start.to_vec()), ..FitSettings::WEEKS };
    let same = |n_steps: usize, [sampled, whole]: [(f64, Vec<f64>); 2]| {
        assert!(n_steps <= 3, "{n_steps} steps from the estimate of a sample");
        assert!((sampled.0 - whole.0).abs() <= 1e-12 * whole.0.abs(), "{sampled:?} {whole:?}");
        for (found, expected) in sampled.1.iter().zip(&whole.1) {
            assert!((found - expected).abs() <= 1e-6 * expected, "{sampled:?} {whole:?}");
        }
    };
    let parameters = |model: &dyn PurchaseModel| -> Vec<f64> {
        model.parameters().into_iter().map(|(_, estimate)| estimate).collect()
    };
    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let sampled = fit(&family, &cells, &FitSettings::WEEKS).expect("a fit");
    let whole = fit(&family, &cells, &from([0.5, 20.0, 1.0, 2.0])).expect("a fit");
    let both = [&sampled, &whole].map(|fit| (fit.ln_likelihood, parameters(&fit.model)));
    same(sampled.n_steps, both);
    let sampled = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit");
    let whole = fit(&ParetoNbdFamily, &cells, &from([0.5, 20.0, 1.0, 60.0])).expect("a fit");
    let both = [&sampled, &whole].map(|fit| (fit.ln_likelihood, parameters(&fit.model)));
    same(sampled.n_steps, both);
}

/// Times are rounded to weeks, which makes a quarter of the cells; the number of customers is told to
/// the models by the weights of these.
#[test]
fn large_random_data_sets_have_a_fit_or_a_named_reason() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(20_260_104);
    let mut log_uniform = |low: f64, high: f64| (random.gen_range(low.ln()..high.ln())).exp();
    let sizes = [50_000, 100_000, 200_000, 400_000, 700_000, 1_000_000];
    for (set, n) in (0..).zip(sizes) {
        let behaviour = Behaviour {
            r: log_uniform(0.1, 3.0),
            alpha: log_uniform(2.0, 60.0),
            a: log_uniform(0.2, 3.0),
            b: log_uniform(0.5, 10.0),
            may_leave_at_once: set % 2 == 0,
        };
        let customers = behaviour.customers(n, log_uniform(200.0, 1_000.0) as i64, set);
        let (cells, _) =
            Cells::compress_by(&customers.x, &customers.t_x, &customers.t, 7).expect("histories");
        assert_eq!(cells.total_customers(), n as u64);
        let dropout = if set % 2 == 0 { Dropout::AfterEvery } else { Dropout::AfterRepeats };
        let geometric = fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS)
            .unwrap_or_else(|error| panic!("set {set} of {n}, {behaviour:?}: {error}"));
        let pareto = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS)
            .unwrap_or_else(|error| panic!("set {set} of {n}, {behaviour:?}: {error}"));
        let frequency = &customers.x;
        let money = mean_spend(frequency, [log_uniform(1.0, 10.0), 3.5, 20.0], set);
        let spend = RepeatSpend::new(frequency, &money).expect("spend");
        let spent = fit_gamma_gamma(&spend, &SpendFitSettings::default())
            .unwrap_or_else(|error| panic!("set {set} of {n}: {error}"));
        let found = [basis(set, &geometric), basis(set, &pareto), basis(set, &spent)];
        eprintln!("{n} customers, {} cells: {found:?}", cells.len());
        assert!(is_possible(&geometric.model, &cells) && is_possible(&pareto.model, &cells));
        // That many customers of a BG/NBD tell its parameters.
        assert_eq!(found[0], "maximum likelihood", "set {set} of {n}, {behaviour:?}");
    }
}
