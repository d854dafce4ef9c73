//! The likelihood of all customers, and where a fit of it starts and what it falls back on.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::ParetoNbd;
use super::derivatives::{RisingFactorial, Terms, terms};
use super::likelihood::Rates;
use crate::btyd::{Cells, Evaluation, LogNormal, ModelFamily, Moments};

/// The Pareto/NBD, to be fitted: see [`fit`](crate::btyd::fit()).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParetoNbdFamily;

/// Cells summed by one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1_024;

/// A shape from here on means that customers do not differ, as far as the data tell.
const LARGEST_SHAPE: f64 = 1e4;

/// A shape of death rates below it means that nobody dies, as far as the data tell.
const SMALLEST_SHAPE: f64 = 1e-4;

impl ModelFamily for ParetoNbdFamily {
    type Model = ParetoNbd;

    /// Purchases from the moments of an NBD whose customers never die, with a rate that is higher
    /// because they do; deaths on the scale of the time observed.
    fn start(&self, moments: &Moments) -> Vec<f64> {
        let mean = moments.mean_frequency.max(1e-3);
        let excess = moments.variance_of_frequency - mean;
        let r = if excess > 0.0 { (mean * mean / excess).clamp(0.1, 10.0) } else { 10.0 };
        let mean_t = moments.mean_t.max(1e-3);
        vec![r, 0.6 * r * mean_t / mean, 0.7, 0.7 * mean_t]
    }

    /// Nine tenths of each prior lie within a factor of twelve of its median.
    fn prior(&self, moments: &Moments) -> Vec<LogNormal> {
        let prior = |median| LogNormal { median, ln_sd: 1.5 };
        let mean_t = moments.mean_t.max(1e-3);
        vec![prior(0.5), prior(0.25 * mean_t), prior(0.7), prior(0.5 * mean_t)]
    }

    fn evaluate(&self, parameters: &[f64], cells: &Cells, time_unit_days: f64) -> Evaluation {
        match self.model(parameters) {
            Some(model) => by_parameters(model.rates(), &sum(model.rates(), cells, time_unit_days)),
            None => Evaluation::undefined(parameters.len()),
        }
    }

    fn is_degenerate(&self, parameters: &[f64]) -> bool {
        let &[r, _, s, _] = parameters else { return true };
        r.max(s) > LARGEST_SHAPE || r.min(s) < SMALLEST_SHAPE
    }

    fn model(&self, parameters: &[f64]) -> Option<ParetoNbd> {
        let &[r, alpha, s, beta] = parameters else { return None };
        ParetoNbd::new(r, alpha, s, beta).ok()
    }
}

/// Sums the terms of all customers.
fn sum(rates: &Rates, cells: &Cells, time_unit_days: f64) -> Terms {
    let n_chunks = cells.len().div_ceil(CHUNK);
    let parts: Vec<Terms> = (0..n_chunks)
        .into_par_iter()
        .with_max_len(1)
        .map(|chunk| {
            let mut total = Terms::default();
            let mut known: Option<(u32, RisingFactorial)> = None;
            for cell in chunk * CHUNK..cells.len().min((chunk + 1) * CHUNK) {
                let Some(history) = cells.history(cell, time_unit_days) else { continue };
                let rising = match known {
                    Some((frequency, rising)) if frequency == history.frequency => rising,
                    _ => RisingFactorial::of(rates.r, history.frequency),
                };
                known = Some((history.frequency, rising));
                let n = cells.n_customers().get(cell).copied().map_or(0.0, f64::from);
                total.add(&terms(rates, &history, &rising), n);
            }
            total
        })
        .collect();
    parts.iter().fold(Terms::default(), |mut total, part| {
        total.add(part, 1.0);
        total
    })
}

/// Converts derivatives by the logarithms of the parameters into those by the parameters.
fn by_parameters(rates: &Rates, terms: &Terms) -> Evaluation {
    let parameters = [rates.r, rates.alpha, rates.s, rates.beta];
    let gradient = terms.gradient.iter().zip(parameters).map(|(g, p)| g / p).collect();
    let mut hessian = Vec::with_capacity(16);
    for (i, row) in terms.hessian.iter().enumerate() {
        for (j, second) in row.iter().enumerate() {
            let first = if i == j { terms.gradient[i] } else { 0.0 };
            hessian.push((second - first) / (parameters[i] * parameters[j]));
        }
    }
    Evaluation { value: terms.value, gradient, hessian }
}
