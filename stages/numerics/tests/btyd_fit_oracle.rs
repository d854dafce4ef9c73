//! Maximum-likelihood fits of the CDNOW sample and of the apparel data set.

#![cfg(test)]

mod oracle;

use idip_numerics::btyd::{
    BetaGeometric, BetaGeometricFamily, Cells, Dropout, FitBasis, FitSettings, GammaGamma,
    ModelFamily, PurchaseModel, RepeatSpend, SpendFitSettings, fit, fit_gamma_gamma,
};
use idip_numerics::inference::Confidence;
use oracle::{Csv, assert_relative, numbers_of, oracle_folder, read_oracle};
use serde_json::Value;

const MODELS: [(&str, Dropout); 2] =
    [("BG/NBD", Dropout::AfterRepeats), ("MBG/NBD", Dropout::AfterEvery)];

fn cells(csv: &Csv) -> Cells {
    let column = |name| csv.whole_numbers(name);
    Cells::compress(&column("x"), &column("t_x_days"), &column("T_days")).expect("histories").0
}

fn model(dropout: Dropout, parameters: &[f64]) -> BetaGeometric {
    BetaGeometricFamily { dropout }.model(parameters).expect("possible parameters")
}

fn ln_likelihood(model: &BetaGeometric, cells: &Cells) -> f64 {
    cells.histories(7.0).map(|(h, n)| f64::from(n) * model.ln_likelihood(&h)).sum()
}

#[test]
fn fits_of_the_cdnow_sample_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_fits_cdnow_sample.json");
    let csv = Csv::read(&folder.join("data/cdnow_sample_cbs.csv"));
    let cells = cells(&csv);
    assert_eq!(cells.len() as u64, oracle["compressed_cells"]["unique_x_tx_T"]);
    assert_eq!(cells.total_customers(), oracle["sums"]["customers"]);
    assert_eq!(cells.total_repeats(), oracle["sums"]["x"]);
    assert_eq!(cells.total_repeaters(), oracle["sums"]["customers_with_x_gt_0"]);

    let assertion = &oracle["assertion"];
    let tolerance = |name: &str| assertion[name].as_f64().expect("a tolerance");
    for (name, dropout) in MODELS {
        let expected = &oracle["models"][name];
        let mle = numbers_of(&expected["mle"]["params"], &["r", "alpha", "a", "b"]);
        let best = expected["mle"]["log_likelihood"].as_f64().expect("a likelihood");
        let at_mle = ln_likelihood(&model(dropout, &mle), &cells);
        assert_relative(name, at_mle, best, tolerance("likelihood_at_rel_tol"));
        if let Some(at_published) = expected["log_likelihood_at_published"].as_f64() {
            let published = &expected["published"]["params"];
            let published = numbers_of(published, &["r", "alpha", "a", "b"]);
            let found = ln_likelihood(&model(dropout, &published), &cells);
            assert_relative(name, found, at_published, tolerance("likelihood_at_rel_tol"));
        }

        let family = BetaGeometricFamily { dropout };
        let cold = fit(&family, &cells, &FitSettings::WEEKS).expect("a fit");
        assert_eq!(cold.basis, FitBasis::MaximumLikelihood, "{name}");
        assert!(cold.n_steps <= 10, "{name}: {} steps", cold.n_steps);
        let below = best - cold.ln_likelihood;
        assert!(below.abs() <= tolerance("log_likelihood_abs_tol"), "{name}: {below}");
        assert!(below <= tolerance("log_likelihood_must_not_be_below_mle_by_more_than"), "{name}");
        let parameters_tolerance = assertion["params_rel_tol"][name].as_f64().expect("a number");
        for ((parameter, found), expected) in cold.model.parameters().into_iter().zip(&mle) {
            assert_relative(&format!("{name} {parameter}"), found, *expected, parameters_tolerance);
        }
        let errors = cold.standard_errors.as_ref().expect("standard errors");
        let expected = numbers_of(&expected["mle"]["std_errors"], &["r", "alpha", "a", "b"]);
        for (found, expected) in errors.iter().zip(&expected) {
            assert_relative(name, *found, *expected, tolerance("std_errors_rel_tol"));
        }

        // Last night's parameters, as far off as a night of new purchases makes them.
        let start = Some(mle.iter().map(|p| p * 1.03).collect());
        let warm = fit(&family, &cells, &FitSettings { start, ..FitSettings::WEEKS });
        let warm = warm.expect("a fit");
        assert!(warm.n_steps <= 4, "{name}: {} steps", warm.n_steps);
        assert_relative(name, warm.ln_likelihood, cold.ln_likelihood, 1e-12);
    }
}

