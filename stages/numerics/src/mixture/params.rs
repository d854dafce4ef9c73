//! Settings of a mixture.

use super::{CovarianceType, GaussianMixture, MixtureError};

/// Where expectation-maximisation begins.
#[derive(Debug, Clone, PartialEq)]
pub enum MixtureInit {
    /// The best of several starts by k-means and by linfa's mixture.
    Search,
    /// Given parameters, such as last night's; the first step is an expectation with them.
    Given(GaussianMixture),
}

/// Settings of a mixture, checked when used.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureParams {
    /// Components, from 1.
    pub n_components: usize,
    /// Form of the covariances.
    pub covariance_type: CovarianceType,
    /// k-means starts; one start of linfa's mixture is added for every five.
    pub n_starts: usize,
    /// Rows that starts are sought on; all when there are no more.
    pub n_start_rows: usize,
    /// Limit on iterations of the final run.
    pub max_iterations: usize,
    /// Change of the mean log-likelihood of a row, in nats, below which a run has come to rest.
    pub tolerance: f64,
    /// What is added to each variance, in squared units of the features.
    pub reg_covar: f64,
    /// Seed of sample and starts.
    pub seed: u64,
    /// Where to begin.
    pub init: MixtureInit,
}

impl MixtureParams {
    /// Asks for a mixture, with defaults: 10 starts on 10,000 rows, 500 iterations, tolerance 1e-6,
    /// `reg_covar` 1e-6, seed 0.
    pub fn new(n_components: usize, covariance_type: CovarianceType) -> Self {
        Self {
            n_components,
            covariance_type,
            n_starts: 10,
            n_start_rows: 10_000,
            max_iterations: 500,
            tolerance: 1e-6,
            reg_covar: 1e-6,
            seed: 0,
            init: MixtureInit::Search,
        }
    }

    /// Checks the settings.
    pub(super) fn check(&self) -> Result<(), MixtureError> {
        let is_from_zero = |value: f64| value.is_finite() && value >= 0.0;
        if self.n_components == 0 || self.n_components > 1 << 16 {
            return Err(MixtureError::NComponents(self.n_components));
        }
        if self.n_starts == 0 {
            return Err(MixtureError::NStarts);
        }
        if self.max_iterations == 0 {
            return Err(MixtureError::MaxIterations);
        }
        if !is_from_zero(self.tolerance) {
            return Err(MixtureError::Tolerance(self.tolerance));
        }
        if !is_from_zero(self.reg_covar) {
            return Err(MixtureError::RegCovar(self.reg_covar));
        }
        match &self.init {
            MixtureInit::Given(model)
                if model.n_components() != self.n_components
                    || model.covariance_type() != self.covariance_type =>
            {
                Err(MixtureError::Start)
            }
            _ => Ok(()),
        }
    }
}
