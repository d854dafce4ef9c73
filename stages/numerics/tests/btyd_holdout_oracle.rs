//! Forecasts of the second half of CDNOW from its first half.

#![cfg(test)]

mod oracle;

use std::collections::BTreeMap;

use idip_numerics::btyd::holdout::{
    Holdout, HoldoutCheck, ScoredCell, area_under_curve, check_holdout, expected_cumulative,
    rank_by_log_score, repeats_until,
};
use idip_numerics::btyd::{
    BetaGeometric, BetaGeometricFamily, Cells, DiscountedHorizon, Dropout, FitSettings, ModelKind,
    PurchaseModel, RepeatSpend, ScoreSettings, SpendFitSettings, fit, fit_gamma_gamma, score,
};
use idip_numerics::rank_score::{Direction, QuantileScore};
use oracle::{Csv, assert_absolute, assert_relative, day_number, oracle_folder, read_oracle};
use serde_json::Value;

const MODELS: [(&str, &str, Dropout); 2] =
    [("BG/NBD", "bg", Dropout::AfterRepeats), ("MBG/NBD", "mb", Dropout::AfterEvery)];

fn model(oracle: &Value, key: &str, dropout: Dropout) -> BetaGeometric {
    let parameters = oracle["parameters"][key].as_array().expect("parameters");
    let at = |i: usize| parameters[i].as_f64().expect("a number");
    BetaGeometric::new(dropout, at(0), at(1), at(2), at(3)).expect("possible parameters")
}

fn sample(csv: &Csv) -> Holdout {
    let [x, t_x, t] = ["x", "t_x_days", "T_days"].map(|name| csv.whole_numbers(name));
    let (cells, cell_of_row) = Cells::compress(&x, &t_x, &t).expect("histories");
    Holdout::new(cells, &cell_of_row, &csv.whole_numbers("x_star"), None, 39 * 7).expect("outcomes")
}

#[test]
fn the_holdout_of_the_sample_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_holdout_cdnow_sample.json");
    let holdout = sample(&Csv::read(&folder.join("data/cdnow_sample_cbs.csv")));
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    for (name, key, dropout) in MODELS {
        let check = check_holdout(&model(&oracle, key, dropout), &holdout, 7.0);
        let expected = &oracle["per_customer_holdout"][name];
        let number = |name: &str| expected[name].as_f64().expect("a number");
        let sums = tolerance("sum_expected_rel");
        assert_relative(name, check.expected_purchases, number("sum_expected"), sums);
        assert_relative(name, check.actual_purchases, number("sum_actual"), 0.0);
        assert_absolute(name, check.mean_absolute_error, number("mae"), tolerance("mae_abs"));
        let rmse = check.root_mean_squared_error;
        assert_absolute(name, rmse, number("rmse"), tolerance("rmse_abs"));
        let bias = (check.expected_purchases - check.actual_purchases) / check.n_customers;
        assert_absolute(name, bias, number("bias"), tolerance("mae_abs"));
        let correlation = check.correlation.expect("both vary");
        assert_absolute(name, correlation, number("pearson_r"), tolerance("mae_abs"));

        let scores = &oracle["aggregate_scores"];
        let label = format!("P(any in 39w) {name}");
        let auc = scores["auc_any_holdout_purchase"][&label].as_f64().expect("a number");
        assert_absolute(&label, check.area_under_curve.expect("both kinds"), auc, 1e-6);
        let brier = scores["brier_any_holdout_purchase"][&label].as_f64().expect("a number");
        assert_absolute(&label, check.brier_score, brier, 1e-6);
        let base = scores["brier_any_holdout_purchase"]["base rate"].as_f64().expect("a number");
        assert_absolute(&label, check.brier_score_of_base_rate, base, 1e-6);
        let sum = scores["sum_p_at_least_one_purchase_39w"][name].as_f64().expect("a number");
        assert_relative(&label, check.expected_buyers, sum, 1e-6);
        let buyers = scores["customers_with_holdout_purchase"].as_f64().expect("a number");
        assert_relative(&label, check.actual_buyers, buyers, 0.0);
        check_by_frequency(&oracle, name, &check);
        check_sums_of_deciles(&check);
    }
}

