//! The Identify stage: who is who.
//!
//! Party references of all feeds become customers with ids that stay (`identify.identity`), every id
//! that was ever given out leads to the one that stands for it now (`identify.id_map`), and the records
//! of a customer become one golden record (`identify.golden_customer`). `identify.coverage` tells what
//! is known of each customer, and by which source; `identify.evaluation` how well customers agree with
//! persons that somebody knows.

mod coverage;
mod evaluation;
mod golden;
mod id_map;
mod identity;
mod keyed;
mod linkage;
pub mod normalise;
mod order;
mod params;
#[cfg(test)]
mod testing;

pub use coverage::CoverageParams;
pub use golden::{GoldenParams, HalfLives};
pub use linkage::{CompareColumn, Guards, LinkageMode, LinkageParams};
pub use params::Params;

use idip_stage::Stage;

/// The stage with these settings.
pub fn stage(params: &Params) -> Stage {
    Stage {
        name: "identify",
        steps: vec![
            Box::new(identity::Identity { params: params.clone() }),
            Box::new(id_map::IdMap),
            Box::new(golden::GoldenCustomer { params: params.clone() }),
            Box::new(coverage::Coverage { params: params.coverage.clone() }),
            Box::new(evaluation::Evaluation),
        ],
        relations: Vec::new(),
    }
}
