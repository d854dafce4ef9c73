//! Several starts, the best of them; assignment of new rows.

use rayon::prelude::*;

use super::kernel::for_each_panel;
use super::lloyd::{self, Limits, StartFit};
use super::rows::{ROWS_PER_CHUNK, RowMatrix};
use super::seeding::k_means_plus_plus;
use super::{Centroids, Columns, Init, KMeansError, KMeansValidParams};

/// A finished clustering.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// Centroids of the clusters, each of which has a row.
    pub centroids: Centroids,
    /// Cluster of each row, from 0.
    pub labels: Vec<u32>,
    /// Rows of each cluster.
    pub sizes: Vec<usize>,
    /// Sum of weighted squared distances of the rows to their final centroids.
    pub inertia: f64,
    /// Iterations of each start; assignment passes, the last of which changed nothing. Those of the best
    /// start go on over all rows where starts were run on some.
    pub n_iterations: Vec<usize>,
    /// Start that was kept: the one of lowest inertia, the first of equals.
    pub best_start: usize,
    /// Whether the kept start came to rest before its iterations ran out.
    pub is_converged: bool,
    /// Why there are fewer clusters than asked for, when there are.
    pub fewer_clusters: Option<FewerClusters>,
}

/// Why a clustering has fewer clusters than asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FewerClusters {
    /// The rows of positive weight have no more distinct values than there are clusters now.
    DistinctRows,
    /// Clusters were empty when the iterations ran out, and were dropped.
    MaxIterations,
}

/// Rows assigned to their nearest centroids.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Nearest centroid of each row; of equally near ones the lower.
    pub labels: Vec<u32>,
    /// Squared distance to it.
    pub squared_nearest: Vec<f64>,
    /// Squared distance to the second nearest; infinite when there is one centroid.
    pub squared_second: Vec<f64>,
}

impl KMeans {
    /// Returns the number of clusters found; [`KMeans::fewer_clusters`] says why it is low.
    pub fn n_clusters(&self) -> usize {
        self.centroids.n_clusters()
    }
}

impl KMeansValidParams {
    /// Clusters the rows of columns; `weights`, one a row, from 0, default to 1.
    ///
    /// The result does not depend on the number of threads or on how rows are chunked. No row is no
    /// error: it gives no cluster. Cost O(iterations · rows · clusters · features) at most; memory
    /// is one copy of the columns and 16 bytes a row, and as much for the rows that starts are run on.
    ///
    /// # Errors
    ///
    /// [`KMeansError`] when a value or weight is not finite or out of range, or when precomputed
    /// centroids have another width than the columns.
    pub fn fit_columns(
        &self,
        columns: &Columns<'_>,
        weights: Option<&[f64]>,
    ) -> Result<KMeans, KMeansError> {
        self.fit_matrix(&RowMatrix::from_columns(columns, weights)?)
    }

    pub(crate) fn fit_matrix(&self, matrix: &RowMatrix) -> Result<KMeans, KMeansError> {
        let found = match self.init() {
            Init::Precomputed(centroids) => {
                check_features(centroids, matrix.n_features())?;
                let fit = lloyd::run(matrix, centroids.clone(), self.limits(matrix));
                Starts { n_iterations: vec![fit.n_iterations], best: 0, fit }
            }
            Init::KMeansPlusPlus => {
                let step = matrix.n_rows().div_ceil(self.start_rows().max(1));
                let sampled = (step > 1).then(|| self.starts(&matrix.every(step)));
                // What is rare may be missing from a sample: all rows may have as many clusters as asked for.
                let sampled =
                    sampled.filter(|found| found.fit.centroids.n_clusters() == self.n_clusters());
                match sampled {
                    Some(found) => self.gone_on(found, matrix),
                    None => self.starts(matrix),
                }
            }
        };
        let Starts { fit, n_iterations, best: best_start } = found;
        let k = fit.centroids.n_clusters();
        Ok(KMeans {
            sizes: sizes(&fit.labels, k),
            labels: fit.labels,
            inertia: fit.inertia,
            n_iterations,
            best_start,
            is_converged: fit.is_converged,
            fewer_clusters: (k < self.n_clusters()).then_some(if fit.inertia > 0.0 {
                FewerClusters::MaxIterations
            } else {
                FewerClusters::DistinctRows
            }),
            centroids: fit.centroids,
        })
    }
}

