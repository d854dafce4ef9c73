//! Estimates of a BG/BB by Newton's method.

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use thiserror::Error;

use super::likelihood::Likelihood;
use super::{BgBb, OpportunityCells};
use crate::btyd::search::Problem;
use crate::btyd::{Evaluation, Fit, LogNormal, PriorReason, Scale, StopReason};

/// Cells summed by one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 256;

/// `alpha + beta` or `gamma + delta` from here on means that customers do not differ, as far as
/// the data tell.
const DEGENERATE: f64 = 1e4;

/// How a fit of a BG/BB is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgBbSettings {
    /// Below this many customers the prior helps.
    pub min_customers: u64,
    /// Model to start from, such as the last one.
    pub start: Option<BgBb>,
}

impl Default for BgBbSettings {
    /// A cold start, and a prior for fewer than 100 customers.
    fn default() -> Self {
        Self { min_customers: 100, start: None }
    }
}

/// Why there is no fit of a BG/BB at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BgBbFitError {
    /// There is nobody to learn from.
    #[error("no customer")]
    NoCustomers,
    /// Nobody had an opportunity to buy again.
    #[error("no customer had an opportunity")]
    NoOpportunities,
    /// Not even with the prior was there an optimum.
    #[error("no optimum, even with a prior: {0:?}")]
    NoOptimum(StopReason),
}

/// Estimates a BG/BB by Newton's method over the logarithms of its parameters.
///
/// Standard errors are in the order `alpha`, `beta`, `gamma`, `delta`. Where the data do not
/// decide, a weak log-normal prior does, and [`Fit::basis`] says so and why. Deterministic: the
/// same bytes for any number of threads.
///
/// # Errors
/// Nobody, or nobody with an opportunity.
pub fn fit_bg_bb(
    cells: &OpportunityCells,
    settings: &BgBbSettings,
) -> Result<Fit<BgBb>, BgBbFitError> {
    let found = cells.total_customers();
    if found == 0 {
        return Err(BgBbFitError::NoCustomers);
    }
    if cells.max_opportunities() == 0 {
        return Err(BgBbFitError::NoOpportunities);
    }
    let evaluate = |coordinates: &[f64]| match model_at(coordinates) {
        Some(model) => sum(&model, cells).by_coordinates(&model.values(), &[Scale::Log; 4]),
        None => Evaluation::undefined(4),
    };
    let is_degenerate = |coordinates: &[f64]| {
        model_at(coordinates).is_none_or(|model| {
            let [alpha, beta, gamma, delta] = model.values();
            alpha + beta > DEGENERATE || gamma + delta > DEGENERATE
        })
    };
    let taken = share_taken(cells);
    let prior = |median| LogNormal { median, ln_sd: 1.5 };
    let problem = Problem {
        n_customers: found as f64,
        evaluate: &evaluate,
        is_degenerate: &is_degenerate,
        prior: &[prior(1.0), prior((1.0 - taken) / taken), prior(0.5), prior(2.0)],
    };
    let warm = settings.start.map(|model| model.values());
    let cold = [1.0, (1.0 - taken) / taken, 0.5, 2.0];
    let starts: Vec<Vec<f64>> =
        warm.into_iter().chain([cold]).map(|start| start.map(f64::ln).to_vec()).collect();
    let estimate = problem
        .solve(&starts, hopeless(cells, settings.min_customers))
        .map_err(BgBbFitError::NoOptimum)?;
    let optimum = estimate.optimum;
    let model =
        model_at(&optimum.coordinates).ok_or(BgBbFitError::NoOptimum(StopReason::OutOfBounds))?;
    Ok(Fit {
        model,
        basis: estimate.basis,
        ln_likelihood: estimate.ln_likelihood,
        standard_errors: optimum.standard_errors(&[Scale::Log; 4]),
        n_steps: optimum.n_steps,
        stop_reason: optimum.reason,
        gradient_norm: optimum.gradient_norm,
        condition: optimum.condition,
    })
}

/// Why it makes no sense to ask the data alone.
fn hopeless(cells: &OpportunityCells, min_customers: u64) -> Option<PriorReason> {
    let found = cells.total_customers();
    let inhabited = || cells.histories().iter().zip(cells.n_customers()).filter(|(_, n)| **n > 0);
    if inhabited().all(|(history, _)| history.frequency == 0) {
        Some(PriorReason::NoRepeatPurchases)
    } else if inhabited().count() == 1 {
        Some(PriorReason::AllAlike)
    } else if found < min_customers {
        Some(PriorReason::TooFewCustomers { found, required: min_customers })
    } else {
        None
    }
}

/// The share of opportunities taken by those who took any, up to their last: a first guess at the
/// mean of `p`, kept away from 0 and 1.
fn share_taken(cells: &OpportunityCells) -> f64 {
    let (mut taken, mut offered) = (0.5, 1.0);
    for (history, &n) in cells.histories().iter().zip(cells.n_customers()) {
        taken += n as f64 * f64::from(history.frequency);
        offered += n as f64 * f64::from(history.recency);
    }
    f64::clamp(taken / offered, 0.05, 0.95)
}

fn model_at(coordinates: &[f64]) -> Option<BgBb> {
    let &[alpha, beta, gamma, delta] = coordinates else { return None };
    BgBb::new(alpha.exp(), beta.exp(), gamma.exp(), delta.exp()).ok()
}

/// Log-likelihood of all customers with derivatives by the parameters.
fn sum(model: &BgBb, cells: &OpportunityCells) -> Evaluation {
    let likelihood = Likelihood::new(model, cells.max_opportunities());
    let rows: Vec<usize> = (0..cells.len()).collect();
    let parts: Vec<[f64; 21]> = rows
        .par_chunks(CHUNK)
        .with_max_len(1)
        .map(|rows| {
            let mut total = [0.0; 21];
            for &row in rows {
                let (Some(history), Some(&n)) =
                    (cells.histories().get(row), cells.n_customers().get(row))
                else {
                    continue;
                };
                let terms = likelihood.terms(history);
                let parts = [terms.value].into_iter().chain(terms.gradient);
                let parts = parts.chain(terms.hessian.into_iter().flatten());
                total.iter_mut().zip(parts).for_each(|(sum, part)| *sum += n as f64 * part);
            }
            total
        })
        .collect();
    let mut total = [0.0; 21];
    for part in parts {
        total.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    let [value, derivatives @ ..] = total;
    let (gradient, hessian) = derivatives.split_at(4);
    Evaluation { value, gradient: gradient.to_vec(), hessian: hessian.to_vec() }
}
