//! Ways to find clusters: k-means, or a mixture of normal distributions.

use idip_numerics::kmeans::{Centroids, Columns, KMeansError, KMeansParams};
use idip_numerics::mixture::{
    CovarianceType, GaussianMixture, MixtureError, MixtureInit, MixtureParams, fit_mixture,
};

use super::params::FitSettings;

/// What is added to each variance of a mixture, in squared standard deviations of all customers.
///
/// A tenth of a standard deviation keeps a component from closing in on customers who all have the
/// same value, such as those of one purchase.
const REGULARISATION: f64 = 0.01;

/// Clusters as they were found.
pub(super) struct Found {
    pub(super) labels: Vec<u32>,
    /// Centroids, or the means of the components.
    pub(super) centroids: Centroids,
    /// Sum of squared distances to them.
    pub(super) inertia: f64,
    /// What the method makes as small as it can: inertia, or minus the mean log-likelihood.
    pub(super) cost: f64,
    pub(super) n_iterations: usize,
    pub(super) is_converged: bool,
    /// Probability of the cluster of each row.
    pub(super) probabilities: Option<Vec<f64>>,
    /// Probabilities of all clusters of each row, row by row.
    pub(super) shares: Option<Vec<f64>>,
    pub(super) mixture: Option<GaussianMixture>,
}

impl Found {
    /// How much better it is than another: the part of the other's inertia that is gone, or, for a
    /// mixture, the nats that a customer is more likely.
    pub(super) fn gain_over(&self, other: &Self) -> f64 {
        let gain = other.cost - self.cost;
        if self.mixture.is_some() { gain } else { gain / other.cost.max(f64::MIN_POSITIVE) }
    }

    /// Whether a cluster has nobody.
    pub(super) fn has_empty(&self) -> bool {
        let mut is_empty = vec![true; self.centroids.n_clusters()];
        for &label in &self.labels {
            if let Some(is_empty) = is_empty.get_mut(label as usize) {
                *is_empty = false;
            }
        }
        is_empty.contains(&true)
    }

    /// How much nearer a row is to its cluster than to another, as a part of the distance to the other;
    /// of a mixture, how much less probable the other is.
    pub(super) fn gain_of_move(&self, row: usize, other: u32, columns: &[Vec<f64>]) -> f64 {
        let label = self.labels.get(row).copied().unwrap_or(other);
        let (far, near) = match self.probability(row, label).zip(self.probability(row, other)) {
            Some((own, other)) => (own, other),
            None => {
                (self.square(row, other, columns).sqrt(), self.square(row, label, columns).sqrt())
            }
        };
        if far > 0.0 { 1.0 - near / far } else { 0.0 }
    }

    /// Puts a row in a cluster.
    pub(super) fn put_back(&mut self, row: usize, cluster: u32, columns: &[Vec<f64>]) {
        let now = self.labels.get(row).copied().unwrap_or(cluster);
        self.inertia += self.square(row, cluster, columns) - self.square(row, now, columns);
        let probability = self.probability(row, cluster);
        if let Some(label) = self.labels.get_mut(row) {
            *label = cluster;
        }
        let of_row = self.probabilities.as_mut().and_then(|found| found.get_mut(row));
        if let Some((of_row, probability)) = of_row.zip(probability) {
            *of_row = probability;
        }
    }

    fn probability(&self, row: usize, cluster: u32) -> Option<f64> {
        let at = row * self.centroids.n_clusters() + cluster as usize;
        self.shares.as_ref()?.get(at).copied()
    }

    fn square(&self, row: usize, cluster: u32, columns: &[Vec<f64>]) -> f64 {
        let centroid = self.centroids.rows().nth(cluster as usize).unwrap_or_default();
        let values = columns.iter().map(|column| column.get(row).copied().unwrap_or(0.0));
        values.zip(centroid).map(|(value, centroid)| (value - centroid).powi(2)).sum()
    }
}

/// Assigns rows to the nearest of centroids.
///
/// # Errors
///
/// When values are refused.
pub(super) fn by_centroids(
    columns: &Columns<'_>,
    centroids: &Centroids,
) -> Result<Found, KMeansError> {
    let found = centroids.assign(columns)?;
    let inertia = found.squared_nearest.iter().sum();
    Ok(Found {
        labels: found.labels,
        centroids: centroids.clone(),
        inertia,
        cost: inertia,
        n_iterations: 0,
        is_converged: true,
        probabilities: None,
        shares: None,
        mixture: None,
    })
}

/// Clusters rows by k-means.
///
/// # Errors
///
/// When values or settings are refused.
pub(super) fn by_kmeans(columns: &Columns<'_>, params: KMeansParams) -> Result<Found, KMeansError> {
    let found = params.check()?.fit_columns(columns, None)?;
    Ok(Found {
        n_iterations: found.n_iterations.get(found.best_start).copied().unwrap_or(0),
        labels: found.labels,
        centroids: found.centroids,
        inertia: found.inertia,
        cost: found.inertia,
        is_converged: found.is_converged,
        probabilities: None,
        shares: None,
        mixture: None,
    })
}

/// Clusters rows by a mixture with full covariances, begun from a given one or sought.
///
/// # Errors
///
/// When values or settings are refused, or a component collapses.
pub(super) fn by_mixture(
    columns: &Columns<'_>,
    settings: &FitSettings,
    n_components: usize,
    start: Option<GaussianMixture>,
) -> Result<Found, MixtureError> {
    let params = MixtureParams {
        n_starts: settings.n_starts,
        max_iterations: settings.max_iterations,
        tolerance: settings.tolerance,
        reg_covar: REGULARISATION,
        seed: settings.seed,
        init: start.map_or(MixtureInit::Search, MixtureInit::Given),
        ..MixtureParams::new(n_components, CovarianceType::Full)
    };
    let found = fit_mixture(columns, &params)?;
    let means: Vec<&[f64]> = found.model.means().collect();
    let mut squares = vec![0.0_f64; found.memberships.labels.len()];
    for column in 0..columns.n_features() {
        let rows = columns.column(column).zip(&found.memberships.labels).zip(&mut squares);
        for ((value, &label), square) in rows {
            let mean = means.get(label as usize).and_then(|mean| mean.get(column));
            *square += (value - mean.copied().unwrap_or(0.0)).powi(2);
        }
    }
    let probabilities = (0..found.memberships.labels.len())
        .map(|row| found.memberships.of_row(row).iter().copied().fold(0.0, f64::max).min(1.0))
        .collect();
    Ok(Found {
        centroids: Centroids::new(columns.n_features(), means.concat())?,
        inertia: squares.iter().sum(),
        cost: -found.memberships.mean_log_likelihood,
        n_iterations: found.n_iterations,
        is_converged: found.is_converged,
        probabilities: Some(probabilities),
        labels: found.memberships.labels,
        shares: Some(found.memberships.shares),
        mixture: Some(found.model),
    })
}
