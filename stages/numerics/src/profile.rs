//! Segment profiles: how each segment differs from everybody, feature by feature.

use arrow_array::{Array, Float64Array};
use rayon::prelude::*;
use thiserror::Error;

/// Rows summed by one task: fixed, so that sums do not depend on the number of threads.
const CHUNK_ROWS: usize = 16_384;

/// One feature of all rows; a null or NaN is left out of every figure.
#[derive(Debug, Clone, Copy)]
pub enum FeatureColumn<'a> {
    /// Plain numbers, with NaN where there is none.
    Slice(&'a [f64]),
    /// An Arrow column.
    Array(&'a Float64Array),
}

impl<'a> FeatureColumn<'a> {
    fn values(self) -> &'a [f64] {
        match self {
            Self::Slice(values) => values,
            Self::Array(array) => array.values(),
        }
    }

    fn is_null(self, row: usize) -> bool {
        match self {
            Self::Slice(_) => false,
            Self::Array(array) => array.is_null(row),
        }
    }

    fn has_nulls(self) -> bool {
        matches!(self, Self::Array(array) if array.null_count() > 0)
    }

    pub(crate) fn n_rows(self) -> usize {
        self.values().len()
    }

    /// Returns the value of a row; none when it is null, NaN or not there.
    pub(crate) fn value(self, row: usize) -> Option<f64> {
        let value = self.values().get(row).copied().filter(|value| !value.is_nan())?;
        (!self.is_null(row)).then_some(value)
    }
}

/// Why segments cannot be profiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// A feature has another number of rows than there are labels.
    #[error("feature {feature} has {found} row(s), expected {expected}, one for each label")]
    UnequalLengths {
        /// Position of the feature.
        feature: usize,
        /// Rows of the feature.
        found: usize,
        /// Number of labels.
        expected: usize,
    },
    /// A label is not a segment.
    #[error("label of row {row} is {label}, expected below {n_segments}")]
    LabelOutOfRange {
        /// Row of the label.
        row: usize,
        /// The label.
        label: u32,
        /// Number of segments.
        n_segments: u32,
    },
    /// A feature is infinite somewhere, so that it has no mean.
    #[error("feature {feature} is infinite in row {row}, expected a number or none")]
    Infinite {
        /// Position of the feature.
        feature: usize,
        /// Row of the value.
        row: usize,
    },
    /// The values of a feature are too large to be added.
    #[error("the sum of feature {feature} overflows")]
    Overflow {
        /// Position of the feature.
        feature: usize,
    },
}

/// A feature over all rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureSummary {
    /// Rows that have the feature.
    pub n: u64,
    /// Mean; `None` when no row has the feature.
    pub mean: Option<f64>,
    /// Standard deviation with divisor `n`; `None` when no row has the feature.
    pub sd: Option<f64>,
}

/// A feature within a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProfileCell {
    /// Rows of the segment that have the feature.
    pub n: u64,
    /// Mean within the segment; `None` when no row of it has the feature.
    pub mean: Option<f64>,
    /// `100 * mean / overall mean`; `None` without a mean or when the overall mean is 0.
    pub index: Option<f64>,
    /// `mean / overall mean - 1`; `None` as for `index`.
    pub lift: Option<f64>,
    /// `(mean - overall mean) / overall sd`; 0 for a constant feature, `None` without a mean.
    pub standardised_difference: Option<f64>,
    /// Place of the feature in its segment by `|standardised_difference|`, largest first, from 1.
    ///
    /// Ties go to the earlier feature; features without a difference come last.
    pub rank: u32,
}

/// Profiles of all segments over all features.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentProfiles {
    /// Number of rows of each segment; shape `(n_segments,)`.
    pub sizes: Vec<u64>,
    /// Each feature over all rows; shape `(n_features,)`.
    pub features: Vec<FeatureSummary>,
    /// One list of features a segment; shape `(n_segments, n_features)`.
    pub segments: Vec<Vec<ProfileCell>>,
}

