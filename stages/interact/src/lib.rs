//! The Interact stage: whom to contact, when, by which channel and why, or the reason why not.
//!
//! ```text
//! customer, golden_customer ── contact_candidate.sql ─┐
//! consent, suppression ─────── permission_state.sql ──┤
//! campaign_contact, response ─ channel_history.sql ───┼─▶ contact_plan ─▶ contact_plan
//! campaign_contact, last ───── contact_past.sql ──────┘                   channel_permission
//!   night's contact_history                                               contact_summary
//!                                                                         contact_channel
//!                                                                         contact_history
//! ```
//!
//! A party passes four gates in this order: audience, permission (suppression, consent, address,
//! cap), choice of a channel, capacity of the channel. What stops it is published as its reason.

mod calendar;
mod cap;
mod capacity;
mod channel_choice;
mod consent;
mod contact_plan;
#[cfg(test)]
mod contact_plan_tests;
mod contact_view;
mod groups;
mod input;
mod lifecycle;
mod params;
mod plan_tables;
#[cfg(test)]
mod testing;

pub use params::{Address, Cap, Channel, ControlGroup, Lifecycle, Params, UnknownConsent, Weekday};

use idip_stage::Stage;

/// Returns the stage with its one step, `interact.contact_plan`.
///
/// The parameters must have passed [`Params::check`]; what is out of range there is held to the
/// nearest bound here.
pub fn stage(params: &Params) -> Stage {
    Stage {
        name: "interact",
        steps: vec![Box::new(contact_plan::ContactPlan::new(params.clone()))],
        relations: Vec::new(),
    }
}
