//! Exact, weighted Lloyd k-means over columns, the same bytes on any number of threads.
//!
//! The loop is Lloyd's (1982), seeded by k-means++ (Arthur and Vassilvitskii 2007) with the greedy
//! trials of scikit-learn, or warm-started from given centroids. Each pass skips the rows whose
//! label provably cannot change (the gap bound of Hamerly 2010), so late passes cost a scan of the
//! bounds; labels are those of the plain algorithm. Inertia is the *sum* of weighted squared
//! distances to the final centroids.
//!
//! ```
//! use idip_numerics::kmeans::{Columns, KMeansParams};
//!
//! let spend = [1.0, 1.2, 8.0, 8.4];
//! let visits = [2.0, 2.0, 9.0, 9.0];
//! let columns = Columns::new(&[&spend, &visits])?;
//! let model = KMeansParams::new(2).seed(7).check()?.fit_columns(&columns, None)?;
//! assert_eq!(model.sizes, [2, 2]);
//! # Ok::<(), idip_numerics::kmeans::KMeansError>(())
//! ```
//!
//! | file | subject |
//! |---|---|
//! | `columns.rs`, `centroids.rs` | what goes in: borrowed columns; what comes out: centroids |
//! | `params.rs`, `error.rs` | settings, unchecked and checked; every way to fail |
//! | `rows.rs`, `kernel.rs` | the one copy of the data; distances of eight rows at once |
//! | `pass.rs` | one assignment pass over a chunk of rows, with bounds and running sums |
//! | `lloyd.rs` | one start: passes, updates, repair of empty clusters, convergence |
//! | `seeding.rs` | k-means++ |
//! | `fit.rs` | several starts, the best of them; assignment of new rows |
//! | `linfa_adapter.rs` | `Fit`, `PredictInplace` and `ParamGuard` for ndarray data |

mod centroids;
mod columns;
mod error;
mod fit;
mod kernel;
mod linfa_adapter;
mod lloyd;
mod params;
mod pass;
mod rows;
mod seeding;

pub use centroids::Centroids;
pub use columns::{Columns, ColumnsError};
pub use error::{BadValue, KMeansError, KMeansParamsError};
pub use fit::{Assignment, FewerClusters, KMeans};
pub(crate) use kernel::{LANES, for_each_panel};
pub use params::{Init, KMeansParams, KMeansValidParams};
pub(crate) use rows::{ROWS_PER_CHUNK, RowChunk, RowMatrix};

#[cfg(test)]
mod tests;
