//! Every way in which a mixture can fail.

use thiserror::Error;

use crate::kmeans::KMeansError;

/// Why a mixture cannot be fitted or used.
#[derive(Debug, Error)]
pub enum MixtureError {
    /// No component is asked for, or more than a label can number.
    #[error("n_components is {0}, expected 1 to 65536")]
    NComponents(usize),
    /// No start is asked for.
    #[error("n_starts is 0, expected 1 or more")]
    NStarts,
    /// No iteration is allowed.
    #[error("max_iterations is 0, expected 1 or more")]
    MaxIterations,
    /// The tolerance is negative or not a number.
    #[error("tolerance is {0}, expected a finite number from 0")]
    Tolerance(f64),
    /// The regularisation is negative or not a number.
    #[error("reg_covar is {0}, expected a finite number from 0")]
    RegCovar(f64),
    /// There is no row to fit.
    #[error("no row, expected one or more")]
    NoRows,
    /// There are fewer distinct rows than components.
    #[error("{found} distinct row(s), expected as many as components: {expected} or more")]
    DistinctRows {
        /// Components asked for.
        expected: usize,
        /// Distinct rows.
        found: usize,
    },
    /// Parameters of a mixture have lengths that do not fit each other.
    #[error("{what}: {found} value(s), expected {expected}")]
    Shape {
        /// Which parameter.
        what: &'static str,
        /// Values it should have.
        expected: usize,
        /// Values it has.
        found: usize,
    },
    /// Weights are negative, not finite, or all 0.
    #[error("weights of components are not finite, from 0, with a positive sum")]
    Weights,
    /// A mean is not finite.
    #[error("feature {column} of the mean of component {component} is not finite")]
    Mean {
        /// The component.
        component: usize,
        /// The feature.
        column: usize,
    },
    /// A covariance is not positive definite: the component has collapsed.
    #[error("the covariance of component {component} is not positive definite")]
    NotPositiveDefinite {
        /// The component.
        component: usize,
    },
    /// A given start has another number of components or form of covariance than is asked for.
    #[error("the given start does not have the components and the covariance form asked for")]
    Start,
    /// No start of k-means ended with as many clusters as components.
    #[error("no start has as many clusters as components, take more starts or fewer components")]
    NoCandidate,
    /// The values are refused, or a search for starts failed.
    #[error(transparent)]
    KMeans(#[from] KMeansError),
}
