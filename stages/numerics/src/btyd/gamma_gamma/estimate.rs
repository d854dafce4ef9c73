//! Estimates of a Gamma-Gamma model by Newton's method.

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use thiserror::Error;

use super::{GammaGamma, RepeatSpend};
use crate::btyd::fit::{MAX_CONDITION, held_by_prior};
use crate::btyd::optimise::{Evaluation, NewtonSettings, Optimum, Scale, StopReason, maximise};
use crate::btyd::special::{
    digamma_difference, ln_gamma, ln_rising, trigamma, trigamma_difference,
};
use crate::btyd::{Fit, FitBasis, LogNormal, PriorReason};

/// Rows summed by one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 8_192;

/// Why there is no fit of spend.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum SpendFitError {
    /// Nobody has a repeat purchase with spend.
    #[error("no customer with a repeat purchase and a positive mean spend")]
    NoCustomers,
    /// Not even with the prior was there an optimum.
    #[error("no optimum, even with a prior: {0:?}")]
    NoOptimum(StopReason),
}

/// How a fit of spend is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpendFitSettings {
    /// Below this many customers with repeat purchases the prior helps.
    pub min_customers: u64,
    /// Model to start from, such as last night's.
    pub start: Option<GammaGamma>,
}

impl Default for SpendFitSettings {
    /// A cold start, and a prior for fewer than 50 customers.
    fn default() -> Self {
        Self { min_customers: 50, start: None }
    }
}

/// Estimates a Gamma-Gamma model by Newton's method over `ln p`, `ln(q - 1)` and `ln v`.
///
/// Standard errors are in the order `p`, `q`, `v`. Where the data do not decide, a weak
/// log-normal prior does, and [`Fit::basis`] says so.
///
/// # Errors
/// Nobody with repeat purchases and spend.
pub fn fit_gamma_gamma(
    spend: &RepeatSpend,
    settings: &SpendFitSettings,
) -> Result<Fit<GammaGamma>, SpendFitError> {
    let (Some(first), found) = (spend.rows().first(), spend.n_customers()) else {
        return Err(SpendFitError::NoCustomers);
    };
    let mean = spend.rows().iter().map(|row| row.1).sum::<f64>() / found as f64;
    let reason = if found < settings.min_customers {
        PriorReason::TooFewCustomers { found, required: settings.min_customers }
    } else if spend.rows().iter().all(|row| row.1.total_cmp(&first.1).is_eq()) {
        PriorReason::AllAlike
    } else {
        match by_data_alone(spend, settings.start, mean) {
            Ok(fit) => return Ok(fit),
            Err(reason) => reason,
        }
    };
    let prior = |median, ln_sd| LogNormal { median, ln_sd };
    let prior = [prior(4.0, 1.5), prior(2.0, 1.0), prior(0.5 * mean, 1.5)];
    let medians = prior.map(|p| p.median);
    let (optimum, basis) = held_by_prior(&prior, reason, |prior| run(spend, medians, prior))
        .map_err(SpendFitError::NoOptimum)?;
    let model = model_at(&optimum.coordinates).ok_or(SpendFitError::NoOptimum(optimum.reason))?;
    Ok(fitted(spend, model, &optimum, basis))
}

/// From so many rows on a cold search begins with a sample of them.
const ROWS_TO_SAMPLE: usize = 100_000;

/// One row in so many is sampled: they are sorted, so that the sample has all kinds of them.
const ROWS_A_SAMPLE: usize = 16;

/// Tries a warm start, or the estimate of a sample, and a cold one.
fn by_data_alone(
    spend: &RepeatSpend,
    start: Option<GammaGamma>,
    mean: f64,
) -> Result<Fit<GammaGamma>, PriorReason> {
    let cold = [4.0, 3.0, 0.75 * mean];
    let of_sample = || {
        let sample = (spend.rows().len() >= ROWS_TO_SAMPLE).then(|| spend.every(ROWS_A_SAMPLE))?;
        Some(without_prior(&sample, cold).ok()?.model)
    };
    let warm = start.or_else(of_sample);
    let warm = warm.map(|model| without_prior(spend, [model.p, model.q - 1.0, model.v]));
    match warm {
        Some(Ok(fit)) => Ok(fit),
        _ => without_prior(spend, cold),
    }
}

fn without_prior(spend: &RepeatSpend, start: [f64; 3]) -> Result<Fit<GammaGamma>, PriorReason> {
    let optimum = run(spend, start, &[]);
    match model_at(&optimum.coordinates) {
        Some(GammaGamma { p, q, .. }) if p.max(q) > 1e5 || q - 1.0 < 1e-3 => {
            Err(PriorReason::Degenerate)
        }
        _ if !optimum.reason.is_converged() => Err(PriorReason::NoOptimum(optimum.reason)),
        _ if optimum.condition > MAX_CONDITION => {
            Err(PriorReason::FlatDirection { condition: optimum.condition })
        }
        Some(model) => Ok(fitted(spend, model, &optimum, FitBasis::MaximumLikelihood)),
        None => Err(PriorReason::Degenerate),
    }
}

