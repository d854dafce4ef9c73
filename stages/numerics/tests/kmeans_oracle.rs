//! Clustering, quality, transforms and alignment against reference values of other tools.
//!
//! The values lie beside the repository; without them the tests say so and pass. Tolerances are read
//! from the files.

#![cfg(test)]
#![expect(clippy::float_cmp, reason = "counts and an inertia of zero are exact")]

mod clustering;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use idip_numerics::alignment::{align_centroids, align_members};
use idip_numerics::kmeans::{Centroids, Columns, FewerClusters, Init, KMeans, KMeansParams};
use idip_numerics::quality::{
    adjusted_mutual_info, adjusted_rand_index, calinski_harabasz, davies_bouldin, inertia,
    normalized_mutual_info, silhouette,
};
use idip_numerics::transform::{Scaler, WinsorBounds, hellinger, log1p, quantile};
use serde_json::Value;
use sha2::{Digest, Sha256};

use clustering::{assert_near, data_set, number, numbers, read_json, slices, table, transposed};

fn labels(value: &Value) -> Vec<u32> {
    numbers(value).into_iter().map(|label| label as u32).collect()
}

fn fit_from_rows(case: &Value, columns: &[Vec<f64>]) -> KMeans {
    let first: Vec<usize> =
        numbers(&case["initial_centre_rows"]).into_iter().map(|row| row as usize).collect();
    let values =
        first.iter().flat_map(|&row| columns.iter().map(move |column| column[row])).collect();
    let centroids = Centroids::new(columns.len(), values).expect("finite");
    let weights: Option<Vec<f64>> = case["weights"]
        .is_string()
        .then(|| (0..columns[0].len()).map(|row| (row % 3 + 1) as f64).collect());
    KMeansParams::new(first.len())
        .init(Init::Precomputed(centroids))
        .check()
        .expect("valid settings")
        .fit_columns(&Columns::new(&slices(columns)).expect("a table"), weights.as_deref())
        .expect("finite values")
}

#[test]
fn lloyd_from_fixed_centroids_gives_the_labels_centres_and_inertia_of_scikit_learn() {
    let Some(oracle) = read_json("kmeans.json") else { return };
    let tolerances = &oracle["tolerances"];
    let mut n_cases = 0;
    for (name, case) in oracle["cases"].as_object().expect("cases") {
        if !case["centres"].is_array() {
            continue;
        }
        let Some((columns, _)) = data_set(case) else { return };
        let model = fit_from_rows(case, &columns);
        n_cases += 1;

        let inertia = number(&case["inertia"]);
        let tolerance = number(&tolerances["inertia_rel"]) * inertia;
        assert_near(name, "inertia", inertia, model.inertia, tolerance);
        let tolerance = number(&tolerances["centres_abs"]);
        for (expected, actual) in table(&case["centres"]).iter().zip(model.centroids.rows()) {
            for (&expected, &actual) in expected.iter().zip(actual) {
                assert_near(name, "centre", expected, actual, tolerance);
            }
        }
        let counts: Vec<f64> = model.sizes.iter().map(|&size| size as f64).collect();
        assert_eq!(numbers(&case["counts"]), counts, "{name}: counts");
        let joined = model.labels.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let sha256 = Sha256::digest(joined).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes all");
            hex
        });
        assert_eq!(case["labels_sha256"], sha256, "{name}: SHA-256 of the labels");
        if case["labels"].is_array() {
            assert_eq!(labels(&case["labels"]), model.labels, "{name}: labels");
        }
        let iterations = number(&case["iterations_plain_lloyd"]) as usize;
        assert_eq!(vec![iterations], model.n_iterations, "{name}: iterations");
        assert!(model.is_converged, "{name}: came to rest");
    }
    assert_eq!(n_cases, 5, "cases with fixed centres");
}

#[test]
fn indices_of_quality_are_those_of_scikit_learn() {
    let Some(oracle) = read_json("kmeans.json") else { return };
    let tolerances = &oracle["tolerances"];
    for (name, case) in oracle["cases"].as_object().expect("cases") {
        let metrics = &case["metrics"];
        if !metrics.is_object() {
            continue;
        }
        let Some((columns, classes)) = data_set(case) else { return };
        let found = fit_from_rows(case, &columns).labels;
        let slices = slices(&columns);
        let columns = Columns::new(&slices).expect("a table");

        if !case["weights"].is_string() {
            let expected = number(&case["inertia"]);
            let tolerance = number(&tolerances["inertia_rel"]) * expected;
            let actual = inertia(&columns, &found).expect("a label a row");
            assert_near(name, "inertia", expected, actual, tolerance);
        }

        let expected = number(&metrics["davies_bouldin"]);
        let tolerance = number(&tolerances["davies_bouldin_rel"]) * expected;
        let actual = davies_bouldin(&columns, &found).expect("clusters");
        assert_near(name, "Davies-Bouldin", expected, actual, tolerance);

        let expected = number(&metrics["calinski_harabasz"]);
        let tolerance = number(&tolerances["calinski_harabasz_rel"]) * expected;
        let actual = calinski_harabasz(&columns, &found).expect("clusters");
        assert_near(name, "Calinski-Harabasz", expected, actual, tolerance);

        let expected = number(&metrics["silhouette"]);
        let tolerance = number(&tolerances["silhouette_abs"]);
        let actual = silhouette(&columns, &found).expect("clusters");
        assert_near(name, "silhouette", expected, actual, tolerance);

        let tolerance = number(&tolerances["ari_abs"]);
        let agreements = [
            ("adjusted_rand_index_vs_class", adjusted_rand_index(&found, &classes)),
            ("nmi_arithmetic_vs_class", normalized_mutual_info(&found, &classes)),
            ("ami_arithmetic_vs_class", adjusted_mutual_info(&found, &classes)),
        ];
        for (what, actual) in agreements {
            if let Some(expected) = metrics[what].as_f64() {
                assert_near(name, what, expected, actual.expect("equal lengths"), tolerance);
            }
        }
    }
}

