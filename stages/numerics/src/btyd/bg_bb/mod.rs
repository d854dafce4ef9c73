//! BG/BB: a coin at each of a number of equal opportunities, until a death that nobody sees.
//!
//! For purchases that can happen once a period: yearly donations, renewals, one event a season
//! (Fader, Hardie and Shang 2010, "Customer-base analysis in a discrete-time noncontractual
//! setting", Marketing Science 29(6)). A customer's history is three counts: opportunities taken
//! `x`, the last one taken `t_x`, and how many there were, `n`.
//!
//! | file | subject |
//! |---|---|
//! | `opportunities.rs` | histories, checked and compressed to cells |
//! | `likelihood.rs` | log-likelihood of a history with gradient and Hessian |
//! | `model.rs` | what the model tells of a customer |
//! | `fit.rs` | estimates, with a named fallback |

mod fit;
mod likelihood;
mod model;
mod opportunities;

pub use fit::{BgBbFitError, BgBbSettings, fit_bg_bb};
pub use model::BgBb;
pub use opportunities::{
    MAX_OPPORTUNITIES, OpportunitiesError, OpportunityCells, OpportunityHistory,
};
