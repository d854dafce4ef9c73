//! Pareto/NBD: purchases by a Poisson process, until a death that nobody sees.
//!
//! Schmittlein, Morrison and Colombo (1987), "Counting your customers", Management Science 33(1);
//! Fader and Hardie (2005), "A note on deriving the Pareto/NBD model and related expressions".
//! Nothing is computed from the closed forms, whose hypergeometric functions cancel or overflow:
//! the integrals behind them have neither trouble, and all derivatives come with them.
//!
//! | file | subject |
//! |---|---|
//! | `likelihood.rs` | log-likelihood of a history |
//! | `deaths.rs` | times of death of all histories with one frequency |
//! | `derivatives.rs` | its gradient and Hessian |
//! | `terms_by_day.rs` | the same for all histories with one frequency |
//! | `of_frequency.rs` | the likelihood and P(alive) of all histories with one frequency |
//! | `model.rs` | what the model tells of a customer |
//! | `family.rs` | log-likelihood of cells; start and prior of a fit |
//! | `covariates/` | effects of what is known of a customer on purchases and on death |

mod covariates;
mod deaths;
mod derivatives;
mod family;
mod likelihood;
mod model;
mod of_frequency;
mod terms_by_day;

pub use covariates::{CovariateFit, CovariateModel, fit_with_covariates};
pub use family::ParetoNbdFamily;
pub use model::ParetoNbd;
