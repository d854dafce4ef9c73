//! The Pareto/NBD on the CDNOW sample: fit, customers, holdout, choice of model.

#![cfg(test)]

mod oracle;

use std::collections::BTreeMap;

use idip_numerics::btyd::holdout::{
    Holdout, ScoredCell, area_under_curve, check_holdout, expected_cumulative, rank_by_log_score,
};
use idip_numerics::btyd::pareto_nbd::{ParetoNbd, ParetoNbdFamily};
use idip_numerics::btyd::{
    BetaGeometricFamily, Cells, DiscountedHorizon, Dropout, FitBasis, FitSettings, GammaGamma,
    ModelKind, PurchaseModel, RepeatSpend, ScoreSettings, SpendFitSettings, fit, fit_gamma_gamma,
    score,
};
use oracle::{
    Csv, assert_absolute, assert_relative, day_number, numbers_of, oracle_folder, read_oracle,
};
use serde_json::Value;

const NAME: &str = "Pareto/NBD";

const PARAMETERS: [&str; 4] = ["r", "alpha", "s", "beta"];

fn model(parameters: &Value) -> ParetoNbd {
    let &[r, alpha, s, beta] = &numbers_of(parameters, &PARAMETERS)[..] else {
        panic!("four parameters")
    };
    ParetoNbd::new(r, alpha, s, beta).expect("possible parameters")
}

fn sample(csv: &Csv) -> (Cells, Vec<u32>) {
    let [x, t_x, t] = ["x", "t_x_days", "T_days"].map(|name| csv.whole_numbers(name));
    Cells::compress(&x, &t_x, &t).expect("histories")
}

fn ln_likelihood(model: &ParetoNbd, cells: &Cells) -> f64 {
    cells.histories(7.0).map(|(h, n)| f64::from(n) * model.ln_likelihood(&h)).sum()
}

#[test]
fn the_fit_of_the_sample_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_fits_cdnow_sample.json");
    let (cells, _) = sample(&Csv::read(&folder.join("data/cdnow_sample_cbs.csv")));
    let expected = &oracle["models"][NAME];
    let assertion = &oracle["assertion"];
    let tolerance = |name: &str| assertion[name].as_f64().expect("a tolerance");
    let best = expected["mle"]["log_likelihood"].as_f64().expect("a likelihood");
    let mle = model(&expected["mle"]["params"]);
    let close = tolerance("likelihood_at_rel_tol");
    assert_relative("at the optimum", ln_likelihood(&mle, &cells), best, close);
    let published = model(&expected["published"]["params"]);
    let at_published = expected["log_likelihood_at_published"].as_f64().expect("a likelihood");
    assert_relative("published", ln_likelihood(&published, &cells), at_published, close);

    let cold = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit");
    eprintln!("{cold:?}");
    assert_eq!(cold.basis, FitBasis::MaximumLikelihood);
    assert!(cold.n_steps <= 10, "{} steps", cold.n_steps);
    let below = best - cold.ln_likelihood;
    assert!(below.abs() <= tolerance("log_likelihood_abs_tol"), "{below}");
    assert!(below <= tolerance("log_likelihood_must_not_be_below_mle_by_more_than"), "{below}");
    let close = assertion["params_rel_tol"][NAME].as_f64().expect("a tolerance");
    let errors = cold.standard_errors.as_ref().expect("standard errors");
    let expected_errors = numbers_of(&expected["mle"]["std_errors"], &PARAMETERS);
    let parameters = cold.model.parameters().into_iter().zip(mle.parameters());
    for (i, ((name, found), (_, expected))) in parameters.enumerate() {
        assert_relative(name, found, expected, close);
        assert_relative(name, errors[i], expected_errors[i], tolerance("std_errors_rel_tol"));
    }

    let start = Some(mle.parameters().into_iter().map(|(_, p)| p * 1.03).collect());
    let warm = fit(&ParetoNbdFamily, &cells, &FitSettings { start, ..FitSettings::WEEKS });
    let warm = warm.expect("a fit");
    assert!(warm.n_steps <= 4, "{} steps", warm.n_steps);
    assert_relative("warm", warm.ln_likelihood, cold.ln_likelihood, 1e-12);
}