impl KMeansValidParams {
    fn limits(&self, matrix: &RowMatrix) -> Limits {
        let shift_max =
            if self.tolerance() > 0.0 { self.tolerance() * matrix.mean_variance() } else { 0.0 };
        Limits { max_iterations: self.max_iterations(), shift_max }
    }

    /// The best start, gone on over all rows.
    fn gone_on(&self, mut found: Starts, matrix: &RowMatrix) -> Starts {
        found.fit = lloyd::run(matrix, found.fit.centroids, self.limits(matrix));
        if let Some(n_iterations) = found.n_iterations.get_mut(found.best) {
            *n_iterations += found.fit.n_iterations;
        }
        found
    }

    /// Runs every random start on these rows.
    fn starts(&self, matrix: &RowMatrix) -> Starts {
        let limits = self.limits(matrix);
        let run_start = |start| {
            let centroids = k_means_plus_plus(matrix, self.n_clusters(), self.seed(), start);
            lloyd::run(matrix, centroids, limits)
        };
        let fit = run_start(0);
        let mut found = Starts { n_iterations: vec![fit.n_iterations], best: 0, fit };
        for start in 1..self.n_starts() {
            let other = run_start(start);
            found.n_iterations.push(other.n_iterations);
            // A start that ran out of iterations may have lost clusters: more of them come first.
            let more_clusters = other.centroids.n_clusters().cmp(&found.fit.centroids.n_clusters());
            if more_clusters.then(found.fit.inertia.total_cmp(&other.inertia)).is_gt() {
                (found.best, found.fit) = (start, other);
            }
        }
        found
    }
}

/// The best of several starts.
struct Starts {
    fit: StartFit,
    n_iterations: Vec<usize>,
    best: usize,
}

impl Centroids {
    /// Assigns rows to their nearest centroids, in O(rows · clusters · features).
    ///
    /// # Errors
    ///
    /// [`KMeansError`] when a value is not finite or out of range, widths differ, or there is no
    /// centroid for the rows.
    pub fn assign(&self, columns: &Columns<'_>) -> Result<Assignment, KMeansError> {
        self.assign_matrix(&RowMatrix::from_columns(columns, None)?)
    }

    pub(crate) fn assign_matrix(&self, matrix: &RowMatrix) -> Result<Assignment, KMeansError> {
        check_features(self, matrix.n_features())?;
        if self.n_clusters() == 0 && matrix.n_rows() > 0 {
            return Err(KMeansError::NoCentroids { n_rows: matrix.n_rows() });
        }
        let n_rows = matrix.n_rows();
        let mut labels = vec![0; n_rows];
        let mut squared_nearest = vec![0.0; n_rows];
        let mut squared_second = vec![0.0; n_rows];
        matrix
            .par_chunks()
            .zip(labels.par_chunks_mut(ROWS_PER_CHUNK))
            .zip(squared_nearest.par_chunks_mut(ROWS_PER_CHUNK))
            .zip(squared_second.par_chunks_mut(ROWS_PER_CHUNK))
            .for_each(|(((chunk, labels), best), second)| {
                for_each_panel(chunk.n_features(), chunk.rows(), |first, n, panel| {
                    let found = panel.nearest(self.values());
                    put(labels, first, n, &found.index);
                    put(best, first, n, &found.best);
                    put(second, first, n, &found.second);
                });
            });
        Ok(Assignment { labels, squared_nearest, squared_second })
    }
}

/// Copies the first `n` lanes to the rows from `first` on.
fn put<T: Copy>(rows: &mut [T], first: usize, n: usize, lanes: &[T]) {
    for (row, &value) in rows.iter_mut().skip(first).take(n).zip(lanes) {
        *row = value;
    }
}

fn check_features(centroids: &Centroids, expected: usize) -> Result<(), KMeansError> {
    let found = centroids.n_features();
    if found == expected { Ok(()) } else { Err(KMeansError::Features { expected, found }) }
}

fn sizes(labels: &[u32], n_clusters: usize) -> Vec<usize> {
    let mut sizes = vec![0; n_clusters];
    for &label in labels {
        if let Some(size) = sizes.get_mut(label as usize) {
            *size += 1;
        }
    }
    sizes
}
