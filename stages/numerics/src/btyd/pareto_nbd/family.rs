//! The likelihood of all customers, and where a fit of it starts and what it falls back on.

use std::ops::Range;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::ParetoNbd;
use super::deaths;
use super::derivatives::{RisingFactorial, Terms, terms};
use super::likelihood::Rates;
use super::terms_by_day::TermsByDay;
use crate::btyd::cells::chunks;
use crate::btyd::{Cells, EqualFrequency, Evaluation, LogNormal, ModelFamily, Moments};

/// The Pareto/NBD, to be fitted: see [`fit`](crate::btyd::fit()).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParetoNbdFamily;

/// Cells summed by one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4_096;

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

/// Sums the terms of all customers, those of one frequency by one table where that pays.
fn sum(rates: &Rates, cells: &Cells, time_unit_days: f64) -> Terms {
    let groups: Vec<Range<usize>> = cells.equal_frequencies(0..cells.len()).collect();
    let parts: Vec<Terms> = groups
        .into_par_iter()
        .with_max_len(1)
        .map(|group| sum_of_frequency(rates, cells, group, time_unit_days))
        .collect();
    total(&parts)
}

fn sum_of_frequency(
    rates: &Rates,
    cells: &Cells,
    group: Range<usize>,
    time_unit_days: f64,
) -> Terms {
    let Some(&frequency) = cells.frequency().get(group.start) else { return Terms::default() };
    let rising = RisingFactorial::of(rates.r, frequency);
    let max_t_days = cells.max_t_days(group.clone());
    let n_histories = group.len();
    let table =
        deaths::pays(&EqualFrequency { frequency, time_unit_days, max_t_days, n_histories })
            .then(|| TermsByDay::new(rates, frequency, time_unit_days, max_t_days));
    let of_cell = |cell: usize| {
        let days = cells.recency_days().get(cell).zip(cells.t_days().get(cell));
        let by_day = || table.as_ref()?.at(*days?.0, *days?.1, &rising);
        let alone = || Some(terms(rates, &cells.history(cell, time_unit_days)?, &rising));
        by_day().or_else(alone)
    };
    let chunks: Vec<Range<usize>> = chunks(group, CHUNK).collect();
    let parts: Vec<Terms> = chunks
        .into_par_iter()
        .with_max_len(1)
        .map(|chunk| {
            let mut total = Terms::default();
            for (cell, &n) in chunk.clone().zip(cells.n_customers().get(chunk).unwrap_or_default())
            {
                if let Some(terms) = of_cell(cell) {
                    total.add(&terms, f64::from(n));
                }
            }
            total
        })
        .collect();
    total(&parts)
}

fn total(parts: &[Terms]) -> Terms {
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
