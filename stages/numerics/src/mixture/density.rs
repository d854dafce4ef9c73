//! Log densities of eight rows at once, and what each component takes of a row.
//!
//! Exponentials and logarithms are those of `libm`, in Rust: the system's own differ from machine to
//! machine in their last bit, and iterations would make it more.

use super::{GaussianMixture, MixtureError};
use crate::kmeans::LANES;
use crate::symmetric::{cholesky, invert_lower};

/// Eight rows, turned: for each feature, its eight values.
pub(super) type Panel = Vec<[f64; LANES]>;

/// Below this difference of logarithms a share is 0 in `f64`.
const LN_NOTHING: f64 = -746.0;

/// A mixture made ready for evaluation.
#[derive(Debug)]
pub(super) struct Densities {
    components: Vec<Component>,
}

#[derive(Debug)]
struct Component {
    mean: Vec<f64>,
    whitening: Whitening,
    /// Logarithm of the weight and of the density at the mean.
    ln_peak: f64,
}

/// What turns a difference from the mean into independent standard normal values.
#[derive(Debug, Clone)]
enum Whitening {
    /// One over each standard deviation.
    Diagonal(Vec<f64>),
    /// The inverse of the lower Cholesky factor, without the zeros above its diagonal.
    Lower(Vec<f64>),
}

impl Densities {
    /// Factorises the covariances.
    ///
    /// # Errors
    ///
    /// [`MixtureError::NotPositiveDefinite`].
    pub(super) fn new(model: &GaussianMixture) -> Result<Self, MixtureError> {
        let d = model.n_features();
        let components = model
            .means()
            .zip(model.weights())
            .enumerate()
            .map(|(component, (mean, &weight))| {
                let whitening = whitening(model, component)
                    .ok_or(MixtureError::NotPositiveDefinite { component })?;
                let ln_determinant: f64 = whitening.scales(d).map(libm::log).sum();
                let ln_two_pi = libm::log(std::f64::consts::TAU);
                let ln_peak = libm::log(weight) + ln_determinant - 0.5 * d as f64 * ln_two_pi;
                Ok(Component { mean: mean.to_vec(), whitening, ln_peak })
            })
            .collect::<Result<_, MixtureError>>()?;
        Ok(Self { components })
    }

    pub(super) fn n_components(&self) -> usize {
        self.components.len()
    }

    /// Works out the shares of the components in eight rows, and the log-likelihood of each row.
    ///
    /// `shares` gets eight values for each component; those of a row sum to 1. A row so far out that
    /// no density is left belongs to the component nearest in logarithms, and counts as the lowest
    /// log-likelihood an `f64` holds.
    pub(super) fn shares(
        &self,
        panel: &Panel,
        scratch: &mut Panel,
        shares: &mut [[f64; LANES]],
    ) -> [f64; LANES] {
        let mut highest = [f64::NEG_INFINITY; LANES];
        for (component, ln_densities) in self.components.iter().zip(&mut *shares) {
            component.ln_densities(panel, scratch, ln_densities);
            for (highest, &ln) in highest.iter_mut().zip(&*ln_densities) {
                *highest = highest.max(ln);
            }
        }
        let mut ln_likelihoods = [0.0; LANES];
        for (lane, (&highest, ln_likelihood)) in highest.iter().zip(&mut ln_likelihoods).enumerate()
        {
            if highest == f64::NEG_INFINITY {
                *ln_likelihood = f64::MIN;
                for of_component in &mut *shares {
                    of_component[lane] = 0.0;
                }
                if let Some(first) = shares.first_mut() {
                    first[lane] = 1.0;
                }
                continue;
            }
            let mut sum = 0.0;
            for of_component in &mut *shares {
                let below = of_component[lane] - highest;
                let share = if below > LN_NOTHING { libm::exp(below) } else { 0.0 };
                of_component[lane] = share;
                sum += share;
            }
            for of_component in &mut *shares {
                of_component[lane] /= sum;
            }
            *ln_likelihood = highest + libm::log(sum);
        }
        ln_likelihoods
    }
}

impl Component {
    fn ln_densities(
        &self,
        panel: &Panel,
        differences: &mut Panel,
        ln_densities: &mut [f64; LANES],
    ) {
        for ((difference, values), mean) in differences.iter_mut().zip(panel).zip(&self.mean) {
            for (difference, value) in difference.iter_mut().zip(values) {
                *difference = value - mean;
            }
        }
        let mut squared = [0.0; LANES];
        match &self.whitening {
            Whitening::Diagonal(inverse_sds) => {
                for (difference, inverse_sd) in differences.iter().zip(inverse_sds) {
                    for (squared, difference) in squared.iter_mut().zip(difference) {
                        let z = difference * inverse_sd;
                        *squared += z * z;
                    }
                }
            }
            Whitening::Lower(inverse) => {
                let mut rest = inverse.as_slice();
                for n in 1..=differences.len() {
                    let (row, after) = rest.split_at(n);
                    rest = after;
                    let mut z = [0.0; LANES];
                    for (difference, factor) in differences.iter().zip(row) {
                        for (z, difference) in z.iter_mut().zip(difference) {
                            *z += factor * difference;
                        }
                    }
                    squared.iter_mut().zip(z).for_each(|(squared, z)| *squared += z * z);
                }
            }
        }
        for (ln, squared) in ln_densities.iter_mut().zip(squared) {
            *ln = self.ln_peak - 0.5 * squared;
        }
    }
}

impl Whitening {
    /// Returns the factors on the diagonal: their product is one over the root of the determinant.
    fn scales(&self, d: usize) -> impl Iterator<Item = f64> {
        (0..d).filter_map(move |i| match self {
            Self::Diagonal(inverse_sds) => inverse_sds.get(i).copied(),
            Self::Lower(inverse) => inverse.get(i * (i + 1) / 2 + i).copied(),
        })
    }
}

/// Returns none when the covariance is not positive definite.
fn whitening(model: &GaussianMixture, component: usize) -> Option<Whitening> {
    let d = model.n_features();
    let covariance = model.covariance(component);
    if model.covariance_type().is_diagonal() {
        let variances = covariance.iter().step_by(d + 1);
        let inverse_sds = variances
            .map(|&variance| {
                (variance > 0.0 && variance.is_finite()).then(|| 1.0 / variance.sqrt())
            })
            .collect::<Option<Vec<f64>>>()?;
        return Some(Whitening::Diagonal(inverse_sds));
    }
    Some(Whitening::Lower(invert_lower(&cholesky(covariance, d)?, d)))
}