fn check_by_frequency(oracle: &Value, name: &str, check: &HoldoutCheck) {
    let Some(rows) = oracle["conditional_expectation_by_frequency"][name].as_array() else {
        return;
    };
    assert_eq!(rows.len(), check.by_frequency.len());
    for (row, found) in rows.iter().zip(&check.by_frequency) {
        let number = |name: &str| row[name].as_f64().expect("a number");
        let case = format!("{name} {}", row["x"]);
        assert_relative(&case, found.n_customers, number("customers"), 0.0);
        let mean = found.expected_purchases / found.n_customers;
        assert_relative(&case, mean, number("expected_mean"), 1e-6);
        let mean = found.actual_purchases / found.n_customers;
        assert_relative(&case, mean, number("actual_mean"), 1e-12);
    }
}

fn check_sums_of_deciles(check: &HoldoutCheck) {
    let sum = |of: fn(&idip_numerics::btyd::holdout::Decile) -> f64| -> f64 {
        check.calibration.iter().map(of).sum()
    };
    assert_absolute("customers", sum(|d| d.n_customers), check.n_customers, 1e-9);
    assert_absolute("expected", sum(|d| d.expected), check.expected_buyers, 1e-9);
    assert_absolute("actual", sum(|d| d.actual), check.actual_buyers, 1e-9);
    // The highest chances are right to within a fifth: the forecast orders and is calibrated.
    let top = &check.calibration[9];
    assert!((top.expected / top.actual - 1.0).abs() < 0.2, "{top:?}");
    assert!(check.calibration[9].actual > 3.0 * check.calibration[0].actual);
}

#[test]
fn the_tracking_curve_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_holdout_cdnow_sample.json");
    let holdout = sample(&Csv::read(&folder.join("data/cdnow_sample_cbs.csv")));
    let tolerance = oracle["tolerances"]["tracking_rel"].as_f64().expect("a tolerance");
    // Week w ends on day 7 w - 1 after 1997-01-01; calibration ends with week 39.
    let days: Vec<i32> = (1..=78).map(|week| 7 * (week - 39)).collect();
    for (name, key, dropout) in MODELS {
        let model = model(&oracle, key, dropout);
        let found = expected_cumulative(&model, holdout.cells(), 7.0, &days);
        let expected = oracle["tracking"]["expected_cumulative"][name].as_array().expect("weeks");
        assert_eq!(expected.len(), found.len());
        for (week, (found, expected)) in found.iter().zip(expected).enumerate() {
            let expected = expected.as_f64().expect("a number");
            assert_relative(&format!("{name} week {}", week + 1), *found, expected, tolerance);
        }
    }
}

#[test]
fn churn_is_no_purchase_and_not_death() {
    let Some(folder) = oracle_folder() else { return };
    let csv = Csv::read(&folder.join("data/cdnow_sample_cbs.csv"));
    let oracle = read_oracle(&folder, "btyd_holdout_cdnow_sample.json");
    let holdout = sample(&csv);
    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let fitted = fit(&family, holdout.cells(), &FitSettings::WEEKS).expect("a fit");
    let check = check_holdout(&fitted.model, &holdout, 7.0);
    assert!(check.area_under_curve.expect("both kinds") >= 0.755, "{check:?}");
    assert!(check.brier_score <= 0.163, "{check:?}");
    assert!(check.brier_score < check.brier_score_of_base_rate);

    // P(alive) orders one-time buyers first, so its area is below a half.
    let alive = &oracle["aggregate_scores"]["auc_any_holdout_purchase"];
    for (name, key, dropout) in MODELS {
        let model = model(&oracle, key, dropout);
        let [x, t_x, t] = ["x", "t_x_days", "T_days"].map(|name| csv.whole_numbers(name));
        let (cells, cell_of_row) = Cells::compress(&x, &t_x, &t).expect("histories");
        let scored: Vec<ScoredCell> = cell_of_row
            .iter()
            .zip(csv.whole_numbers("x_star"))
            .map(|(&cell, bought)| ScoredCell {
                chance: model.p_alive(&cells.history(cell as usize, 7.0).expect("a cell")),
                n_yes: f64::from(u8::from(bought > 0)),
                n_no: f64::from(u8::from(bought == 0)),
            })
            .collect();
        let found = area_under_curve(&scored).expect("both kinds");
        let expected = alive[format!("P(alive) {name}")].as_f64().expect("a number");
        assert_absolute(name, found, expected, 1e-6);
    }
}

