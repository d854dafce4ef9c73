use proptest::prelude::*;

use super::*;
use crate::kmeans::{Centroids, Columns, Init, KMeansParams};

/// Two numbers and two categories, of three values and of two.
#[derive(Debug, Clone)]
struct Row {
    numbers: [f64; 2],
    codes: [u32; 2],
}

const N_VALUES: [u32; 2] = [3, 2];

fn encoded(rows: &[Row], gamma: Option<f64>) -> (MixedEncoder, Vec<Vec<f64>>) {
    let numbers: Vec<Vec<f64>> =
        (0..2).map(|j| rows.iter().map(|row| row.numbers[j]).collect()).collect();
    let codes: Vec<Vec<u32>> =
        (0..2).map(|j| rows.iter().map(|row| row.codes[j]).collect()).collect();
    let category = |j: usize| MixedColumn::Categorical { codes: &codes[j], n_values: N_VALUES[j] };
    // Categories between numbers: order must not matter.
    let columns = [
        MixedColumn::Numeric(&numbers[0]),
        category(0),
        category(1),
        MixedColumn::Numeric(&numbers[1]),
    ];
    let encoder = MixedEncoder::new(&columns, gamma).expect("finite");
    let points = encoder.encode(&columns).expect("known codes");
    (encoder, points)
}

/// Huang's distance, equation 7 with two numbers and two categories.
fn distance(a: &Row, b: &Row, gamma: f64) -> f64 {
    let numbers: f64 = a.numbers.iter().zip(b.numbers).map(|(a, b)| (a - b).powi(2)).sum();
    let mismatches = a.codes.iter().zip(b.codes).filter(|&(a, b)| *a != b).count();
    numbers + gamma * mismatches as f64
}

fn rows(max: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = ((-4_i32..5, -4_i32..5), (0_u32..3, 0_u32..2)).prop_map(|(numbers, codes)| Row {
        numbers: [f64::from(numbers.0) / 2.0, f64::from(numbers.1) / 2.0],
        codes: [codes.0, codes.1],
    });
    prop::collection::vec(row, 1..max)
}

fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

#[test]
fn two_rows_that_differ_in_a_category_are_gamma_apart() {
    let row = |code| Row { numbers: [1.0, 0.0], codes: [code, 1] };
    let (encoder, points) = encoded(&[row(0), row(2)], Some(8.0));
    // sqrt(8 / 2) = 2 where present: 1, [2 0 0 | 0 2], 0 and 1, [0 0 2 | 0 2], 0.
    let expected = [[1.0, 1.0], [2.0, 0.0], [0.0, 0.0], [0.0, 2.0], [0.0, 0.0], [2.0, 2.0]];
    assert_eq!(points[..6], expected);
    assert_eq!(points[6], [0.0, 0.0]);
    assert_eq!((encoder.n_features(), encoder.gamma()), (7, 8.0));
}

#[test]
fn a_centre_says_the_share_of_each_value() {
    let of = |x, code| Row { numbers: [x, 0.0], codes: [code, 0] };
    let (encoder, points) = encoded(&[of(0.0, 0), of(2.0, 0), of(4.0, 1), of(6.0, 2)], Some(0.7));
    let centre: Vec<f64> = points.iter().map(|feature| feature.iter().sum::<f64>() / 4.0).collect();
    let decoded = encoder.decode(&centre);
    assert_eq!(decoded[0], CentreValue::Mean(3.0));
    let CentreValue::Shares(shares) = &decoded[1] else { panic!("a category") };
    for (share, expected) in shares.iter().zip([0.5, 0.25, 0.25]) {
        assert!((share - expected).abs() < 1e-15);
    }
    let (blind, _) = encoded(&[of(0.0, 0)], Some(0.0));
    assert_eq!(blind.decode(&centre)[1], CentreValue::Shares(vec![0.0; 3]));
}

#[test]
fn the_default_gamma_is_half_the_mean_deviation_of_the_numbers() {
    let codes = [0, 1];
    let category = MixedColumn::Categorical { codes: &codes, n_values: 2 };
    // Deviations 1 and 3: mean 2.
    let columns =
        [MixedColumn::Numeric(&[0.0, 2.0]), category, MixedColumn::Numeric(&[10.0, 16.0])];
    assert_eq!(default_gamma(&columns), Ok(1.0));
    let columns = [MixedColumn::Numeric(&[0.0, 8.0]), category];
    assert_eq!(default_gamma(&columns), Ok(2.0));
    assert_eq!(default_gamma(&[category]), Ok(1.0));
    assert_eq!(default_gamma(&[MixedColumn::Numeric(&[5.0, 5.0])]), Ok(1.0));
    let error = TransformError::NotFinite { column: 0, row: 1 };
    let columns = [MixedColumn::Numeric(&[0.0, f64::NAN])];
    assert_eq!(MixedEncoder::new(&columns, None), Err(MixedError::Numbers(error)));
}

