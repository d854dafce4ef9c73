//! Blocking: which pairs of records are compared at all, and what that costs.
//!
//! A rule is a conjunction of columns or their first characters. Pairs are never stored: they are
//! walked block by block, and a pair belongs to the first rule that holds it.

mod blocks;
mod defaults;
mod keys;
mod rule;
mod size;

pub use blocks::{Blocks, RuleBlocks};
pub(super) use blocks::{NO_BLOCK, pairs};
pub use defaults::default_rules;
pub(super) use keys::mix;
pub use rule::{BlockingPart, BlockingRule};
pub use size::{RuleReach, SAMPLED_PAIRS, n_pairs, reach};
