//! Effects of covariates in a Pareto/NBD: the apparel data set, and data with known effects.

#![cfg(test)]

mod oracle;

use idip_numerics::btyd::pareto_nbd::{
    CovariateModel, ParetoNbd, ParetoNbdFamily, fit_with_covariates,
};
use idip_numerics::btyd::{
    Cells, CovariateCells, Covariates, DiscountedHorizon, FitBasis, FitSettings, PurchaseModel,
    ScoreSettings, fit, score,
};
use oracle::{Csv, assert_absolute, assert_relative, numbers_of, oracle_folder, read_oracle};
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Exp1, Gamma, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

const NAMES: [&str; 4] = ["r", "alpha", "s", "beta"];

/// The apparel customers, with gender and channel as covariates of everything.
fn apparel(csv: &Csv) -> (CovariateCells, Vec<u32>, [Vec<f64>; 2]) {
    let [x, t_x, t, gender, channel] =
        ["x", "t_x_days", "T_days", "gender", "channel"].map(|name| csv.whole_numbers(name));
    let columns = [gender, channel].map(|c| c.into_iter().map(|v| v as f64).collect::<Vec<_>>());
    let slices: [&[f64]; 2] = [&columns[0], &columns[1]];
    let covariates = Covariates { purchase: &slices, dropout: &slices };
    let (cells, cell_of_row) =
        CovariateCells::compress(&x, &t_x, &t, covariates).expect("histories");
    (cells, cell_of_row, columns)
}

#[test]
fn the_apparel_fits_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_covariates_apparel.json");
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    let csv = Csv::read(&folder.join("data/apparel_cbs.csv"));
    let (cells, cell_of_row, columns) = apparel(&csv);
    assert_eq!(cells.cells().total_customers(), 600);
    assert_eq!(cells.n_patterns(), 4);

    // The likelihood at the parameters of the reference and of CLVTools, customer by customer.
    let with = &oracle["models"]["Pareto/NBD with covariates"];
    let given = |object, trans: [&str; 2], life: [&str; 2]| {
        let &[r, alpha, s, beta] = &numbers_of(object, &NAMES)[..] else { panic!("four") };
        let base = ParetoNbd::new(r, alpha, s, beta).expect("possible");
        CovariateModel::new(base, numbers_of(object, &trans), numbers_of(object, &life))
            .expect("possible")
    };
    let reference =
        given(&with["params"], ["trans_gender", "trans_channel"], ["life_gender", "life_channel"]);
    let clv_tools = given(
        &with["CLVTools"],
        ["trans.Gender", "trans.Channel"],
        ["life.Gender", "life.Channel"],
    );
    for (model, object) in [(&reference, with), (&clv_tools, &with["CLVTools"])] {
        let found: f64 = (0..600)
            .map(|row| {
                let z = [columns[0][row], columns[1][row]];
                let history = cells.cells().history(cell_of_row[row] as usize, 7.0);
                model.for_customer(&z, &z).ln_likelihood(&history.expect("a cell"))
            })
            .sum();
        let expected = object["log_likelihood"].as_f64().expect("a likelihood");
        assert_absolute("given", found, expected, tolerance("log_likelihood_at_given_params_abs"));
    }

    let fitted = fit_with_covariates(&cells, &FitSettings::WEEKS).expect("a fit");
    eprintln!("{fitted:?}");
    let without = &oracle["models"]["Pareto/NBD without covariates"];
    for (basis, found, object) in [
        (fitted.plain.basis, fitted.plain.ln_likelihood, without),
        (fitted.fit.basis, fitted.fit.ln_likelihood, with),
    ] {
        assert_eq!(basis, FitBasis::MaximumLikelihood);
        let expected = object["log_likelihood"].as_f64().expect("a likelihood");
        assert_absolute("optimum", found, expected, tolerance("log_likelihood_at_mle_abs"));
        assert!(found >= expected - 1e-6, "{found} is below the reference {expected}");
    }
    let model = &fitted.fit.model;
    let close = tolerance("params_rel");
    for (found, object) in [(&fitted.plain.model, without), (model.base(), with)] {
        let expected = numbers_of(&object["params"], &NAMES);
        for ((name, found), expected) in found.parameters().into_iter().zip(expected) {
            assert_relative(name, found, expected, close);
        }
    }
    for (found, expected) in [
        (model.purchase_effects(), reference.purchase_effects()),
        (model.death_effects(), reference.death_effects()),
    ] {
        for (found, expected) in found.iter().zip(expected) {
            assert_relative("effect", *found, *expected, close);
        }
    }
    let errors = fitted.fit.standard_errors.as_ref().expect("standard errors");
    assert_eq!(errors.len(), 8);
    assert!(errors.iter().all(|error| error.is_finite() && *error > 0.0));

    let expected = &oracle["likelihood_ratio_test"];
    let test = fitted.test.expect("both by likelihood");
    assert_eq!(test.degrees as u64, expected["df"]);
    let statistic = expected["statistic"].as_f64().expect("a number");
    let close = 2.0 * tolerance("log_likelihood_at_mle_abs");
    assert_absolute("statistic", test.statistic, statistic, close);
    let p_value = expected["p_value"].as_f64().expect("a number");
    assert_relative("p-value", test.p_value, p_value, 1e-3);
}

