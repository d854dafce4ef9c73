//! Settings, unchecked and checked.

use super::{Centroids, KMeansParamsError};

/// Where the first centroids come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Rows drawn far from each other, greedily (Arthur and Vassilvitskii 2007).
    KMeansPlusPlus,
    /// Given centroids: a warm start. One start is run, whatever `n_starts` says.
    Precomputed(Centroids),
}

/// Checked settings of k-means.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansValidParams {
    n_clusters: usize,
    n_starts: usize,
    max_iterations: usize,
    tolerance: f64,
    seed: u64,
    init: Init,
}

impl KMeansValidParams {
    /// Returns the number of clusters asked for.
    pub fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    /// Returns the number of starts; the one of lowest inertia is kept.
    pub fn n_starts(&self) -> usize {
        self.n_starts
    }

    /// Returns the limit on iterations of a start.
    pub fn max_iterations(&self) -> usize {
        self.max_iterations
    }

    /// Returns the tolerance; see [`KMeansParams::tolerance`].
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// Returns the seed of the random starts.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns where the first centroids come from.
    pub fn init(&self) -> &Init {
        &self.init
    }
}

/// Settings of k-means, to be checked before use.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams(KMeansValidParams);

impl KMeansParams {
    /// Asks for `n_clusters`, with defaults: 10 starts, 300 iterations, tolerance 0, seed 0.
    pub fn new(n_clusters: usize) -> Self {
        Self(KMeansValidParams {
            n_clusters,
            n_starts: 10,
            max_iterations: 300,
            tolerance: 0.0,
            seed: 0,
            init: Init::KMeansPlusPlus,
        })
    }

    /// Sets the number of starts.
    #[must_use]
    pub fn n_starts(mut self, n_starts: usize) -> Self {
        self.0.n_starts = n_starts;
        self
    }

    /// Sets the limit on iterations of a start.
    #[must_use]
    pub fn max_iterations(mut self, max_iterations: usize) -> Self {
        self.0.max_iterations = max_iterations;
        self
    }

    /// Sets when centroids count as still; 0 stops only when no label changes.
    ///
    /// Relative, as in scikit-learn: a start stops once the squared shifts of all centroids sum to
    /// at most `tolerance` times the mean population variance of the columns.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Sets the seed of the random starts.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Sets where the first centroids come from.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.0.init = init;
        self
    }

    /// Checks the settings and returns a view of them.
    ///
    /// # Errors
    ///
    /// [`KMeansParamsError`] for the first setting out of its range.
    pub fn check_ref(&self) -> Result<&KMeansValidParams, KMeansParamsError> {
        let params = &self.0;
        if params.n_clusters == 0 || params.n_clusters > 1 << 16 {
            return Err(KMeansParamsError::NClusters(params.n_clusters));
        }
        if params.n_starts == 0 {
            return Err(KMeansParamsError::NStarts);
        }
        if params.max_iterations == 0 {
            return Err(KMeansParamsError::MaxIterations);
        }
        if !(params.tolerance.is_finite() && params.tolerance >= 0.0) {
            return Err(KMeansParamsError::Tolerance(params.tolerance));
        }
        match &params.init {
            Init::Precomputed(centroids) if centroids.n_clusters() != params.n_clusters => {
                Err(KMeansParamsError::PrecomputedClusters {
                    expected: params.n_clusters,
                    found: centroids.n_clusters(),
                })
            }
            _ => Ok(params),
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`KMeansParamsError`] for the first setting out of its range.
    pub fn check(self) -> Result<KMeansValidParams, KMeansParamsError> {
        self.check_ref()?;
        Ok(self.0)
    }
}
