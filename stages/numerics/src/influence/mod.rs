//! Influence: who speaks about the shop, who is listened to, and whom it pays to win over.
//!
//! | file | subject |
//! |---|---|
//! | `graph.rs` | who mentions, answers or shares whom, as a directed weighted graph |
//! | `page_rank.rs`, `betweenness.rs` | who is listened to; who connects circles |
//! | `reach.rs` | how many people a party's posts can reach, and share of all diffusion (A14) |
//! | `participation.rs` | how much and how kindly a party speaks (A13) |
//! | `contributors.rs` | those who contribute most, of late (A11) |
//! | `involvement.rs` | the platform on which a party is most involved (A16) |
//! | `ambassador.rs` | who may become an ambassador, and what that returns (A15, A18) |
//! | `sentiment.rs` | net sentiment of a topic, its turns and its risks (A19 to A21) |
//!
//! The engagement rate of a piece of content (A17) is a rate of events over reach: see
//! [`crate::rates`].

mod ambassador;
mod betweenness;
mod contributors;
mod graph;
mod involvement;
mod page_rank;
mod participation;
mod reach;
mod sentiment;

pub use ambassador::{
    AdvocacyAssumptions, Ambassador, AmbassadorCandidate, AmbassadorGate, AmbassadorParams,
    AmbassadorStage,
};
pub use betweenness::betweenness;
pub use contributors::{Contribution, TopContributor, TopRule, top_contributors};
pub use graph::{Graph, GraphError};
pub use involvement::{Involvement, InvolvementParams, Undetermined};
pub use page_rank::{PageRank, PageRankParams, PageRankParamsError};
pub use participation::{Participation, ParticipationParams, Voice};
pub use reach::{
    Diffusion, DiffusionParams, Reach, ReachError, Spread, potential_reach, spread_within,
};
pub use sentiment::{NetSentiment, ReputationRisk, net_sentiment, reputation_risk};

use thiserror::Error;

/// Why settings of an influence measure are refused.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum InfluenceError {
    /// A weight or limit is out of its range.
    #[error("`{setting}` is {value}, expected {expected}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// Its range.
        expected: &'static str,
    },
    /// All weights are 0.
    #[error("every weight is 0, expected a positive one")]
    NoWeight,
}

/// Returns weights divided by their sum.
fn normalised<const N: usize>(
    weights: [(&'static str, f64); N],
) -> Result<[f64; N], InfluenceError> {
    for (setting, value) in weights {
        if !(value.is_finite() && value >= 0.0) {
            let expected = "a finite number from 0";
            return Err(InfluenceError::Setting { setting, value, expected });
        }
    }
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    if total > 0.0 && total.is_finite() {
        Ok(weights.map(|(_, weight)| weight / total))
    } else {
        Err(InfluenceError::NoWeight)
    }
}
