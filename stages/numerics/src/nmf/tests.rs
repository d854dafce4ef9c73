//! Factorisations of data whose topics are known, and laws.

use proptest::prelude::*;

use super::*;
use crate::kmeans::Columns;

fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

fn fit(params: NmfParams, columns: &[Vec<f64>]) -> Nmf {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let columns = Columns::new(&slices).expect("a table");
    params.check().expect("valid").fit(&columns).expect("from 0")
}

fn squared_error(columns: &[Vec<f64>], model: &Nmf) -> f64 {
    let n_topics = model.topics.n_topics();
    let mut sum = 0.0;
    for (row, weights) in model.weights.chunks_exact(n_topics).enumerate() {
        for (feature, column) in columns.iter().enumerate() {
            let fitted =
                weights.iter().zip(model.topics.rows()).map(|(w, topic)| w * topic[feature]);
            sum += (column[row] - fitted.sum::<f64>()).powi(2);
        }
    }
    sum
}

/// Customers mixed from three topics of seven categories, each of which has one of its own.
fn mixtures(n_rows: usize) -> (Vec<Vec<f64>>, [[f64; 7]; 3]) {
    let topics = [
        [0.6, 0.0, 0.0, 0.3, 0.1, 0.0, 0.0],
        [0.0, 0.7, 0.0, 0.0, 0.1, 0.2, 0.0],
        [0.0, 0.0, 0.5, 0.0, 0.1, 0.0, 0.4],
    ];
    let rows: Vec<Vec<f64>> = (0..n_rows)
        .map(|row| {
            // Pure customers of each topic, then ever other mixtures of two.
            let share = (row * 7 % 10) as f64 / 10.0;
            let (first, second) = (row % 3, (row + 1) % 3);
            let mix = |c: usize| share * topics[first][c] + (1.0 - share) * topics[second][c];
            (0..7).map(mix).collect()
        })
        .collect();
    (transposed(&rows), topics)
}

#[test]
fn topics_that_made_the_data_are_found_again() {
    let (columns, truth) = mixtures(300);
    let model = fit(NmfParams::new(3).tolerance(1e-7).max_iterations(3000), &columns);
    assert!(model.is_converged);
    for topic in truth {
        let distance =
            |found: &[f64]| -> f64 { found.iter().zip(topic).map(|(a, b)| (a - b).abs()).sum() };
        let nearest = model.topics.rows().map(distance).fold(f64::INFINITY, f64::min);
        assert!(nearest < 0.01, "{topic:?} is {nearest} from the nearest of {:?}", model.topics);
    }
    for weights in model.weights.chunks_exact(3) {
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 0.01, "{weights:?}");
    }
}

#[test]
fn topics_come_by_total_weight_and_sum_to_one() {
    let rows = [[4.0, 0.0], [0.0, 1.0], [5.0, 0.0], [0.0, 2.0]].map(|row| row.to_vec());
    let model = fit(NmfParams::new(2).max_iterations(2000).tolerance(0.0), &transposed(&rows));
    let topics: Vec<&[f64]> = model.topics.rows().collect();
    assert!((topics[0][0] - 1.0).abs() < 1e-3 && (topics[1][1] - 1.0).abs() < 1e-3, "{topics:?}");
    assert!(topics.iter().all(|topic| (topic.iter().sum::<f64>() - 1.0).abs() < 1e-12));
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let (columns, _) = mixtures(40_000);
    let with_threads = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| fit(NmfParams::new(3).max_iterations(12).seed(5), &columns))
    };
    assert_eq!(with_threads(1), with_threads(3));
}

#[test]
fn settings_and_starts_out_of_range_are_named() {
    assert_eq!(NmfParams::new(0).check(), Err(NmfParamsError::NTopics(0)));
    assert_eq!(NmfParams::new(65).check(), Err(NmfParamsError::NTopics(65)));
    assert_eq!(NmfParams::new(2).n_starts(0).check(), Err(NmfParamsError::NStarts));
    assert_eq!(NmfParams::new(2).tolerance(-1.0).check(), Err(NmfParamsError::Tolerance(-1.0)));
    let columns = Columns::new(&[&[1.0, 2.0]]).expect("a table");
    let error = |weights: &[f64], topics: &[f64]| {
        let start = NmfStart::Given { weights: weights.to_vec(), topics: topics.to_vec() };
        let params = NmfParams::new(1).start(start).check().expect("valid");
        params.fit(&columns).expect_err("is refused").to_string()
    };
    assert_eq!(error(&[1.0], &[1.0]), "1 value(s) of the given weights, expected 2");
    assert_eq!(error(&[1.0, 1.0], &[]), "0 value(s) of the given topics, expected 1");
    assert_eq!(
        error(&[1.0, -1.0], &[1.0]),
        "value 1 of the given weights is no number from 0 to 1e100"
    );
}

#[test]
fn of_several_starts_the_best_is_kept() {
    let (columns, _) = mixtures(60);
    let last = |params: NmfParams| {
        let model = fit(params.max_iterations(30), &columns);
        model.half_squared_errors.last().copied().expect("an iteration")
    };
    let several = last(NmfParams::new(2).n_starts(4).seed(1));
    let single = last(NmfParams::new(2).n_starts(1).seed(1));
    assert!(several <= single, "{several} {single}");
}

#[test]
fn nothing_bought_is_made_of_nothing() {
    let model = fit(NmfParams::new(2), &[vec![0.0; 3], vec![0.0; 3]]);
    assert!(model.weights.iter().chain(model.topics.values()).all(|value| value.abs() < 1e-300));
    let empty = fit(NmfParams::new(2), &[vec![], vec![]]);
    assert!(empty.weights.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_error_never_rises_and_is_that_of_the_factors(
        rows in prop::collection::vec(prop::collection::vec(0.0..1.0_f64, 4), 2..20),
        n_topics in 1_usize..4,
    ) {
        let columns = transposed(&rows);
        let params = NmfParams::new(n_topics).tolerance(0.0);
        let model = fit(params.max_iterations(40), &columns);
        for errors in model.half_squared_errors.windows(2) {
            prop_assert!(errors[1] <= errors[0] + 1e-12, "{:?}", errors);
        }
        // The weights returned are the best for these topics, so no worse than the last update's.
        let last = model.half_squared_errors.last().expect("an iteration");
        prop_assert!(0.5 * squared_error(&columns, &model) <= last + 1e-9);
        prop_assert!(model.weights.iter().all(|weight| *weight >= 0.0));
    }
}
