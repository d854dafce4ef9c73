//! The gap statistic: how much tighter the clusters are than those of a table that has none.
//!
//! Tibshirani, Walther and Hastie 2001 (JRSS B 63), with references uniform over a box along the
//! principal components (their choice b). k-means does not notice a rotation, so the references stay
//! in the components' own coordinates.

use rayon::prelude::*;

use crate::kmeans::{KMeansError, KMeansParams, RowMatrix};
use crate::sampling::Draw;
use crate::symmetric::eigen;

/// The gap at one number of clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Mean over the references of the logarithm of their inertia, less that of the data; in nats.
    pub gap: f64,
    /// `s_k`: the deviation over the references times `sqrt(1 + 1/B)`, for the chance of the
    /// simulation.
    pub standard_error: f64,
}

/// Tables without clusters in the box of the data.
#[derive(Debug)]
pub(super) struct References(Vec<RowMatrix>);

impl References {
    /// Draws `n_references` tables as large as `sample`.
    pub(super) fn new(
        sample: &RowMatrix,
        n_references: usize,
        seed: u64,
    ) -> Result<Self, KMeansError> {
        let (n, d) = (sample.n_rows(), sample.n_features());
        let ranges = principal_ranges(sample);
        let draw_table = |position| {
            let mut draw = Draw::new(seed, position);
            let mut values = Vec::with_capacity(n * d);
            for _ in 0..n {
                values.extend(ranges.iter().map(|(low, high)| low + (high - low) * draw.unit()));
            }
            RowMatrix::from_rows(d, values, None)
        };
        (0..n_references).into_par_iter().map(draw_table).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the gap of data of the given inertia; none when data or a reference has no spread
    /// left in its clusters.
    pub(super) fn gap(
        &self,
        inertia: f64,
        params: &KMeansParams,
    ) -> Result<Option<Gap>, KMeansError> {
        let params = params.check_ref()?;
        let inertias: Vec<f64> = self
            .0
            .par_iter()
            .map(|reference| Ok(params.fit_matrix(reference)?.inertia))
            .collect::<Result<_, KMeansError>>()?;
        if inertia <= 0.0 || inertias.iter().any(|&inertia| inertia <= 0.0) {
            return Ok(None);
        }
        let b = inertias.len() as f64;
        let logarithms: Vec<f64> = inertias.iter().map(|inertia| inertia.ln()).collect();
        let mean = logarithms.iter().sum::<f64>() / b;
        let variance = logarithms.iter().map(|ln| (ln - mean) * (ln - mean)).sum::<f64>() / b;
        Ok(Some(Gap {
            gap: mean - inertia.ln(),
            standard_error: variance.sqrt() * (1.0 + 1.0 / b).sqrt(),
        }))
    }
}

/// Returns the range of the data along each principal component, from its mean.
fn principal_ranges(sample: &RowMatrix) -> Vec<(f64, f64)> {
    let d = sample.n_features();
    let n = sample.n_rows() as f64;
    let mut mean = vec![0.0; d];
    for row in sample.rows() {
        mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x / n);
    }
    let mut covariance = vec![0.0; d * d];
    for row in sample.rows() {
        let difference: Vec<f64> = row.iter().zip(&mean).map(|(x, mean)| x - mean).collect();
        for (of_feature, a) in covariance.chunks_exact_mut(d).zip(&difference) {
            of_feature.iter_mut().zip(&difference).for_each(|(sum, b)| *sum += a * b / n);
        }
    }
    eigen(&covariance, d)
        .vectors
        .chunks_exact(d)
        .map(|component| {
            sample.rows().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), row| {
                let along: f64 = row
                    .iter()
                    .zip(&mean)
                    .zip(component)
                    .map(|((x, mean), weight)| (x - mean) * weight)
                    .sum();
                (along.min(low), along.max(high))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[[f64; 2]]) -> RowMatrix {
        RowMatrix::from_rows(2, rows.concat(), None).expect("finite")
    }

    #[test]
    fn ranges_lie_along_the_data_not_along_the_axes() {
        // On the line y = x from (-1, -1) to (3, 3), mean (1, 1): 2 sqrt 2 either way, and no width.
        let ranges = principal_ranges(&matrix(&[[-1.0, -1.0], [3.0, 3.0], [1.0, 1.0]]));
        let expected = 2.0 * 2.0_f64.sqrt();
        assert!(ranges[0].0.abs() < 1e-12 && ranges[0].1.abs() < 1e-12, "{ranges:?}");
        assert!((ranges[1].0 + expected).abs() < 1e-12 && (ranges[1].1 - expected).abs() < 1e-12);
    }

    #[test]
    fn a_table_like_its_references_has_no_gap_and_tight_pairs_have_one() {
        // Longer than wide: a square's principal components may lie along its diagonals.
        let mut draw = Draw::new(8, 0);
        let rows: Vec<[f64; 2]> = (0..400).map(|_| [4.0 * draw.unit(), draw.unit()]).collect();
        let uniform = matrix(&rows);
        // Four spots, at the corners.
        let tight: Vec<[f64; 2]> = rows
            .iter()
            .map(|[x, y]| [4.0 * (x / 4.0).round() + 0.01 * x, y.round() + 0.01 * y])
            .collect();
        let params = KMeansParams::new(4).n_starts(3);
        let gap = |table: &RowMatrix| {
            let references = References::new(table, 20, 1).expect("finite");
            let fit = params.check_ref().expect("valid").fit_matrix(table).expect("finite");
            references.gap(fit.inertia, &params).expect("finite").expect("spread")
        };
        let none = gap(&uniform);
        assert!(none.gap.abs() < 0.1, "{none:?}");
        let some = gap(&matrix(&tight));
        assert!(some.gap > 2.0 && some.standard_error < 0.1, "{some:?}");
    }

    #[test]
    fn equal_rows_have_no_gap_to_measure() {
        let table = matrix(&[[1.0, 1.0]; 5]);
        let references = References::new(&table, 3, 1).expect("finite");
        assert_eq!(references.gap(0.0, &KMeansParams::new(2)).expect("finite"), None);
    }
}
