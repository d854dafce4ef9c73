//! BG/BB: the fit of a simulated yearly panel and every one of its cells.

#![cfg(test)]

mod oracle;

use idip_numerics::btyd::FitBasis;
use idip_numerics::btyd::bg_bb::{
    BgBb, BgBbSettings, OpportunityCells, OpportunityHistory, fit_bg_bb,
};
use oracle::{assert_absolute, assert_relative, numbers_of, oracle_folder, read_oracle};
use serde_json::Value;

const NAMES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];

fn history(cell: &Value) -> OpportunityHistory {
    let count = |name: &str| cell[name].as_u64().expect("a count") as u32;
    OpportunityHistory { frequency: count("x"), recency: count("t_x"), n_opportunities: count("n") }
}

fn cells(oracle: &Value) -> OpportunityCells {
    let rows = oracle["cells"].as_array().expect("cells");
    assert_eq!(rows.len(), 22);
    let histories: Vec<OpportunityHistory> = rows.iter().map(history).collect();
    let customers: Vec<u64> =
        rows.iter().map(|row| row["customers"].as_u64().expect("a count")).collect();
    OpportunityCells::from_counts(&histories, &customers).expect("possible histories")
}

fn model(parameters: &Value) -> BgBb {
    let &[alpha, beta, gamma, delta] = &numbers_of(parameters, &NAMES)[..] else {
        panic!("four parameters")
    };
    BgBb::new(alpha, beta, gamma, delta).expect("possible parameters")
}

#[test]
fn the_fit_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "bgbb_simulated.json");
    let tolerances = &oracle["tolerances"];
    let cells = cells(&oracle);
    assert_eq!(cells.total_customers(), 10_000);
    let expected = &oracle["mle"];
    let best = expected["log_likelihood"].as_f64().expect("a likelihood");
    let mle = model(&expected["params"]);
    let at_mle: f64 = mle
        .ln_likelihood(&cells)
        .iter()
        .zip(cells.n_customers())
        .map(|(ln, &n)| n as f64 * ln)
        .sum();
    assert_relative("likelihood at the optimum", at_mle, best, 1e-12);

    let cold = fit_bg_bb(&cells, &BgBbSettings::default()).expect("a fit");
    eprintln!("{cold:?}");
    assert_eq!(cold.basis, FitBasis::MaximumLikelihood);
    let close = tolerances["log_likelihood_abs"].as_f64().expect("a tolerance");
    assert_absolute("likelihood", cold.ln_likelihood, best, close);
    let close = tolerances["params_rel"]["BG/BB"].as_f64().expect("a tolerance");
    let errors = cold.standard_errors.as_ref().expect("standard errors");
    let expected_errors = numbers_of(&expected["std_errors"], &NAMES);
    for i in 0..4 {
        assert_relative(NAMES[i], cold.model.values()[i], mle.values()[i], close);
        // The oracle has no tolerance for standard errors; that of the other fits is .02.
        assert_relative(NAMES[i], errors[i], expected_errors[i], 0.02);
    }
    let warm = BgBbSettings { start: Some(cold.model), ..BgBbSettings::default() };
    assert_eq!(fit_bg_bb(&cells, &warm).expect("a fit").n_steps, 0);
}

#[test]
fn every_cell_equals_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "bgbb_simulated.json");
    let tolerance = |name: &str| oracle["tolerances"][name].as_f64().expect("a tolerance");
    let model = model(&oracle["fixed_params_for_cells"]);
    for row in oracle["cells"].as_array().expect("cells") {
        let case = format!("{row}");
        let number = |name: &str| row[name].as_f64().expect("a number");
        let (cell, _) = OpportunityCells::compress(&[history(row)]).expect("a history");
        let ln = model.ln_likelihood(&cell)[0];
        assert_relative(&case, ln, number("log_likelihood"), 1e-12);
        let p_alive = model.p_alive(&cell)[0];
        assert_absolute(&case, p_alive, number("p_alive_next_period"), tolerance("p_alive_abs"));
        for (ahead, expected) in row["expected_transactions"].as_object().expect("horizons") {
            let found = model.expected_purchases(&cell, ahead.parse().expect("periods"))[0];
            let expected = expected.as_f64().expect("a number");
            assert_relative(&case, found, expected, tolerance("expected_rel"));
        }
        let residual = model.discounted_expected_residual(&cell, 0.1)[0];
        assert_relative(&case, residual, number("dert_10pct"), tolerance("dert_rel"));
    }
}

#[test]
fn totals_equal_the_oracle() {
    let Some(folder) = oracle_folder() else { return };
    let oracle = read_oracle(&folder, "bgbb_simulated.json");
    let cells = cells(&oracle);
    let close = oracle["tolerances"]["sum_expected_rel"].as_f64().expect("a tolerance");
    let mle = model(&oracle["mle"]["params"]);
    let expected: f64 = mle
        .expected_purchases(&cells, 7)
        .iter()
        .zip(cells.n_customers())
        .map(|(expected, &n)| n as f64 * expected)
        .sum();
    let of_oracle = oracle["holdout_7"]["expected_total"].as_f64().expect("a number");
    assert_relative("expected of the holdout", expected, of_oracle, close);
    for (n, expected) in
        oracle["unconditional_expected_transactions"].as_object().expect("horizons")
    {
        let found = mle.expected_unconditional(n.parse().expect("periods"));
        assert_relative(n, found, expected.as_f64().expect("a number"), close);
    }
}
