//! The Personalize stage: which offer each planned contact gets, within budget and stock.
//!
//! ```text
//! offer, campaign_contact, response ─▶ response_rate ─▶ offer_response_rate ─┐
//! contact_plan, customer, offer ───────────────────────▶ offer_assignment ◀──┘
//!                                                          │  offer_use, offer_history
//! channel_permission, golden_customer, suppression ─▶ offer_file
//! ```
//!
//! What an offer is worth for a party is `probability × (margin − cost)`. The probability is the
//! response rate of the offer in the party's value segment, times how much the party likes the
//! category of the offer. Nobody has to get an offer.

mod allocate;
mod candidate_view;
mod eligible;
mod history_view;
mod money;
mod offer;
mod offer_assignment;
#[cfg(test)]
mod offer_assignment_tests;
mod offer_file;
mod params;
mod prices;
mod response_rate;
#[cfg(test)]
mod testing;
mod wish;

pub use money::Money;
pub use params::{Params, Reserve};

use idip_stage::Stage;

/// Returns the stage: `personalize.response_rate`, `personalize.offer_assignment` and
/// `personalize.offer_file`.
///
/// The parameters must have passed [`Params::check`].
pub fn stage(params: &Params) -> Stage {
    Stage {
        name: "personalize",
        steps: vec![
            Box::new(response_rate::ResponseRate::new(params)),
            Box::new(offer_assignment::OfferAssignment::new(params.clone())),
            Box::new(offer_file::OfferFile),
        ],
        relations: Vec::new(),
    }
}
