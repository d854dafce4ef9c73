//! Gaussian mixtures against the values of scikit-learn, from fixed starts and from our own.
//!
//! The values lie beside the repository; without them the tests say so and pass. Tolerances are read
//! from the file.

#![cfg(test)]

mod clustering;

use idip_numerics::kmeans::Columns;
use idip_numerics::mixture::{
    CovarianceType, GaussianMixture, MixtureFit, MixtureInit, MixtureParams, fit_mixture,
};
use idip_numerics::quality::adjusted_rand_index;
use serde_json::Value;

use clustering::{assert_near, data_set, number, numbers, read_json, slices, table, transposed};

fn covariance_type(case: &Value) -> CovarianceType {
    match case["covariance_type"].as_str().expect("a type") {
        "full" => CovarianceType::Full,
        "diag" => CovarianceType::Diagonal,
        "tied" => CovarianceType::Tied,
        "spherical" => CovarianceType::Spherical,
        other => panic!("unknown covariance type {other}"),
    }
}

/// Columns and classes of a case, which may name those of a k-means case.
fn data(case: &Value) -> Option<(Vec<Vec<f64>>, Vec<u32>)> {
    match case["dataset"].as_str().expect("a dataset").strip_prefix("as kmeans.json case ") {
        None => data_set(case),
        Some(other) => data_set(&read_json("kmeans.json")?["cases"][other]),
    }
}

/// Means from rows of the data, equal weights, the variances of the data in every component.
fn start(case: &Value, columns: &[Vec<f64>]) -> GaussianMixture {
    let d = columns.len();
    let rows = numbers(&case["initial_mean_rows"]);
    let means = rows.iter().flat_map(|&row| columns.iter().map(move |c| c[row as usize])).collect();
    let mut covariance = vec![0.0; d * d];
    for (j, column) in columns.iter().enumerate() {
        let n = column.len() as f64;
        let mean = column.iter().sum::<f64>() / n;
        covariance[j * d + j] = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    }
    let k = rows.len();
    if covariance_type(case) == CovarianceType::Spherical {
        // The inverse of the mean variance, which is what the form makes of the variances.
        let mean = (0..d).map(|j| covariance[j * d + j]).sum::<f64>() / d as f64;
        (0..d).for_each(|j| covariance[j * d + j] = mean);
    }
    let weights = vec![1.0 / k as f64; k];
    GaussianMixture::new(covariance_type(case), d, weights, means, covariance.repeat(k))
        .expect("a sound start")
}

fn fit(case: &Value, columns: &[Vec<f64>], init: MixtureInit) -> MixtureFit {
    let k = number(&case["k"]) as usize;
    let params = MixtureParams {
        max_iterations: 5_000,
        tolerance: 1e-12,
        reg_covar: number(&case["reg_covar"]),
        init,
        ..MixtureParams::new(k, covariance_type(case))
    };
    fit_mixture(&Columns::new(&slices(columns)).expect("a table"), &params).expect("finite values")
}

#[test]
fn from_a_fixed_start_the_mixture_is_that_of_scikit_learn() {
    let Some(oracle) = read_json("gmm.json") else { return };
    let tolerances = &oracle["tolerances"];
    let likelihood_abs = number(&tolerances["gmm_mean_log_likelihood_abs"]);
    let weights_abs = number(&tolerances["gmm_weights_abs"]);
    let mut n_cases = 0;
    for (name, case) in oracle["cases"].as_object().expect("cases") {
        let Some((columns, classes)) = data(case) else { return };
        let n_rows = columns[0].len() as f64;
        let fit = fit(case, &columns, MixtureInit::Given(start(case, &columns)));
        n_cases += 1;

        let found = fit.memberships.mean_log_likelihood;
        let expected = number(&case["mean_log_likelihood"]);
        assert_near(name, "mean log-likelihood", expected, found, likelihood_abs);
        let of_all = 2.0 * n_rows * likelihood_abs;
        assert_near(name, "BIC", number(&case["bic"]), fit.bic, of_all);
        assert_near(name, "AIC", number(&case["aic"]), fit.aic, of_all);
        let n_parameters = number(&case["n_parameters"]) as usize;
        assert_eq!(n_parameters, fit.model.n_parameters(), "{name}: parameters");
        assert_eq!(case["converged"].as_bool(), Some(fit.is_converged), "{name}: converged");

        for (&expected, &actual) in numbers(&case["weights"]).iter().zip(fit.model.weights()) {
            assert_near(name, "weight", expected, actual, weights_abs);
        }
        for (expected, actual) in table(&case["means"]).iter().zip(fit.model.means()) {
            for (&expected, &actual) in expected.iter().zip(actual) {
                assert_near(name, "mean", expected, actual, weights_abs);
            }
        }
        let mut counts = vec![0.0; fit.model.n_components()];
        fit.memberships.labels.iter().for_each(|&label| counts[label as usize] += 1.0);
        assert_eq!(numbers(&case["counts"]), counts, "{name}: counts");
        let rows = 0..columns[0].len();
        let largest = |row| fit.memberships.of_row(row).iter().copied().fold(0.0, f64::max);
        let mean = rows.map(largest).sum::<f64>() / n_rows;
        let expected = number(&case["mean_max_responsibility"]);
        assert_near(name, "mean of the largest share", expected, mean, weights_abs);
        if let Some(expected) = case["adjusted_rand_index_vs_class"].as_f64() {
            let actual = adjusted_rand_index(&fit.memberships.labels, &classes);
            let tolerance = number(&tolerances["ari_abs"]);
            assert_near(name, "ARI", expected, actual.expect("equal lengths"), tolerance);
        }
        // The collapsed component of the stress test is told, and no other case has one.
        let is_collapsed = fit.smallest_eigenvalue < 2.0 * number(&case["reg_covar"]);
        assert_eq!(case["warning"].is_string(), is_collapsed, "{name}: collapsed");
    }
    assert_eq!(n_cases, 5, "cases");
}

#[test]
fn our_own_starts_find_the_best_of_sixty_of_scikit_learn() {
    let Some(oracle) = read_json("gmm.json") else { return };
    let mut n_cases = 0;
    for (name, case) in oracle["cases"].as_object().expect("cases") {
        let Some(best) = case["best_of_60_starts_mean_log_likelihood"].as_f64() else { continue };
        let Some((columns, _)) = data(case) else { return };
        let fit = fit(case, &columns, MixtureInit::Search);
        let found = fit.memberships.mean_log_likelihood;
        // The slack that the file allows a search.
        assert!(found >= best - 1e-3, "{name}: expected {best} or more, actual {found}");
        n_cases += 1;
    }
    assert_eq!(n_cases, 4, "cases with a best of sixty starts");
}

#[test]
fn the_order_of_the_rows_changes_no_parameter_beyond_rounding() {
    let Some(oracle) = read_json("gmm.json") else { return };
    let case = &oracle["cases"]["iris_raw_full"];
    let Some((columns, _)) = data(case) else { return };
    let given = MixtureInit::Given(start(case, &columns));
    let mut rows = transposed(&columns);
    rows.reverse();
    let forth = fit(case, &columns, given.clone());
    let back = fit(case, &transposed(&rows), given);
    for (a, b) in forth.model.means().flatten().zip(back.model.means().flatten()) {
        assert_near("iris_raw_full", "mean", *a, *b, 1e-6);
    }
}
