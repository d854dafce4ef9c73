//! Segments that keep their ids from night to night: which cluster goes on, is born, or dies.
//!
//! New clusters are matched to old ones by least cost, all pairs together. A pair that lies too far
//! apart, or shares too few members, is no continuation: its old id is retired for good, and the
//! cluster gets an id that nobody had. So an id always means the same kind of customers.
//!
//! | file | subject |
//! |---|---|
//! | `registry.rs` | ids in use, ids retired, the next one |
//! | `continuation.rs` | one night: evidence, thresholds, what becomes of each cluster |
//! | `centroids.rs` | the evidence that centroids give, in last night's units |

mod centroids;
mod continuation;
mod registry;

use thiserror::Error;

use crate::alignment::AlignmentError;
use crate::kmeans::KMeansError;

pub use centroids::{continue_centroids, rescale};
pub use continuation::{Continuation, Evidence, Fate, Thresholds, continue_segments};
pub use registry::SegmentRegistry;

/// Why ids cannot be continued.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// An id is used or retired twice, or is both.
    #[error("segment id {0} is there twice, among those in use and those retired")]
    Duplicate(u32),
    /// The next id was used already.
    #[error("the next segment id is {next_id}, expected more than {largest}, which was used")]
    NextId {
        /// The next id.
        next_id: u32,
        /// Largest id in use or retired.
        largest: u32,
    },
    /// There are no more ids to give.
    #[error("segment ids have run out at {0}")]
    IdsExhausted(u32),
    /// Distances, overlaps or centroids do not fit the clusters.
    #[error("{what}: {found} value(s), expected {expected}")]
    Shape {
        /// What does not fit.
        what: &'static str,
        /// Values there should be.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A distance is negative or not finite.
    #[error(
        "the distance of old cluster {old} and new cluster {new} is not a finite number from 0"
    )]
    Distance {
        /// The old cluster.
        old: usize,
        /// The new cluster.
        new: usize,
    },
    /// A threshold or the spacing is out of its range.
    #[error("{what} is {value}, expected {expected}")]
    Setting {
        /// Its name.
        what: &'static str,
        /// Its value.
        value: f64,
        /// Its range.
        expected: &'static str,
    },
    /// A feature that last night's centroids have did not vary tonight, or is not there.
    #[error("column {0} was scaled last night and is not tonight: clusters cannot be compared")]
    Feature(usize),
    /// The clusters cannot be aligned.
    #[error(transparent)]
    Alignment(#[from] AlignmentError),
    /// Centroids are refused.
    #[error(transparent)]
    Centroids(#[from] KMeansError),
}

#[cfg(test)]
mod tests;
