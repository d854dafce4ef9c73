//! Operations around clustering against an independent computation with numpy and scikit-learn:
//! migration, drift, transforms, topics, survey scores, price sensitivity, engagement.
//!
//! The values lie beside the repository; without them the tests say so and pass. Tolerances are read
//! from the file. Alignment and profiles of the same file are in `kmeans_oracle` and
//! `profile_oracle`.

#![cfg(test)]

use std::path::PathBuf;

use idip_numerics::alignment::align_members;
use idip_numerics::drift::{CountDrift, DriftClass, DriftThresholds, kolmogorov_smirnov};
use idip_numerics::elasticity::{ElasticityPrior, LogLogSums};
use idip_numerics::engagement::{EngagementEvent, HalfLife};
use idip_numerics::inference::{Confidence, NotEstimable, NpsCounts};
use idip_numerics::kmeans::Columns;
use idip_numerics::nmf::{NmfParams, NmfStart};
use idip_numerics::shrinkage::MeanPrior;
use idip_numerics::transform::{RobustScale, TfIdf, clr, rank_normal, shares};
use serde_json::Value;

/// Returns the oracle and its tolerance, or says that it is absent.
fn oracle() -> Option<(Value, f64)> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles/segment_ops.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no reference values at {}", path.display());
        return None;
    };
    let oracle: Value = serde_json::from_str(&text).expect("valid JSON");
    let tolerance = number(&oracle["tolerances"]["floats_abs"]);
    Some((oracle, tolerance))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(number).collect()
}

fn table(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("an array of arrays").iter().map(numbers).collect()
}

fn counts(value: &Value) -> Vec<u64> {
    value.as_array().expect("an array").iter().map(|n| n.as_u64().expect("a count")).collect()
}

fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

#[track_caller]
fn assert_near(what: &str, expected: f64, actual: f64, tolerance: f64) {
    let error = (expected - actual).abs();
    assert!(error <= tolerance, "{what}: expected {expected}, found {actual}, off by {error:e}");
}

#[track_caller]
fn assert_all_near(what: &str, expected: &[f64], actual: &[f64], tolerance: f64) {
    assert_eq!(expected.len(), actual.len(), "{what}: number of values");
    for (expected, actual) in expected.iter().zip(actual) {
        assert_near(what, *expected, *actual, tolerance);
    }
}

#[test]
fn migration_after_alignment_is_that_of_the_oracle() {
    let Some((oracle, _)) = oracle() else { return };
    let case = &oracle["label_alignment"]["by_overlap"];
    let labels = |key: &str| -> Vec<u32> { counts(&case[key]).iter().map(|&n| n as u32).collect() };
    let (old, new) = (labels("old_labels"), labels("new_labels"));
    let expected = table(&case["migration_matrix_after_alignment"]);
    let k = expected.len();
    let alignment = align_members((k, &old), (k, &new)).expect("equal lengths");
    let mut migration = vec![vec![0.0; k]; k];
    for (&old, &new) in old.iter().zip(&new) {
        let published = alignment.old_of_new[new as usize].expect("all clusters go on");
        migration[old as usize][published] += 1.0;
    }
    assert_eq!(expected, migration);
}

#[test]
fn drift_is_that_of_the_oracle() {
    let Some((oracle, tolerance)) = oracle() else { return };
    let case = &oracle["drift"];
    let (expected, actual) = (counts(&case["expected_counts"]), counts(&case["actual_counts"]));
    let drift = CountDrift::of_counts(&expected, &actual).expect("observations");
    assert_near("psi", number(&case["psi"]["value"]), drift.psi, tolerance);
    let divergence = number(&case["jensen_shannon_divergence_base2"]);
    assert_near("jensen_shannon", divergence, drift.jensen_shannon, tolerance);
    assert_near("hellinger", number(&case["hellinger"]), drift.hellinger, tolerance);
    assert_eq!(DriftThresholds::default().class(drift.psi), DriftClass::Refit);

    let (x1, x2) = (numbers(&case["ks"]["x1"]), numbers(&case["ks"]["x2"]));
    let statistic = kolmogorov_smirnov(&x1, &x2).expect("values");
    assert_near("ks", number(&case["ks"]["statistic"]), statistic, tolerance);
}

#[test]
fn transforms_are_those_of_the_oracle() {
    let Some((oracle, tolerance)) = oracle() else { return };
    let case = &oracle["transforms"];
    let values = numbers(&case["values"]);
    let robust = RobustScale::fit(&values).expect("values").apply(&values);
    assert_all_near("robust_z", &numbers(&case["robust_z_values"]), &robust, tolerance);
    let scores = rank_normal(&values).expect("finite");
    assert_all_near("rank_normal", &numbers(&case["rank_normal_values"]), &scores, tolerance);

    let columns = transposed(&table(&case["category_counts"]));
    let columns = slices(&columns);
    let tf_idf = TfIdf::fit(&columns).and_then(|tf_idf| tf_idf.apply(&columns)).expect("counts");
    let found = [
        ("category_share", shares(&columns).expect("counts")),
        ("clr_values", clr(&columns, 0.5).expect("counts")),
        ("tfidf_values", tf_idf),
    ];
    for (name, found) in found {
        for (expected, found) in transposed(&table(&case[name])).iter().zip(&found) {
            assert_all_near(name, expected, found, tolerance);
        }
    }
}

