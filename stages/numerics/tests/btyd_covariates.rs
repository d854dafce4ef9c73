//! Effects of covariates: found again in simulated customers, absent where there are none.

#![cfg(test)]

mod oracle;
mod simulated;

use idip_numerics::btyd::{
    BetaGeometricFamily, Cells, CovariateCells, CovariateFit, Covariates, DiscountedHorizon,
    Dropout, FitBasis, FitSettings, PurchaseModel, ScoreSettings, fit, fit_with_covariates, score,
};
use oracle::{Csv, assert_relative, oracle_folder};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use simulated::{Behaviour, Customers};

const BASE: Behaviour = Behaviour { r: 0.8, alpha: 8.0, a: 0.8, b: 2.5, may_leave_at_once: false };

/// A group (0 or 1) and an age (-1, 0 or 1) for each customer.
struct Simulated {
    customers: Customers,
    group: Vec<f64>,
    age: Vec<f64>,
}

/// Purchase effects of group and age, effects of group on a and on b.
fn simulate(
    n: usize,
    base: Behaviour,
    [purchase, age, of_a, of_b]: [f64; 4],
    seed: u64,
) -> Simulated {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut simulated = Simulated { customers: Customers::default(), group: vec![], age: vec![] };
    for _ in 0..n {
        let z = f64::from(random.gen_range(0..2_u8));
        let y = f64::from(random.gen_range(-1..=1_i8));
        let own = Behaviour {
            alpha: base.alpha * (-purchase * z - age * y).exp(),
            a: base.a * (of_a * z).exp(),
            b: base.b * (of_b * z).exp(),
            ..base
        };
        let t = random.gen_range(100..=730);
        let (x, t_x) = own.history(t, &mut random);
        simulated.customers.x.push(x);
        simulated.customers.t_x.push(t_x);
        simulated.customers.t.push(t);
        simulated.group.push(z);
        simulated.age.push(y);
    }
    simulated
}

impl Simulated {
    fn cells(&self) -> (CovariateCells, Vec<u32>) {
        let Customers { x, t_x, t } = &self.customers;
        let covariates =
            Covariates { purchase: &[&self.group, &self.age], dropout: &[&self.group] };
        CovariateCells::compress(x, t_x, t, covariates).expect("valid")
    }
}

/// Distances of estimates from the truth, in standard errors.
fn deviations(fitted: &CovariateFit, truth: &[f64]) -> Vec<f64> {
    let model = &fitted.fit.model;
    let found: Vec<f64> = model
        .base()
        .parameters()
        .into_iter()
        .map(|(_, value)| value)
        .chain(model.purchase_effects().iter().copied())
        .chain(model.a_effects().iter().copied())
        .chain(model.b_effects().iter().copied())
        .collect();
    let errors = fitted.fit.standard_errors.as_ref().expect("standard errors");
    assert_eq!((found.len(), errors.len()), (truth.len(), truth.len()));
    found.iter().zip(truth).zip(errors).map(|((f, t), e)| (f - t) / e).collect()
}

#[test]
fn effects_are_found_again() {
    let effects = [0.7, -0.4, 0.5, -0.3];
    for (seed, dropout) in [(1, Dropout::AfterRepeats), (2, Dropout::AfterEvery)] {
        let base = Behaviour { may_leave_at_once: dropout == Dropout::AfterEvery, ..BASE };
        let simulated = simulate(30_000, base, effects, seed);
        let (cells, _) = simulated.cells();
        assert_eq!(cells.n_patterns(), 6);
        let fitted = fit_with_covariates(dropout, &cells, &FitSettings::WEEKS).expect("a fit");
        assert_eq!(fitted.fit.basis, FitBasis::MaximumLikelihood);
        assert!(fitted.fit.n_steps <= 15, "{} steps", fitted.fit.n_steps);
        let truth = [0.8, 8.0, 0.8, 2.5, 0.7, -0.4, 0.5, -0.3];
        let deviations = deviations(&fitted, &truth);
        assert!(deviations.iter().all(|d| d.abs() < 3.5), "{deviations:?} {fitted:?}");
        // Not by wide errors: effects on purchases are known to a few hundredths.
        let errors = fitted.fit.standard_errors.expect("standard errors");
        assert!(errors[4] < 0.05 && errors[5] < 0.05, "{errors:?}");
        let test = fitted.test.expect("both by likelihood");
        assert_eq!(test.degrees, 4);
        assert!(test.statistic > 1_000.0 && test.p_value < 1e-100, "{test:?}");
    }
}