#[test]
fn scores_of_customers_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_customers_cdnow_sample.json");
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    let list = |name: &str| oracle[name].as_array().expect("a list");
    let (customers, edge_cases) = (list("customers"), list("edge_cases"));
    assert_eq!((customers.len(), edge_cases.len()), (50, 9));
    let model = model(&oracle["parameters"][NAME]);
    let spend = numbers_of(&oracle["parameters"]["Gamma-Gamma"], &["p", "q", "v"]);
    let spend = GammaGamma::new(spend[0], spend[1], spend[2]).expect("possible parameters");
    let rate = oracle["continuous_discount_rate_per_week_for_dert"].as_f64().expect("a rate");
    for customer in customers.iter().chain(edge_cases) {
        let case = customer["customer_id"].to_string();
        let days = |name: &str| customer[name].as_i64().expect("whole days");
        let cells = Cells::compress(&[days("x")], &[days("t_x_days")], &[days("T_days")]);
        let history = cells.expect("a history").0.history(0, 7.0).expect("one cell");
        let expected = &customer["pareto_nbd"];
        let number = |name: &str| expected[name].as_f64().expect("a number");

        let ln = number("log_likelihood");
        assert_relative(&case, model.ln_likelihood(&history), ln, tolerance("log_likelihood_rel"));
        let p_alive = model.p_alive(&history);
        assert_absolute(&case, p_alive, number("p_alive"), tolerance("p_alive_abs"));
        for (weeks, expected) in expected["expected_purchases"].as_object().expect("horizons") {
            let horizon: f64 = weeks.parse().expect("weeks");
            let found = model.expected_purchases(&history, horizon);
            let expected = expected.as_f64().expect("a number");
            let close = tolerance("expected_purchases_rel");
            assert_relative(&format!("{case} within {weeks}"), found, expected, close);
            let any = model.p_any(&history, horizon);
            assert!(any <= found && any <= p_alive, "{case}: {any}");
        }
        let residual = model.discounted_expected_residual(&history, rate);
        let of_oracle = number("dert_15pct_per_year");
        assert_relative(&case, residual, of_oracle, tolerance("dert_rel"));

        let mean = customer["zbar"].as_f64().unwrap_or(f64::NAN);
        let value = residual * spend.expected_spend(history.frequency, mean);
        let expected = customer["clv_pareto_nbd_infinite_15pct"].as_f64().expect("a number");
        assert_relative(&case, value, expected, tolerance("clv_rel"));
    }
}

#[test]
fn a_finite_horizon_approaches_the_residual_of_all_time() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_customers_cdnow_sample.json");
    let model = model(&oracle["parameters"][NAME]);
    let (cells, _) = sample(&Csv::read(&folder.join("data/cdnow_sample_cbs.csv")));
    // 1 % a day, discounted daily for 5,000 days: what is beyond is e^-50 of the whole, and days
    // count at their end, which costs about half a day of discount.
    let settings = ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 91.0,
        discounted_horizon: DiscountedHorizon::new(5_000, 1.0, 0.01).expect("valid"),
    };
    let scores = score(&model, &cells, &settings);
    let rate = 7.0 * 0.01_f64.ln_1p();
    for (cell, (history, _)) in cells.histories(7.0).enumerate().step_by(17) {
        let residual = model.discounted_expected_residual(&history, rate);
        let half_a_day = (-0.5 * 0.01_f64.ln_1p()).exp();
        let score = scores.of(cell).expect("a cell");
        let found = score.discounted_purchases;
        assert_relative(&format!("{history:?}"), found, residual * half_a_day, 1e-4);
        let any = model.p_any(&history, 13.0);
        assert_relative(&format!("{history:?}"), score.p_any, any, 1e-11);
    }
}

