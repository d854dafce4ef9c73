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
//! | `derivatives.rs` | its gradient and Hessian |
//! | `model.rs` | what the model tells of a customer |
//! | `family.rs` | log-likelihood of cells; start and prior of a fit |
//! | `covariates/` | effects of what is known of a customer on purchases and on death |

mod covariates;
mod derivatives;
mod family;
mod likelihood;
mod model;

pub use covariates::{CovariateFit, CovariateModel, fit_with_covariates};
pub use family::ParetoNbdFamily;
pub use model::ParetoNbd;
