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
    pub(super) probabilities: Option<Vec<f64>>,
    pub(super) mixture: Option<GaussianMixture>,
}

impl Found {
    /// How much better it is than another: the part of the other's inertia that is gone, or, for a
    /// mixture, the nats that a customer is more likely.
    pub(super) fn gain_over(&self, other: &Self) -> f64 {
        let gain = other.cost - self.cost;
        if self.mixture.is_some() { gain } else { gain / other.cost.max(f64::MIN_POSITIVE) }
    }
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
        mixture: Some(found.model),
    })
}