struct Simulated {
    /// x, `t_x`, T in whole days.
    histories: [Vec<i64>; 3],
    group: Vec<f64>,
    age: Vec<f64>,
}

impl Simulated {
    /// Customers of a model; group and age act on purchases, the group on death too.
    fn new(model: &CovariateModel, n: usize, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut simulated = Self { histories: Default::default(), group: vec![], age: vec![] };
        for _ in 0..n {
            let group = f64::from(u8::from(random.r#gen::<f64>() < 0.4));
            // In steps, so that some customers share their age.
            let age: f64 = StandardNormal.sample(&mut random);
            let age = (4.0 * age).round() / 4.0;
            let own = model.for_customer(&[group, age], &[group]);
            let rate = Gamma::new(own.r(), 1.0 / own.alpha()).expect("positive");
            let death = Gamma::new(own.s(), 1.0 / own.beta()).expect("positive");
            let (rate, death) = (rate.sample(&mut random), death.sample(&mut random));
            let t: i64 = random.gen_range(200..=700);
            let lifetime: f64 = Exp1.sample(&mut random);
            let until = (7.0 * lifetime / death).min(t as f64);
            let (mut x, mut last) = (0, 0.0_f64);
            loop {
                let gap: f64 = Exp1.sample(&mut random);
                let next = last + 7.0 * gap / rate;
                if next.is_nan() || next > until {
                    break;
                }
                (x, last) = (x + 1, next);
            }
            let t_x = if x > 0 { (last.round() as i64).clamp(1, t) } else { 0 };
            for (column, value) in simulated.histories.iter_mut().zip([x, t_x, t]) {
                column.push(value);
            }
            simulated.group.push(group);
            simulated.age.push(age);
        }
        simulated
    }

    fn cells(&self) -> (CovariateCells, Vec<u32>) {
        let [x, t_x, t] = &self.histories;
        let covariates =
            Covariates { purchase: &[&self.group, &self.age], dropout: &[&self.group] };
        CovariateCells::compress(x, t_x, t, covariates).expect("valid")
    }
}

fn model(purchase: [f64; 2], death: f64) -> CovariateModel {
    let base = ParetoNbd::new(0.8, 8.0, 0.9, 14.0).expect("possible");
    CovariateModel::new(base, purchase.to_vec(), vec![death]).expect("possible")
}

#[test]
fn known_effects_are_found() {
    let truth = model([0.7, -0.3], 0.8);
    let simulated = Simulated::new(&truth, 20_000, 1);
    let (cells, _) = simulated.cells();
    let fitted = fit_with_covariates(&cells, &FitSettings::WEEKS).expect("a fit");
    assert_eq!(fitted.fit.basis, FitBasis::MaximumLikelihood);
    let parameters = |model: &CovariateModel| -> Vec<f64> {
        let base = model.base().parameters().into_iter().map(|p| p.1);
        base.chain(model.purchase_effects().to_vec())
            .chain(model.death_effects().to_vec())
            .collect()
    };
    let errors = fitted.fit.standard_errors.as_ref().expect("standard errors");
    let pairs = parameters(&fitted.fit.model).into_iter().zip(parameters(&truth));
    for (i, (found, truth)) in pairs.enumerate() {
        // Four errors, and a little for times rounded to days.
        let close = 4.0 * errors[i] + 0.02 * truth.abs();
        assert!((found - truth).abs() < close, "{i}: {found}, {truth} +- {}", errors[i]);
    }
    let test = fitted.test.expect("both by likelihood");
    assert!(test.degrees == 3 && test.statistic > 500.0 && test.p_value < 1e-60, "{test:?}");
}

#[test]
fn without_an_effect_the_test_says_so() {
    let none = model([0.0, 0.0], 0.0);
    let mut p_values: Vec<f64> = (0..10)
        .map(|seed| {
            let (cells, _) = Simulated::new(&none, 2_000, 100 + seed).cells();
            let fitted = fit_with_covariates(&cells, &FitSettings::WEEKS).expect("a fit");
            let test = fitted.test.expect("the plain fit is by likelihood");
            assert!(test.statistic >= 0.0);
            test.p_value
        })
        .collect();
    // Uniform on [0, 1] if the test is right: none of ten below 1e-3, not all on one side.
    p_values.sort_by(f64::total_cmp);
    assert!(p_values[0] > 1e-3 && p_values[0] < 0.5 && p_values[9] > 0.5, "{p_values:?}");
}

#[test]
fn without_covariates_it_is_the_plain_model() {
    let simulated = Simulated::new(&model([0.5, 0.0], 0.0), 4_000, 7);
    let [x, t_x, t] = &simulated.histories;
    let none = Covariates { purchase: &[], dropout: &[] };
    let (covariate_cells, _) = CovariateCells::compress(x, t_x, t, none).expect("valid");
    let (cells, _) = Cells::compress(x, t_x, t).expect("valid");
    let fitted = fit_with_covariates(&covariate_cells, &FitSettings::WEEKS).expect("a fit");
    let plain = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit");
    assert_eq!(fitted.plain, plain);
    assert_eq!(fitted.fit.n_steps, 0);
    let errors = fitted.fit.standard_errors.as_ref().expect("standard errors");
    for (found, expected) in errors.iter().zip(plain.standard_errors.iter().flatten()) {
        assert_relative("error", *found, *expected, 1e-8);
    }
    let settings = settings();
    let scores = fitted.fit.model.score(&covariate_cells, &settings);
    assert_eq!(scores, score(fitted.fit.model.base(), &cells, &settings));
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
    let truth = model([0.7, -0.4], 0.5);
    let simulated = Simulated::new(&truth, 3_000, 3);
    let (cells, cell_of_row) = simulated.cells();
    let scores = truth.score(&cells, &settings());
    assert_eq!(scores.len(), cells.cells().len());
    for row in (0..3_000).step_by(37) {
        let (group, age) = (simulated.group[row], simulated.age[row]);
        let own = truth.for_customer(&[group, age], &[group]);
        let cell = cell_of_row[row] as usize;
        let history = cells.cells().history(cell, 7.0).expect("a cell");
        assert_eq!(i64::from(history.frequency), simulated.histories[0][row]);
        assert_relative(
            "any",
            scores.of(cell).expect("a cell").p_any,
            own.p_any(&history, 90.0 / 7.0),
            1e-12,
        );
        let year = own.expected_purchases(&history, 12.0 * 30.4375 / 7.0);
        assert_relative("purchases", scores.of(cell).expect("a cell").long_purchases, year, 1e-12);
    }
    // One more unit of the group multiplies the rates of a new customer by exp(effect).
    let [out, within] = [0.0, 1.0].map(|z| truth.for_customer(&[z, 0.0], &[z]));
    assert_relative("purchases", out.alpha() / within.alpha(), 0.7_f64.exp(), 1e-12);
    assert_relative("deaths", out.beta() / within.beta(), 0.5_f64.exp(), 1e-12);
}

#[test]
fn a_covariate_that_says_nothing_falls_back_on_its_prior() {
    let simulated = Simulated::new(&model([0.5, 0.0], 0.0), 3_000, 5);
    let [x, t_x, t] = &simulated.histories;
    let constant = vec![1.0; x.len()];
    let covariates = Covariates { purchase: &[&constant, &simulated.group], dropout: &[] };
    let (cells, _) = CovariateCells::compress(x, t_x, t, covariates).expect("valid");
    let fitted = fit_with_covariates(&cells, &FitSettings::WEEKS).expect("a fit");
    assert!(matches!(fitted.fit.basis, FitBasis::WeakPrior(_)), "{:?}", fitted.fit.basis);
    let effects = fitted.fit.model.purchase_effects();
    assert!((effects[1] - 0.5).abs() < 0.2, "{effects:?}");
    assert!(fitted.test.expect("the plain fit is by likelihood").p_value < 1e-3);
}

#[test]
fn the_fit_does_not_depend_on_threads_or_the_order_of_customers() {
    let mut simulated = Simulated::new(&model([0.7, -0.3], 0.8), 6_000, 9);
    let mut with_threads = |n| {
        simulated.histories.iter_mut().for_each(|column| column.reverse());
        simulated.group.reverse();
        simulated.age.reverse();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| {
            let (cells, _) = simulated.cells();
            assert!(cells.cells().len() > 4_096);
            fit_with_covariates(&cells, &FitSettings::WEEKS).expect("a fit")
        })
    };
    let one = with_threads(1);
    assert_eq!(one, with_threads(2));
    assert_eq!(one, with_threads(5));
}
