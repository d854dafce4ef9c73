//! Gaussian mixtures: soft membership in overlapping groups, the same bytes on any number of threads.
//!
//! Expectation-maximisation (Dempster, Laird and Rubin 1977) with four forms
//! of covariance. The start is given, or sought: k-means from several seeds, and linfa's mixture, which
//! knows full covariance only, sums without the log-sum-exp trick and runs on one thread, but finds
//! good optima. Each candidate is polished on a sample by our own EM, and the best on all rows.
//!
//! Give z-scored features, as `reg_covar` is in their squared units. A feature with many equal values
//! draws a component onto them whose density only `reg_covar` bounds: the likelihood then says
//! nothing, and [`MixtureFit::smallest_eigenvalue`] is near `reg_covar`. Prefer k-means there.
//!
//! ```
//! use idip_numerics::kmeans::Columns;
//! use idip_numerics::mixture::{CovarianceType, MixtureParams, fit_mixture};
//!
//! let spend = [1.0, 1.2, 0.9, 8.0, 8.4, 7.9];
//! let columns = Columns::new(&[&spend])?;
//! let fit = fit_mixture(&columns, &MixtureParams::new(2, CovarianceType::Full))?;
//! assert_eq!(fit.memberships.labels[0], fit.memberships.labels[2]);
//! assert!(fit.memberships.of_row(0).iter().any(|&share| share > 0.99));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | file | subject |
//! |---|---|
//! | `params.rs`, `error.rs` | settings; every way to fail |
//! | `model.rs` | the mixture: weights, means, covariances of a form |
//! | `density.rs` | log densities of eight rows at once |
//! | `em.rs` | one pass over the rows, the new parameters, convergence |
//! | `start.rs`, `linfa_start.rs` | candidates to begin from |
//! | `fit.rs` | the best candidate, polished; what is reported |

mod density;
mod em;
mod error;
mod fit;
mod linfa_start;
mod model;
mod params;
mod start;

pub use error::MixtureError;
pub use fit::{Memberships, MixtureFit, fit_mixture};
pub use model::{CovarianceType, GaussianMixture};
pub use params::{MixtureInit, MixtureParams};
pub use start::StartOrigin;

#[cfg(test)]
mod tests;
