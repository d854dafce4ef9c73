//! One entry to fit any model of repeat purchases: an estimate, and by what means, or a reason.
//!
//! Maximum likelihood where the data decide. Where they do not (nobody came back, few customers,
//! all alike, a direction in which the likelihood is flat), a weak log-normal prior decides what
//! they leave open, and [`FitBasis`] says so and why.

use thiserror::Error;

use super::optimise::{Evaluation, NewtonSettings, Optimum, Scale, StopReason, maximise};
use super::{Cells, PurchaseModel};

/// A model whose parameters can be estimated from cells.
pub trait ModelFamily {
    /// The model with known parameters.
    type Model: PurchaseModel;

    /// Returns a start from the moments of the data, all parameters positive.
    fn start(&self, moments: &Moments) -> Vec<f64>;

    /// Returns the weak prior of each parameter, for data that leave it open.
    fn prior(&self, moments: &Moments) -> Vec<LogNormal>;

    /// Returns the log-likelihood of all customers, with derivatives by the parameters.
    ///
    /// Not finite where the parameters are not possible.
    fn evaluate(&self, parameters: &[f64], cells: &Cells, time_unit_days: f64) -> Evaluation;

    /// Returns whether parameters are so large that the data cannot have told them.
    fn is_degenerate(&self, parameters: &[f64]) -> bool;

    /// Returns the model with these parameters, or `None` where they are not possible.
    fn model(&self, parameters: &[f64]) -> Option<Self::Model>;
}

/// Moments of histories, times in the unit of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Customers.
    pub n_customers: f64,
    /// Mean of repeat purchases.
    pub mean_frequency: f64,
    /// Variance of repeat purchases.
    pub variance_of_frequency: f64,
    /// Mean of the time from first purchase to the end of observation.
    pub mean_t: f64,
}

/// A log-normal distribution: the logarithm is normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogNormal {
    /// Half lies below it.
    pub median: f64,
    /// Standard deviation of the natural logarithm.
    pub ln_sd: f64,
}

/// How to fit.
#[derive(Debug, Clone, PartialEq)]
pub struct FitSettings {
    /// Days in the model's unit of time: 7 for weeks.
    pub time_unit_days: f64,
    /// Below this many customers the prior helps.
    pub min_customers: u64,
    /// Parameters to start from, such as last night's; `None` starts from the moments.
    pub start: Option<Vec<f64>>,
}

impl FitSettings {
    /// Weeks, a cold start, and a prior for fewer than 100 customers.
    pub const WEEKS: Self = Self { time_unit_days: 7.0, min_customers: 100, start: None };
}

impl Default for FitSettings {
    fn default() -> Self {
        Self::WEEKS
    }
}

/// What the estimate rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FitBasis {
    /// The data alone.
    MaximumLikelihood,
    /// The data and the weak prior (maximum a posteriori), for this reason.
    WeakPrior(PriorReason),
    /// The data and a prior as strong as it took to find an optimum: hardly more than the prior.
    StrongPrior(PriorReason),
}

/// Why the data alone do not decide.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum PriorReason {
    /// Fewer customers than asked for.
    #[error("{found} customer(s), fewer than {required}")]
    TooFewCustomers {
        /// Customers found.
        found: u64,
        /// Customers asked for.
        required: u64,
    },
    /// Nobody bought twice.
    #[error("no repeat purchase at all")]
    NoRepeatPurchases,
    /// All customers have one and the same history.
    #[error("all customers have the same history")]
    AllAlike,
    /// The likelihood is flat in some direction: this condition number of its curvature.
    #[error("the likelihood is flat in a direction: condition {condition:.1e}")]
    FlatDirection {
        /// Largest over smallest curvature; infinite where the smallest is not positive.
        condition: f64,
    },
    /// A parameter of the best fit is beyond what data can tell.
    #[error("the likelihood still rises at degenerate parameters")]
    Degenerate,
    /// Customers with repeat purchases and a recency of 0: their density has no bound, and the
    /// search followed it.
    #[error("the likelihood has no bound: {n_customers} customer(s) with repeats at recency 0")]
    Unbounded {
        /// How many they are.
        n_customers: u64,
    },
    /// The search for the best fit ended without one.
    #[error("the search ended: {0:?}")]
    NoOptimum(StopReason),
}

