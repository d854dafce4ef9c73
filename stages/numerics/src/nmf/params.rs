//! Settings, unchecked and checked.

use super::NmfParamsError;

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
    max_iterations: usize,
    n_starts: usize,
    tolerance: f64,
    seed: u64,
    start: NmfStart,
}

impl NmfValidParams {
    /// Returns the number of topics.
    pub fn n_topics(&self) -> usize {
        self.n_topics
    }

    /// Returns the limit on iterations.
    pub fn max_iterations(&self) -> usize {
        self.max_iterations
    }

    /// Returns the number of starts; the one of the lowest error is kept.
    pub fn n_starts(&self) -> usize {
        self.n_starts
    }

    /// Returns the tolerance; see [`NmfParams::tolerance`].
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// Returns the seed of the starts.
    pub fn seed(&self) -> u64 {
        self.seed
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
    /// Asks for `n_topics`, with defaults: 3 starts of 200 iterations, tolerance 1e-4, seed 0.
    pub fn new(n_topics: usize) -> Self {
        Self(NmfValidParams {
            n_topics,
            max_iterations: 200,
            n_starts: 3,
            tolerance: 1e-4,
            seed: 0,
            start: NmfStart::Clusters,
        })
    }

    /// Sets the limit on iterations.
    #[must_use]
    pub fn max_iterations(mut self, max_iterations: usize) -> Self {
        self.0.max_iterations = max_iterations;
        self
    }

    /// Sets the number of starts: optima are local, and their errors differ by some percent.
    #[must_use]
    pub fn n_starts(mut self, n_starts: usize) -> Self {
        self.0.n_starts = n_starts;
        self
    }

    /// Sets when the error counts as still.
    ///
    /// Iterations stop once ten of them took no more than `tolerance` times the first error off it;
    /// 0 stops only when it no longer falls at all.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Sets the seed of the starts.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
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
        if params.max_iterations == 0 {
            return Err(NmfParamsError::MaxIterations);
        }
        if params.n_starts == 0 {
            return Err(NmfParamsError::NStarts);
        }
        if !(params.tolerance.is_finite() && params.tolerance >= 0.0) {
            return Err(NmfParamsError::Tolerance(params.tolerance));
        }
        Ok(params)
    }
}