#[test]
fn without_an_effect_the_test_says_so() {
    let mut p_values: Vec<f64> = (0..12)
        .map(|seed| {
            let simulated = simulate(3_000, BASE, [0.0; 4], 100 + seed);
            let cells = simulated.cells().0;
            let fitted = fit_with_covariates(Dropout::AfterRepeats, &cells, &FitSettings::WEEKS)
                .expect("a fit");
            let test = fitted.test.expect("both by likelihood");
            assert!(test.statistic >= 0.0);
            test.p_value
        })
        .collect();
    // Uniform on [0, 1] if the test is right: none of twelve below 1e-3, not all on one side.
    p_values.sort_by(f64::total_cmp);
    assert!(p_values[0] > 1e-3 && p_values[0] < 0.5 && p_values[11] > 0.5, "{p_values:?}");
}

#[test]
fn without_covariates_it_is_the_plain_model() {
    let simulated = simulate(5_000, BASE, [0.5, 0.0, 0.0, 0.0], 7);
    let Customers { x, t_x, t } = &simulated.customers;
    let none = Covariates { purchase: &[], dropout: &[] };
    let (covariate_cells, row_in_covariate) =
        CovariateCells::compress(x, t_x, t, none).expect("valid");
    let (cells, row_in_plain) = Cells::compress(x, t_x, t).expect("valid");
    assert_eq!((covariate_cells.cells(), &row_in_covariate), (&cells, &row_in_plain));

    let dropout = Dropout::AfterRepeats;
    let fitted = fit_with_covariates(dropout, &covariate_cells, &FitSettings::WEEKS);
    let fitted = fitted.expect("a fit");
    let plain = fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS).expect("a fit");
    assert_eq!(fitted.plain, plain);
    assert_eq!(fitted.fit.n_steps, 0);
    for ((name, found), (_, expected)) in
        fitted.fit.model.base().parameters().into_iter().zip(plain.model.parameters())
    {
        assert_relative(name, found, expected, 1e-12);
    }
    assert_eq!(
        fitted.test.map(|test| (test.degrees, test.p_value.to_bits())),
        Some((0, 1.0_f64.to_bits()))
    );
    let settings = settings();
    let together = score(fitted.fit.model.base(), &cells, &settings);
    let found = fitted.fit.model.score(&covariate_cells, &settings);
    assert_eq!(found.len(), together.len());
    for cell in 0..found.len() {
        let (found, expected) = (found.of(cell), together.of(cell));
        let (found, expected) = (found.expect("a cell"), expected.expect("a cell"));
        assert_relative("alive", found.p_alive, expected.p_alive, 1e-12);
        assert_relative("any", found.p_any, expected.p_any, 1e-12);
        let (found, expected) = (found.discounted_purchases, expected.discounted_purchases);
        assert_relative("discounted", found, expected, 1e-11);
    }
}

fn settings() -> ScoreSettings {
    ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 90.0,
        discounted_horizon: DiscountedHorizon::new(12, 30.4375, 0.01).expect("valid"),
    }
}

