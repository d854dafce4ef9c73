//! linfa's mixture as a search for good starts.
//!
//! What it needs of its caller: finite values whose squares do not overflow, features that vary, and
//! rows enough; then it fails by an error, never by a panic. Rows are z-scored before it sees them. It
//! works row by row in parallel and sums on one thread, so its result does not depend on threads. Its
//! matrix products choose their kernel by the processor: last bits differ between machines, and are
//! rounded away. Of its `n_runs` every one but the first goes on where the last stopped; so one run
//! is asked for, and our caller brings the seeds.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::GaussianMixtureModel;
use ndarray::Array2;
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;

use super::start::assemble;
use super::{GaussianMixture, MixtureParams};
use crate::kmeans::RowMatrix;

/// Iterations allowed: a search that needs more is no good start, and linfa then keeps nothing.
const ITERATIONS_MAX: u64 = 200;

/// Gain of the mean log-likelihood at which the search rests; our own run goes on from there.
const TOLERANCE: f64 = 1e-4;

/// Added to variances of z-scored features.
const REG_COVAR: f64 = 1e-6;

/// Returns what linfa's mixture comes to, brought to the form asked for; none when it fails.
///
/// The rows must have as many distinct ones as there are components.
pub(super) fn search(
    matrix: &RowMatrix,
    params: &MixtureParams,
    seed: u64,
) -> Option<GaussianMixture> {
    let d = matrix.n_features();
    let scales = scales(matrix);
    let varying: Vec<usize> = (0..d).filter(|&column| scales[column].sd > 0.0).collect();
    if varying.is_empty() {
        return None;
    }
    let mut values = Vec::with_capacity(matrix.n_rows() * varying.len());
    for row in matrix.rows() {
        values.extend(varying.iter().map(|&column| scales[column].scaled(row[column])));
    }
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let records = Array2::from_shape_vec((matrix.n_rows(), varying.len()), values).ok()?;
    let rng = Xoshiro256Plus::seed_from_u64(seed);
    let found = GaussianMixtureModel::params_with_rng(params.n_components, rng)
        .n_runs(1)
        .max_n_iterations(ITERATIONS_MAX)
        .tolerance(TOLERANCE)
        .reg_covariance(REG_COVAR)
        .fit(&DatasetBase::from(records))
        .ok()?;

    let k = params.n_components;
    let weights: Vec<f64> = found.weights().iter().map(|&weight| rounded(weight)).collect();
    let total: f64 = weights.iter().sum();
    let weights: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
    let mut means: Vec<f64> = (0..k).flat_map(|_| scales.iter().map(|scale| scale.mean)).collect();
    let mut covariances = vec![0.0; k * d * d];
    for component in 0..k {
        for (a, &i) in varying.iter().enumerate() {
            let mean = rounded(*found.means().get((component, a))?);
            means[component * d + i] += mean * scales[i].sd;
            for (b, &j) in varying.iter().enumerate().take(a + 1) {
                let covariance = rounded(*found.covariances().get((component, a, b))?);
                let covariance = covariance * scales[i].sd * scales[j].sd;
                covariances[(component * d + i) * d + j] = covariance;
                covariances[(component * d + j) * d + i] = covariance;
            }
        }
    }
    let is_finite = [&weights, &means, &covariances]
        .iter()
        .all(|values| values.iter().all(|value| value.is_finite()));
    is_finite.then(|| assemble(params, d, weights, means, covariances))
}

/// Drops the bits that a processor may decide.
fn rounded(value: f64) -> f64 {
    f64::from(value as f32)
}

#[derive(Debug, Clone, Copy)]
struct Scale {
    mean: f64,
    /// 0 for a feature that does not vary.
    sd: f64,
}

impl Scale {
    fn scaled(self, value: f64) -> f64 {
        (value - self.mean) / self.sd
    }
}

fn scales(matrix: &RowMatrix) -> Vec<Scale> {
    let n = matrix.n_rows() as f64;
    (0..matrix.n_features())
        .map(|column| {
            let values = || matrix.rows().filter_map(move |row| row.get(column).copied());
            let first = values().next().unwrap_or_default();
            if values().all(|value| value.to_bits() == first.to_bits()) {
                return Scale { mean: first, sd: 0.0 };
            }
            let mean = values().sum::<f64>() / n;
            let sd = (values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
            Scale { mean, sd }
        })
        .collect()
}
