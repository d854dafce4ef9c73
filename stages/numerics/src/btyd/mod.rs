//! Customer value over time from purchase histories: "buy till you die" models.
//!
//! A customer's history is three numbers: `frequency` (x), the number of distinct purchase days
//! after the first; `recency_days` (`t_x`), from first to last purchase; `t_days` (T), from first
//! purchase to the end of observation. Customers with equal histories are one weighted cell.
//!
//! Parameters belong to a time unit, which the caller chooses by its length in days: 7 for the
//! weeks of the literature. Models speak of time in that unit alone; [`Cells::history`] converts.
//! Estimates and scores are the same bytes for any number of threads and order of customers.
//!
//! ```
//! use idip_numerics::btyd::{
//!     BetaGeometricFamily, Cells, DiscountedHorizon, Dropout, FitSettings, ScoreSettings, fit, score,
//! };
//!
//! let frequency = [0_i64, 2, 0, 1];
//! let (recency_days, t_days) = ([0_i64, 40, 0, 9], [90_i64, 60, 30, 80]);
//! let (cells, cell_of_row) = Cells::compress(&frequency, &recency_days, &t_days)?;
//! let family = BetaGeometricFamily { dropout: Dropout::AfterEvery };
//! let fitted = fit(&family, &cells, &FitSettings::WEEKS)?; // four customers: with a weak prior
//! let settings = ScoreSettings {
//!     time_unit_days: 7.0,
//!     churn_horizon_days: 90.0,
//!     discounted_horizon: DiscountedHorizon::new(12, 30.4375, 0.01)?,
//! };
//! let scores = score(&fitted.model, &cells, &settings);
//! let of_last = scores.of(cell_of_row[3] as usize).expect("a cell");
//! assert!(0.0 < of_last.p_any && of_last.p_any < 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | file | subject |
//! |---|---|
//! | `cells.rs`, `cells_error.rs`, `sorted_rows.rs` | customers with equal histories, counted once |
//! | `model.rs` | what every model can tell of a history |
//! | `beta_geometric/` | BG/NBD and MBG/NBD, with and without covariates |
//! | `pareto_nbd/` | Pareto/NBD, with and without covariates |
//! | `bg_bb/` | BG/BB: purchases at equal opportunities |
//! | `gamma_gamma/` | spend of a purchase |
//! | `fit/` | estimates, by the data alone or with a prior, and why |
//! | `optimise.rs`, `symmetric.rs` | Newton's method; eigenvalues of small matrices |
//! | `score.rs`, `discount.rs` | scores of all customers; what later purchases are worth today |
//! | `holdout/` | forecasts against what came, and the choice of a model |
//! | `covariate_cells.rs`, `likelihood_ratio.rs` | covariates, and whether they are worth it |
//! | `special.rs`, `hypergeometric.rs` | gamma and hypergeometric functions |
//! | `quadrature.rs`, `power_integral.rs` | integrals of log-concave functions |

mod beta_geometric;
pub mod bg_bb;
mod cells;
mod cells_error;
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
mod sorted_rows;
pub mod special;
mod symmetric;

pub use beta_geometric::{
    BetaGeometric, BetaGeometricFamily, CovariateFit, CovariateModel, Dropout, ParameterError,
    fit_with_covariates,
};
pub use cells::Cells;
pub use cells_error::{CellColumn, CellsError};
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
pub use model::{EqualFrequency, History, ModelKind, OfFrequency, PurchaseModel};
pub use optimise::{Evaluation, NewtonSettings, Optimum, Scale, StopReason, maximise};
pub use score::{CellScores, Score, ScoreSettings, score};