#[test]
fn the_holdout_of_the_sample_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_holdout_cdnow_sample.json");
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    let csv = Csv::read(&folder.join("data/cdnow_sample_cbs.csv"));
    let (cells, cell_of_row) = sample(&csv);
    let bought = csv.whole_numbers("x_star");
    let parameters = oracle["parameters"]["pn"].as_array().expect("parameters");
    let at = |i: usize| parameters[i].as_f64().expect("a number");
    let model = ParetoNbd::new(at(0), at(1), at(2), at(3)).expect("possible parameters");

    let chance: Vec<f64> = cells.histories(7.0).map(|(h, _)| model.p_alive(&h)).collect();
    let scored: Vec<ScoredCell> = cell_of_row
        .iter()
        .zip(&bought)
        .map(|(&cell, &bought)| ScoredCell {
            chance: chance[cell as usize],
            n_yes: f64::from(u8::from(bought > 0)),
            n_no: f64::from(u8::from(bought == 0)),
        })
        .collect();
    let scores = &oracle["aggregate_scores"];
    let alive: f64 = scored.iter().map(|cell| cell.chance).sum();
    let sum = scores["sum_p_alive"][NAME].as_f64().expect("a number");
    assert_relative("sum of P(alive)", alive, sum, tolerance("sum_expected_rel"));
    let area = area_under_curve(&scored).expect("both kinds");
    let expected = scores["auc_any_holdout_purchase"]["P(alive) Pareto/NBD"].as_f64();
    assert_absolute("area", area, expected.expect("a number"), tolerance("mae_abs"));

    let days: Vec<i32> = (1..=78).map(|week| 7 * (week - 39)).collect();
    let cumulative = expected_cumulative(&model, &cells, 7.0, &days);
    let expected = oracle["tracking"]["expected_cumulative"][NAME].as_array().expect("weeks");
    assert_eq!(expected.len(), cumulative.len());
    for (week, (found, expected)) in cumulative.iter().zip(expected).enumerate() {
        let expected = expected.as_f64().expect("a number");
        assert_relative(&format!("week {}", week + 1), *found, expected, tolerance("tracking_rel"));
    }

    let holdout = Holdout::new(cells, &cell_of_row, &bought, None, 39 * 7).expect("outcomes");
    let check = check_holdout(&model, &holdout, 7.0);
    let expected = &oracle["per_customer_holdout"][NAME];
    let number = |name: &str| expected[name].as_f64().expect("a number");
    let close = tolerance("sum_expected_rel");
    assert_relative("expected", check.expected_purchases, number("sum_expected"), close);
    assert_relative("actual", check.actual_purchases, number("sum_actual"), 0.0);
    assert_absolute("mae", check.mean_absolute_error, number("mae"), tolerance("mae_abs"));
    assert_absolute("rmse", check.root_mean_squared_error, number("rmse"), tolerance("rmse_abs"));
    let bias = (check.expected_purchases - check.actual_purchases) / check.n_customers;
    assert_absolute("bias", bias, number("bias"), tolerance("mae_abs"));
    let correlation = check.correlation.expect("both vary");
    assert_absolute("correlation", correlation, number("pearson_r"), tolerance("mae_abs"));
    let rows = oracle["conditional_expectation_by_frequency"][NAME].as_array().expect("rows");
    assert_eq!(rows.len(), check.by_frequency.len());
    for (row, found) in rows.iter().zip(&check.by_frequency) {
        let mean = found.expected_purchases / found.n_customers;
        let expected = row["expected_mean"].as_f64().expect("a number");
        assert_relative(&format!("frequency {}", row["x"]), mean, expected, close);
    }

    // The chance of any purchase has no oracle here (its values are held against
    // `pareto_reference.json`); it must foretell as well as that of the BG/NBD, whose targets
    // these are.
    eprintln!("area {:?}, Brier {}", check.area_under_curve, check.brier_score);
    assert!(check.area_under_curve.expect("both kinds") >= 0.755, "{check:?}");
    assert!(check.brier_score <= 0.163, "{check:?}");
}

