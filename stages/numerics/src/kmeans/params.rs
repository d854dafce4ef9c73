//! Settings, unchecked and checked.

use super::{Centroids, KMeansParamsError};
use crate::restarts::{Restarts, restarts_settings};

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
    restarts: Restarts,
    init: Init,
    start_rows: usize,
}

impl KMeansValidParams {
    /// Returns the number of clusters asked for.
    pub fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    /// Returns the rows on which random starts are run.
    pub fn start_rows(&self) -> usize {
        self.start_rows
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
        let restarts = Restarts { n_starts: 10, max_iterations: 300, tolerance: 0.0, seed: 0 };
        let init = Init::KMeansPlusPlus;
        Self(KMeansValidParams { n_clusters, restarts, init, start_rows: usize::MAX })
    }

    /// Runs random starts on no more than so many rows, every so many of all; the best of them goes on over
    /// all rows until it is at rest there. Where those rows are too few to tell the clusters asked for, and by
    /// default, every start is run on all rows.
    #[must_use]
    pub fn start_rows(mut self, n_rows: usize) -> Self {
        self.0.start_rows = n_rows;
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
        params.restarts.check()?;
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

restarts_settings!(
    KMeansParams,
    KMeansValidParams,
    KMeansParamsError,
    /// Sets when centroids count as still; 0 stops only when no label changes.
    ///
    /// Relative, as in scikit-learn: a start stops once the squared shifts of all centroids sum to
    /// at most `tolerance` times the mean population variance of the columns.
);
