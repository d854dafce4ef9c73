//! The search: by the data alone, else held by a prior.

use super::{Fit, FitBasis, FitError, FitSettings, LogNormal, ModelFamily, Moments, PriorReason};
use crate::btyd::optimise::{NewtonSettings, Optimum, Scale, StopReason, maximise};
use crate::btyd::{Cells, PurchaseModel};

/// Condition beyond which a direction counts as flat: it leaves a double half of its digits.
pub(in crate::btyd) const MAX_CONDITION: f64 = 1e8;

/// Standard deviations of the weak prior and of stronger ones, relative to the weak one's.
const PRIOR_STRENGTHS: [f64; 5] = [1.0, 0.25, 0.06, 0.015, 0.004];

/// From so many cells on a cold search begins with a sample of them, whose estimate leaves it two or
/// three steps over all: fewer are so fast that no start is worth it.
const CELLS_TO_SAMPLE: usize = 50_000;

/// One cell in so many is sampled: cells are sorted, so that the sample has all kinds of them.
const CELLS_A_SAMPLE: usize = 16;

/// Estimates the parameters of a model family from cells.
///
/// Deterministic: the same bytes for any number of threads and order of customers.
///
/// # Errors
/// No customer; no time to observe; a time unit or a start without meaning. What is hard about
/// the data is not an error: see [`FitBasis`].
pub fn fit<F: ModelFamily>(
    family: &F,
    cells: &Cells,
    settings: &FitSettings,
) -> Result<Fit<F::Model>, FitError> {
    let unit = settings.time_unit_days;
    if !(unit.is_finite() && unit > 0.0) {
        return Err(FitError::TimeUnit(unit));
    }
    if cells.is_empty() {
        return Err(FitError::NoCustomers);
    }
    if cells.t_days().iter().all(|&t| t == 0) {
        return Err(FitError::NoObservationTime);
    }
    let moments = Moments::of(cells, unit);
    let cold = family.start(&moments);
    if let Some(start) = &settings.start {
        let is_possible = |p: &f64| p.is_finite() && *p > 0.0;
        if start.len() != cold.len() || !start.iter().all(is_possible) {
            return Err(FitError::Start(start.clone()));
        }
    }
    let search = Search { family, cells, unit, n_customers: moments.n_customers };
    let reason = match hopeless(cells, settings.min_customers) {
        Some(reason) => reason,
        None => match search.maximum_likelihood(starts(family, cells, settings, cold)) {
            Ok(fit) => return Ok(fit),
            Err(reason) => reason,
        },
    };
    search.with_prior(&family.prior(&moments), reason)
}

/// Lists where to start from: the start given, or the estimate of a sample; and a cold one.
fn starts<F: ModelFamily>(
    family: &F,
    cells: &Cells,
    settings: &FitSettings,
    cold: Vec<f64>,
) -> impl Iterator<Item = Vec<f64>> {
    let of_sample = || {
        let sample = (cells.len() >= CELLS_TO_SAMPLE).then(|| cells.every(CELLS_A_SAMPLE))?;
        let unit = settings.time_unit_days;
        let n_customers = sample.total_customers() as f64;
        let search = Search { family, cells: &sample, unit, n_customers };
        let fit = search.maximum_likelihood(std::iter::once(cold.clone())).ok()?;
        Some(fit.model.parameters().into_iter().map(|(_, estimate)| estimate).collect())
    };
    let first = settings.start.clone().or_else(of_sample);
    first.into_iter().chain([cold])
}

/// Why it makes no sense to ask the data alone.
fn hopeless(cells: &Cells, min_customers: u64) -> Option<PriorReason> {
    let found = cells.total_customers();
    if cells.total_repeats() == 0 {
        Some(PriorReason::NoRepeatPurchases)
    } else if cells.len() == 1 {
        Some(PriorReason::AllAlike)
    } else if found < min_customers {
        Some(PriorReason::TooFewCustomers { found, required: min_customers })
    } else {
        None
    }
}

/// Searches with the weak prior, and with stronger ones where the likelihood runs away from it.
///
/// # Errors
/// How the last search ended, when none found an optimum.
pub(in crate::btyd) fn held_by_prior(
    prior: &[LogNormal],
    reason: PriorReason,
    run: impl Fn(&[LogNormal]) -> Optimum,
) -> Result<(Optimum, FitBasis), StopReason> {
    let mut stop_reason = StopReason::NotFinite;
    for factor in PRIOR_STRENGTHS {
        let stronger: Vec<LogNormal> =
            prior.iter().map(|p| LogNormal { ln_sd: p.ln_sd * factor, ..*p }).collect();
        let optimum = run(&stronger);
        if optimum.reason.is_converged() {
            let is_weak = factor >= 1.0;
            let basis = if is_weak { FitBasis::WeakPrior } else { FitBasis::StrongPrior };
            return Ok((optimum, basis(reason)));
        }
        stop_reason = optimum.reason;
    }
    Err(stop_reason)
}

