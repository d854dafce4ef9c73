//! What a rule would cost and reach, before any pair is compared.

use rayon::prelude::*;

use super::blocks::{Blocks, RuleBlocks, pairs};
use super::keys::{NO_KEY, RuleKeys, mix};
use super::rule::BlockingRule;
use crate::linkage::error::LinkageError;
use crate::linkage::records::Records;

/// Cost and reach of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleReach {
    /// The rule.
    pub rule: BlockingRule,
    /// Pairs that share its key.
    pub n_pairs: u64,
    /// Pairs within its blocks once large ones are divided.
    pub n_pairs_kept: u64,
    /// Pairs of these that no earlier rule holds, from a sample of [`SAMPLED_PAIRS`].
    pub n_pairs_marginal: u64,
    /// Blocks of two records and more.
    pub n_blocks: u64,
    /// Records of the largest block before it was divided.
    pub n_largest: u64,
    /// Blocks above the cap.
    pub n_oversized: u64,
}

/// Pairs of each rule by which its marginal reach is estimated.
pub const SAMPLED_PAIRS: u64 = 20_000;

/// Returns the pairs that share the key of a rule: `sum n (n - 1) / 2` over its groups. O(n log n).
///
/// # Errors
///
/// [`LinkageError::UnknownField`] for a column that there is not.
pub fn n_pairs(records: &Records, rule: &BlockingRule) -> Result<u64, LinkageError> {
    let keys = RuleKeys::prepare(records, rule)?;
    let mut keyed: Vec<u64> = (0..records.len() as u32)
        .into_par_iter()
        .map(|record| keys.key(records, record))
        .filter(|&key| key != NO_KEY)
        .collect();
    keyed.par_sort_unstable();
    Ok(keyed.chunk_by(|a, b| a == b).map(|group| pairs(group.len())).sum())
}

/// Tells the cost and the reach of each rule, in their order.
///
/// Counts are exact but for the marginal ones, which are scaled up from a sample drawn by a hash. They
/// are exact too where a rule holds no more pairs than the sample.
pub fn reach(blocks: &Blocks) -> Vec<RuleReach> {
    let rules = blocks.rules().iter().enumerate();
    rules
        .map(|(position, rule)| RuleReach {
            rule: rule.rule.clone(),
            n_pairs: rule.n_pairs_of_rule,
            n_pairs_kept: rule.n_pairs(),
            n_pairs_marginal: marginal(blocks, position, rule),
            n_blocks: rule.len() as u64,
            n_largest: rule.n_largest as u64,
            n_oversized: rule.n_oversized as u64,
        })
        .collect()
}

fn marginal(blocks: &Blocks, position: usize, rule: &RuleBlocks) -> u64 {
    let mut up_to = Vec::with_capacity(rule.len());
    let mut total = 0;
    for block in 0..rule.len() {
        total += pairs(rule.block(block).len());
        up_to.push(total);
    }
    let is_own = |number: u64| {
        let block = up_to.partition_point(|&up_to| up_to <= number);
        let before = block.checked_sub(1).and_then(|before| up_to.get(before)).copied();
        let (a, b) = pair(number - before.unwrap_or(0));
        let members = rule.block(block);
        match (members.get(a), members.get(b)) {
            (Some(&a), Some(&b)) => blocks.first_rule(a, b) == Some(position),
            _ => false,
        }
    };
    if total <= SAMPLED_PAIRS {
        return (0..total).filter(|&number| is_own(number)).count() as u64;
    }
    let drawn = (0..SAMPLED_PAIRS).map(|draw| mix(draw) % total);
    let own = drawn.filter(|&number| is_own(number)).count() as u64;
    (u128::from(own) * u128::from(total) / u128::from(SAMPLED_PAIRS)) as u64
}

/// The pair of this number: (0, 1), (0, 2), (1, 2), (0, 3), …
fn pair(number: u64) -> (usize, usize) {
    let mut larger = ((8.0 * number as f64 + 1.0).sqrt() as u64).div_ceil(2).max(1);
    while larger * (larger - 1) / 2 > number {
        larger -= 1;
    }
    while larger * (larger + 1) / 2 <= number {
        larger += 1;
    }
    ((number - larger * (larger - 1) / 2) as usize, larger as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_numbered_without_gap() {
        let mut number = 0;
        for larger in 1..60 {
            for smaller in 0..larger {
                assert_eq!(pair(number), (smaller, larger));
                number += 1;
            }
        }
    }
}
