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
