#![expect(clippy::float_cmp, reason = "values are chosen to be exact")]

use proptest::prelude::*;

use super::*;

/// Fits rows given one after the other.
pub(super) fn fit(params: KMeansParams, rows: &[Vec<f64>], weights: Option<&[f64]>) -> KMeans {
    let columns = by_column(rows);
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns = Columns::new(&slices).expect("one or more columns");
    params.check().expect("valid").fit_columns(&columns, weights).expect("finite")
}

pub(super) fn by_column(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

fn warm(rows: &[Vec<f64>]) -> KMeansParams {
    let centroids = Centroids::new(rows[0].len(), rows.concat()).expect("finite");
    KMeansParams::new(rows.len()).init(Init::Precomputed(centroids))
}

/// Lloyd's algorithm as a textbook has it: every distance, no bounds, no repair.
fn plain_lloyd(rows: &[Vec<f64>], first: &[Vec<f64>], max_iterations: usize) -> Vec<u32> {
    let mut centroids = first.to_vec();
    let mut labels = vec![u32::MAX; rows.len()];
    for _ in 0..max_iterations {
        let new: Vec<u32> = rows
            .iter()
            .map(|row| {
                let squared = centroids.iter().map(|c| centroids::squared_distance(row, c));
                let nearest = squared.enumerate().fold((0, f64::INFINITY), |best, (k, squared)| {
                    if squared < best.1 { (k, squared) } else { best }
                });
                nearest.0 as u32
            })
            .collect();
        if new == labels {
            break;
        }
        labels = new;
        for (k, centroid) in centroids.iter_mut().enumerate() {
            let members: Vec<&Vec<f64>> = rows
                .iter()
                .zip(&labels)
                .filter(|&(_, &l)| l as usize == k)
                .map(|(r, _)| r)
                .collect();
            for (j, c) in centroid.iter_mut().enumerate() {
                *c = members.iter().map(|row| row[j]).sum::<f64>() / members.len() as f64;
            }
        }
    }
    labels
}

/// Overlapping groups, enough rows for three chunks.
pub(super) fn many_rows() -> Vec<Vec<f64>> {
    let mut state = 7_u64;
    let mut uniform = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..40_000)
        .map(|row| {
            let group = f64::from(row % 5);
            (0..3).map(|j| group * f64::from(j) + 2.0 * (uniform() + uniform())).collect()
        })
        .collect()
}

#[test]
fn two_pairs_on_a_line_are_two_clusters() {
    // Means 1 and 11; every row 1 away: inertia 4.
    let rows = [vec![0.0], vec![2.0], vec![10.0], vec![12.0]];
    let model = fit(warm(&[vec![0.0], vec![2.0]]), &rows, None);
    assert_eq!(model.centroids.values(), [1.0, 11.0]);
    assert_eq!(model.labels, [0, 0, 1, 1]);
    assert_eq!(model.sizes, [2, 2]);
    assert_eq!(model.inertia, 4.0);
    assert!(model.is_converged);
    assert_eq!(model.fewer_clusters, None);
    // {0} {2, 10, 12}, then {0, 2} {10, 12}, which a third pass confirms.
    assert_eq!(model.n_iterations, [3]);
}

#[test]
fn a_row_between_two_centroids_goes_to_the_lower() {
    let centroids = Centroids::new(1, vec![2.0, 0.0, 1e9]).expect("finite");
    let line = [1.0];
    let columns = Columns::new(&[&line]).expect("one column");
    let assignment = centroids.assign(&columns).expect("finite");
    assert_eq!(assignment.labels, [0]);
    assert_eq!(assignment.squared_nearest, [1.0]);
    assert_eq!(assignment.squared_second, [1.0]);
}

#[test]
fn bounds_change_no_label_of_the_plain_algorithm() {
    let rows = many_rows();
    let first = rows[..6].to_vec();
    for max_iterations in [1, 2, 5, 300] {
        // After its last update the kernel measures once more, where the plain one has stopped.
        let model = fit(warm(&first).max_iterations(max_iterations), &rows, None);
        assert_eq!(model.labels, plain_lloyd(&rows, &first, max_iterations + 1));
    }
}

