//! The Identify stage: who is who.
//!
//! Party references of all feeds become customers with ids that stay (`identify.identity`), and the
//! records of a customer become one golden record (`identify.golden_customer`).

mod golden;
mod identity;
mod keyed;
mod linkage;
pub mod normalise;
mod order;
mod params;
#[cfg(test)]
mod testing;

pub use linkage::{CompareColumn, Guards, LinkageMode, LinkageParams};
pub use params::Params;

use idip_stage::Stage;

/// The stage with these settings.
pub fn stage(params: &Params) -> Stage {
    Stage {
        name: "identify",
        steps: vec![
            Box::new(identity::Identity { params: params.clone() }),
            Box::new(golden::GoldenCustomer { params: params.clone() }),
        ],
        relations: Vec::new(),
    }
}
