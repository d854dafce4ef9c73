//! What a fit is asked, and what it answers.

use thiserror::Error;

use crate::btyd::StopReason;

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
