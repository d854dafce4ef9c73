//! Non-negative matrix factorisation: what baskets are made of, as a few topics of categories.
//!
//! `X ≈ W H` with nothing negative: `X` has a row a customer and a column a category (shares,
//! usually), `H` a row a topic, `W` how much of each topic a customer has. The multiplicative
//! updates of Lee and Seung (2001) for the Frobenius norm, `H` first, then `W`; rows are kept sparse,
//! since few customers buy in most categories.
//!
//! ```
//! use idip_numerics::kmeans::Columns;
//! use idip_numerics::nmf::NmfParams;
//!
//! // Two customers buy bread and milk, two buy nails.
//! let (bread, milk, nails) = ([0.5, 0.6, 0.0, 0.0], [0.5, 0.4, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]);
//! let columns = Columns::new(&[&bread, &milk, &nails])?;
//! let model = NmfParams::new(2).seed(7).check()?.fit(&columns)?;
//! let food = model.topics.rows().position(|topic| topic[2] < 1e-6).expect("a topic without nails");
//! assert!(model.weights.chunks(2).take(2).all(|customer| customer[food] > 0.9));
//! # Ok::<(), idip_numerics::nmf::NmfError>(())
//! ```
//!
//! | file | subject |
//! |---|---|
//! | `params.rs`, `error.rs` | settings, unchecked and checked; every way to fail |
//! | `rows.rs` | the one copy of the data, sparse, in fixed chunks |
//! | `updates.rs` | multiplicative updates, sums reduced in the order of chunks |
//! | `fit.rs` | the starts, the iterations, when they stop, the best |
//! | `topics.rs`, `least_squares.rs` | the topics of a fit; the weights of any row under them |

mod error;
mod fit;
mod least_squares;
mod params;
mod rows;
mod topics;
mod updates;

pub use error::{NmfError, NmfParamsError};
pub use fit::Nmf;
pub use params::{NmfParams, NmfStart, NmfValidParams};
pub use topics::Topics;

#[cfg(test)]
mod tests;
