#![expect(clippy::float_cmp, reason = "values are chosen to be exact")]

use proptest::prelude::*;

use super::*;

#[test]
fn a_refund_larger_than_sales_keeps_its_sign() {
    let e = std::f64::consts::E;
    let logs = signed_log1p(&[1.0 - e, 0.0, e - 1.0]).expect("finite");
    assert_eq!(logs, [-1.0, 0.0, 1.0]);
}

#[test]
fn the_logarithm_of_a_negative_amount_is_refused() {
    assert_eq!(log1p(&[0.0, -0.5]), Err(TransformError::Negative { column: 0, row: 1 }));
    assert_eq!(log1p(&[f64::NAN]), Err(TransformError::NotFinite { column: 0, row: 0 }));
}

#[test]
fn quantiles_lie_linearly_between_ranks() {
    let values = [10.0, 20.0, 40.0];
    assert_eq!(quantile(&values, 0.0), Some(10.0));
    assert_eq!(quantile(&values, 0.75), Some(30.0));
    assert_eq!(quantile(&values, 1.0), Some(40.0));
    assert_eq!(quantile::<f64>(&[], 0.5), None);
}

#[test]
fn winsorising_moves_the_extremes_to_the_quantiles() {
    // Ranks 0 to 4: the quantile .25 is the second value, .75 the fourth.
    let values = [100.0, 3.0, 2.0, -50.0, 1.0];
    let bounds = WinsorBounds::fit(&values, 0.25, 0.75).expect("five values");
    assert_eq!(bounds, WinsorBounds { lower: 1.0, upper: 3.0 });
    assert_eq!(bounds.apply(&values), [3.0, 3.0, 2.0, 1.0, 1.0]);
}

#[test]
fn winsorising_nothing_or_by_crossed_quantiles_is_refused() {
    assert_eq!(WinsorBounds::fit(&[], 0.01, 0.99), Err(TransformError::NoRows));
    let crossed = TransformError::Quantiles { lower: 0.9, upper: 0.1 };
    assert_eq!(WinsorBounds::fit(&[1.0], 0.9, 0.1), Err(crossed));
}

#[test]
fn scaling_uses_the_population_deviation_and_drops_what_does_not_vary() {
    // Mean 3, squared deviations 4 and 4: population sd 2. The sum of ten 0.1 is not 1.
    let scaler = Scaler::fit(&[&[1.0, 5.0], &[0.1, 0.1]]).expect("two columns");
    assert_eq!(scaler.features, [ScaledFeature { column: 0, mean: 3.0, sd: 2.0 }]);
    assert_eq!(scaler.dropped, [1]);
    let scaled = scaler.transform(&[&[1.0, 5.0], &[0.1, 0.1]]).expect("the same columns");
    assert_eq!(scaled, [[-1.0, 1.0]]);
    assert_eq!(scaler.unscale(&[-1.0]), [1.0]);
}

#[test]
fn equal_values_whose_mean_is_rounded_do_not_vary() {
    let values = [0.1; 10];
    assert_ne!(values.iter().sum::<f64>() / 10.0, 0.1);
    assert_eq!(Scaler::fit(&[&values]).expect("one column").dropped, [0]);
}

#[test]
fn a_scaler_refuses_other_columns_than_its_own() {
    let scaler = Scaler::fit(&[&[1.0, 5.0]]).expect("one column");
    let error = TransformError::UnequalWidths { expected: 1, found: 2 };
    assert_eq!(scaler.transform(&[&[1.0], &[1.0]]), Err(error));
    assert_eq!(Scaler::fit(&[&[]]), Err(TransformError::NoRows));
    let error = TransformError::UnequalLengths { column: 1, expected: 1, found: 2 };
    assert_eq!(Scaler::fit(&[&[1.0], &[1.0, 2.0]]), Err(error));
}

#[test]
fn hellinger_takes_roots_of_shares_and_leaves_empty_rows_at_zero() {
    let roots = hellinger(&[&[1.0, 0.0], &[3.0, 0.0]]).expect("counts");
    assert_eq!(roots, [[0.5, 0.0], [0.75_f64.sqrt(), 0.0]]);
    let error = TransformError::Negative { column: 1, row: 0 };
    assert_eq!(hellinger(&[&[1.0], &[-1.0]]), Err(error));
}

proptest! {
    #[test]
    fn scaled_features_have_mean_zero_and_deviation_one(
        values in prop::collection::vec(-1e3..1e3, 2..200),
    ) {
        let scaler = Scaler::fit(&[&values]).expect("finite");
        for scaled in scaler.transform(&[&values]).expect("one column") {
            let n = scaled.len() as f64;
            let mean = scaled.iter().sum::<f64>() / n;
            let variance = scaled.iter().map(|z| z * z).sum::<f64>() / n;
            prop_assert!(mean.abs() < 1e-9, "mean {}", mean);
            prop_assert!((variance - 1.0).abs() < 1e-9, "variance {}", variance);
        }
    }

    #[test]
    fn winsorised_values_keep_their_order(
        values in prop::collection::vec(-1e3..1e3, 1..100), lower in 0.0..0.5, upper in 0.5..1.0,
    ) {
        let cut = WinsorBounds::fit(&values, lower, upper).expect("finite").apply(&values);
        for (a, cut_a) in values.iter().zip(&cut) {
            for (b, cut_b) in values.iter().zip(&cut) {
                prop_assert!(a > b || cut_a <= cut_b);
            }
        }
    }

    #[test]
    fn rows_with_something_lie_on_the_unit_sphere(
        rows in prop::collection::vec([0.0..50.0, 0.0..50.0, 0.0..50.0], 1..50),
    ) {
        let columns: Vec<Vec<f64>> =
            (0..3).map(|column| rows.iter().map(|row| row[column]).collect()).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let roots = hellinger(&slices).expect("from 0");
        for (row, cells) in rows.iter().enumerate() {
            let length: f64 = roots.iter().map(|root| root[row] * root[row]).sum();
            prop_assert!(cells.iter().sum::<f64>() == 0.0 || (length - 1.0).abs() < 1e-12);
        }
    }
}
