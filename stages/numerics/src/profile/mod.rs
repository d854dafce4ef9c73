//! Segment profiles: how each segment differs from everybody, feature by feature.

mod column;
mod sums;

use thiserror::Error;

pub use column::FeatureColumn;
use sums::{Sums, first_mean, sum_chunks};

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
mod tests;
