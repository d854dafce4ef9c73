//! CDNOW's sample through the step: published estimates, forecasts of its second half.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use idip_schemas::differentiate::value::value_parameter;
use serde_json::Value;

use super::super::{ClvParams, ModelChoice};
use super::fixture::{Party, answer, views};

/// 1997-09-30 and 1998-06-30, in days since 1970-01-01.
const END_OF_CALIBRATION: i32 = 10_134;
const END: i32 = 10_407;

/// Days since 1970-01-01 of `1997-mm-dd` or `1998-mm-dd`.
fn day_number(date: &str) -> i32 {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let parts: Vec<usize> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    let year = if parts[0] == 1997 { 9862 } else { 9862 + 365 };
    year + before[parts[1] - 1] + parts[2] as i32 - 1
}

/// The fits the oracle knows, and the purchases of the sample; none where the folder is absent.
fn sample() -> Option<(Value, Vec<Party>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("an oracle");
    let oracle = serde_json::from_str(&read("btyd_fits_cdnow_sample.json")).expect("JSON");
    // The sample numbers its customers anew, so they are told by what they did.
    let mut customers: BTreeMap<i64, BTreeMap<i32, i64>> = BTreeMap::new();
    for line in read("data/cdnow_master_transactions.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let days = customers.entry(cells[0].parse().expect("an id")).or_default();
        let cents: i64 = cells[3].parse().expect("cents");
        *days.entry(day_number(cells[1])).or_insert(0) += cents;
    }
    let known: Vec<Vec<i64>> = read("data/cdnow_sample_cbs.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(1).map(|cell| cell.parse().expect("a number")).collect())
        .collect();
    Some((oracle, matching(&customers, &known)))
}

fn summary(days: &BTreeMap<i32, i64>) -> Vec<i64> {
    let (first, first_cents) = days.first_key_value().expect("a purchase");
    let before: Vec<_> = days.range(..=END_OF_CALIBRATION).collect();
    let after: Vec<_> = days.range(END_OF_CALIBRATION + 1..).collect();
    let cents = |days: &[(&i32, &i64)]| days.iter().map(|day| day.1).sum::<i64>();
    vec![
        before.len() as i64 - 1,
        i64::from(before[before.len() - 1].0 - first),
        i64::from(END_OF_CALIBRATION - first),
        after.len() as i64,
        cents(&before) - first_cents,
        *first_cents,
        cents(&after),
    ]
}

fn matching(customers: &BTreeMap<i64, BTreeMap<i32, i64>>, known: &[Vec<i64>]) -> Vec<Party> {
    let mut by_summary: BTreeMap<Vec<i64>, Vec<i64>> = BTreeMap::new();
    for (id, days) in customers {
        by_summary.entry(summary(days)).or_default().push(*id);
    }
    let mut ids = BTreeSet::new();
    for row in known {
        let id = by_summary.get_mut(row).and_then(Vec::pop).expect("a customer of the whole");
        ids.insert(id);
    }
    ids.into_iter()
        .map(|id| (id, customers[&id].iter().map(|(&day, &cents)| (day, cents)).collect()))
        .collect()
}

#[test]
fn estimates_are_the_published_ones() {
    let Some((oracle, parties)) = sample() else { return };
    let calibration: Vec<Party> = parties
        .into_iter()
        .map(|(id, days)| {
            (id, days.into_iter().filter(|day| day.0 <= END_OF_CALIBRATION).collect())
        })
        .collect();
    let views = views(&[&calibration], END_OF_CALIBRATION);
    let auto = answer(&views, &ClvParams::default(), END_OF_CALIBRATION);
    let pareto = ClvParams { model: ModelChoice::ParetoNbd, ..ClvParams::default() };
    let pareto = answer(&views, &pareto, END_OF_CALIBRATION);
    for (model, name) in [
        ("bg_nbd", "BG/NBD"),
        ("mbg_nbd", "MBG/NBD"),
        ("pareto_nbd", "Pareto/NBD"),
        ("gamma_gamma", "Gamma-Gamma"),
    ] {
        let found = if model == "pareto_nbd" { &pareto } else { &auto };
        let expected = &oracle["models"][name]["mle"];
        let tolerance = oracle["assertion"]["params_rel_tol"][name].as_f64().expect("a number");
        let parameters = found.parameters(model);
        assert!(parameters.len() >= 3, "{model}");
        for (parameter, estimate) in parameters {
            let expected = expected["params"][&parameter].as_f64().expect("a parameter");
            assert!(
                (estimate / expected - 1.0).abs() <= tolerance,
                "{name} {parameter}: {estimate} {expected}"
            );
        }
        let row = found.model_row(model);
        let ln_likelihood = found.model.log_likelihood.value(row);
        let best = expected["log_likelihood"].as_f64().expect("a number");
        let tolerance = oracle["assertion"]["log_likelihood_abs_tol"].as_f64().expect("a number");
        assert!((ln_likelihood - best).abs() <= tolerance, "{name}: {ln_likelihood} {best}");
        assert_eq!(found.model.basis.value(row), "maximum_likelihood");
    }
}

#[test]
fn the_second_half_is_forecast() {
    let Some((_, parties)) = sample() else { return };
    // Half of 545 days is 273, which is 39 weeks.
    let params = ClvParams { holdout_share: 0.5, ..ClvParams::default() };
    let found = answer(&views(&[&parties], END), &params, END);
    let (chosen, why) = found.chosen().expect("a model");
    let row = found.model_row(chosen);
    let model = &found.model;
    eprintln!(
        "{chosen} by {why}: log score {:.5}, expected {:.0} of {:.0}, AUC {:.4}, Brier {:.4}",
        model.log_score.value(row),
        model.holdout_expected.value(row),
        model.holdout_actual.value(row),
        model.auc.value(row),
        model.brier_score.value(row)
    );
    assert_eq!((why, model.holdout_days.value(row)), ("holdout", 273));
    assert_eq!(model.calibration_end.value(row), END_OF_CALIBRATION);
    assert_eq!(model.holdout_customers.value(row), 2357);
    assert!(model.auc.value(row) >= 0.755);
    assert!(model.brier_score.value(row) <= 0.163);
    assert!(model.brier_score.value(row) < model.brier_score_of_base_rate.value(row));
    // Sums of the literature: 1,882 came; BG/NBD 1,653, MBG/NBD 1,577, Pareto/NBD 1,666.
    for (name, expected) in [("bg_nbd", 1653.0), ("mbg_nbd", 1577.0), ("pareto_nbd", 1666.0)] {
        let row = found.model_row(name);
        let sum = model.holdout_expected.value(row);
        assert!((sum - expected).abs() < 1.0, "{name}: {sum}");
        assert!((model.holdout_actual.value(row) - 1882.0).abs() < 1e-9);
    }
    // Tracking at week 78: 4,339 came.
    let weeks = found.forecast.week.len();
    assert_eq!((weeks, found.forecast.actual.value(weeks - 1)), (78, 4339));
    let expected = found.forecast.expected.value(weeks - 1);
    assert!((expected / 4339.0 - 1.0).abs() < 0.07, "{expected}");
    assert_eq!(found.forecast.period.value(38), "calibration");
    assert_eq!(found.forecast.period.value(39), "holdout");
    // The tenth of the highest chances bought most.
    let shares = &found.calibration.actual_share;
    assert!(shares.value(9) > 0.5 && shares.value(9) > 3.0 * shares.value(0));
}

#[test]
fn a_second_night_starts_warm() {
    let Some((_, parties)) = sample() else { return };
    let auto = ClvParams::default();
    let pareto = ClvParams { model: ModelChoice::ParetoNbd, ..ClvParams::default() };
    for (params, models) in
        [(auto, vec!["bg_nbd", "gamma_gamma", "mbg_nbd"]), (pareto, vec!["pareto_nbd"])]
    {
        let first = answer(&views(&[&parties], END), &params, END);
        let last = vec![first.tables.batch(&value_parameter::CONTRACT).expect("was written")];
        let tonight = views(&[&parties], END + 1).with(&value_parameter::CONTRACT, last);
        let second = answer(&tonight, &params, END + 1);
        for model in models {
            let row = second.model_row(model);
            assert_eq!(second.model.basis.value(row), "maximum_likelihood", "{model}");
            let n = second.model.n_iterations.value(row);
            assert!(n <= 4, "{model}: {n} steps");
        }
    }
}

#[test]
fn bg_nbd_can_be_asked_for() {
    let Some((_, parties)) = sample() else { return };
    let params =
        ClvParams { model: ModelChoice::BgNbd, holdout_share: 0.5, ..ClvParams::default() };
    let found = answer(&views(&[&parties], END), &params, END);
    assert_eq!(found.chosen(), Some(("bg_nbd", "setting")));
    let row = found.model_row("bg_nbd");
    assert!((found.model.auc.value(row) - 0.757).abs() < 0.001);
    assert!((found.model.brier_score.value(row) - 0.1612).abs() < 0.0001);
}