#[test]
fn what_cannot_be_encoded_is_named() {
    let codes = [0, 3];
    let columns = [
        MixedColumn::Numeric(&[1.0, 2.0]),
        MixedColumn::Categorical { codes: &codes, n_values: 3 },
    ];
    let encoder = MixedEncoder::new(&columns, Some(1.0)).expect("valid");
    let error = MixedError::Code { column: 1, row: 1, code: 3, n_values: 3 };
    assert_eq!(encoder.encode(&columns), Err(error));
    assert_eq!(encoder.encode(&columns[..1]), Err(MixedError::Kinds));
    let longer = [MixedColumn::Numeric(&[1.0]), columns[1]];
    let error = MixedError::UnequalLengths { column: 1, expected: 1, found: 2 };
    assert_eq!(encoder.encode(&longer), Err(error));
    assert_eq!(MixedEncoder::new(&columns, Some(-1.0)), Err(MixedError::Gamma(-1.0)));
}

proptest! {
    #[test]
    fn rows_go_to_the_prototype_that_huangs_distance_says(
        rows in rows(40), prototypes in rows(6), gamma in 0.0..5.0_f64,
    ) {
        // Prototypes are rows: means for numbers, one value for each category.
        let (_, points) = encoded(&rows, Some(gamma));
        let (_, of_prototypes) = encoded(&prototypes, Some(gamma));
        let values = (0..prototypes.len())
            .flat_map(|row| of_prototypes.iter().map(move |feature| feature[row]))
            .collect();
        let centroids = Centroids::new(of_prototypes.len(), values).expect("finite");
        let slices = slices(&points);
        let assigned = centroids.assign(&Columns::new(&slices).expect("a table"));
        let assigned = assigned.expect("finite");
        for (row, found) in rows.iter().zip(0..) {
            let nearest = prototypes
                .iter()
                .map(|prototype| distance(row, prototype, gamma))
                .fold(f64::INFINITY, f64::min);
            let chosen = &prototypes[assigned.labels[found] as usize];
            prop_assert!((distance(row, chosen, gamma) - nearest).abs() < 1e-9);
            prop_assert!((assigned.squared_nearest[found] - nearest).abs() < 1e-9);
        }
    }

    #[test]
    fn centres_of_clusters_are_means_and_shares(rows in rows(40)) {
        let (encoder, points) = encoded(&rows, None);
        let k = 2.min(rows.len());
        let slices = slices(&points);
        let first = points.iter().map(|feature| feature[0]);
        let last = points.iter().map(|feature| feature[rows.len() - 1]);
        let start: Vec<f64> = first.chain(last).take(k * points.len()).collect();
        let model = KMeansParams::new(k)
            .init(Init::Precomputed(Centroids::new(points.len(), start).expect("finite")))
            .check()
            .expect("valid")
            .fit_columns(&Columns::new(&slices).expect("a table"), None)
            .expect("finite");
        for (label, centroid) in model.centroids.rows().enumerate() {
            let members: Vec<&Row> = rows
                .iter()
                .zip(&model.labels)
                .filter(|&(_, &l)| l as usize == label)
                .map(|(row, _)| row)
                .collect();
            let n = members.len() as f64;
            let decoded = encoder.decode(centroid);
            let CentreValue::Mean(mean) = decoded[3] else { panic!("a number") };
            let expected = members.iter().map(|row| row.numbers[1]).sum::<f64>() / n;
            prop_assert!((mean - expected).abs() < 1e-12);
            for (column, value) in [(0, &decoded[1]), (1, &decoded[2])] {
                let CentreValue::Shares(shares) = value else { panic!("a category") };
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                for (share, code) in shares.iter().zip(0..) {
                    let has = members.iter().filter(|row| row.codes[column] == code);
                    prop_assert!((share - has.count() as f64 / n).abs() < 1e-12);
                }
            }
        }
    }
}