#[test]
fn an_empty_cluster_is_filled_and_none_is_left_empty() {
    let Some(oracle) = read_json("kmeans.json") else { return };
    let case = &oracle["cases"]["iris_duplicate_initial_centre_k3"];
    let Some((columns, _)) = data_set(case) else { return };
    let model = fit_from_rows(case, &columns);
    assert_eq!(model.n_clusters(), 3);
    assert!(model.sizes.iter().all(|&size| size > 0));
    // The bound the file's assertion names: the optimum of two clusters, rounded up.
    assert!(model.inertia <= 152.4, "inertia {}", model.inertia);
    assert!(model.centroids.values().iter().all(|value| value.is_finite()));
}

#[test]
fn fewer_distinct_rows_than_clusters_are_told() {
    let Some(oracle) = read_json("kmeans.json") else { return };
    let case = &oracle["cases"]["fewer_distinct_rows_than_k"];
    let columns = transposed(&table(&case["data"]));
    let model = KMeansParams::new(number(&case["k"]) as usize)
        .check()
        .expect("valid settings")
        .fit_columns(&Columns::new(&slices(&columns)).expect("a table"), None)
        .expect("finite values");
    assert_eq!(model.n_clusters(), 2);
    assert_eq!(model.inertia, 0.0);
    assert_eq!(model.fewer_clusters, Some(FewerClusters::DistinctRows));
}

#[test]
fn labels_are_aligned_at_the_least_cost() {
    let Some(oracle) = read_json("segment_ops.json") else { return };
    let tolerance = number(&oracle["tolerances"]["floats_abs"]);
    let cases = oracle["label_alignment"]["by_centroids"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for (position, case) in cases.iter().enumerate() {
        let name = format!("by_centroids {position}");
        let centroids = |key: &str| {
            let rows = table(&case[key]);
            Centroids::new(rows[0].len(), rows.concat()).expect("finite")
        };
        let alignment = align_centroids(&centroids("old_centroids"), &centroids("new_centroids"))
            .expect("equal widths");
        let expected = number(&case["total_cost"]);
        assert_near(&name, "cost", expected, alignment.total_cost, tolerance);
        assert_pairs(&name, &case["assignment_new_to_old"], &alignment.old_of_new);
        let unmatched: Vec<f64> = alignment.unmatched_old.iter().map(|&old| old as f64).collect();
        assert_eq!(numbers(&case["unmatched_old"]), unmatched, "{name}: unmatched old");
    }

    let case = &oracle["label_alignment"]["by_overlap"];
    let (old, new) = (labels(&case["old_labels"]), labels(&case["new_labels"]));
    let alignment = align_members((5, &old), (5, &new)).expect("equal lengths");
    assert_pairs("by_overlap", &case["assignment_new_to_old"], &alignment.old_of_new);
    assert_eq!(number(&case["customers_keeping_segment"]), -alignment.total_cost);
    let expected = number(&case["adjusted_rand_index"]);
    let actual = adjusted_rand_index(&old, &new).expect("equal lengths");
    assert_near("by_overlap", "adjusted Rand index", expected, actual, tolerance);
}

#[track_caller]
fn assert_pairs(case: &str, expected: &Value, old_of_new: &[Option<usize>]) {
    let expected: BTreeMap<usize, usize> = expected
        .as_object()
        .expect("pairs")
        .iter()
        .map(|(new, old)| (new.parse().expect("a cluster"), number(old) as usize))
        .collect();
    let actual: BTreeMap<usize, usize> =
        old_of_new.iter().enumerate().filter_map(|(new, old)| Some((new, (*old)?))).collect();
    assert_eq!(expected, actual, "{case}: old cluster of each new one");
}

#[test]
fn transforms_are_those_of_numpy() {
    let Some(oracle) = read_json("segment_ops.json") else { return };
    let tolerance = number(&oracle["tolerances"]["floats_abs"]);
    let transforms = &oracle["transforms"];
    let values = numbers(&transforms["values"]);

    let mut ascending = values.clone();
    ascending.sort_by(f64::total_cmp);
    for (name, expected) in transforms["quantiles_linear_type7"].as_object().expect("quantiles") {
        let probability = name.trim_start_matches('p').parse::<f64>().expect("percent") / 100.0;
        let actual = quantile(&ascending, probability).expect("values");
        assert_near(name, "quantile", number(expected), actual, tolerance);
    }
    let bounds = WinsorBounds::fit(&values, 0.01, 0.99).expect("values");
    let scaler = Scaler::fit(&[&values]).expect("values");
    let scaled = scaler.transform(&[&values]).expect("one column");
    let cases = [
        ("winsorised_p1_p99", bounds.apply(&values)),
        ("log1p", log1p(&values).expect("from 0")),
        ("zscore_ddof0", scaled.into_iter().next().expect("it varies")),
    ];
    for (name, actual) in cases {
        let expected = numbers(&transforms[name]);
        assert_eq!(expected.len(), actual.len(), "{name}");
        for (expected, actual) in expected.into_iter().zip(actual) {
            assert_near(name, "value", expected, actual, tolerance);
        }
    }
    let counts = transposed(&table(&transforms["category_counts"]));
    let roots = hellinger(&slices(&counts)).expect("counts");
    let expected = transposed(&table(&transforms["hellinger_sqrt_share"]));
    for (expected, actual) in expected.iter().flatten().zip(roots.iter().flatten()) {
        assert_near("hellinger_sqrt_share", "value", *expected, *actual, tolerance);
    }
}
