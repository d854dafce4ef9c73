//! The BG/NBD and MBG/NBD far beyond sensible parameters: against 50 digits, and by their laws.

#![cfg(test)]

mod oracle;

use std::path::Path;

use idip_numerics::btyd::{BetaGeometric, Dropout, EqualFrequency, History, PurchaseModel};
use oracle::{assert_absolute, assert_relative, numbers_of, read_oracle};
use proptest::prelude::*;

const MODELS: [(&str, Dropout); 2] =
    [("BG/NBD", Dropout::AfterRepeats), ("MBG/NBD", Dropout::AfterEvery)];

#[test]
fn values_equal_the_reference_of_fifty_digits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let reference = read_oracle(&folder, "btyd_reference.json");
    let tolerance = |name: &str| reference["tolerances"][name].as_f64().expect("a tolerance");
    let cases = reference["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 120);
    for case in cases {
        let list = case["parameters"].as_array().expect("parameters");
        let &[r, alpha, a, b] =
            &list.iter().filter_map(serde_json::Value::as_f64).collect::<Vec<_>>()[..]
        else {
            panic!("four parameters")
        };
        let &[x, recency, t, horizon] = &numbers_of(case, &["x", "recency", "t", "horizon"])[..]
        else {
            panic!("four numbers")
        };
        let history = History { frequency: x as u32, recency, t };
        for (name, dropout) in MODELS {
            let model = BetaGeometric::new(dropout, r, alpha, a, b).expect("possible");
            let number = |key: &str| case[name][key].as_f64().expect("a number");
            let case = format!("{name} {case}");
            let expected = number("ln_likelihood");
            // Where all but certain, the log of the probability is the rounding of 1.
            let close = tolerance("ln_likelihood_rel") * expected.abs() + 1e-14;
            assert_absolute(&case, model.ln_likelihood(&history), expected, close);
            let close = tolerance("probability_rel");
            // Chances below the smallest double are 0.
            let relative = |found: f64, expected: f64, tolerance: f64| {
                assert_absolute(&case, found, expected, tolerance * expected + 1e-300);
            };
            relative(model.p_alive(&history), number("p_alive"), close);
            relative(model.p_any(&history, horizon), number("p_any"), close);
            let close = tolerance("expected_purchases_rel");
            let found = model.expected_purchases(&history, horizon);
            relative(found, number("expected_purchases"), close);
        }
    }
}

#[test]
fn a_whole_number_of_a_is_no_special_case() {
    // At a = 1 the closed form is 0/0; the expectation is smooth there.
    for (x, b) in [(0, 2.0), (3, 2.0), (1_000, 0.3)] {
        let at = |a: f64| {
            let model = BetaGeometric::new(Dropout::AfterRepeats, 0.5, 5.0, a, b).expect("valid");
            model.expected_purchases(&History { frequency: x, recency: 20.0, t: 21.0 }, 52.0)
        };
        let between = 0.5 * (at(1.0 - 1e-5) + at(1.0 + 1e-5));
        assert_relative("a = 1", at(1.0), between, 1e-9);
    }
}

fn log_uniform(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

fn model() -> impl Strategy<Value = BetaGeometric> {
    let parameter = || log_uniform(1e-4, 1e4);
    let dropout = prop_oneof![Just(Dropout::AfterRepeats), Just(Dropout::AfterEvery)];
    (dropout, parameter(), parameter(), parameter(), parameter()).prop_map(
        |(dropout, r, alpha, a, b)| BetaGeometric::new(dropout, r, alpha, a, b).expect("possible"),
    )
}

fn history() -> impl Strategy<Value = History> {
    let frequency = prop_oneof![Just(0_u32), 0..10_u32, 0..1_000_001_u32];
    let t = prop_oneof![Just(0.0), log_uniform(0.01, 1e5)];
    let share = prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0];
    (frequency, t, share).prop_map(|(frequency, t, share)| History {
        frequency,
        recency: if frequency > 0 { t * share } else { 0.0 },
        t,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn results_are_finite_and_ordered(
        model in model(), history in history(), horizon in log_uniform(1e-3, 1e5),
    ) {
        prop_assert!(model.ln_likelihood(&history).is_finite());
        let p_alive = model.p_alive(&history);
        prop_assert!((0.0..=1.0).contains(&p_alive), "alive {p_alive}");
        let longer = 1.5 * horizon;
        let [any, any_longer] = [horizon, longer].map(|h| model.p_any(&history, h));
        prop_assert!(0.0 <= any && any <= any_longer && any_longer <= p_alive, "{any} {any_longer}");
        let [few, more] = [horizon, longer].map(|h| model.expected_purchases(&history, h));
        prop_assert!(few.is_finite() && more.is_finite() && 0.0 <= few, "{few} {more}");
        // Computed in two ways, they may differ by rounding where the curve is flat.
        prop_assert!(few <= more * (1.0 + 1e-9), "{few} {more}");
        // At least one purchase is expected of who buys at all, and no more than without leaving.
        prop_assert!(few >= any * (1.0 - 1e-9), "{few} expected, {any} any");
        let rate = (model.r() + f64::from(history.frequency)) / (model.alpha() + history.t);
        prop_assert!(few <= p_alive * rate * horizon * (1.0 + 1e-9));
        let new = model.expected_unconditional(horizon);
        prop_assert!(new.is_finite() && new >= 0.0);
    }

    #[test]
    fn no_time_no_purchase(model in model(), history in history()) {
        for horizon in [0.0, -1.0] {
            prop_assert_eq!(model.p_any(&history, horizon).to_bits(), 0);
            prop_assert_eq!(model.expected_purchases(&history, horizon).to_bits(), 0);
        }
    }

    /// With equal frequencies together the curve takes over; it must say the same.
    #[test]
    fn many_customers_at_once_are_scored_as_each_alone(
        model in model(),
        frequency in prop_oneof![Just(0_u32), 1..10_u32, 1..1_000_001_u32],
        t_days in prop::collection::vec(0..100_000_u32, 70),
    ) {
        let horizons = [0.5, 13.0, 400.0];
        let times: Vec<f64> = t_days.iter().map(|&days| f64::from(days) / 7.0).collect();
        let mut together = vec![0.0; times.len() * horizons.len()];
        model.expected_of_all_alive(frequency, &times, &horizons, &mut together);
        for (&t, row) in times.iter().zip(together.chunks(horizons.len())).step_by(9) {
            for (horizon, found) in horizons.iter().zip(row) {
                let alone = model.expected_of_alive(frequency, t, *horizon);
                prop_assert!(
                    (found - alone).abs() <= 1e-10 * alone,
                    "{found} together, {alone} alone, {frequency}, {t}, {horizon}"
                );
            }
        }
        // With a table, and without one.
        for n_histories in [1_000_000, 1] {
            let group =
                EqualFrequency { frequency, time_unit_days: 7.0, max_t_days: 100_000, n_histories };
            let of_frequency = model.of_frequency(&group);
            for &t_days in t_days.iter().step_by(9) {
                let recency_days = if frequency > 0 { t_days / 2 } else { 0 };
                let history = group.history(recency_days, t_days);
                let found = of_frequency.p_alive(recency_days, t_days);
                let alone = model.p_alive(&history);
                prop_assert!((found - alone).abs() <= 1e-10 * alone, "{found} {alone} {history:?}");
                let found = of_frequency.ln_likelihood(recency_days, t_days);
                let alone = model.ln_likelihood(&history);
                prop_assert!((found - alone).abs() <= 1e-10 * alone.abs(), "{found} {alone}");
            }
        }
    }
}