/// Purchases of CDNOW's whole cohort, split at the end of September 1997.
struct Cohort {
    x: Vec<i64>,
    t_x: Vec<i64>,
    t: Vec<i64>,
    /// Mean spend of repeat purchase days; NaN without any.
    monetary_value: Vec<f64>,
    /// Spend of the calibration in cents, first purchase included.
    spend_cents: Vec<i64>,
    holdout_frequency: Vec<i64>,
    holdout_last_day: Vec<i64>,
    holdout_cents: Vec<i64>,
    /// Days of all repeat purchases, from the end of calibration.
    repeat_days: Vec<i32>,
}

fn cohort(csv: &Csv) -> Cohort {
    let end = day_number("1997-09-30");
    let mut customers: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    let dates = csv.texts("date");
    for ((customer, date), cents) in
        csv.whole_numbers("customer_id").into_iter().zip(&dates).zip(csv.whole_numbers("cents"))
    {
        let days = customers.entry(customer).or_default();
        *days.entry(day_number(date) - end).or_insert(0) += cents;
    }
    let mut cohort = Cohort {
        x: vec![],
        t_x: vec![],
        t: vec![],
        monetary_value: vec![],
        spend_cents: vec![],
        holdout_frequency: vec![],
        holdout_last_day: vec![],
        holdout_cents: vec![],
        repeat_days: vec![],
    };
    for days in customers.into_values() {
        let (&first, &first_cents) = days.first_key_value().expect("a purchase");
        let before: Vec<(i64, i64)> = days.range(..=0).map(|(&day, &cents)| (day, cents)).collect();
        let after: Vec<(i64, i64)> = days.range(1..).map(|(&day, &cents)| (day, cents)).collect();
        let x = before.len() as i64 - 1;
        let spend: i64 = before.iter().map(|purchase| purchase.1).sum();
        cohort.x.push(x);
        cohort.t_x.push(before[before.len() - 1].0 - first);
        cohort.t.push(-first);
        cohort.monetary_value.push((spend - first_cents) as f64 / 100.0 / x as f64);
        cohort.spend_cents.push(spend);
        cohort.holdout_frequency.push(after.len() as i64);
        cohort.holdout_last_day.push(after.last().map_or(0, |purchase| purchase.0));
        cohort.holdout_cents.push(after.iter().map(|purchase| purchase.1).sum());
        cohort.repeat_days.extend(days.keys().skip(1).map(|&day| day as i32));
    }
    cohort
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

#[test]
fn value_captures_more_holdout_spend_than_an_rfm_sum() {
    let Some(folder) = oracle_folder() else { return };
    let cohort = cohort(&Csv::read(&folder.join("data/cdnow_master_transactions.csv")));
    assert_eq!(cohort.x.len(), 23_570);
    let (cells, cell_of_row) =
        Cells::compress(&cohort.x, &cohort.t_x, &cohort.t).expect("histories");
    let spend = RepeatSpend::new(&cohort.x, &cohort.monetary_value).expect("spend");
    let spend = fit_gamma_gamma(&spend, &SpendFitSettings::default()).expect("a fit").model;
    let family = BetaGeometricFamily { dropout: Dropout::AfterRepeats };
    let model = fit(&family, &cells, &FitSettings::WEEKS).expect("a fit").model;
    let settings = ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 273.0,
        discounted_horizon: DiscountedHorizon::new(9, 273.0 / 9.0, 0.01).expect("valid"),
    };
    let scores = score(&model, &cells, &settings);
    let values: Vec<f64> = cell_of_row
        .iter()
        .zip(cohort.x.iter().zip(&cohort.monetary_value))
        .map(|(&cell, (&x, &mean))| {
            let of_cell = scores.of(cell as usize).expect("a cell");
            of_cell.discounted_purchases * spend.expected_spend(x as u32, mean)
        })
        .collect();
    let by_value = top_decile_share(&values, &cohort.holdout_cents);

    let fifths = |values: Vec<i64>, direction| -> Vec<i64> {
        let five = std::num::NonZeroU32::new(5).expect("five");
        let rule = QuantileScore::new(five, direction);
        rule.scores(values.into_iter().map(Some)).into_iter().map(|s| s.expect("a score")).collect()
    };
    let days_since_last: Vec<i64> =
        cohort.t.iter().zip(&cohort.t_x).map(|(t, t_x)| t - t_x).collect();
    let recency = fifths(days_since_last, Direction::LowerIsBetter);
    let frequency = fifths(cohort.x.clone(), Direction::HigherIsBetter);
    let monetary = fifths(cohort.spend_cents.clone(), Direction::HigherIsBetter);
    let rfm: Vec<f64> = recency
        .iter()
        .zip(frequency.iter().zip(&monetary))
        .map(|(r, (f, m))| (r + f + m) as f64)
        .collect();
    let by_rfm = top_decile_share(&rfm, &cohort.holdout_cents);
    eprintln!("top decile: value {by_value:.4}, RFM sum {by_rfm:.4}");
    assert!(by_value > by_rfm, "value {by_value}, RFM sum {by_rfm}");
    assert!(by_value >= 0.515, "value {by_value}");
}

