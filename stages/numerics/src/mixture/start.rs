//! Candidates to begin from: k-means from several seeds, and linfa's mixture.

use super::{CovarianceType, GaussianMixture, MixtureError, MixtureParams, linfa_start};
use crate::kmeans::{FewerClusters, KMeans, KMeansParams, RowMatrix};

/// k-means starts for each start of linfa's mixture, which tries ten k-means of its own.
const STARTS_PER_LINFA_START: usize = 5;

/// Iterations of k-means that runs to its end, nearly.
const KMEANS_ITERATIONS: usize = 100;

/// Where the winning start came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartOrigin {
    /// The caller.
    Given,
    /// k-means.
    KMeans,
    /// linfa's mixture of full covariances.
    Linfa,
}

/// Returns the candidates in a fixed order.
///
/// # Errors
///
/// [`MixtureError`] when there are fewer distinct rows than components.
pub(super) fn candidates(
    matrix: &RowMatrix,
    params: &MixtureParams,
) -> Result<Vec<(StartOrigin, GaussianMixture)>, MixtureError> {
    let mut found = Vec::with_capacity(params.n_starts + 2);
    for start in 0..params.n_starts {
        // Every other start keeps the rough groups of k-means++ after one update: the optima of
        // k-means alone are few, and the best mixture need not lie near one.
        let max_iterations = if start % 2 == 0 { KMEANS_ITERATIONS } else { 1 };
        let model = KMeansParams::new(params.n_components)
            .n_starts(1)
            .max_iterations(max_iterations)
            .tolerance(1e-6)
            .seed(params.seed.wrapping_add(start as u64))
            .check()
            .map_err(crate::kmeans::KMeansError::from)?
            .fit_matrix(matrix)?;
        match model.fewer_clusters {
            None => found.push((StartOrigin::KMeans, from_clusters(matrix, &model, params))),
            Some(FewerClusters::DistinctRows) => {
                return Err(MixtureError::DistinctRows {
                    expected: params.n_components,
                    found: model.n_clusters(),
                });
            }
            // Cut short with an empty cluster: the next start has another seed.
            Some(FewerClusters::MaxIterations) => {}
        }
    }
    for start in 0..params.n_starts.div_ceil(STARTS_PER_LINFA_START) {
        let seed = params.seed.wrapping_add(start as u64);
        if let Some(model) = linfa_start::search(matrix, params, seed) {
            found.push((StartOrigin::Linfa, model));
        }
    }
    Ok(found)
}

/// Returns the mixture whose components have the shares, means and covariances of clusters.
fn from_clusters(matrix: &RowMatrix, model: &KMeans, params: &MixtureParams) -> GaussianMixture {
    let d = matrix.n_features();
    let k = model.n_clusters();
    let centroids = model.centroids.values();
    let mut covariances = vec![0.0; k * d * d];
    for (row, &label) in matrix.rows().zip(&model.labels) {
        let label = label as usize;
        let centroid = &centroids[label * d..(label + 1) * d];
        let scatter = &mut covariances[label * d * d..(label + 1) * d * d];
        let difference: Vec<f64> = row.iter().zip(centroid).map(|(x, c)| x - c).collect();
        for (of_feature, a) in scatter.chunks_exact_mut(d).zip(&difference) {
            of_feature.iter_mut().zip(&difference).for_each(|(sum, b)| *sum += a * b);
        }
    }
    for (matrix, &size) in covariances.chunks_exact_mut(d * d).zip(&model.sizes) {
        for sum in matrix {
            *sum /= size as f64;
        }
    }
    let n_rows = matrix.n_rows() as f64;
    let weights: Vec<f64> = model.sizes.iter().map(|&size| size as f64 / n_rows).collect();
    assemble(params, d, weights, centroids.to_vec(), covariances)
}

/// Makes a start of raw parameters: regularised, and of the form that is asked for.
pub(super) fn assemble(
    params: &MixtureParams,
    d: usize,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
) -> GaussianMixture {
    let form: CovarianceType = params.covariance_type;
    let mut covariances = covariances;
    for matrix in covariances.chunks_exact_mut(d * d) {
        matrix.iter_mut().step_by(d + 1).for_each(|variance| *variance += params.reg_covar);
    }
    form.restrict(&weights, d, &mut covariances);
    GaussianMixture::from_parts(form, d, weights, means, covariances)
}
