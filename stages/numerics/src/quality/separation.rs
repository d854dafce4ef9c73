//! Inertia, Davies-Bouldin and Calinski-Harabasz: separation from the means of the clusters.

use super::{Clusters, QualityError};
use crate::kmeans::Columns;

/// Returns the inertia: the sum of squared distances of the rows to the mean of their cluster.
///
/// Lower is better at the same number of clusters. One cluster is enough; no row is 0.
/// O(rows · features).
///
/// # Errors
///
/// [`QualityError::LabelCount`] when labels do not fit the rows.
pub fn inertia(columns: &Columns<'_>, labels: &[u32]) -> Result<f64, QualityError> {
    if labels.len() != columns.n_rows() {
        return Err(QualityError::LabelCount { expected: columns.n_rows(), found: labels.len() });
    }
    let clusters = Clusters::new(labels);
    Ok(squares(columns, &clusters, &means(columns, &clusters)).iter().sum())
}

/// Returns the Davies-Bouldin index: lower is better, 0 the least (Davies and Bouldin 1979).
///
/// The mean over clusters of the worst `(s_i + s_j) / d_ij`, where `s` is the mean distance of a
/// cluster's rows to its mean and `d` the distance of two means. O(rows · features).
///
/// # Errors
///
/// [`QualityError`] when labels do not fit the rows.
pub fn davies_bouldin(columns: &Columns<'_>, labels: &[u32]) -> Result<f64, QualityError> {
    let clusters = Clusters::checked(columns.n_rows(), labels)?;
    let d = columns.n_features();
    let means = means(columns, &clusters);
    let mut spread = vec![0.0; clusters.sizes.len()];
    for (square, &label) in squares(columns, &clusters, &means).iter().zip(&clusters.label_of_row) {
        spread[label as usize] += square.sqrt();
    }
    spread.iter_mut().zip(&clusters.sizes).for_each(|(sum, &size)| *sum /= size as f64);
    let worst = means.chunks_exact(d).zip(&spread).enumerate().map(|(i, (mean, s))| {
        let ratios = means.chunks_exact(d).zip(&spread).enumerate().filter(|&(j, _)| j != i);
        ratios
            .map(|(_, (other, other_s))| match distance(mean, other) {
                // Two means on one spot: scikit-learn leaves the pair out.
                0.0 => 0.0,
                apart => (s + other_s) / apart,
            })
            .fold(0.0, f64::max)
    });
    Ok(worst.sum::<f64>() / spread.len() as f64)
}

/// Returns the Calinski-Harabasz index: higher is better (Calinski and Harabasz 1974).
///
/// Dispersion between clusters over dispersion within, each by its degrees of freedom; 1 when every
/// row sits on its mean. O(rows · features).
///
/// # Errors
///
/// [`QualityError`] when labels do not fit the rows.
pub fn calinski_harabasz(columns: &Columns<'_>, labels: &[u32]) -> Result<f64, QualityError> {
    let clusters = Clusters::checked(columns.n_rows(), labels)?;
    let d = columns.n_features();
    let means = means(columns, &clusters);
    let n = columns.n_rows() as f64;
    let overall: Vec<f64> = (0..d).map(|column| columns.column(column).sum::<f64>() / n).collect();
    let between: f64 = means
        .chunks_exact(d)
        .zip(&clusters.sizes)
        .map(|(mean, &size)| size as f64 * squared_distance(mean, &overall))
        .sum();
    let within: f64 = squares(columns, &clusters, &means).iter().sum();
    let k = clusters.sizes.len() as f64;
    Ok(if within == 0.0 { 1.0 } else { between * (n - k) / (within * (k - 1.0)) })
}

/// Squared distance of each row to the mean of its cluster, column by column: rows are not copied.
fn squares(columns: &Columns<'_>, clusters: &Clusters, means: &[f64]) -> Vec<f64> {
    let d = columns.n_features();
    let mut squares = vec![0.0; columns.n_rows()];
    for column in 0..d {
        let of_clusters: Vec<f64> = means.iter().copied().skip(column).step_by(d).collect();
        let rows = columns.column(column).zip(&clusters.label_of_row);
        for (square, (x, &label)) in squares.iter_mut().zip(rows) {
            let apart = x - of_clusters[label as usize];
            *square += apart * apart;
        }
    }
    squares
}

/// Mean of each cluster, one after the other.
fn means(columns: &Columns<'_>, clusters: &Clusters) -> Vec<f64> {
    let (d, k) = (columns.n_features(), clusters.sizes.len());
    let mut means = vec![0.0; k * d];
    for column in 0..d {
        let mut sums = vec![0.0; k];
        for (x, &label) in columns.column(column).zip(&clusters.label_of_row) {
            sums[label as usize] += x;
        }
        for ((mean, sum), &size) in
            means.iter_mut().skip(column).step_by(d).zip(sums).zip(&clusters.sizes)
        {
            *mean = sum / size as f64;
        }
    }
    means
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    squared_distance(a, b).sqrt()
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pairs on a line: means 1 and 11, each row 1 away from its mean.
    const LINE: [f64; 4] = [0.0, 2.0, 10.0, 12.0];

    fn line() -> Columns<'static> {
        Columns::new(&[&LINE]).expect("one column")
    }

    #[test]
    fn davies_bouldin_of_two_pairs_is_their_spread_over_their_distance() {
        // (1 + 1) / 10 for both clusters.
        assert_eq!(davies_bouldin(&line(), &[0, 0, 1, 1]), Ok(0.2));
    }

    #[test]
    fn calinski_harabasz_of_two_pairs_follows_by_hand() {
        // Overall mean 6: between 2·25 + 2·25 = 100, within 4; 100·(4-2) / (4·1) = 50.
        assert_eq!(calinski_harabasz(&line(), &[0, 0, 1, 1]), Ok(50.0));
    }

    #[test]
    fn inertia_of_two_pairs_is_four_and_of_one_cluster_their_whole_spread() {
        assert_eq!(inertia(&line(), &[0, 0, 1, 1]), Ok(4.0));
        // Mean 6: 36 + 16 + 16 + 36.
        assert_eq!(inertia(&line(), &[7; 4]), Ok(104.0));
        let error = QualityError::LabelCount { expected: 4, found: 1 };
        assert_eq!(inertia(&line(), &[0]), Err(error));
    }

    #[test]
    fn labels_without_rows_change_nothing() {
        assert_eq!(davies_bouldin(&line(), &[3, 3, 9, 9]), Ok(0.2));
        assert_eq!(calinski_harabasz(&line(), &[3, 3, 9, 9]), Ok(50.0));
    }

    #[test]
    fn one_cluster_has_no_separation() {
        let error = QualityError::ClusterCount { n_clusters: 1, n_rows: 4 };
        assert_eq!(davies_bouldin(&line(), &[0; 4]), Err(error.clone()));
        assert_eq!(calinski_harabasz(&line(), &[0; 4]), Err(error));
    }

    #[test]
    fn clusters_on_one_spot_give_finite_values() {
        let zeros = [0.0; 4];
        let columns = Columns::new(&[&zeros]).expect("one column");
        assert_eq!(davies_bouldin(&columns, &[0, 0, 1, 1]), Ok(0.0));
        assert_eq!(calinski_harabasz(&columns, &[0, 0, 1, 1]), Ok(1.0));
    }
}