/// Why there is no fit at all.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FitError {
    /// There is nobody to learn from.
    #[error("no customer")]
    NoCustomers,
    /// All customers first bought on the last day, so that nothing could happen.
    #[error("`t_days` is 0 for every customer")]
    NoObservationTime,
    /// The time unit is not a positive number of days.
    #[error("the time unit is {0} days, expected more than 0")]
    TimeUnit(f64),
    /// The given start does not name as many positive parameters as the model has.
    #[error("start {0:?} is not a list of positive parameters, one for each of the model")]
    Start(Vec<f64>),
    /// Not even with the prior was there an optimum.
    #[error("no optimum, even with a prior: {0:?}")]
    NoOptimum(StopReason),
}

/// An estimated model, and what can be said of the estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<M> {
    /// The model.
    pub model: M,
    /// What it rests on.
    pub basis: FitBasis,
    /// Log-likelihood of all customers, without the prior.
    pub ln_likelihood: f64,
    /// Standard errors of the parameters; with a prior, those of the posterior. `None` where the
    /// curvature tells none.
    pub standard_errors: Option<Vec<f64>>,
    /// Newton steps, from the start that led to the optimum.
    pub n_steps: usize,
    /// Why the search ended.
    pub stop_reason: StopReason,
    /// Largest derivative by the log of a parameter at the optimum.
    pub gradient_norm: f64,
    /// Condition number of the curvature by the logs of the parameters.
    pub condition: f64,
}

/// Condition beyond which a direction counts as flat: it leaves a double half of its digits.
pub(super) const MAX_CONDITION: f64 = 1e8;

/// Standard deviations of the weak prior and of stronger ones, relative to the weak one's.
const PRIOR_STRENGTHS: [f64; 5] = [1.0, 0.25, 0.06, 0.015, 0.004];

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
        None => match search.maximum_likelihood(settings.start.iter().chain([&cold])) {
            Ok(fit) => return Ok(fit),
            Err(reason) => reason,
        },
    };
    search.with_prior(&family.prior(&moments), reason)
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
pub(super) fn held_by_prior(
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

impl Moments {
    /// Returns the moments of cells, times in units of `time_unit_days`.
    pub fn of(cells: &Cells, time_unit_days: f64) -> Self {
        let (mut n, mut sum_x, mut sum_t) = (0.0, 0.0, 0.0);
        for (history, customers) in cells.histories(time_unit_days) {
            let weight = f64::from(customers);
            n += weight;
            sum_x += weight * f64::from(history.frequency);
            sum_t += weight * history.t;
        }
        let mean_frequency = sum_x / n;
        let squares: f64 = cells
            .histories(time_unit_days)
            .map(|(h, c)| f64::from(c) * (f64::from(h.frequency) - mean_frequency).powi(2))
            .sum();
        let variance_of_frequency = squares / n;
        Self { n_customers: n, mean_frequency, variance_of_frequency, mean_t: sum_t / n }
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
    fn maximum_likelihood<'s>(
        &self,
        starts: impl Iterator<Item = &'s Vec<f64>>,
    ) -> Result<Fit<F::Model>, PriorReason> {
        let mut reason = PriorReason::NoOptimum(StopReason::NotFinite);
        for start in starts {
            let optimum = self.run(start, &[]);
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

impl LogNormal {
    /// Adds the log density of the logarithm `u` of parameter `i`, up to a constant.
    pub(super) fn add_to(&self, evaluation: &mut Evaluation, i: usize, u: f64) {
        let precision = self.ln_sd.powi(-2);
        let distance = u - self.median.ln();
        evaluation.value -= 0.5 * precision * distance * distance;
        evaluation.gradient[i] -= precision * distance;
        let n = evaluation.gradient.len();
        evaluation.hessian[i * n + i] -= precision;
    }
}

fn exp(coordinates: &[f64]) -> Vec<f64> {
    coordinates.iter().map(|u| u.exp()).collect()
}
