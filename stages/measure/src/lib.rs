//! The Measure stage: what the night is worth, what past campaigns changed, who moved.
//!
//! ```text
//! campaign_contact, response, transaction ── campaign_lift ──► campaign_lift, campaign_outcome
//! customer_segment, last_customer_segment ── segment_migration ──► segment_migration
//! customer_feature, contact_plan, offers, campaign_outcome ── kpi ──► kpi, goal_result
//! ```

mod campaign_lift;
mod catalogue;
mod kpi;
mod params;
mod segment_migration;

pub use campaign_lift::CampaignLift;
pub use catalogue::{CATALOGUE, Interval, KpiDefinition, definition};
pub use kpi::KeyFigures;
pub use params::{Direction, Goal, Params};
pub use segment_migration::SegmentMigration;

use idip_stage::Stage;

/// Segment name that stands for every party.
pub const ALL: &str = "(all)";

/// The stage with its settings, steps in an order in which they can run.
pub fn stage(params: &Params) -> Stage {
    Stage {
        name: "measure",
        steps: vec![
            Box::new(CampaignLift { params: params.clone() }),
            Box::new(SegmentMigration),
            Box::new(KeyFigures { goals: params.goals.clone() }),
        ],
        relations: Vec::new(),
    }
}