/// A purchase day, from the end of calibration, and the cents spent on it.
type Purchase = (i64, i64);

/// CDNOW's whole cohort.
struct Cohort {
    /// Purchases of each customer, ascending.
    customers: Vec<Vec<Purchase>>,
}

impl Cohort {
    fn read(csv: &Csv, end: &str) -> Self {
        let end = day_number(end);
        let mut customers: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
        let rows = csv.whole_numbers("customer_id").into_iter().zip(csv.texts("date"));
        for ((customer, date), cents) in rows.zip(csv.whole_numbers("cents")) {
            let days = customers.entry(customer).or_default();
            *days.entry(day_number(&date) - end).or_insert(0) += cents;
        }
        Self { customers: customers.into_values().map(|days| days.into_iter().collect()).collect() }
    }

    /// What a customer did up to the end of calibration, and after it.
    fn split(&self) -> impl Iterator<Item = (&[Purchase], &[Purchase])> {
        self.customers.iter().map(|days| days.split_at(days.partition_point(|&(day, _)| day <= 0)))
    }

    fn frequency(&self) -> Vec<i64> {
        self.split().map(|(before, _)| before.len() as i64 - 1).collect()
    }

    fn cells(&self) -> (Cells, Vec<u32>) {
        let t: Vec<i64> = self.split().map(|(before, _)| -before[0].0).collect();
        let t_x: Vec<i64> =
            self.split().map(|(before, _)| before[before.len() - 1].0 - before[0].0).collect();
        Cells::compress(&self.frequency(), &t_x, &t).expect("histories")
    }

    /// Mean spend of repeat purchase days; NaN without any.
    fn monetary_value(&self) -> Vec<f64> {
        let mean = |(before, _): (&[Purchase], _)| {
            let cents: i64 = before[1..].iter().map(|purchase| purchase.1).sum();
            cents as f64 / 100.0 / (before.len() - 1) as f64
        };
        self.split().map(mean).collect()
    }

    fn holdout_cents(&self) -> Vec<i64> {
        self.split().map(|(_, after)| after.iter().map(|purchase| purchase.1).sum()).collect()
    }

    fn holdout(&self, cells: Cells, cell_of_row: &[u32], days: u32) -> Holdout {
        let frequency: Vec<i64> = self.split().map(|(_, after)| after.len() as i64).collect();
        let last: Vec<i64> =
            self.split().map(|(_, after)| after.last().map_or(0, |purchase| purchase.0)).collect();
        Holdout::new(cells, cell_of_row, &frequency, Some(&last), days).expect("outcomes")
    }
}

#[test]
fn the_whole_cohort_is_fitted_from_all_of_its_history() {
    let Some(folder) = oracle_folder() else { return };
    let csv = Csv::read(&folder.join("data/cdnow_master_transactions.csv"));
    let (cells, _) = Cohort::read(&csv, "1998-06-30").cells();
    assert_eq!(cells.total_customers(), 23_570);
    assert_eq!(cells.t_days().iter().max(), Some(&545));
    let fitted = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit");
    eprintln!("{} cells: {fitted:?}", cells.len());
    assert_eq!(fitted.basis, FitBasis::MaximumLikelihood);
    assert!(fitted.n_steps <= 10, "{} steps", fitted.n_steps);
    assert!(fitted.gradient_norm <= 1e-9 * 23_570.0, "{}", fitted.gradient_norm);
    // At an optimum every step aside loses.
    let best = fitted.ln_likelihood;
    assert_relative("the same sum", ln_likelihood(&fitted.model, &cells), best, 1e-12);
    for i in 0..4 {
        for factor in [0.99, 1.01] {
            let mut p: Vec<f64> = fitted.model.parameters().iter().map(|p| p.1).collect();
            p[i] *= factor;
            let aside = ParetoNbd::new(p[0], p[1], p[2], p[3]).expect("possible");
            assert!(ln_likelihood(&aside, &cells) < best, "{p:?}");
        }
    }
}

