//! How many clusters: a table of measures for each number, and a choice with its reason.
//!
//! One clustering of all rows for each number, begun from the best of several starts on a sample;
//! what costs more than a few passes looks at samples alone. All draws depend on the seed and on the
//! order of the rows: give rows in an order of their own, such as by id, and the order in which they
//! were stored does not matter. Threads never do.
//!
//! | file | subject |
//! |---|---|
//! | `params.rs` | which numbers are tried, and how hard |
//! | `table.rs` | the measures of each number |
//! | `gap.rs` | the gap statistic |
//! | `choice.rs` | the rule, and its reason |

mod choice;
mod gap;
mod params;
mod table;

use thiserror::Error;

use crate::kmeans::KMeansError;
use crate::quality::{QualityError, StabilityError};

pub use choice::{Choice, ChoiceReason, Exclusion};
pub use gap::Gap;
pub use params::ClusterCountParams;
pub use table::{ClusterCount, ClusterCountTable, choose_cluster_count};

/// Why no number of clusters can be chosen.
#[derive(Debug, Error)]
pub enum ClusterCountError {
    /// The range is empty, or begins below two.
    #[error("k_min {k_min} and k_max {k_max}, expected 2 <= k_min <= k_max")]
    Range {
        /// Fewest clusters.
        k_min: usize,
        /// Most clusters.
        k_max: usize,
    },
    /// The least share of a cluster is no share.
    #[error("size_share_min is {0}, expected 0 to 1")]
    SizeShare(f64),
    /// A setting that counts something is 0.
    #[error("{setting} is 0, expected 1 or more")]
    Zero {
        /// Its name.
        setting: &'static str,
    },
    /// Values or settings of k-means are refused.
    #[error(transparent)]
    KMeans(#[from] KMeansError),
    /// A measure of quality failed.
    #[error(transparent)]
    Quality(#[from] QualityError),
    /// The stability could not be measured.
    #[error(transparent)]
    Stability(#[from] StabilityError),
}

#[cfg(test)]
mod tests;
