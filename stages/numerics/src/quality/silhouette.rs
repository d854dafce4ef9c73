//! Silhouettes: exact, on a stratified sample, and simplified to centroids.

use rayon::prelude::*;

use super::{Clusters, QualityError};
use crate::kmeans::{Assignment, Columns, LANES, for_each_panel};
use crate::sampling::{Draw, sample_rows_by_cluster};

/// Rows whose coefficients one task works out.
const ROWS_PER_TASK: usize = 16 * LANES;

/// Returns the mean silhouette coefficient, from -1 to 1 (Rousseeuw 1987).
///
/// Exact, in O(rows² · features): for large tables take [`sampled_silhouette`].
///
/// # Errors
///
/// [`QualityError`] when labels do not fit the rows.
pub fn silhouette(columns: &Columns<'_>, labels: &[u32]) -> Result<f64, QualityError> {
    let coefficients = silhouette_coefficients(columns, labels)?;
    Ok(coefficients.iter().sum::<f64>() / coefficients.len() as f64)
}

/// Returns the silhouette coefficient of each row, from -1 to 1 (Rousseeuw 1987).
///
/// `(b - a) / max(a, b)`, where `a` is the mean distance to the other rows of the row's cluster and
/// `b` the least mean distance to the rows of another one; 0 for a row alone in its cluster.
///
/// # Errors
///
/// [`QualityError`] when labels do not fit the rows.
pub fn silhouette_coefficients(
    columns: &Columns<'_>,
    labels: &[u32],
) -> Result<Vec<f64>, QualityError> {
    let clusters = Clusters::checked(columns.n_rows(), labels)?;
    let d = columns.n_features();
    let rows = columns.to_rows();
    // Rows of a cluster lie together, so that a sum of distances stays in registers.
    let mut order: Vec<usize> = (0..columns.n_rows()).collect();
    order.sort_by_key(|&row| clusters.label_of_row[row]);
    let grouped: Vec<f64> =
        order.iter().flat_map(|&row| rows[row * d..(row + 1) * d].iter().copied()).collect();
    let of_groups: Vec<Vec<f64>> = order
        .par_chunks(ROWS_PER_TASK)
        .zip(grouped.par_chunks(ROWS_PER_TASK * d))
        .map(|(order, rows)| {
            let labels: Vec<usize> =
                order.iter().map(|&row| clusters.label_of_row[row] as usize).collect();
            group_coefficients(rows, &labels, &grouped, &clusters.sizes)
        })
        .collect();
    let mut coefficients = vec![0.0; columns.n_rows()];
    for (&row, coefficient) in order.iter().zip(of_groups.into_iter().flatten()) {
        coefficients[row] = coefficient;
    }
    Ok(coefficients)
}

/// Returns the coefficients of some rows; `grouped` are all rows, sorted by cluster.
fn group_coefficients(
    rows: &[f64],
    labels: &[usize],
    grouped: &[f64],
    sizes: &[usize],
) -> Vec<f64> {
    let d = rows.len() / labels.len();
    let mut coefficients = Vec::with_capacity(labels.len());
    for_each_panel(d, rows.chunks_exact(d), |first, n, panel| {
        let mut rest = grouped;
        let sums: Vec<[f64; LANES]> = sizes
            .iter()
            .map(|&size| {
                let (cluster, others) = rest.split_at(size * d);
                rest = others;
                panel.distance_sums(cluster)
            })
            .collect();
        for (lane, &own) in labels[first..first + n].iter().enumerate() {
            let of_row: Vec<f64> = sums.iter().map(|sums| sums[lane]).collect();
            coefficients.push(coefficient(&of_row, sizes, own));
        }
    });
    coefficients
}

/// How many rows a sampled silhouette looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilhouetteSample {
    /// Rows in all, shared among clusters by their sizes.
    pub n_rows: usize,
    /// Rows of each cluster at least, or all it has.
    pub n_rows_per_cluster_min: usize,
    /// Seed of the draw.
    pub seed: u64,
}

/// Returns the mean silhouette of a stratified sample, clusters weighted by their true sizes.
///
/// A cluster gives its share of the sample, and never fewer rows than asked for a cluster: small
/// clusters are measured as well as large ones. The draw depends on seed and row order alone.
///
/// # Errors
///
/// [`QualityError`] when labels do not fit the rows, or the sample has no row to spare.
pub fn sampled_silhouette(
    columns: &Columns<'_>,
    labels: &[u32],
    sample: SilhouetteSample,
) -> Result<f64, QualityError> {
    let clusters = Clusters::checked(columns.n_rows(), labels)?;
    let n_rows = columns.n_rows() as f64;
    let wanted: Vec<usize> = clusters
        .sizes
        .iter()
        .map(|&size| {
            let share = (sample.n_rows as f64 * size as f64 / n_rows).round() as usize;
            share.max(sample.n_rows_per_cluster_min).max(1).min(size)
        })
        .collect();
    let mut draw = Draw::new(sample.seed, 0);
    let sampled_rows =
        sample_rows_by_cluster(&clusters.label_of_row, &clusters.sizes, &wanted, &mut draw);
    let sampled_labels: Vec<u32> =
        sampled_rows.iter().map(|&row| clusters.label_of_row[row]).collect();
    let by_column = columns.gather(&sampled_rows);
    let slices: Vec<&[f64]> = by_column.iter().map(Vec::as_slice).collect();
    let too_small = QualityError::ClusterCount {
        n_clusters: clusters.sizes.len(),
        n_rows: sampled_labels.len(),
    };
    let sampled = Columns::new(&slices).map_err(|_| too_small)?;
    let coefficients = silhouette_coefficients(&sampled, &sampled_labels)?;
    let mut sums = vec![(0.0, 0_usize); clusters.sizes.len()];
    for (coefficient, &label) in coefficients.iter().zip(&sampled_labels) {
        let (sum, n) = &mut sums[label as usize];
        *sum += coefficient;
        *n += 1;
    }
    Ok(sums
        .iter()
        .zip(&clusters.sizes)
        .map(|(&(sum, n), &size)| sum / n as f64 * (size as f64 / n_rows))
        .sum())
}

