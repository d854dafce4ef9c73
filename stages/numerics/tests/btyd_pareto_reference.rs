//! The Pareto/NBD against values with 50 digits, over usual and extreme parameters.
//!
//! `pareto_reference.py` made `pareto_reference.json`: from closed forms and brute integrals that
//! the code does not use.

#![cfg(test)]

mod oracle;

use idip_numerics::btyd::pareto_nbd::ParetoNbd;
use idip_numerics::btyd::{History, PurchaseModel};
use oracle::{assert_absolute, assert_relative, numbers_of};
use proptest::prelude::*;
use serde_json::Value;

const REFERENCE: &str = include_str!("pareto_reference.json");

fn model_and_history(row: &Value) -> (ParetoNbd, History) {
    let &[r, alpha, s, beta, recency, t] =
        &numbers_of(row, &["r", "alpha", "s", "beta", "t_x", "t"])[..]
    else {
        panic!("six numbers")
    };
    let frequency = row["x"].as_u64().expect("a count") as u32;
    let model = ParetoNbd::new(r, alpha, s, beta).expect("possible parameters");
    (model, History { frequency, recency, t })
}

/// Values below the smallest numbers of full precision are compared absolutely.
fn assert_close(case: &str, found: f64, expected: f64, relative: f64) {
    assert_absolute(case, found, expected, relative * expected.abs() + 1e-300);
}

#[test]
fn values_equal_the_reference() {
    let reference: Value = serde_json::from_str(REFERENCE).expect("JSON");
    let rows = reference["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 120);
    for row in rows {
        let (model, history) = model_and_history(row);
        let number = |name: &str| row[name].as_f64().expect("a number");
        let (h, rate) = (number("h"), number("rate"));
        // A log-likelihood of millions has its last digit at 1e-9, and so has the log of P(alive).
        let ln_likelihood = number("ln_likelihood");
        let close = 1e-13 * ln_likelihood.abs().max(1.0);
        let found = model.ln_likelihood(&history);
        assert_absolute(&format!("ln likelihood {row}"), found, ln_likelihood, close);
        let relative = 1e-12 * (-number("p_alive").max(1e-300).ln()).max(1.0);
        let scores = [
            ("p_alive", model.p_alive(&history)),
            ("p_any", model.p_any(&history, h)),
            ("expected_purchases", model.expected_purchases(&history, h)),
            ("dert", model.discounted_expected_residual(&history, rate)),
        ];
        for (name, found) in scores {
            assert_close(&format!("{name} {row}"), found, number(name), relative);
        }
    }
}

#[test]
fn values_equal_integrals_over_customers() {
    let reference: Value = serde_json::from_str(REFERENCE).expect("JSON");
    let rows = reference["integrated_over_customers"].as_array().expect("rows");
    assert!(!rows.is_empty());
    for row in rows {
        let (model, history) = model_and_history(row);
        let number = |name: &str| row[name].as_f64().expect("a number");
        let h = number("h");
        let values = [
            ("ln_likelihood", model.ln_likelihood(&history)),
            ("p_alive", model.p_alive(&history)),
            ("p_any", model.p_any(&history, h)),
            ("expected_purchases", model.expected_purchases(&history, h)),
        ];
        for (name, found) in values {
            // The brute integral stops at rates of 10 and has 15 digits.
            assert_relative(&format!("{name} {row}"), found, number(name), 1e-9);
        }
    }
}

fn log_uniform(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

/// Mostly from 1e-4 to 1e4, which is more than data can tell; else all that the model takes.
fn parameter() -> impl Strategy<Value = f64> {
    prop_oneof![4 => log_uniform(1e-4, 1e4), 1 => log_uniform(1.01e-12, 0.99e12)]
}

prop_compose! {
    /// Mostly up to a million purchases within up to 1e5 units of time; else all that 32 bits hold.
    fn extreme()(
        parameters in [parameter(), parameter(), parameter(), parameter()],
        same_scale in proptest::bool::weighted(0.1),
        frequency in prop_oneof![
            Just(0), 1_u32..20, 20_u32..5_000, 5_000_u32..=1_000_000, any::<u32>()
        ],
        t in prop_oneof![
            1 => Just(0.0), 4 => log_uniform(1e-3, 1e5), 1 => log_uniform(1e-9, 1e10)
        ],
        share in prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64],
        horizon in log_uniform(1e-6, 1e7),
        discount_rate in log_uniform(1e-9, 1e2),
    ) -> (ParetoNbd, History, f64, f64) {
        let [r, alpha, s, beta] = parameters;
        let beta = if same_scale { alpha } else { beta };
        let recency = if frequency == 0 { 0.0 } else { share * t };
        let model = ParetoNbd::new(r, alpha, s, beta).expect("possible parameters");
        (model, History { frequency, recency, t }, horizon, discount_rate)
    }
}

/// Not below, but for rounding, where numbers have all their digits.
fn at_least(found: f64, bound: f64) -> bool {
    found >= bound * (1.0 - 1e-12) - 1e-300
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn everything_is_finite_and_keeps_its_bounds(case in extreme()) {
        let (model, history, horizon, discount_rate) = case;
        prop_assert!(model.ln_likelihood(&history).is_finite());
        let p_alive = model.p_alive(&history);
        prop_assert!((0.0..=1.0).contains(&p_alive), "{p_alive}");
        let p_any = model.p_any(&history, horizon);
        let expected = model.expected_purchases(&history, horizon);
        prop_assert!((0.0..=p_alive).contains(&p_any), "{p_any} of {p_alive}");
        // One purchase or more in every case of any.
        prop_assert!(expected.is_finite() && at_least(expected, p_any), "{expected} {p_any}");
        let longer = model.p_any(&history, 2.0 * horizon);
        prop_assert!(at_least(longer, p_any), "{longer} {p_any}");
        let residual = model.discounted_expected_residual(&history, discount_rate);
        prop_assert!(residual.is_finite() && residual >= 0.0, "{residual}");
        prop_assert!(model.expected_unconditional(horizon).is_finite());
        // Who just bought is alive for certain.
        if history.t <= history.recency {
            prop_assert!((p_alive - 1.0).abs() < 1e-15);
        }
    }
}