fn model_at(coordinates: &[f64]) -> Option<GammaGamma> {
    let &[ln_p, ln_q, ln_v] = coordinates else { return None };
    GammaGamma::new(ln_p.exp(), 1.0 + ln_q.exp(), ln_v.exp()).ok()
}

/// Maximises the log-likelihood, plus the log of the prior, from `p`, `q - 1` and `v`.
fn run(spend: &RepeatSpend, start: [f64; 3], prior: &[LogNormal]) -> Optimum {
    let evaluate = |coordinates: &[f64]| {
        let Some(model) = model_at(coordinates) else { return Evaluation::undefined(3) };
        let parameters = [model.p, model.q - 1.0, model.v.ln()];
        let scales = [Scale::Log, Scale::Log, Scale::Linear];
        let mut at = evaluate_spend(&model, spend).by_coordinates(&parameters, &scales);
        for (i, (u, prior)) in coordinates.iter().zip(prior).enumerate() {
            prior.add_to(&mut at, i, *u);
        }
        at
    };
    let mut settings = NewtonSettings::for_customers(spend.rows().len() as f64);
    settings.bound = 40.0; // money has any unit
    maximise(&start.map(f64::ln), evaluate, &settings)
}

fn fitted(
    spend: &RepeatSpend,
    model: GammaGamma,
    optimum: &Optimum,
    basis: FitBasis,
) -> Fit<GammaGamma> {
    let ln_likelihood = match basis {
        FitBasis::MaximumLikelihood => optimum.at.value,
        FitBasis::WeakPrior(_) | FitBasis::StrongPrior(_) => evaluate_spend(&model, spend).value,
    };
    Fit {
        model,
        basis,
        ln_likelihood,
        standard_errors: optimum.standard_errors(&[Scale::Log; 3]),
        n_steps: optimum.n_steps,
        stop_reason: optimum.reason,
        gradient_norm: optimum.gradient_norm,
        condition: optimum.condition,
    }
}

/// Sums over customers with equal frequency, `y = x z / v`.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: f64,
    ln_z: f64,
    /// `ln y`.
    ln_y: f64,
    /// `ln(1 + y)`.
    ln_1p_y: f64,
    /// `s = y / (1 + y)`.
    share: f64,
    /// `s (1 - s)`.
    spread: f64,
}

/// Log-likelihood of all customers with derivatives by `p`, `q` and `ln v`.
///
/// `ln L = ln (px)_q - ln G(q) - q ln(1 + y) - p x ln(1 + 1/y) - ln z`.
fn evaluate_spend(model: &GammaGamma, spend: &RepeatSpend) -> Evaluation {
    let parts: Vec<[f64; 10]> = spend
        .rows()
        .par_chunks(CHUNK)
        .with_max_len(1)
        .map(|rows| chunk_sums(model, rows))
        .collect();
    let mut total = [0.0; 10];
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            *total += part;
        }
    }
    let [value, p, q, v, pp, pq, pv, qq, qv, vv] = total;
    Evaluation { value, gradient: vec![p, q, v], hessian: vec![pp, pq, pv, pq, qq, qv, pv, qv, vv] }
}

fn chunk_sums(model: &GammaGamma, rows: &[(u32, f64)]) -> [f64; 10] {
    let GammaGamma { p, q, v } = *model;
    let (ln_gamma_q, psi1_q) = (ln_gamma(q), trigamma(q));
    let mut total = [0.0; 10];
    for equal in rows.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(frequency, _)) = equal.first() else { continue };
        let x = f64::from(frequency);
        let mut sums = Sums { n: equal.len() as f64, ..Sums::default() };
        for &(_, z) in equal {
            let y = x * z / v;
            let ln_z = z.ln();
            sums.ln_z += ln_z;
            sums.ln_1p_y += y.ln_1p();
            sums.share += y / (1.0 + y);
            sums.spread += y / ((1.0 + y) * (1.0 + y));
        }
        sums.ln_y = sums.ln_z + sums.n * (x / v).ln();
        let Sums { n, ln_z, ln_y, ln_1p_y, share, spread } = sums;
        let ln_1p_inverse = ln_1p_y - ln_y;
        let shape = p * x;
        let psi1_top = psi1_q + trigamma_difference(q, shape);
        let part = [
            n * (ln_rising(shape, q) - ln_gamma_q) - q * ln_1p_y - shape * ln_1p_inverse - ln_z,
            x * (n * digamma_difference(shape, q) - ln_1p_inverse),
            n * digamma_difference(q, shape) - ln_1p_y,
            q * share - shape * (n - share),
            n * x * x * trigamma_difference(shape, q),
            n * x * psi1_top,
            -x * (n - share),
            n * trigamma_difference(q, shape),
            share,
            -(q + shape) * spread,
        ];
        for (total, part) in total.iter_mut().zip(part) {
            *total += part;
        }
    }
    total
}
