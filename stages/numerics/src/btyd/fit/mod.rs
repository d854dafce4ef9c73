//! One entry to fit any model of repeat purchases: an estimate, and by what means, or a reason.
//!
//! Maximum likelihood where the data decide. Where they do not (nobody came back, few customers,
//! all alike, a direction in which the likelihood is flat), a weak log-normal prior decides what
//! they leave open, and [`FitBasis`] says so and why.

mod family;
mod outcome;
mod problem;
mod search;

pub use family::{LogNormal, ModelFamily, Moments};
pub use outcome::{Fit, FitBasis, FitError, FitSettings, PriorReason};
pub use search::fit;

pub(super) use problem::Problem;
pub(super) use search::{MAX_CONDITION, held_by_prior};
