//! The best candidate, polished on all rows; what is reported.

use rayon::prelude::*;

use super::density::Densities;
use super::em::{self, Limits, for_each_share};
use super::start::{StartOrigin, candidates};
use super::{GaussianMixture, MixtureError, MixtureInit, MixtureParams};
use crate::kmeans::{Columns, KMeansError, ROWS_PER_CHUNK, RowMatrix};
use crate::sampling::{Draw, sample_rows};

/// Iterations that a candidate is given to show what it is worth.
const CANDIDATE_ITERATIONS: usize = 100;

/// Change of the mean log-likelihood at which a candidate has shown it.
const CANDIDATE_TOLERANCE: f64 = 1e-5;

/// A fitted mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureFit {
    /// The mixture; components in the order of the start.
    pub model: GaussianMixture,
    /// What each component takes of each row.
    pub memberships: Memberships,
    /// Bayesian information criterion, lower is better: `p ln n - 2 ln L` (Schwarz 1978).
    pub bic: f64,
    /// Akaike's information criterion, lower is better: `2 p - 2 ln L` (Akaike 1974).
    pub aic: f64,
    /// Smallest eigenvalue of any covariance; near `reg_covar` a component has collapsed.
    pub smallest_eigenvalue: f64,
    /// Iterations of the final run.
    pub n_iterations: usize,
    /// Whether it came to rest before its iterations ran out.
    pub is_converged: bool,
    /// Where the start came from.
    pub origin: StartOrigin,
}

/// Soft memberships of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Memberships {
    n_components: usize,
    /// Row-major `(n_rows, n_components)`; from 0, the values of a row sum to 1.
    pub shares: Vec<f64>,
    /// Component with the largest share of each row; of equal ones the lower.
    pub labels: Vec<u32>,
    /// Mean log-likelihood of a row, in nats; NaN when there is no row.
    pub mean_log_likelihood: f64,
}

impl Memberships {
    /// Returns the share of each component in a row; empty when there is no such row.
    pub fn of_row(&self, row: usize) -> &[f64] {
        let k = self.n_components;
        self.shares.get(row * k..(row + 1) * k).unwrap_or_default()
    }
}

/// Fits a mixture to the rows of columns.
///
/// The result depends on seed and row order alone, not on threads or chunks. Cost
/// O(iterations · rows · components · features²), features once for diagonal forms; memory is one
/// copy of the columns, and the shares.
///
/// # Errors
///
/// [`MixtureError`] when settings or values are refused, there are fewer distinct rows than
/// components, or a component collapses though `reg_covar` is added: raise it, or take fewer.
pub fn fit_mixture(
    columns: &Columns<'_>,
    params: &MixtureParams,
) -> Result<MixtureFit, MixtureError> {
    params.check()?;
    let matrix = RowMatrix::from_columns(columns, None)?;
    if matrix.n_rows() == 0 {
        return Err(MixtureError::NoRows);
    }
    let (origin, start) = match &params.init {
        MixtureInit::Search => best_candidate(columns, &matrix, params)?,
        MixtureInit::Given(model) => {
            check_features(model, matrix.n_features())?;
            (StartOrigin::Given, model.clone())
        }
    };
    let limits = Limits {
        max_iterations: params.max_iterations,
        tolerance: params.tolerance,
        reg_covar: params.reg_covar,
    };
    let run = em::run(&matrix, start, limits)?;
    let memberships = memberships(&run.model, &matrix)?;
    let n = matrix.n_rows() as f64;
    let deviance = -2.0 * n * memberships.mean_log_likelihood;
    let n_parameters = run.model.n_parameters() as f64;
    Ok(MixtureFit {
        bic: deviance + n_parameters * libm::log(n),
        aic: deviance + 2.0 * n_parameters,
        smallest_eigenvalue: run.model.smallest_eigenvalue(),
        n_iterations: run.n_iterations,
        is_converged: run.is_converged,
        origin,
        model: run.model,
        memberships,
    })
}

