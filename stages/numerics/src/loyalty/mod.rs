//! Loyalty: how intense a relationship is and how long it has lasted, on both sides.
//!
//! | file | subject |
//! |---|---|
//! | `degree.rs` | degree of loyalty, intensity times duration, each way and of both; levels |
//! | `gaps.rs` | how long a customer may be silent: their own gaps, or those of their segment |
//! | `recurrence.rs` | whether a customer keeps coming back, and if not, why not |
//! | `lifecycle.rs` | prospect, new, active, loyal, at risk, lapsed or won back, and why |
//! | `milestones.rs` | first, second, tenth purchase and the like: reached, next, how far |
//!
//! A party without any purchase has a degree, a state and milestones as well: loyalty begins with
//! the first contact.

mod degree;
mod error;
mod gaps;
mod lifecycle;
mod milestones;
mod recurrence;

pub use degree::{
    Bond, Interaction, LoyaltyDegree, LoyaltyLevels, LoyaltyParams, Relationship, Side,
    SideActivity, loyalty_deciles,
};
pub use error::LoyaltyError;
pub use gaps::{GapBasis, GapLimit, GapRoom, GapRule, PurchaseDays};
pub use lifecycle::{Lifecycle, LifecycleParams, LifecycleReason, LifecycleState};
pub use milestones::{
    DatedEvent, EventDays, EventKind, MilestoneGap, MilestonePath, MilestoneProgress,
    MilestoneRule, MilestoneStanding, NextMilestone, ReachedMilestone,
};
pub use recurrence::{Recurrence, RecurrenceFailure, RecurrenceFailures, RecurrenceParams};
