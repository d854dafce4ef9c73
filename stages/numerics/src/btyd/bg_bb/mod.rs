//! The BG/BB model (Fader, Hardie and Shang 2010).

mod likelihood;
mod model;
mod opportunities;

pub use model::BgBb;
pub use opportunities::{
    MAX_OPPORTUNITIES, OpportunitiesError, OpportunityCells, OpportunityHistory,
};