/// Returns the mean simplified silhouette: distances to centroids in place of distances to rows.
///
/// `(b - a) / b` of the distances to the nearest and the second nearest centroid, from 0 to 1
/// (Hruschka, de Castro and Campello 2004). O(rows), as the distances are there.
///
/// # Errors
///
/// [`QualityError`] when there is no row or no second centroid.
pub fn simplified_silhouette(assignment: &Assignment) -> Result<f64, QualityError> {
    let n_rows = assignment.labels.len();
    if n_rows == 0 || assignment.squared_second.iter().any(|second| second.is_infinite()) {
        return Err(QualityError::ClusterCount { n_clusters: n_rows.min(1), n_rows });
    }
    let sum: f64 = assignment
        .squared_nearest
        .iter()
        .zip(&assignment.squared_second)
        .map(|(nearest, second)| match second.sqrt() {
            0.0 => 0.0,
            b => (b - nearest.sqrt()) / b,
        })
        .sum();
    Ok(sum / n_rows as f64)
}

fn coefficient(sums: &[f64], sizes: &[usize], own: usize) -> f64 {
    let mut a = 0.0;
    let mut b = f64::INFINITY;
    for (label, (&sum, &size)) in sums.iter().zip(sizes).enumerate() {
        if label != own {
            b = b.min(sum / size as f64);
        } else if size > 1 {
            a = sum / (size - 1) as f64;
        } else {
            return 0.0;
        }
    }
    let larger = a.max(b);
    if larger > 0.0 { (b - a) / larger } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmeans::Centroids;

    #[test]
    fn coefficients_of_a_pair_and_a_loner_follow_by_hand() {
        let line = [0.0, 2.0, 12.0];
        let columns = Columns::new(&[&line]).expect("one column");
        // Row 0: a 2, b 12: 10/12. Row 1: a 2, b 10: 8/10. Row 2 is alone.
        let coefficients = silhouette_coefficients(&columns, &[0, 0, 1]).expect("two clusters");
        assert_eq!(coefficients, [10.0 / 12.0, 0.8, 0.0]);
    }

    #[test]
    fn rows_on_one_spot_have_silhouette_zero() {
        let line = [3.0; 4];
        let columns = Columns::new(&[&line]).expect("one column");
        assert_eq!(silhouette(&columns, &[0, 1, 0, 1]), Ok(0.0));
    }

    #[test]
    fn a_sample_of_everything_is_the_exact_silhouette() {
        let line: Vec<f64> = (0..40).map(|i| f64::from(i % 2 * 50 + i)).collect();
        let labels: Vec<u32> = (0..40).map(|i| i % 2).collect();
        let columns = Columns::new(&[&line]).expect("one column");
        let all = SilhouetteSample { n_rows: 40, n_rows_per_cluster_min: 1, seed: 3 };
        let exact = silhouette(&columns, &labels).expect("two clusters");
        let sampled = sampled_silhouette(&columns, &labels, all).expect("two clusters");
        assert!((sampled - exact).abs() < 1e-12, "expected {exact}, sampled {sampled}");
    }

    #[test]
    fn a_sample_keeps_small_clusters_and_comes_near_the_exact_silhouette() {
        // 1000 rows around 0 to 10, 20 rows around 100: the share of the small ones would be 2.
        let line: Vec<f64> =
            (0..1020).map(|i| f64::from(i % 11) + if i < 1000 { 0.0 } else { 100.0 }).collect();
        let labels: Vec<u32> = (0..1020).map(|i| u32::from(i >= 1000)).collect();
        let columns = Columns::new(&[&line]).expect("one column");
        let sample = SilhouetteSample { n_rows: 100, n_rows_per_cluster_min: 20, seed: 1 };
        let exact = silhouette(&columns, &labels).expect("two clusters");
        let sampled = sampled_silhouette(&columns, &labels, sample).expect("two clusters");
        assert!((sampled - exact).abs() < 0.01, "expected {exact}, sampled {sampled}");
        let again = sampled_silhouette(&columns, &labels, sample).expect("two clusters");
        assert_eq!(sampled.to_bits(), again.to_bits());
    }

    #[test]
    fn simplified_silhouette_takes_distances_to_centroids() {
        let line = [0.0, 4.0];
        let columns = Columns::new(&[&line]).expect("one column");
        // Centroids 1 and 5. Row 0: 1 and 5, 4/5. Row 4: 1 and 3, 2/3.
        let centroids = Centroids::new(1, vec![1.0, 5.0]).expect("two centroids");
        let assignment = centroids.assign(&columns).expect("finite");
        let expected = f64::midpoint(0.8, 2.0 / 3.0);
        let found = simplified_silhouette(&assignment).expect("two centroids");
        assert!((found - expected).abs() < 1e-15, "expected {expected}, found {found}");
    }

    #[test]
    fn one_centroid_has_no_simplified_silhouette() {
        let line = [0.0, 4.0];
        let columns = Columns::new(&[&line]).expect("one column");
        let centroid = Centroids::new(1, vec![1.0]).expect("one centroid");
        let assignment = centroid.assign(&columns).expect("finite");
        assert!(simplified_silhouette(&assignment).is_err());
    }
}