#[test]
fn labels_do_not_depend_on_the_scale_even_beyond_single_precision() {
    let rows = many_rows();
    let first = rows[..6].to_vec();
    let labels = fit(warm(&first), &rows[..3000], None).labels;
    for scale in [-100, -76, -75, -74, -73, -72, -40, 40, 300].map(|power| 2.0_f64.powi(power)) {
        let scaled = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
            rows.iter().map(|row| row.iter().map(|x| x * scale).collect()).collect()
        };
        let model = fit(warm(&scaled(&first)), &scaled(&rows[..3000]), None);
        assert!(model.labels == labels, "labels differ at scale {scale:e}");
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_chunks() {
    let rows = many_rows();
    let columns = by_column(&rows);
    let params = KMeansParams::new(5).n_starts(2).seed(11).tolerance(1e-4).check().expect("valid");
    let weights: Vec<f64> = (0..rows.len()).map(|row| 0.1 * (row % 4) as f64).collect();
    for weights in [None, Some(weights.as_slice())] {
        let fits: Vec<KMeans> = [(1, 40_000), (2, 999), (4, 16_384)]
            .into_iter()
            .map(|(n_threads, rows_per_chunk)| {
                let chunks = (0..rows.len().div_ceil(rows_per_chunk))
                    .map(|chunk| {
                        let first = chunk * rows_per_chunk;
                        let last = (first + rows_per_chunk).min(rows.len());
                        columns.iter().map(|column| &column[first..last]).collect()
                    })
                    .collect();
                let columns = Columns::from_chunks(chunks).expect("equal lengths");
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
                pool.expect("threads").install(|| params.fit_columns(&columns, weights))
            })
            .collect::<Result<_, _>>()
            .expect("finite");
        for other in &fits[1..] {
            let bits = |model: &KMeans| -> Vec<u64> {
                model.centroids.values().iter().map(|value| value.to_bits()).collect()
            };
            assert_eq!(bits(&fits[0]), bits(other));
            assert_eq!(fits[0].inertia.to_bits(), other.inertia.to_bits());
            assert!(fits[0] == *other);
        }
    }
}

#[test]
fn the_start_of_lowest_inertia_is_kept() {
    let rows = many_rows();
    let one = |starts| fit(KMeansParams::new(8).n_starts(starts).max_iterations(3), &rows, None);
    let many = one(5);
    assert_eq!(many.n_iterations.len(), 5);
    assert!(many.inertia <= one(1).inertia);
    let best = one(many.best_start + 1);
    assert_eq!(best.centroids, many.centroids);
}

#[test]
fn inertia_is_the_sum_of_distances_to_the_final_centroids_even_when_cut_short() {
    let rows = many_rows();
    let model = fit(KMeansParams::new(4).n_starts(1).max_iterations(1), &rows, None);
    assert!(!model.is_converged);
    let by_hand: f64 = rows
        .iter()
        .map(|row| {
            let squared = model.centroids.rows().map(|c| centroids::squared_distance(row, c));
            squared.fold(f64::INFINITY, f64::min)
        })
        .sum();
    assert!((model.inertia / by_hand - 1.0).abs() < 1e-12);
}

#[test]
fn an_empty_cluster_moves_to_the_farthest_row() {
    // The second centroid gets no row; row 9 is farthest from the mean 2.25 of the rest.
    let rows = [vec![0.0], vec![0.0], vec![0.0], vec![9.0]];
    let model = fit(warm(&[vec![0.0], vec![0.0]]), &rows, None);
    assert_eq!(model.labels, [0, 0, 0, 1]);
    assert_eq!(model.inertia, 0.0);
}

#[test]
fn weights_count_as_repeated_rows_and_weight_zero_as_no_row() {
    let rows = [vec![0.0, 1.0], vec![3.0, 1.0], vec![10.0, 0.0], vec![12.0, 7.0], vec![40.0, 9.0]];
    let weights = [1.0, 3.0, 2.0, 1.0, 0.0];
    let mut repeated = Vec::new();
    for (row, &weight) in rows.iter().zip(&weights) {
        repeated.extend(std::iter::repeat_n(row.clone(), weight as usize));
    }
    let first = [rows[0].clone(), rows[2].clone()];
    let weighted = fit(warm(&first), &rows, Some(&weights));
    let plain = fit(warm(&first), &repeated, None);
    assert_eq!(weighted.centroids, plain.centroids);
    assert_eq!(weighted.inertia, plain.inertia);
    // The row of weight 0 has a label and a place in the sizes, and no say in the centroids.
    assert_eq!(weighted.labels[4], 1);
    assert_eq!(weighted.sizes.iter().sum::<usize>(), 5);
}

#[test]
fn no_row_is_no_cluster() {
    let columns = Columns::new(&[&[], &[]]).expect("two columns");
    for params in [KMeansParams::new(3), warm(&[vec![1.0, 2.0]])] {
        let model = params.check().expect("valid").fit_columns(&columns, None).expect("no row");
        assert_eq!((model.n_clusters(), model.inertia), (0, 0.0));
        assert_eq!(model.fewer_clusters, Some(FewerClusters::DistinctRows));
        assert!(model.centroids.assign(&columns).expect("no row").labels.is_empty());
        let line = [1.0];
        let error = model.centroids.assign(&Columns::new(&[&line, &line]).expect("two columns"));
        assert_eq!(
            error.expect_err("no centroid").to_string(),
            "no centroid to assign 1 row(s) to"
        );
    }
}

#[test]
fn one_row_is_one_cluster() {
    let model = fit(KMeansParams::new(3), &[vec![4.0, 5.0]], None);
    assert_eq!(model.centroids.values(), [4.0, 5.0]);
    assert_eq!(model.labels, [0]);
    assert_eq!(model.fewer_clusters, Some(FewerClusters::DistinctRows));
}

#[test]
fn bad_values_are_named_by_column_and_row() {
    let good = [0.0, 1.0, 2.0];
    let cases = [
        (f64::NAN, "column 1 is not a number in row 2, expected a finite number"),
        (f64::NEG_INFINITY, "column 1 is infinite in row 2, expected a finite number"),
        (1e121, "column 1 is beyond 1e120 in row 2, expected a finite number"),
    ];
    let params = KMeansParams::new(2).check().expect("valid");
    for (value, message) in cases {
        let bad = [0.0, 1.0, value];
        let columns = Columns::new(&[&good, &bad]).expect("two columns");
        let error = params.fit_columns(&columns, None).expect_err("a bad value");
        assert_eq!(error.to_string(), message);
        let chunks = vec![vec![&good[..1], &bad[..1]], vec![&good[1..], &bad[1..]]];
        let chunked = Columns::from_chunks(chunks).expect("two columns");
        assert_eq!(
            params.fit_columns(&chunked, None).expect_err("a bad value").to_string(),
            message
        );
    }
}

#[test]
fn bad_weights_are_named_by_row() {
    let line = [0.0, 1.0];
    let columns = Columns::new(&[&line]).expect("one column");
    let params = KMeansParams::new(1).check().expect("valid");
    let message = |weights: &[f64]| {
        params.fit_columns(&columns, Some(weights)).expect_err("bad weights").to_string()
    };
    assert_eq!(message(&[1.0, -1.0]), "the weight of row 1 is not in 0 to 1e40");
    assert_eq!(message(&[f64::NAN, 1.0]), "the weight of row 0 is not in 0 to 1e40");
    assert_eq!(message(&[1.0]), "1 weight(s), expected one a row: 2");
    assert_eq!(message(&[0.0, 0.0]), "every weight is 0, expected a positive one");
}

#[test]
fn settings_out_of_range_are_refused() {
    let refused = |params: KMeansParams| params.check().expect_err("out of range").to_string();
    assert_eq!(refused(KMeansParams::new(0)), "n_clusters is 0, expected 1 to 65536");
    assert_eq!(refused(KMeansParams::new(1).n_starts(0)), "n_starts is 0, expected 1 or more");
    assert_eq!(
        refused(KMeansParams::new(1).tolerance(-1.0)),
        "tolerance is -1, expected a finite number from 0"
    );
    assert_eq!(
        refused(KMeansParams::new(1).max_iterations(0)),
        "max_iterations is 0, expected 1 or more"
    );
    let two = Centroids::new(1, vec![1.0, 2.0]).expect("finite");
    assert_eq!(
        refused(KMeansParams::new(3).init(Init::Precomputed(two))),
        "2 precomputed centroid(s), expected n_clusters = 3"
    );
}

#[test]
fn centroids_of_another_width_are_refused() {
    let line = [0.0, 1.0];
    let columns = Columns::new(&[&line]).expect("one column");
    let params = warm(&[vec![1.0, 2.0]]).check().expect("valid");
    let error = params.fit_columns(&columns, None).expect_err("two features");
    assert_eq!(error.to_string(), "centroids have 2 feature(s), expected 1 as the columns");
}

#[test]
fn columns_that_are_no_table_are_refused() {
    assert_eq!(Columns::new(&[]).expect_err("no column"), ColumnsError::NoColumns);
    let chunks = vec![vec![&[1.0][..]], vec![&[1.0][..], &[1.0][..]]];
    let error = ColumnsError::UnequalWidths { chunk: 1, expected: 1, found: 2 };
    assert_eq!(Columns::from_chunks(chunks).expect_err("wider"), error);
    let error = ColumnsError::UnequalLengths { chunk: 0, column: 1, expected: 1, found: 2 };
    assert_eq!(Columns::new(&[&[1.0], &[1.0, 2.0]]).expect_err("longer"), error);
}

#[test]
fn arrow_columns_are_read_chunk_by_chunk_and_nulls_are_named() {
    use arrow_array::Float64Array;
    let first = Float64Array::from(vec![0.0, 2.0]);
    let second = Float64Array::from(vec![10.0, 12.0]).slice(1, 1);
    let columns = Columns::from_arrow(&[vec![&first], vec![&second]]).expect("no null");
    assert_eq!(columns.column(0).collect::<Vec<_>>(), [0.0, 2.0, 12.0]);
    let with_null = Float64Array::from(vec![Some(1.0), None]);
    let error = Columns::from_arrow(&[vec![&first], vec![&with_null]]).expect_err("a null");
    assert_eq!(error, ColumnsError::Null { column: 0, row: 3 });
}

/// Rows on a small lattice: many duplicates, many ties.
fn lattice() -> impl Strategy<Value = Vec<Vec<f64>>> {
    prop::collection::vec(prop::collection::vec((0_i32..4).prop_map(f64::from), 2), 1..40)
}

proptest! {
    #[test]
    fn every_cluster_has_rows_and_no_more_clusters_than_distinct_rows(
        rows in lattice(), n_clusters in 1_usize..12, seed: u64,
    ) {
        let model = fit(KMeansParams::new(n_clusters).n_starts(2).seed(seed), &rows, None);
        let mut distinct = rows.clone();
        distinct.sort_by(|a, b| a.partial_cmp(b).expect("finite"));
        distinct.dedup();
        prop_assert_eq!(model.n_clusters(), n_clusters.min(distinct.len()));
        prop_assert_eq!(model.fewer_clusters.is_some(), n_clusters > distinct.len());
        prop_assert!(model.sizes.iter().all(|&size| size > 0));
        prop_assert_eq!(model.sizes.iter().sum::<usize>(), rows.len());
        prop_assert!(model.centroids.values().iter().all(|value| value.is_finite()));
        if n_clusters >= distinct.len() {
            prop_assert_eq!(model.inertia, 0.0);
        }
    }

    #[test]
    fn any_warm_start_ends_with_rows_in_every_cluster(
        rows in lattice(), first in lattice(), max_iterations in 1_usize..6,
    ) {
        let model = fit(warm(&first).max_iterations(max_iterations), &rows, None);
        prop_assert!(model.sizes.iter().all(|&size| size > 0));
        prop_assert_eq!(model.sizes.iter().sum::<usize>(), rows.len());
        prop_assert_eq!(model.fewer_clusters.is_some(), model.n_clusters() < first.len());
    }

    #[test]
    fn a_rested_clustering_has_means_for_centroids_and_nearest_labels(
        rows in lattice(), n_clusters in 1_usize..6,
    ) {
        let model = fit(KMeansParams::new(n_clusters).n_starts(1), &rows, None);
        prop_assert!(model.is_converged);
        let columns = by_column(&rows);
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let columns = Columns::new(&slices).expect("two columns");
        let again = model.centroids.assign(&columns).expect("finite");
        prop_assert_eq!(&again.labels, &model.labels);
        let inertia: f64 = again.squared_nearest.iter().sum();
        prop_assert!((inertia - model.inertia).abs() <= 1e-12 * inertia);
        for (label, centroid) in model.centroids.rows().enumerate() {
            for (j, value) in centroid.iter().enumerate() {
                let members = rows.iter().zip(&model.labels).filter(|&(_, &l)| l as usize == label);
                let sum: f64 = members.map(|(row, _)| row[j]).sum();
                prop_assert_eq!(*value, sum / model.sizes[label] as f64);
            }
        }
    }

    #[test]
    fn equal_rows_are_one_cluster(
        value in -1e6..1e6, n_rows in 1_usize..50, n_clusters in 1_usize..5,
    ) {
        let model = fit(KMeansParams::new(n_clusters), &vec![vec![value]; n_rows], None);
        prop_assert_eq!(model.n_clusters(), 1);
        prop_assert_eq!(model.sizes, [n_rows]);
    }
}

#[test]
fn starts_on_some_rows_end_at_rest_over_all_and_miss_nothing_rare() {
    // Two crowds of seven values each; every third row shows both, every 40th row the first alone.
    let points: Vec<f64> = (0..400).map(|row| f64::from(row % 2 * 100 + row % 7)).collect();
    let columns = Columns::new(&[&points]).expect("one column");
    let fit = |params: KMeansParams| {
        params.check().expect("in range").fit_columns(&columns, None).expect("finite")
    };
    let all = fit(KMeansParams::new(2).seed(3));
    let some = fit(KMeansParams::new(2).seed(3).start_rows(134));
    assert!(some.is_converged && (some.inertia - all.inertia).abs() < 1e-9);
    assert_eq!(some.sizes.iter().sum::<usize>(), 400);
    // Eight clusters are not to be had of seven values, but among all rows they are.
    assert_eq!(fit(KMeansParams::new(8).seed(3).start_rows(10)).n_clusters(), 8);
}
