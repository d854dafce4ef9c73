//! Centroids: one point a cluster.

use super::KMeansError;
use super::rows::is_in_range;

/// Centroids of clusters, row-major `(n_clusters, n_features)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Centroids {
    n_features: usize,
    values: Vec<f64>,
}

impl Centroids {
    /// Wraps row-major values; a row is a centroid.
    ///
    /// # Errors
    ///
    /// When `n_features` is 0, or the values are no whole number of rows, or one is not a finite
    /// number up to 1e120.
    pub fn new(n_features: usize, values: Vec<f64>) -> Result<Self, KMeansError> {
        if n_features == 0 || !values.len().is_multiple_of(n_features) {
            return Err(KMeansError::CentroidShape { n_values: values.len(), n_features });
        }
        if let Some(position) = values.iter().position(|&value| !is_in_range(value)) {
            return Err(KMeansError::CentroidValue {
                cluster: position / n_features,
                column: position % n_features,
            });
        }
        Ok(Self { n_features, values })
    }

    /// Wraps values that are known to be finite whole rows.
    pub(super) fn from_rows(n_features: usize, values: Vec<f64>) -> Self {
        Self { n_features, values }
    }

    /// Returns the number of clusters.
    pub fn n_clusters(&self) -> usize {
        self.values.len() / self.n_features
    }

    /// Returns the number of features of a centroid.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns all values, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the centroids in the order of their labels.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.n_features)
    }

    /// Appends a centroid of `n_features` values.
    pub(super) fn push(&mut self, row: &[f64]) {
        self.values.extend_from_slice(row);
    }

    /// Keeps the centroids for which `keep` is true, in their order.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        self.values = self
            .values
            .chunks_exact(self.n_features)
            .zip(keep)
            .filter(|&(_, &keep)| keep)
            .flat_map(|(row, _)| row.iter().copied())
            .collect();
    }
}

/// Returns the squared Euclidean distance of two points, features summed in their order.
pub(super) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
