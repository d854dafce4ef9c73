//! The mixture itself: weights, means, and covariances of one of four forms.

use super::MixtureError;
use crate::symmetric::{cholesky, eigen};

/// What covariances of components may look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CovarianceType {
    /// Each component has a covariance matrix of its own.
    Full,
    /// Each component has a variance for each feature.
    Diagonal,
    /// All components share one covariance matrix.
    Tied,
    /// Each component has one variance for all features.
    Spherical,
}

impl CovarianceType {
    /// Returns the number of free parameters of a mixture: weights, means and covariances.
    pub fn n_parameters(self, n_components: usize, n_features: usize) -> usize {
        let (k, d) = (n_components, n_features);
        let of_covariances = match self {
            Self::Full => k * d * (d + 1) / 2,
            Self::Diagonal => k * d,
            Self::Tied => d * (d + 1) / 2,
            Self::Spherical => k,
        };
        of_covariances + k * d + k.saturating_sub(1)
    }

    /// Tells whether features within a component are independent.
    pub(super) fn is_diagonal(self) -> bool {
        matches!(self, Self::Diagonal | Self::Spherical)
    }

    /// Brings covariance matrices to this form, by the most likely of its kind.
    pub(super) fn restrict(self, weights: &[f64], d: usize, covariances: &mut [f64]) {
        if self.is_diagonal() {
            for matrix in covariances.chunks_exact_mut(d * d) {
                let trace: f64 = matrix.iter().step_by(d + 1).sum();
                for (position, value) in matrix.iter_mut().enumerate() {
                    if position % (d + 1) != 0 {
                        *value = 0.0;
                    } else if self == Self::Spherical {
                        *value = trace / d as f64;
                    }
                }
            }
        } else if self == Self::Tied {
            let mut pooled = vec![0.0; d * d];
            for (matrix, weight) in covariances.chunks_exact(d * d).zip(weights) {
                pooled.iter_mut().zip(matrix).for_each(|(sum, value)| *sum += weight * value);
            }
            covariances.chunks_exact_mut(d * d).for_each(|matrix| matrix.copy_from_slice(&pooled));
        }
    }
}

/// A mixture of Gaussian components.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianMixture {
    covariance_type: CovarianceType,
    n_features: usize,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
}

impl GaussianMixture {
    /// Wraps parameters: `weights` of the components, `means` of shape `(n_components, n_features)`,
    /// `covariances` of shape `(n_components, n_features, n_features)`, all row-major.
    ///
    /// Weights are scaled to sum 1. Of a covariance the lower triangle is read; all are brought to
    /// the form `covariance_type`: off-diagonals become 0, variances or matrices their means.
    ///
    /// # Errors
    ///
    /// [`MixtureError`] when lengths do not fit, a value is not finite, weights are negative or all
    /// 0, or a covariance is not positive definite.
    pub fn new(
        covariance_type: CovarianceType,
        n_features: usize,
        weights: Vec<f64>,
        means: Vec<f64>,
        covariances: Vec<f64>,
    ) -> Result<Self, MixtureError> {
        let (k, d) = (weights.len(), n_features);
        for (what, expected, found) in
            [("means", k * d, means.len()), ("covariances", k * d * d, covariances.len())]
        {
            if expected != found || expected == 0 {
                return Err(MixtureError::Shape { what, expected, found });
            }
        }
        let total: f64 = weights.iter().sum();
        if weights.iter().any(|&weight| weight < 0.0) || !(total > 0.0 && total.is_finite()) {
            return Err(MixtureError::Weights);
        }
        if let Some(at) = means.iter().position(|mean| !mean.is_finite()) {
            return Err(MixtureError::Mean { component: at / d, column: at % d });
        }
        let (mut weights, mut covariances) = (weights, covariances);
        for weight in &mut weights {
            *weight /= total;
        }
        for matrix in covariances.chunks_exact_mut(d * d) {
            mirror_lower(matrix, d);
        }
        covariance_type.restrict(&weights, d, &mut covariances);
        let model = Self { covariance_type, n_features, weights, means, covariances };
        for component in 0..k {
            if cholesky(model.covariance(component), d).is_none() {
                return Err(MixtureError::NotPositiveDefinite { component });
            }
        }
        Ok(model)
    }

    /// Wraps parameters that fit each other and the form; covariances may have collapsed.
    pub(super) fn from_parts(
        covariance_type: CovarianceType,
        n_features: usize,
        weights: Vec<f64>,
        means: Vec<f64>,
        covariances: Vec<f64>,
    ) -> Self {
        Self { covariance_type, n_features, weights, means, covariances }
    }

    /// Returns the form of the covariances.
    pub fn covariance_type(&self) -> CovarianceType {
        self.covariance_type
    }

    /// Returns the number of components.
    pub fn n_components(&self) -> usize {
        self.weights.len()
    }

    /// Returns the number of features.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the share of each component, from 0; they sum to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns the means of the components in their order.
    pub fn means(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.means.chunks_exact(self.n_features)
    }

    /// Returns the covariance matrix of a component, row-major; empty when there is none.
    pub fn covariance(&self, component: usize) -> &[f64] {
        let size = self.n_features * self.n_features;
        self.covariances.get(component * size..(component + 1) * size).unwrap_or_default()
    }

    /// Returns the number of free parameters.
    pub fn n_parameters(&self) -> usize {
        self.covariance_type.n_parameters(self.n_components(), self.n_features)
    }

    /// Returns the smallest eigenvalue of any covariance: the variance of the flattest direction.
    ///
    /// Near `reg_covar` a component has collapsed onto equal or collinear rows.
    pub fn smallest_eigenvalue(&self) -> f64 {
        let d = self.n_features;
        self.covariances
            .chunks_exact(d * d)
            .filter_map(|matrix| eigen(matrix, d).values.first().copied())
            .fold(f64::INFINITY, f64::min)
    }
}

fn mirror_lower(matrix: &mut [f64], d: usize) {
    for i in 0..d {
        for j in 0..i {
            matrix[j * d + i] = matrix[i * d + j];
        }
    }
}
