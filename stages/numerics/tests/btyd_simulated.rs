//! Parameters of simulated customers, found again.

#![cfg(test)]

mod simulated;

use idip_numerics::btyd::holdout::{Holdout, check_holdout};
use idip_numerics::btyd::{
    BetaGeometricFamily, Cells, Dropout, FitBasis, FitSettings, GammaGamma, PriorReason,
    PurchaseModel, RepeatSpend, SpendFitError, SpendFitSettings, fit, fit_gamma_gamma,
};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use simulated::{Behaviour, mean_spend};

#[test]
fn behaviour_is_found_again() {
    for (seed, may_leave_at_once) in [(11, false), (12, true)] {
        // Slow buyers, so that two purchases on one day are rare.
        let behaviour = Behaviour { r: 0.8, alpha: 12.0, a: 0.7, b: 2.5, may_leave_at_once };
        let customers = behaviour.customers(60_000, 900, seed);
        let (cells, _) =
            Cells::compress(&customers.x, &customers.t_x, &customers.t).expect("histories");
        let dropout = if may_leave_at_once { Dropout::AfterEvery } else { Dropout::AfterRepeats };
        let fitted =
            fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS).expect("a fit");
        assert_eq!(fitted.basis, FitBasis::MaximumLikelihood);
        assert!(fitted.n_steps <= 10, "{} steps", fitted.n_steps);
        let errors = fitted.standard_errors.as_ref().expect("standard errors");
        let truth = [0.8, 12.0, 0.7, 2.5];
        for (((name, found), truth), error) in
            fitted.model.parameters().into_iter().zip(truth).zip(errors)
        {
            assert!((found - truth).abs() < 3.5 * error, "{name}: {found} +- {error}");
            assert!(*error < 0.1 * truth, "{name}: {found} +- {error}");
        }

        // The unit of time changes alpha alone.
        let days = FitSettings { time_unit_days: 1.0, ..FitSettings::WEEKS };
        let in_days = fit(&BetaGeometricFamily { dropout }, &cells, &days).expect("a fit").model;
        assert!((in_days.alpha() / 7.0 / fitted.model.alpha() - 1.0).abs() < 1e-6);
        assert!((in_days.b() / fitted.model.b() - 1.0).abs() < 1e-6);

        // Last night's parameters, one per cent more customers: a few steps.
        let more = behaviour.customers(600, 900, seed + 100);
        let grown = |a: &[i64], b: &[i64]| [a, b].concat();
        let (cells, _) = Cells::compress(
            &grown(&customers.x, &more.x),
            &grown(&customers.t_x, &more.t_x),
            &grown(&customers.t, &more.t),
        )
        .expect("histories");
        let start = Some(fitted.model.parameters().into_iter().map(|(_, value)| value).collect());
        let settings = FitSettings { start, ..FitSettings::WEEKS };
        let warm = fit(&BetaGeometricFamily { dropout }, &cells, &settings).expect("a fit");
        assert!(warm.n_steps <= 4, "{} steps", warm.n_steps);
    }
}

/// What a customer does in the half year after, simulated from the same behaviour.
#[test]
fn forecasts_of_the_right_model_are_unbiased_and_calibrated() {
    let behaviour = Behaviour { r: 0.6, alpha: 8.0, a: 0.8, b: 2.5, may_leave_at_once: false };
    let (days, n) = (182_i64, 40_000);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    let (mut x, mut t_x, mut t) = (vec![], vec![], vec![]);
    let (mut later, mut last_day) = (vec![], vec![]);
    for _ in 0..n {
        let calibration = random.gen_range(30..=500_i64);
        let purchases = behaviour.purchase_days(calibration + days, &mut random);
        let before: Vec<i64> = purchases.iter().copied().filter(|&d| d <= calibration).collect();
        x.push(before.len() as i64);
        t_x.push(before.last().copied().unwrap_or(0));
        t.push(calibration);
        // Purchase days, as the data count them.
        let mut after: Vec<i64> = purchases[before.len()..].to_vec();
        after.dedup();
        later.push(after.len() as i64);
        last_day.push(after.last().map_or(0, |day| day - calibration));
    }
    let (cells, cell_of_row) = Cells::compress(&x, &t_x, &t).expect("histories");
    let dropout = Dropout::AfterRepeats;
    let model = fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS).expect("a fit");
    let holdout = Holdout::new(cells, &cell_of_row, &later, Some(&last_day), days as u32);
    let check = check_holdout(&model.model, &holdout.expect("outcomes"), 7.0);
    let ratio = check.expected_purchases / check.actual_purchases;
    assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
    let ratio = check.expected_buyers / check.actual_buyers;
    assert!((ratio - 1.0).abs() < 0.03, "{ratio}");
    for decile in &check.calibration {
        // Four standard deviations of a binomial count.
        let spread = 4.0 * decile.expected.max(1.0).sqrt() + 0.02 * decile.expected;
        assert!((decile.expected - decile.actual).abs() <= spread, "{decile:?}");
    }
    assert!(check.brier_score < check.brier_score_of_base_rate);
}

