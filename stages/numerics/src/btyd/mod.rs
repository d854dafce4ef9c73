//! Customer value over time from purchase histories: "buy till you die" models.
//!
//! A customer's history is three numbers: `frequency` (x), the number of distinct purchase days
//! after the first; `recency_days` (t_x), from first to last purchase; `t_days` (T), from first
//! purchase to the end of observation. Customers with equal histories are one weighted cell.
//!
//! Parameters belong to a time unit, which the caller chooses by its length in days: 7 for the
//! weeks of the literature. Models speak of time in that unit alone; [`Cells::history`] converts.

mod beta_geometric;
pub mod bg_bb;
mod cells;
mod covariate_cells;
mod discount;
mod fit;
mod gamma_gamma;
pub mod holdout;
mod hypergeometric;
mod likelihood_ratio;
mod model;
mod optimise;
pub mod pareto_nbd;
mod power_integral;
mod quadrature;
mod score;
mod search;
pub mod special;

pub use beta_geometric::{
    BetaGeometric, BetaGeometricFamily, CovariateFit, CovariateModel, Dropout, ParameterError,
    fit_with_covariates,
};
pub use cells::{CellColumn, Cells, CellsError};
pub use covariate_cells::{CovariateCells, CovariateError, Covariates};
pub use discount::{DiscountedHorizon, HorizonError};
pub use fit::{
    Fit, FitBasis, FitError, FitSettings, LogNormal, ModelFamily, Moments, PriorReason, fit,
};
pub use gamma_gamma::{
    GammaGamma, Independence, RepeatSpend, SpendError, SpendFitError, SpendFitSettings,
    fit_gamma_gamma,
};
pub use hypergeometric::{ln_hypergeometric_2f1, tricomi_u};
pub use likelihood_ratio::LikelihoodRatio;
pub use model::{History, ModelKind, PurchaseModel};
pub use optimise::{Evaluation, NewtonSettings, Optimum, Scale, StopReason, maximise};
pub use score::{CellScores, ScoreSettings, expected_purchases, score};
