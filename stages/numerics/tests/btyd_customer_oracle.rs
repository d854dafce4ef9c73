//! Scores of single customers at fixed parameters, edge cases among them.

#![cfg(test)]

mod oracle;

use idip_numerics::btyd::{
    BetaGeometric, Cells, DiscountedHorizon, Dropout, GammaGamma, PurchaseModel, ScoreSettings,
    score,
};
use oracle::{assert_absolute, assert_relative, numbers_of, oracle_folder, read_oracle};
use serde_json::Value;

const MODELS: [(&str, &str, Dropout); 2] =
    [("BG/NBD", "bg_nbd", Dropout::AfterRepeats), ("MBG/NBD", "mbg_nbd", Dropout::AfterEvery)];

fn beta_geometric(oracle: &Value, name: &str, dropout: Dropout) -> BetaGeometric {
    let parameters = numbers_of(&oracle["parameters"][name], &["r", "alpha", "a", "b"]);
    let &[r, alpha, a, b] = parameters.as_slice() else { panic!("four parameters") };
    BetaGeometric::new(dropout, r, alpha, a, b).expect("possible parameters")
}

/// All customers of the oracle, the edge cases last.
fn customers(oracle: &Value) -> Vec<&Value> {
    let list = |name: &str| oracle[name].as_array().expect("a list").iter();
    list("customers").chain(list("edge_cases")).collect()
}

/// Each customer as a cell of its own, so that scores of cells can be compared as well.
fn cell(customer: &Value) -> Cells {
    let days = |name: &str| customer[name].as_i64().expect("whole days");
    let cells = Cells::compress(&[days("x")], &[days("t_x_days")], &[days("T_days")]);
    cells.expect("a history").0
}

#[test]
fn scores_of_customers_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_customers_cdnow_sample.json");
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    let customers = customers(&oracle);
    assert!(customers.len() >= 59);
    for (name, key, dropout) in MODELS {
        let model = beta_geometric(&oracle, name, dropout);
        for customer in &customers {
            let case = format!("{name} {}", customer["customer_id"]);
            let history = cell(customer).history(0, 7.0).expect("one cell");
            let expected = &customer[key];
            let number = |name: &str| expected[name].as_f64().expect("a number");
            let ln_likelihood = number("log_likelihood");
            let found = model.ln_likelihood(&history);
            // Without time to observe it is 0; the reference then prints its own rounding.
            let close = tolerance("log_likelihood_rel") * ln_likelihood.abs() + 1e-15;
            assert_absolute(&format!("{case} likelihood"), found, ln_likelihood, close);
            let p_alive = model.p_alive(&history);
            assert_absolute(&case, p_alive, number("p_alive"), tolerance("p_alive_abs"));
            let horizons = |name: &str| expected[name].as_object().expect("horizons").clone();
            for (weeks, expected) in horizons("expected_purchases") {
                let horizon: f64 = weeks.parse().expect("weeks");
                let found = model.expected_purchases(&history, horizon);
                let case = format!("{case} within {weeks}");
                let expected = expected.as_f64().expect("a number");
                assert_relative(&case, found, expected, tolerance("expected_purchases_rel"));
            }
            for (weeks, expected) in horizons("p_at_least_one_purchase") {
                let found = model.p_any(&history, weeks.parse().expect("weeks"));
                let expected = expected.as_f64().expect("a number");
                let close = tolerance("p_at_least_one_purchase_abs");
                assert_absolute(&format!("{case} any within {weeks}"), found, expected, close);
            }
        }
    }
}

#[test]
fn spend_and_value_of_customers_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_customers_cdnow_sample.json");
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    let spend = numbers_of(&oracle["parameters"]["Gamma-Gamma"], &["p", "q", "v"]);
    let spend = GammaGamma::new(spend[0], spend[1], spend[2]).expect("possible parameters");
    let model = beta_geometric(&oracle, "BG/NBD", Dropout::AfterRepeats);
    // The oracle's month is 4.345 weeks; it discounts 1 % a month over twelve of them.
    let settings = ScoreSettings {
        time_unit_days: 7.0,
        churn_horizon_days: 91.0,
        discounted_horizon: DiscountedHorizon::new(12, 7.0 * 4.345, 0.01).expect("valid"),
    };
    for customer in customers(&oracle) {
        let case = format!("{}", customer["customer_id"]);
        let frequency = customer["x"].as_u64().expect("a count") as u32;
        let mean = customer["zbar"].as_f64().unwrap_or(f64::NAN);
        let expected_spend = spend.expected_spend(frequency, mean);
        let expected = customer["gamma_gamma"]["expected_spend"].as_f64().expect("a number");
        assert_relative(&case, expected_spend, expected, tolerance("expected_spend_rel"));

        let cells = cell(customer);
        let scores = score(&model, &cells, &settings);
        let scores = scores.of(0).expect("a cell");
        let value = expected_spend * scores.discounted_purchases;
        let expected = customer["clv_bg_nbd_12m_1pct_monthly"].as_f64().expect("a number");
        assert_relative(&case, value, expected, tolerance("clv_rel"));
        let any = customer["bg_nbd"]["p_at_least_one_purchase"]["13"].as_f64().expect("a number");
        assert_absolute(&case, scores.p_any, any, tolerance("p_at_least_one_purchase_abs"));
    }
}

#[test]
fn scores_of_many_cells_equal_those_of_each_alone() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "btyd_customers_cdnow_sample.json");
    let csv = oracle::Csv::read(&folder.join("data/cdnow_sample_cbs.csv"));
    let [x, t_x, t] = ["x", "t_x_days", "T_days"].map(|name| csv.whole_numbers(name));
    let cells = Cells::compress(&x, &t_x, &t).expect("histories").0;
    let horizons = [1.0, 13.0, 39.0, 52.0];
    for (name, _, dropout) in MODELS {
        let model = beta_geometric(&oracle, name, dropout);
        for horizon in horizons {
            let settings = ScoreSettings {
                time_unit_days: 7.0,
                churn_horizon_days: 7.0 * horizon,
                discounted_horizon: DiscountedHorizon::new(0, 7.0, 0.0).expect("valid"),
            };
            let together = score(&model, &cells, &settings);
            for (cell, (history, _)) in cells.histories(7.0).enumerate() {
                let found = together.of(cell).expect("a cell").purchases;
                let alone = model.expected_purchases(&history, horizon);
                assert_relative(&format!("{name} {history:?}"), found, alone, 1e-12);
            }
        }
    }
}

#[test]
fn the_expectation_equals_the_grid() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "bgnbd_expectation_grid.json");
    let tolerance = oracle["tolerances"]["rel"].as_f64().expect("a tolerance");
    let points = oracle["points"].as_array().expect("points");
    assert_eq!(points.len(), 200);
    for point in points {
        let &[r, a, b, w, expected] = &numbers_of(point, &["r", "a", "b", "w", "value"])[..] else {
            panic!("five numbers")
        };
        // w = t / (alpha + T): with alpha = 1 and T = 0 the horizon is w itself.
        let model = BetaGeometric::new(Dropout::AfterRepeats, r, 1.0, a, b).expect("possible");
        let frequency = point["x"].as_u64().expect("a count") as u32;
        let history = idip_numerics::btyd::History { frequency, recency: 0.0, t: 0.0 };
        let while_alive = model.expected_purchases(&history, w) / model.p_alive(&history);
        assert_relative(&format!("{point}"), while_alive, expected, tolerance);
        assert_relative(&format!("tighter than asked: {point}"), while_alive, expected, 1e-12);
    }
}