#[test]
fn the_fit_of_spend_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_fits_cdnow_sample.json");
    let csv = Csv::read(&folder.join("data/cdnow_sample_cbs.csv"));
    let frequency = csv.whole_numbers("x");
    let cents = csv.whole_numbers("repeat_spend_cents");
    let mean = |(&x, &cents): (&i64, &i64)| cents as f64 / 100.0 / x as f64; // NaN for x = 0
    let monetary_value: Vec<f64> = frequency.iter().zip(&cents).map(mean).collect();
    let spend = RepeatSpend::new(&frequency, &monetary_value).expect("spend");
    let expected = &oracle["models"]["Gamma-Gamma"];
    assert_eq!(spend.n_customers(), expected["customers"]);

    let assertion = &oracle["assertion"];
    let tolerance = |name: &str| assertion[name].as_f64().expect("a tolerance");
    let best = expected["mle"]["log_likelihood"].as_f64().expect("a likelihood");
    let mle = numbers_of(&expected["mle"]["params"], &["p", "q", "v"]);
    let given = numbers_of(&expected["published"]["params"], &["p", "q", "v"]);
    let at_published = expected["log_likelihood_at_published"].as_f64().expect("a number");
    for (parameters, likelihood) in [(&mle, best), (&given, at_published)] {
        let model = GammaGamma::new(parameters[0], parameters[1], parameters[2]).expect("valid");
        let rows = frequency.iter().zip(&monetary_value).filter(|&(&x, &z)| x > 0 && z > 0.0);
        let found: f64 = rows.map(|(&x, &z)| model.ln_likelihood(x as u32, z)).sum();
        assert_relative("at given", found, likelihood, tolerance("likelihood_at_rel_tol"));
    }

    let fitted = fit_gamma_gamma(&spend, &SpendFitSettings::default()).expect("a fit");
    assert_eq!(fitted.basis, FitBasis::MaximumLikelihood);
    assert!(fitted.n_steps <= 10, "{} steps", fitted.n_steps);
    let below = best - fitted.ln_likelihood;
    assert!(below.abs() <= tolerance("log_likelihood_abs_tol"), "{below}");
    let rel = assertion["params_rel_tol"]["Gamma-Gamma"].as_f64().expect("a tolerance");
    let errors = fitted.standard_errors.as_ref().expect("standard errors");
    let expected_errors = numbers_of(&expected["mle"]["std_errors"], &["p", "q", "v"]);
    for i in 0..3 {
        assert_relative("parameter", fitted.model.parameters()[i], mle[i], rel);
        assert_relative("error", errors[i], expected_errors[i], tolerance("std_errors_rel_tol"));
    }
    let mean = expected["population_mean_spend_pv_over_q_minus_1"].as_f64().expect("a number");
    assert_relative("population mean", fitted.model.population_mean(), mean, rel);

    let warm = SpendFitSettings { start: Some(fitted.model), ..SpendFitSettings::default() };
    assert_eq!(fit_gamma_gamma(&spend, &warm).expect("a fit").n_steps, 0);

    let independence = spend.independence(Confidence::P95).expect("a correlation");
    let correlation = expected["correlation_x_zbar"].as_f64().expect("a number");
    assert_relative("correlation", independence.correlation.value, correlation, 1e-9);
    assert!(!independence.is_doubtful());
    assert!(independence.correlation.lower > 0.0, "{independence:?}");
}

#[test]
fn the_row_wise_fit_equals_the_fit_of_cells() {
    let Some(folder) = oracle_folder() else { return };
    let csv = Csv::read(&folder.join("data/cdnow_sample_cbs.csv"));
    let cells = cells(&csv);
    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let fitted = fit(&family, &cells, &FitSettings::WEEKS).expect("a fit");
    let rows: Vec<[i64; 3]> = ["x", "t_x_days", "T_days"]
        .map(|name| csv.whole_numbers(name))
        .into_iter()
        .fold(vec![], |rows: Vec<Vec<i64>>, column| {
            if rows.is_empty() {
                column.into_iter().map(|v| vec![v]).collect()
            } else {
                rows.into_iter().zip(column).map(|(row, v)| [row, vec![v]].concat()).collect()
            }
        })
        .into_iter()
        .map(|row| [row[0], row[1], row[2]])
        .collect();
    let sum: f64 = rows
        .iter()
        .map(|&[x, t_x, t]| {
            let (cell, _) = Cells::compress(&[x], &[t_x], &[t]).expect("a history");
            fitted.model.ln_likelihood(&cell.history(0, 7.0).expect("one cell"))
        })
        .sum();
    assert_relative("likelihood", fitted.ln_likelihood, sum, 1e-12);

    let reversed = |column: usize| rows.iter().rev().map(|r| r[column]).collect::<Vec<_>>();
    let (same, _) = Cells::compress(&reversed(0), &reversed(1), &reversed(2)).expect("cells");
    assert_eq!(same, cells, "the order of customers does not matter");
}

#[test]
fn the_fit_of_the_apparel_data_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle: Value = read_oracle(&folder, "btyd_covariates_apparel.json");
    let cells = cells(&Csv::read(&folder.join("data/apparel_cbs.csv")));
    let expected = &oracle["models"]["BG/NBD without covariates"];
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    let best = expected["log_likelihood"].as_f64().expect("a likelihood");
    let given = numbers_of(&expected["params"], &["r", "alpha", "a", "b"]);
    let at_given = ln_likelihood(&model(Dropout::AfterRepeats, &given), &cells);
    assert!((at_given - best).abs() <= tolerance("log_likelihood_at_given_params_abs"));

    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let fitted = fit(&family, &cells, &FitSettings::WEEKS).expect("a fit");
    assert!((fitted.ln_likelihood - best).abs() <= tolerance("log_likelihood_at_mle_abs"));
    assert!(fitted.n_steps <= 10, "{} steps", fitted.n_steps);
    for ((name, found), expected) in fitted.model.parameters().into_iter().zip(&given) {
        assert_relative(name, found, *expected, tolerance("params_rel"));
    }
}
