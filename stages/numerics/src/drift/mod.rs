//! Drift: how far tonight's distribution of a feature or of segments is from that of training.
//!
//! The reference is the night a model was trained on: its bin edges and counts are stored with the
//! model ([`BinEdges`]), later nights are counted into the same bins, and [`CountDrift`] compares the
//! two. [`kolmogorov_smirnov`] compares raw values where both nights are at hand.

mod bins;
mod measures;

use thiserror::Error;

pub use bins::BinEdges;
pub use measures::{
    CountDrift, DriftClass, DriftThresholds, SHARE_FLOOR, hellinger_distance,
    jensen_shannon_divergence, kolmogorov_smirnov, kolmogorov_smirnov_of_counts,
    population_stability_index,
};

/// Why two distributions cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum DriftError {
    /// The two sides are counted into different bins.
    #[error("{actual} actual bin(s), expected {expected} as the reference has")]
    UnequalBins {
        /// Bins of the reference.
        expected: usize,
        /// Bins of the other side.
        actual: usize,
    },
    /// The reference has no observation.
    #[error("the reference has no observation")]
    EmptyReference,
    /// The other side has no observation.
    #[error("there is no observation to compare with the reference")]
    EmptyActual,
    /// An edge is not finite, or does not exceed the one before it.
    #[error("bin edge {position} (counted from 0) is {edge}, expected finite, ascending edges")]
    Edge {
        /// Place of the edge.
        position: usize,
        /// The edge.
        edge: f64,
    },
    /// Thresholds are out of order.
    #[error("watch at {watch} and refit at {refit}, expected 0 < watch <= refit, both finite")]
    Thresholds {
        /// Index from which to watch.
        watch: f64,
        /// Index from which to refit.
        refit: f64,
    },
}