#[test]
fn errors_of_factorisation_fall_as_in_the_oracle() {
    let Some((oracle, tolerance)) = oracle() else { return };
    let case = &oracle["nmf"];
    let columns = transposed(&table(&oracle["transforms"]["category_share"]));
    let slices = slices(&columns);
    let expected = case["half_squared_error_after_iterations"].as_object().expect("iterations");
    let n_iterations = expected.keys().map(|key| key.parse::<usize>().expect("a number"));
    let topics = table(&case["H0"]);
    let start = NmfStart::Given { weights: table(&case["W0"]).concat(), topics: topics.concat() };
    let model = NmfParams::new(topics.len())
        .start(start)
        .tolerance(0.0)
        .max_iterations(n_iterations.clone().max().expect("an iteration"))
        .check()
        .expect("valid settings")
        .fit(&Columns::new(&slices).expect("a table"))
        .expect("from 0");
    for (iteration, expected) in n_iterations.zip(expected.values()) {
        let actual = model.half_squared_errors[iteration - 1];
        assert_near(&format!("iteration {iteration}"), number(expected), actual, tolerance);
    }
}

#[test]
fn net_promoter_scores_are_those_of_the_oracle() {
    let Some((oracle, tolerance)) = oracle() else { return };
    let cases = oracle["nps"]["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for (position, case) in cases.iter().enumerate() {
        let scores = counts(&case["scores"]).into_iter().map(|score| score as i64);
        let found = NpsCounts::of(scores).expect("0 to 10");
        assert_eq!(found.promoters, case["promoters"], "case {position}");
        assert_eq!(found.detractors, case["detractors"], "case {position}");
        assert_eq!(found.n(), case["n"], "case {position}");
        let score = found.score(Confidence::P95).expect("answers");
        let name = format!("case {position}");
        assert_near(&name, number(&case["nps_x100"]), score.points.value, tolerance);
        assert_near(&name, number(&case["nps_se_x100"]), score.standard_error_points, tolerance);
        let interval = [score.promoter_share.lower, score.promoter_share.upper];
        assert_all_near(&name, &numbers(&case["promoter_share_wilson95"]), &interval, tolerance);
    }
}

#[test]
fn price_sensitivity_is_that_of_the_oracle() {
    let Some((oracle, tolerance)) = oracle() else { return };
    let case = &oracle["price_sensitivity"];
    let prices = numbers(&case["prices"]);
    let mut sums = LogLogSums::default();
    let mut constant = LogLogSums::default();
    for (&price, quantity) in prices.iter().zip(numbers(&case["quantities"])) {
        sums.observe(price, quantity).expect("above 0");
        constant.observe(prices[0], quantity).expect("above 0");
    }
    let slope = sums.slope().expect("prices vary");
    assert_near("ols", number(&case["ols_elasticity"]), slope.elasticity, tolerance);
    let variance = slope.residual_variance().expect("three or more");
    assert_near("variance", number(&case["residual_variance_ddof2"]), variance, tolerance);
    let error = slope.standard_error().expect("three or more");
    assert_near("standard error", number(&case["standard_error"]), error, tolerance);

    let shrunk = &case["shrunk"];
    let (mean, variance) = (number(&shrunk["prior_mean"]), number(&shrunk["prior_variance"]));
    let prior = ElasticityPrior::given(MeanPrior::new(mean, variance));
    let found = prior.shrink(&sums);
    assert_near("shrunk", number(&shrunk["value"]), found.elasticity, tolerance);
    let flat = prior.shrink(&constant);
    assert_near("constant price", mean, flat.elasticity, tolerance);
    assert_eq!(flat.own, Err(NotEstimable::NoVariation));
}

#[test]
fn engagement_is_that_of_the_oracle() {
    let Some((oracle, tolerance)) = oracle() else { return };
    let case = &oracle["engagement"];
    let events: Vec<EngagementEvent> = case["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| EngagementEvent {
            weight: number(&case["weights"][event["type"].as_str().expect("a type")]),
            age_days: number(&event["age_days"]),
        })
        .collect();
    assert!(!events.is_empty());
    let half_life = HalfLife::new(number(&case["half_life_days"])).expect("above 0");
    let score = half_life.score(&events).expect("past");
    assert_near("score", number(&case["score"]), score, tolerance);
}