#[test]
fn a_customer_is_scored_by_its_own_covariates() {
    let simulated = simulate(4_000, BASE, [0.7, -0.4, 0.5, -0.3], 3);
    let (cells, cell_of_row) = simulated.cells();
    let dropout = Dropout::AfterRepeats;
    let model = fit_with_covariates(dropout, &cells, &FitSettings::WEEKS).expect("a fit").fit.model;
    let scores = model.score(&cells, &settings());
    assert_eq!(scores.len(), cells.cells().len());
    for row in (0..4_000).step_by(37) {
        let own = model
            .for_customer(&[simulated.group[row], simulated.age[row]], &[simulated.group[row]]);
        let cell = cell_of_row[row] as usize;
        let history = cells.cells().history(cell, 7.0).expect("a cell");
        assert_eq!(i64::from(history.frequency), simulated.customers.x[row]);
        assert_relative(
            "any",
            scores.of(cell).expect("a cell").p_any,
            own.p_any(&history, 90.0 / 7.0),
            1e-12,
        );
        let year = own.expected_purchases(&history, 12.0 * 30.4375 / 7.0);
        assert_relative("purchases", scores.of(cell).expect("a cell").long_purchases, year, 1e-11);
    }
    // One more unit of the group multiplies the rate of a new customer by exp(effect).
    let [out, within] = [0.0, 1.0].map(|z| model.for_customer(&[z, 0.0], &[0.0]));
    let ratio = out.alpha() / within.alpha();
    assert_relative("rate", ratio, model.purchase_effects()[0].exp(), 1e-12);
}

#[test]
fn a_covariate_that_says_nothing_falls_back_on_its_prior() {
    let simulated = simulate(2_000, BASE, [0.5, 0.0, 0.0, 0.0], 5);
    let Customers { x, t_x, t } = &simulated.customers;
    let constant = vec![1.0; x.len()];
    let covariates = Covariates { purchase: &[&constant, &simulated.group], dropout: &[] };
    let (cells, _) = CovariateCells::compress(x, t_x, t, covariates).expect("valid");
    let fitted = fit_with_covariates(Dropout::AfterRepeats, &cells, &FitSettings::WEEKS);
    let fitted = fitted.expect("a fit");
    assert!(matches!(fitted.fit.basis, FitBasis::WeakPrior(_)), "{:?}", fitted.fit.basis);
    let effects = fitted.fit.model.purchase_effects();
    assert!((effects[1] - 0.5).abs() < 0.3, "{effects:?}");
    assert!(fitted.test.expect("the plain fit is by likelihood").p_value < 1e-3);
}

#[test]
fn the_apparel_covariates_end_in_a_named_fit() {
    let Some(folder) = oracle_folder() else { return };
    let csv = Csv::read(&folder.join("data/apparel_cbs.csv"));
    let [x, t_x, t, gender, channel] =
        ["x", "t_x_days", "T_days", "gender", "channel"].map(|name| csv.whole_numbers(name));
    let [gender, channel] =
        [gender, channel].map(|c| c.into_iter().map(|v| v as f64).collect::<Vec<_>>());
    let columns: [&[f64]; 2] = [&gender, &channel];
    let covariates = Covariates { purchase: &columns, dropout: &columns };
    let (cells, _) = CovariateCells::compress(&x, &t_x, &t, covariates).expect("valid");
    let fitted = fit_with_covariates(Dropout::AfterRepeats, &cells, &FitSettings::WEEKS);
    let fitted = fitted.expect("a fit");
    // a and b run off here (to 1,223 and 9,044 in other tools); the prior holds them.
    assert_eq!(fitted.plain.basis, FitBasis::MaximumLikelihood);
    let base = fitted.fit.model.base();
    assert!(base.a() + base.b() < 1e4, "{base:?}");
    // Purchase effects of the Pareto/NBD with covariates: .286 and .624.
    let effects = fitted.fit.model.purchase_effects();
    assert!((effects[0] - 0.286).abs() < 0.15 && (effects[1] - 0.624).abs() < 0.15, "{effects:?}");
    let test = fitted.test.expect("the plain fit is by likelihood");
    assert!(test.statistic > 30.0 && test.p_value < 1e-5, "{test:?}");
}