/// Profiles segments, given as the label of each row, over feature columns.
///
/// One parallel pass over the data: O(`n_rows` * `n_features`). Sums are of differences from the
/// mean of the first 16,384 rows, so that large values cost no digits, and are added in row order
/// of fixed chunks: the result does not depend on the number of threads.
///
/// # Errors
/// Unequal lengths, a label that is no segment, an infinite value, a sum that overflows.
pub fn profile_segments(
    labels: &[u32],
    n_segments: u32,
    features: &[FeatureColumn<'_>],
) -> Result<SegmentProfiles, ProfileError> {
    for (position, feature) in features.iter().enumerate() {
        let (found, expected) = (feature.values().len(), labels.len());
        if found != expected {
            return Err(ProfileError::UnequalLengths { feature: position, found, expected });
        }
    }
    if let Some(row) = labels.iter().position(|&label| label >= n_segments) {
        return Err(ProfileError::LabelOutOfRange { row, label: labels[row], n_segments });
    }

    let mut sizes = vec![0; n_segments as usize];
    for &label in labels {
        sizes[label as usize] += 1;
    }
    let shifts: Vec<f64> = features.iter().map(|&feature| first_mean(feature)).collect();
    let totals = sum_chunks(labels, n_segments, features, &shifts);
    for (position, of_segments) in totals.iter().enumerate() {
        // A finite sum cannot hide an infinite value, so the search is not paid for every night.
        if of_segments.iter().any(|sums| !sums.sum.is_finite()) {
            let feature = features[position];
            let is_infinite =
                |&(row, value): &(usize, &f64)| value.is_infinite() && !feature.is_null(row);
            return Err(match feature.values().iter().enumerate().find(is_infinite) {
                Some((row, _)) => ProfileError::Infinite { feature: position, row },
                None => ProfileError::Overflow { feature: position },
            });
        }
    }

    let summaries: Vec<FeatureSummary> =
        totals.iter().zip(&shifts).map(|(sums, &shift)| summarise(sums, shift)).collect();
    let segments = (0..n_segments as usize)
        .map(|segment| {
            let mut cells: Vec<ProfileCell> = totals
                .iter()
                .zip(&shifts)
                .zip(&summaries)
                .map(|((sums, &shift), overall)| compare(sums[segment], shift, overall))
                .collect();
            rank_features(&mut cells);
            cells
        })
        .collect();
    Ok(SegmentProfiles { sizes, features: summaries, segments })
}

/// Sums of shifted values.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: u64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

fn first_mean(feature: FeatureColumn<'_>) -> f64 {
    let values = feature.values();
    let (n, sum) = values[..values.len().min(CHUNK_ROWS)]
        .iter()
        .enumerate()
        .filter(|&(row, value)| value.is_finite() && !feature.is_null(row))
        .fold((0_u32, 0.0), |(n, sum), (_, value)| (n + 1, sum + value));
    let mean = sum / f64::from(n.max(1));
    if mean.is_finite() { mean } else { 0.0 }
}

/// Returns the sums of each feature in each segment; shape `(n_features, n_segments)`.
fn sum_chunks(
    labels: &[u32],
    n_segments: u32,
    features: &[FeatureColumn<'_>],
    shifts: &[f64],
) -> Vec<Vec<Sums>> {
    let of_chunks: Vec<Vec<Vec<Sums>>> = labels
        .par_chunks(CHUNK_ROWS)
        .enumerate()
        .map(|(chunk, labels)| {
            let start = chunk * CHUNK_ROWS;
            let sum_feature = |(feature, &shift): (&FeatureColumn<'_>, &f64)| {
                sum_rows(labels, n_segments, *feature, start, shift)
            };
            features.iter().zip(shifts).map(sum_feature).collect()
        })
        .collect();

    let mut totals = vec![vec![Sums::default(); n_segments as usize]; features.len()];
    for of_features in of_chunks {
        for (total, of_segments) in totals.iter_mut().zip(of_features) {
            total.iter_mut().zip(of_segments).for_each(|(total, sums)| total.add(sums));
        }
    }
    totals
}

fn sum_rows(
    labels: &[u32],
    n_segments: u32,
    feature: FeatureColumn<'_>,
    start: usize,
    shift: f64,
) -> Vec<Sums> {
    let mut of_segments = vec![Sums::default(); n_segments as usize];
    let values = &feature.values()[start..start + labels.len()];
    let has_nulls = feature.has_nulls();
    for (offset, (&label, &value)) in labels.iter().zip(values).enumerate() {
        if value.is_nan() || (has_nulls && feature.is_null(start + offset)) {
            continue;
        }
        let shifted = value - shift;
        let sums = &mut of_segments[label as usize];
        sums.n += 1;
        sums.sum += shifted;
        sums.squares += shifted * shifted;
    }
    of_segments
}

fn summarise(of_segments: &[Sums], shift: f64) -> FeatureSummary {
    let mut all = Sums::default();
    for sums in of_segments {
        all.add(*sums);
    }
    if all.n == 0 {
        return FeatureSummary { n: 0, mean: None, sd: None };
    }
    let n = all.n as f64;
    let shifted_mean = all.sum / n;
    let variance = (all.squares / n - shifted_mean * shifted_mean).max(0.0);
    FeatureSummary { n: all.n, mean: Some(shift + shifted_mean), sd: Some(variance.sqrt()) }
}

fn compare(sums: Sums, shift: f64, overall: &FeatureSummary) -> ProfileCell {
    let mean = (sums.n > 0).then(|| shift + sums.sum / sums.n as f64);
    let both = mean.zip(overall.mean);
    let ratio = both.map(|(mean, overall)| mean / overall).filter(|ratio| ratio.is_finite());
    let standardised_difference = both.zip(overall.sd).map(|((mean, overall), sd)| {
        // Rounding of a constant feature must not look like a difference.
        if sd > f64::EPSILON * overall.abs() { (mean - overall) / sd } else { 0.0 }
    });
    ProfileCell {
        n: sums.n,
        mean,
        index: ratio.map(|ratio| 100.0 * ratio),
        lift: ratio.map(|ratio| ratio - 1.0),
        standardised_difference: standardised_difference.filter(|d| d.is_finite()),
        rank: 0,
    }
}

/// Ranks the features of one segment, of which there may be more than one profile was made of.
///
/// Largest `|standardised_difference|` first, from 1; ties go to the earlier feature, and features
/// without a difference come last.
pub fn rank_features(cells: &mut [ProfileCell]) {
    let size = |cell: &ProfileCell| cell.standardised_difference.map_or(-1.0, f64::abs);
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by(|&a, &b| size(&cells[b]).total_cmp(&size(&cells[a])));
    for (place, feature) in order.into_iter().enumerate() {
        cells[feature].rank = place as u32 + 1;
    }
}

#[cfg(test)]
mod tests {
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
}
