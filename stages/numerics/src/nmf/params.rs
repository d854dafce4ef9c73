//! Settings, unchecked and checked.

use super::NmfParamsError;
use crate::restarts::{Restarts, restarts_settings};

/// Most topics that a factorisation may have.
pub(super) const TOPICS_MAX: usize = 64;

/// Where the first weights and topics come from.
#[derive(Debug, Clone, PartialEq)]
pub enum NmfStart {
    /// Topics are the centroids of a short k-means (Wild, Curry and Dougherty 2004), lifted off 0.
    Clusters,
    /// Given factors, all 0 or more; a value of 0 stays 0. One start is run, whatever `n_starts`.
    Given {
        /// Weights, row-major `(n_rows, n_topics)`.
        weights: Vec<f64>,
        /// Topics, row-major `(n_topics, n_features)`.
        topics: Vec<f64>,
    },
}

/// Checked settings of a factorisation.
#[derive(Debug, Clone, PartialEq)]
pub struct NmfValidParams {
    n_topics: usize,
    restarts: Restarts,
    start: NmfStart,
}

impl NmfValidParams {
    /// Returns the number of topics.
    pub fn n_topics(&self) -> usize {
        self.n_topics
    }

    /// Returns where the first factors come from.
    pub fn start(&self) -> &NmfStart {
        &self.start
    }
}

/// Settings of a factorisation, to be checked before use.
#[derive(Debug, Clone, PartialEq)]
pub struct NmfParams(NmfValidParams);

impl NmfParams {
    /// Asks for `n_topics`, with defaults: 3 starts of 200 iterations, tolerance 1e-4, seed 0. Optima
    /// are local, and the errors of starts differ by some percent.
    pub fn new(n_topics: usize) -> Self {
        let restarts = Restarts { n_starts: 3, max_iterations: 200, tolerance: 1e-4, seed: 0 };
        Self(NmfValidParams { n_topics, restarts, start: NmfStart::Clusters })
    }

    /// Sets where the first factors come from.
    #[must_use]
    pub fn start(mut self, start: NmfStart) -> Self {
        self.0.start = start;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`NmfParamsError`] for the first setting out of its range.
    pub fn check(self) -> Result<NmfValidParams, NmfParamsError> {
        let params = self.0;
        if params.n_topics == 0 || params.n_topics > TOPICS_MAX {
            return Err(NmfParamsError::NTopics(params.n_topics));
        }
        params.restarts.check()?;
        Ok(params)
    }
}

restarts_settings!(
    NmfParams,
    NmfValidParams,
    NmfParamsError,
    /// Sets when the error counts as still.
    ///
    /// Iterations stop once ten of them took no more than `tolerance` times the first error off it;
    /// 0 stops only when it no longer falls at all.
);