/// Names why a search of the likelihood found no optimum.
fn no_optimum(cells: &Cells, stop_reason: StopReason) -> PriorReason {
    let columns = cells.frequency().iter().zip(cells.recency_days()).zip(cells.n_customers());
    let n_customers = columns
        .filter(|&((&frequency, &recency_days), _)| frequency > 0 && recency_days == 0)
        .map(|(_, &n)| u64::from(n))
        .sum();
    match stop_reason {
        StopReason::OutOfBounds if n_customers > 0 => PriorReason::Unbounded { n_customers },
        StopReason::OutOfBounds => PriorReason::Degenerate,
        other => PriorReason::NoOptimum(other),
    }
}

struct Search<'a, F> {
    family: &'a F,
    cells: &'a Cells,
    unit: f64,
    n_customers: f64,
}

impl<F: ModelFamily> Search<'_, F> {
    /// Tries the starts in turn until one leads to an optimum that the data decide.
    fn maximum_likelihood(
        &self,
        starts: impl Iterator<Item = Vec<f64>>,
    ) -> Result<Fit<F::Model>, PriorReason> {
        let mut reason = PriorReason::NoOptimum(StopReason::NotFinite);
        for start in starts {
            let optimum = self.run(&start, &[]);
            let parameters = exp(&optimum.coordinates);
            reason = if self.family.is_degenerate(&parameters) {
                PriorReason::Degenerate
            } else if !optimum.reason.is_converged() {
                no_optimum(self.cells, optimum.reason)
            } else if optimum.condition > MAX_CONDITION {
                PriorReason::FlatDirection { condition: optimum.condition }
            } else if let Some(model) = self.family.model(&parameters) {
                return Ok(self.fitted(model, &optimum, FitBasis::MaximumLikelihood));
            } else {
                PriorReason::Degenerate
            };
        }
        Err(reason)
    }

    fn with_prior(
        &self,
        prior: &[LogNormal],
        reason: PriorReason,
    ) -> Result<Fit<F::Model>, FitError> {
        let medians: Vec<f64> = prior.iter().map(|p| p.median).collect();
        let (optimum, basis) = held_by_prior(prior, reason, |prior| self.run(&medians, prior))
            .map_err(FitError::NoOptimum)?;
        match self.family.model(&exp(&optimum.coordinates)) {
            Some(model) => Ok(self.fitted(model, &optimum, basis)),
            None => Err(FitError::NoOptimum(StopReason::OutOfBounds)),
        }
    }

    /// Maximises the log-likelihood, plus the log of the prior if there is one.
    fn run(&self, start: &[f64], prior: &[LogNormal]) -> Optimum {
        let start: Vec<f64> = start.iter().map(|p| p.ln()).collect();
        let scales = vec![Scale::Log; start.len()];
        let evaluate = |coordinates: &[f64]| {
            let parameters = exp(coordinates);
            let likelihood = self.family.evaluate(&parameters, self.cells, self.unit);
            let mut posterior = likelihood.by_coordinates(&parameters, &scales);
            for (i, (u, prior)) in coordinates.iter().zip(prior).enumerate() {
                prior.add_to(&mut posterior, i, *u);
            }
            posterior
        };
        maximise(&start, evaluate, &NewtonSettings::for_customers(self.n_customers))
    }

    fn fitted(&self, model: F::Model, optimum: &Optimum, basis: FitBasis) -> Fit<F::Model> {
        let parameters = exp(&optimum.coordinates);
        let scales = vec![Scale::Log; parameters.len()];
        let ln_likelihood = match basis {
            FitBasis::MaximumLikelihood => optimum.at.value,
            FitBasis::WeakPrior(_) | FitBasis::StrongPrior(_) => {
                self.family.evaluate(&parameters, self.cells, self.unit).value
            }
        };
        Fit {
            model,
            basis,
            ln_likelihood,
            standard_errors: optimum.standard_errors(&scales),
            n_steps: optimum.n_steps,
            stop_reason: optimum.reason,
            gradient_norm: optimum.gradient_norm,
            condition: optimum.condition,
        }
    }
}

fn exp(coordinates: &[f64]) -> Vec<f64> {
    coordinates.iter().map(|u| u.exp()).collect()
}
