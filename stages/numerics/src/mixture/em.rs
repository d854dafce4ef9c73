//! Expectation-maximisation: one pass over the rows, the new parameters, convergence.
//!
//! A pass sums in fixed chunks of rows, eight rows side by side, and adds the chunks in their order.
//! Squares are taken around the present means, not around 0: near the end of the iterations those are
//! the means that come out, and nothing cancels.

use rayon::prelude::*;

use super::density::{Densities, Panel};
use super::{GaussianMixture, MixtureError};
use crate::kmeans::{LANES, RowChunk, RowMatrix};
use crate::symmetric::cholesky;

/// A component with less than this of all rows keeps its place: nothing is left to move it.
const ROWS_MIN: f64 = 10.0 * f64::EPSILON;

/// When a run stops, and what is added to variances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) max_iterations: usize,
    pub(super) tolerance: f64,
    pub(super) reg_covar: f64,
}

/// What a run found.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) model: GaussianMixture,
    /// Mean log-likelihood of a row before the last update.
    pub(super) mean_log_likelihood: f64,
    pub(super) n_iterations: usize,
    pub(super) is_converged: bool,
}

/// Runs from `model` until the mean log-likelihood changes by less than the tolerance.
///
/// # Errors
///
/// [`MixtureError::NotPositiveDefinite`] when a component collapses beyond `reg_covar`.
pub(super) fn run(
    matrix: &RowMatrix,
    model: GaussianMixture,
    limits: Limits,
) -> Result<Run, MixtureError> {
    let n_rows = matrix.n_rows() as f64;
    let mut model = model;
    let mut before = f64::NEG_INFINITY;
    for n_iterations in 1..=limits.max_iterations {
        let densities = Densities::new(&model)?;
        let moments = moments(matrix, &densities, &model, None);
        let mean_log_likelihood = moments.log_likelihood / n_rows;
        model = maximise(matrix, &densities, &model, &moments, limits.reg_covar);
        if (mean_log_likelihood - before).abs() < limits.tolerance {
            return Ok(Run { model, mean_log_likelihood, n_iterations, is_converged: true });
        }
        before = mean_log_likelihood;
    }
    let n_iterations = limits.max_iterations;
    Ok(Run { model, mean_log_likelihood: before, n_iterations, is_converged: false })
}

/// Sums over rows, weighted by the share each component takes of them.
#[derive(Debug, Clone)]
struct Moments {
    log_likelihood: f64,
    components: Vec<ComponentMoments>,
}

/// Sums of one component, around a centre.
#[derive(Debug, Clone)]
struct ComponentMoments {
    /// Rows, as shares.
    n: f64,
    /// Differences from the centre, a feature each.
    sums: Vec<f64>,
    /// Products of differences: of each feature with itself, or of each with those up to it.
    products: Vec<f64>,
}

/// Makes one pass; sums are around `centres`, row-major, or the means of the model.
fn moments(
    matrix: &RowMatrix,
    densities: &Densities,
    model: &GaussianMixture,
    centres: Option<&[f64]>,
) -> Moments {
    let d = model.n_features();
    let is_diagonal = model.covariance_type().is_diagonal();
    let centres: Vec<f64> =
        centres.map_or_else(|| model.means().flatten().copied().collect(), <[f64]>::to_vec);
    let by_chunk: Vec<Moments> = matrix
        .par_chunks()
        .map(|chunk| {
            let mut sums: Vec<LaneMoments> =
                (0..densities.n_components()).map(|_| LaneMoments::new(d, is_diagonal)).collect();
            let mut log_likelihood = [0.0; LANES];
            for_each_share(chunk, densities, |_, n, panel, scratch, shares, ln_likelihoods| {
                for (sum, ln) in log_likelihood.iter_mut().zip(ln_likelihoods).take(n) {
                    *sum += ln;
                }
                for ((sums, shares), centre) in
                    sums.iter_mut().zip(shares).zip(centres.chunks_exact(d))
                {
                    let mut shares = *shares;
                    shares.iter_mut().skip(n).for_each(|share| *share = 0.0);
                    sums.add(panel, scratch, &shares, centre, is_diagonal);
                }
            });
            Moments {
                log_likelihood: log_likelihood.iter().sum(),
                components: sums.iter().map(LaneMoments::total).collect(),
            }
        })
        .collect();
    let mut total = Moments {
        log_likelihood: 0.0,
        components: vec![LaneMoments::new(d, is_diagonal).total(); densities.n_components()],
    };
    for chunk in &by_chunk {
        total.log_likelihood += chunk.log_likelihood;
        for (total, part) in total.components.iter_mut().zip(&chunk.components) {
            total.n += part.n;
            total.sums.iter_mut().zip(&part.sums).for_each(|(total, sum)| *total += sum);
            total.products.iter_mut().zip(&part.products).for_each(|(total, sum)| *total += sum);
        }
    }
    total
}

/// Calls `look` with each eight rows of a chunk: the position of the first, how many there are, the
/// rows turned, room for as many, the share each component takes of each, and their log-likelihoods.
/// Values of lanes from the count on belong to no row.
pub(super) fn for_each_share(
    chunk: RowChunk<'_>,
    densities: &Densities,
    mut look: impl FnMut(usize, usize, &Panel, &mut Panel, &[[f64; LANES]], [f64; LANES]),
) {
    let d = chunk.n_features();
    let mut panel: Panel = vec![[0.0; LANES]; d];
    let mut scratch = panel.clone();
    let mut shares = vec![[0.0; LANES]; densities.n_components()];
    let n_rows = chunk.rows().len();
    for first in (0..n_rows).step_by(LANES) {
        let n = LANES.min(n_rows - first);
        for lane in 0..LANES {
            // Lanes without a row repeat the last one.
            let row = chunk.row(first + lane.min(n - 1));
            panel.iter_mut().zip(row).for_each(|(values, &value)| values[lane] = value);
        }
        let ln_likelihoods = densities.shares(&panel, &mut scratch, &mut shares);
        look(first, n, &panel, &mut scratch, &shares, ln_likelihoods);
    }
}