#[test]
fn spend_is_found_again() {
    let truth = [6.25, 3.74, 15.44];
    let frequency: Vec<i64> = (0..40_000).map(|i| i % 7).collect();
    let spend = RepeatSpend::new(&frequency, &mean_spend(&frequency, truth, 3)).expect("spend");
    let fitted = fit_gamma_gamma(&spend, &SpendFitSettings::default()).expect("a fit");
    assert_eq!(fitted.basis, FitBasis::MaximumLikelihood);
    assert!(fitted.n_steps <= 10, "{} steps", fitted.n_steps);
    let errors = fitted.standard_errors.as_ref().expect("standard errors");
    for ((found, truth), error) in fitted.model.parameters().iter().zip(truth).zip(errors) {
        assert!((found - truth).abs() < 3.5 * error && *error < 0.1 * truth, "{fitted:?}");
    }
    // Cents instead of dollars change v alone.
    let cents: Vec<f64> =
        mean_spend(&frequency, truth, 3).into_iter().map(|mean| 100.0 * mean).collect();
    let cents = RepeatSpend::new(&frequency, &cents).expect("spend");
    let cents = fit_gamma_gamma(&cents, &SpendFitSettings::default()).expect("a fit").model;
    let [[p, q, v], [p_cents, q_cents, v_cents]] = [fitted.model, cents].map(|m| m.parameters());
    for (one, other) in [(p, p_cents), (q, q_cents), (100.0 * v, v_cents)] {
        assert!((one / other - 1.0).abs() < 1e-6, "{one} {other}");
    }
}

#[test]
fn hard_cases_of_spend_are_named() {
    let settings = SpendFitSettings::default();
    let fitted = |frequency: &[i64], mean: &[f64]| {
        fit_gamma_gamma(&RepeatSpend::new(frequency, mean).expect("spend"), &settings)
    };
    assert_eq!(fitted(&[0, 1], &[f64::NAN, 0.0]).err(), Some(SpendFitError::NoCustomers));
    let few = fitted(&[2, 1], &[10.0, 30.0]).expect("a fit");
    let required = settings.min_customers;
    let reason = PriorReason::TooFewCustomers { found: 2, required };
    assert_eq!(few.basis, FitBasis::WeakPrior(reason));
    let alike = fitted(&[2; 200], &[12.5; 200]).expect("a fit");
    assert_eq!(alike.basis, FitBasis::StrongPrior(PriorReason::AllAlike));
    // Whoever always spends the same is expected to go on.
    assert!((alike.model.expected_spend(2, 12.5) / 12.5 - 1.0).abs() < 0.05, "{alike:?}");

    // Spend that differs between purchases but not between customers: q has no upper bound in the
    // data, and nobody is told from the rest by a few purchases.
    let frequency: Vec<i64> = (0..3_000).map(|i| 1 + i % 3).collect();
    let even = fitted(&frequency, &mean_spend(&frequency, [2.0, 1e6, 1e7], 8)).expect("a fit");
    assert!((even.model.expected_spend(3, 60.0) / 20.0 - 1.0).abs() < 0.2, "{even:?}");
    assert!((even.model.population_mean() / 20.0 - 1.0).abs() < 0.05, "{even:?}");
    // So long a tail that there is no mean: q below 1 in truth.
    let wild = fitted(&frequency, &mean_spend(&frequency, [2.0, 0.4, 5.0], 9)).expect("a fit");
    assert!(matches!(wild.basis, FitBasis::WeakPrior(_)), "{wild:?}");
    assert!(wild.model.population_mean().is_finite());
    // Outliers of any size leave a finite fit.
    let mut mean = mean_spend(&frequency, [6.0, 4.0, 15.0], 10);
    mean[17] = 1e14;
    assert!(fitted(&frequency, &mean).expect("a fit").ln_likelihood.is_finite());
    let start = Some(GammaGamma::new(1e9, 1e9, 1e-9).expect("possible"));
    let spend = RepeatSpend::new(&frequency, &mean_spend(&frequency, [6.0, 4.0, 15.0], 10));
    let warm = fit_gamma_gamma(&spend.expect("spend"), &SpendFitSettings { start, ..settings });
    assert_eq!(warm.expect("a fit").basis, FitBasis::MaximumLikelihood);
}