#[test]
fn the_log_score_ranks_models_of_the_whole_cohort() {
    let Some(folder) = oracle_folder() else { return };
    let cohort = cohort(&Csv::read(&folder.join("data/cdnow_master_transactions.csv")));
    let (cells, cell_of_row) =
        Cells::compress(&cohort.x, &cohort.t_x, &cohort.t).expect("histories");
    let models = [Dropout::AfterRepeats, Dropout::AfterEvery].map(|dropout| {
        fit(&BetaGeometricFamily { dropout }, &cells, &FitSettings::WEEKS).expect("a fit").model
    });
    let holdout = Holdout::new(
        cells,
        &cell_of_row,
        &cohort.holdout_frequency,
        Some(&cohort.holdout_last_day),
        273,
    )
    .expect("outcomes");
    let candidates: Vec<&dyn PurchaseModel> =
        models.iter().map(|model| model as &dyn PurchaseModel).collect();
    let checks = rank_by_log_score(&candidates, &holdout, 7.0);
    let scores: Vec<(ModelKind, f64)> =
        checks.iter().map(|check| (check.kind, check.log_score.expect("days known"))).collect();
    assert!(scores[0].1 > scores[1].1);
    // A model of the same family whose rates are three times too high must come last.
    let wrong = BetaGeometric::new(
        Dropout::AfterEvery,
        models[1].r(),
        models[1].alpha() / 3.0,
        models[1].a(),
        models[1].b(),
    )
    .expect("possible");
    let check = check_holdout(&wrong, &holdout, 7.0);
    assert!(check.log_score.expect("days known") < scores[1].1);

    let days = [-273 + 7, 0, 273];
    let actual = repeats_until(&cohort.repeat_days, &days);
    let all = cohort.x.iter().sum::<i64>() + cohort.holdout_frequency.iter().sum::<i64>();
    assert_eq!(actual[2], all as u64);
    let expected = expected_cumulative(&models[0], holdout.cells(), 7.0, &days);
    assert!((expected[1] / actual[1] as f64 - 1.0).abs() < 0.03, "{expected:?} {actual:?}");
}