/// Sums of one component, eight side by side.
#[derive(Debug)]
struct LaneMoments {
    n: [f64; LANES],
    sums: Panel,
    products: Panel,
}

impl LaneMoments {
    fn new(d: usize, is_diagonal: bool) -> Self {
        let n_products = if is_diagonal { d } else { d * (d + 1) / 2 };
        Self {
            n: [0.0; LANES],
            sums: vec![[0.0; LANES]; d],
            products: vec![[0.0; LANES]; n_products],
        }
    }

    fn add(
        &mut self,
        panel: &Panel,
        differences: &mut Panel,
        shares: &[f64; LANES],
        centre: &[f64],
        is_diagonal: bool,
    ) {
        // Far from a component most rows give it nothing.
        if shares.iter().all(|&share| share == 0.0) {
            return;
        }
        self.n.iter_mut().zip(shares).for_each(|(n, share)| *n += share);
        for ((difference, values), centre) in differences.iter_mut().zip(panel).zip(centre) {
            for (difference, value) in difference.iter_mut().zip(values) {
                *difference = value - centre;
            }
        }
        let mut rest = self.products.as_mut_slice();
        for (i, (of_feature, sums)) in differences.iter().zip(&mut self.sums).enumerate() {
            let mut weighted = [0.0; LANES];
            for ((weighted, share), difference) in weighted.iter_mut().zip(shares).zip(of_feature) {
                *weighted = share * difference;
            }
            sums.iter_mut().zip(weighted).for_each(|(sum, weighted)| *sum += weighted);
            let (products, after) = rest.split_at_mut(if is_diagonal { 1 } else { i + 1 });
            rest = after;
            let partners = if is_diagonal { differences.get(i..=i) } else { differences.get(..=i) };
            for (product, partner) in products.iter_mut().zip(partners.unwrap_or_default()) {
                for ((sum, weighted), partner) in product.iter_mut().zip(weighted).zip(partner) {
                    *sum += weighted * partner;
                }
            }
        }
    }

    fn total(&self) -> ComponentMoments {
        let sum = |lanes: &[f64; LANES]| lanes.iter().sum();
        ComponentMoments {
            n: sum(&self.n),
            sums: self.sums.iter().map(sum).collect(),
            products: self.products.iter().map(sum).collect(),
        }
    }
}

/// Returns the most likely parameters for given shares.
fn maximise(
    matrix: &RowMatrix,
    densities: &Densities,
    model: &GaussianMixture,
    moments: &Moments,
    reg_covar: f64,
) -> GaussianMixture {
    let centres: Vec<f64> = model.means().flatten().copied().collect();
    let first = update(matrix, model, moments, &centres, reg_covar);
    let d = model.n_features();
    let is_sound = |model: &GaussianMixture| {
        (0..model.n_components())
            .all(|component| cholesky(model.covariance(component), d).is_some())
    };
    if is_sound(&first) {
        return first;
    }
    // Means that moved far have cost the squares their digits: sum once more, around the new means.
    let centres: Vec<f64> = first.means().flatten().copied().collect();
    let again = self::moments(matrix, densities, model, Some(&centres));
    update(matrix, model, &again, &centres, reg_covar)
}

fn update(
    matrix: &RowMatrix,
    model: &GaussianMixture,
    moments: &Moments,
    centres: &[f64],
    reg_covar: f64,
) -> GaussianMixture {
    let d = model.n_features();
    let n_rows = matrix.n_rows() as f64;
    let form = model.covariance_type();
    let mut weights = Vec::with_capacity(model.n_components());
    let mut means = Vec::with_capacity(centres.len());
    let mut covariances = Vec::with_capacity(centres.len() * d);
    for (component, (sums, (centre, mean))) in
        moments.components.iter().zip(centres.chunks_exact(d).zip(model.means())).enumerate()
    {
        weights.push(sums.n / n_rows);
        if sums.n <= ROWS_MIN {
            means.extend_from_slice(mean);
            covariances.extend_from_slice(model.covariance(component));
            continue;
        }
        let shift: Vec<f64> = sums.sums.iter().map(|sum| sum / sums.n).collect();
        means.extend(centre.iter().zip(&shift).map(|(centre, shift)| centre + shift));
        covariances.extend(covariance(sums, &shift, form.is_diagonal(), reg_covar));
    }
    form.restrict(&weights, d, &mut covariances);
    GaussianMixture::from_parts(form, d, weights, means, covariances)
}

/// Returns the covariance matrix of a component whose mean lies `shift` from the centre.
fn covariance(
    sums: &ComponentMoments,
    shift: &[f64],
    is_diagonal: bool,
    reg_covar: f64,
) -> Vec<f64> {
    let d = shift.len();
    let mut matrix = vec![0.0; d * d];
    let mut products = sums.products.iter();
    for (i, a) in shift.iter().enumerate() {
        for (j, b) in shift.iter().enumerate().take(i + 1).skip(if is_diagonal { i } else { 0 }) {
            let value = products.next().copied().unwrap_or_default() / sums.n - a * b;
            let value = if i == j { value.max(0.0) + reg_covar } else { value };
            matrix[i * d + j] = value;
            matrix[j * d + i] = value;
        }
    }
    matrix
}