#[test]
fn the_log_score_chooses_among_the_three_models() {
    let Some(folder) = oracle_folder() else { return };
    let csv = Csv::read(&folder.join("data/cdnow_master_transactions.csv"));
    let cohort = Cohort::read(&csv, "1997-09-30");
    let (cells, cell_of_row) = cohort.cells();
    let beta_geometric = |dropout| {
        fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS).expect("a fit").model
    };
    let bg = beta_geometric(Dropout::AfterRepeats);
    let mbg = beta_geometric(Dropout::AfterEvery);
    let pareto = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit").model;

    let holdout = cohort.holdout(cells, &cell_of_row, 273);
    let candidates: [&dyn PurchaseModel; 3] = [&bg, &mbg, &pareto];
    let checks = rank_by_log_score(&candidates, &holdout, 7.0);
    let ranked: Vec<(ModelKind, f64)> =
        checks.iter().map(|check| (check.kind, check.log_score.expect("days known"))).collect();
    eprintln!("{ranked:?}");
    assert!(ranked[0].1 >= ranked[1].1 && ranked[1].1 >= ranked[2].1);
    let mut kinds: Vec<ModelKind> = ranked.iter().map(|row| row.0).collect();
    kinds.sort();
    assert_eq!(kinds, [ModelKind::BgNbd, ModelKind::MbgNbd, ModelKind::ParetoNbd]);
    // All three describe one cohort: their scores differ in the second digit, not the first.
    assert!((ranked[0].1 - ranked[2].1).abs() < 0.02 * ranked[0].1.abs(), "{ranked:?}");
}

#[test]
fn value_captures_the_holdout_spend_of_the_best() {
    let Some(folder) = oracle_folder() else { return };
    let csv = Csv::read(&folder.join("data/cdnow_master_transactions.csv"));
    let cohort = Cohort::read(&csv, "1997-09-30");
    let (cells, cell_of_row) = cohort.cells();
    let (frequency, means) = (cohort.frequency(), cohort.monetary_value());
    let spend = RepeatSpend::new(&frequency, &means).expect("spend");
    let spend = fit_gamma_gamma(&spend, &SpendFitSettings::default()).expect("a fit").model;
    let model = fit(&ParetoNbdFamily, &cells, &FitSettings::WEEKS).expect("a fit").model;
    let settings = ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 273.0,
        discounted_horizon: DiscountedHorizon::new(0, 273.0, 0.0).expect("valid"),
    };
    let scores = score(&model, &cells, &settings);
    let values: Vec<f64> = cell_of_row
        .iter()
        .zip(frequency.iter().zip(&means))
        .map(|(&cell, (&x, &mean))| {
            let score = scores.of(cell as usize).expect("a cell");
            score.purchases * spend.expected_spend(x as u32, mean)
        })
        .collect();
    let share = top_decile_share(&values, &cohort.holdout_cents());
    eprintln!("share of holdout spend in the top decile: {share:.4}");
    // The target for any value model; an RFM sum captures .501.
    assert!(share >= 0.515, "{share}");
}

/// Share of the holdout spend of the tenth with the highest scores; ties share.
fn top_decile_share(scores: &[f64], cents: &[i64]) -> f64 {
    let mut rows: Vec<(f64, f64)> =
        scores.iter().zip(cents).map(|(&score, &cents)| (score, cents as f64)).collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut room = rows.len() as f64 / 10.0;
    let mut captured = 0.0;
    for tied in rows.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let taken = room.min(tied.len() as f64);
        captured += tied.iter().map(|row| row.1).sum::<f64>() * taken / tied.len() as f64;
        room -= taken;
    }
    captured / cents.iter().sum::<i64>() as f64
}
