use arrow_array::Float64Array;
use proptest::prelude::*;

use super::*;

#[test]
fn cells_compare_a_segment_with_everybody() {
    // Spend 1 3 | 8: mean 4, variance (9 + 1 + 16) / 3 = 26 / 3. Visits 2 2 | 2. Debt is absent
    // from the second segment and its overall mean is 0.
    let spend = Float64Array::from(vec![Some(1.0), Some(3.0), Some(8.0), None]);
    let features = [
        FeatureColumn::Slice(&[2.0, 2.0, 2.0, 2.0]),
        FeatureColumn::Array(&spend),
        FeatureColumn::Slice(&[-1.0, 1.0, f64::NAN, f64::NAN]),
    ];
    let found = profile_segments(&[0, 0, 1, 1], 3, &features).expect("is profiled");
    assert_eq!(found.sizes, [2, 2, 0]);
    let sd = (26.0_f64 / 3.0).sqrt();
    assert_eq!(found.features[1], FeatureSummary { n: 3, mean: Some(4.0), sd: Some(sd) });

    let low = found.segments[0][1];
    assert_eq!((low.n, low.mean, low.index, low.lift), (2, Some(2.0), Some(50.0), Some(-0.5)));
    assert!((low.standardised_difference.expect("differs") + 2.0 / sd).abs() < 1e-15);
    let ranks = |segment: usize| found.segments[segment].iter().map(|cell| cell.rank);
    assert_eq!(ranks(0).collect::<Vec<_>>(), [2, 1, 3]);

    let high = &found.segments[1];
    assert_eq!((high[1].n, high[1].index), (1, Some(200.0)));
    assert_eq!(high[0].standardised_difference, Some(0.0));
    assert_eq!((high[2].mean, high[2].standardised_difference, high[2].rank), (None, None, 3));
    assert_eq!(found.segments[0][2].index, None);

    assert!(found.segments[2].iter().all(|cell| cell.n == 0 && cell.mean.is_none()));
    assert_eq!(ranks(2).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn what_cannot_be_profiled_is_named() {
    let error = |labels: &[u32], values: &[f64]| {
        profile_segments(labels, 2, &[FeatureColumn::Slice(values)]).expect_err("is refused")
    };
    assert_eq!(
        error(&[0, 2], &[1.0, 2.0]),
        ProfileError::LabelOutOfRange { row: 1, label: 2, n_segments: 2 }
    );
    assert_eq!(
        error(&[0], &[1.0, 2.0]),
        ProfileError::UnequalLengths { feature: 0, found: 2, expected: 1 }
    );
    assert_eq!(
        error(&[0, 1], &[1.0, f64::NEG_INFINITY]),
        ProfileError::Infinite { feature: 0, row: 1 }
    );
    assert_eq!(
        error(&[1; 3], &[-f64::MAX, f64::MAX, f64::MAX]),
        ProfileError::Overflow { feature: 0 }
    );
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let values: Vec<f64> = (0..100_000).map(|i| f64::from(i).sin() * 1e6 + 1e9).collect();
    let labels: Vec<u32> = (0..100_000).map(|i| i * 7 % 5).collect();
    let with_threads = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("a pool");
        pool.install(|| profile_segments(&labels, 5, &[FeatureColumn::Slice(&values)]))
    };
    assert_eq!(with_threads(1), with_threads(3));
    assert!(with_threads(1).is_ok());
}

proptest! {
    #[test]
    fn sums_agree_with_two_plain_passes(
        rows in prop::collection::vec((0_u32..3, -10.0..10.0_f64), 1..60),
        offset in -1e6..1e6_f64,
    ) {
        let labels: Vec<u32> = rows.iter().map(|row| row.0).collect();
        let values: Vec<f64> = rows.iter().map(|row| row.1 + offset).collect();
        let found = profile_segments(&labels, 3, &[FeatureColumn::Slice(&values)])
            .expect("is profiled");
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        prop_assert!((found.features[0].mean.expect("has rows") - mean).abs() < 1e-8);
        prop_assert!((found.features[0].sd.expect("has rows") - sd).abs() < 1e-8);
        prop_assert_eq!(found.sizes.iter().sum::<u64>(), values.len() as u64);
        let weighted: f64 = found.segments.iter()
            .filter_map(|cells| Some(cells[0].mean? * cells[0].n as f64))
            .sum();
        prop_assert!((weighted / n - mean).abs() < 1e-8);
    }
}
