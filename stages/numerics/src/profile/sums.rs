//! Sums of features by segment, in fixed chunks.

use rayon::prelude::*;

use super::FeatureColumn;

/// Rows summed by one task: fixed, so that sums do not depend on the number of threads.
const CHUNK_ROWS: usize = 16_384;

/// Sums of shifted values.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) n: u64,
    pub(super) sum: f64,
    pub(super) squares: f64,
}

impl Sums {
    pub(super) fn add(&mut self, other: Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

/// Mean of the finite values of the first chunk.
pub(super) fn first_mean(feature: FeatureColumn<'_>) -> f64 {
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
pub(super) fn sum_chunks(
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