impl GaussianMixture {
    /// Works out what each component takes of each row of columns, such as tonight's.
    ///
    /// # Errors
    ///
    /// [`MixtureError`] when a value is not finite or out of range, or widths differ.
    pub fn memberships(&self, columns: &Columns<'_>) -> Result<Memberships, MixtureError> {
        check_features(self, columns.n_features())?;
        memberships(self, &RowMatrix::from_columns(columns, None)?)
    }
}

fn memberships(model: &GaussianMixture, matrix: &RowMatrix) -> Result<Memberships, MixtureError> {
    let densities = Densities::new(model)?;
    let (n_rows, k) = (matrix.n_rows(), model.n_components());
    let mut shares = vec![0.0; n_rows * k];
    let mut labels = vec![0; n_rows];
    let by_chunk: Vec<f64> = matrix
        .par_chunks()
        .zip(shares.par_chunks_mut(ROWS_PER_CHUNK * k))
        .zip(labels.par_chunks_mut(ROWS_PER_CHUNK))
        .map(|((chunk, shares), labels)| {
            let mut log_likelihood = 0.0;
            for_each_share(chunk, &densities, |first, n, _, _, of_components, ln_likelihoods| {
                log_likelihood += ln_likelihoods.iter().take(n).sum::<f64>();
                let rows = shares.chunks_exact_mut(k).zip(&mut *labels).skip(first).take(n);
                for (lane, (of_row, label)) in rows.enumerate() {
                    let mut largest = f64::NEG_INFINITY;
                    for (component, (share, lanes)) in
                        of_row.iter_mut().zip(of_components).enumerate()
                    {
                        *share = lanes[lane];
                        if *share > largest {
                            (largest, *label) = (*share, component as u32);
                        }
                    }
                }
            });
            log_likelihood
        })
        .collect();
    let mean_log_likelihood = by_chunk.iter().sum::<f64>() / n_rows as f64;
    Ok(Memberships { n_components: k, shares, labels, mean_log_likelihood })
}

/// Returns the candidate of highest likelihood on the rows of the search; the first of equals.
fn best_candidate(
    columns: &Columns<'_>,
    matrix: &RowMatrix,
    params: &MixtureParams,
) -> Result<(StartOrigin, GaussianMixture), MixtureError> {
    let rows = sample_rows(matrix.n_rows(), params.n_start_rows, &mut Draw::new(params.seed, 0));
    let by_column = columns.gather(&rows);
    let slices: Vec<&[f64]> = by_column.iter().map(Vec::as_slice).collect();
    let sample = Columns::new(&slices).map_err(KMeansError::from)?;
    let sample = RowMatrix::from_columns(&sample, None)?;
    let (search_rows, found) = match candidates(&sample, params) {
        // Rare values may have been missed by the sample.
        Err(MixtureError::DistinctRows { .. }) if rows.len() < matrix.n_rows() => {
            (matrix, candidates(matrix, params)?)
        }
        found => (&sample, found?),
    };
    let limits = Limits {
        max_iterations: CANDIDATE_ITERATIONS,
        tolerance: CANDIDATE_TOLERANCE,
        reg_covar: params.reg_covar,
    };
    let mut best: Option<(StartOrigin, em::Run)> = None;
    let mut failure = None;
    for (origin, model) in found {
        match em::run(search_rows, model, limits) {
            Ok(run) => {
                let is_better = best
                    .as_ref()
                    .is_none_or(|(_, best)| run.mean_log_likelihood > best.mean_log_likelihood);
                if is_better {
                    best = Some((origin, run));
                }
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (best, failure) {
        (Some((origin, run)), _) => Ok((origin, run.model)),
        (None, Some(error)) => Err(error),
        (None, None) => Err(MixtureError::NoCandidate),
    }
}

fn check_features(model: &GaussianMixture, found: usize) -> Result<(), MixtureError> {
    let expected = model.n_features();
    if found == expected {
        Ok(())
    } else {
        Err(MixtureError::Shape { what: "features", expected, found })
    }
}
