//! Blocks: records that share the key of a rule, large ones divided.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::keys::{NO_KEY, RuleKeys};
use super::rule::{BlockingPart, BlockingRule};
use crate::linkage::error::LinkageError;
use crate::linkage::field::FieldKind;
use crate::linkage::records::Records;

/// Block of a record that is in none.
pub(in crate::linkage) const NO_BLOCK: u32 = 0;

/// The blocks of one rule.
#[derive(Debug, Clone)]
pub struct RuleBlocks {
    /// The rule.
    pub rule: BlockingRule,
    /// Members of the blocks, one block after the other, ascending in each.
    members: Vec<u32>,
    /// Where each block ends.
    ends: Vec<usize>,
    /// Blocks above the cap, which were divided by further columns.
    pub n_oversized: usize,
    /// Records of the largest block before any was divided.
    pub n_largest: usize,
    /// Pairs that share the key.
    pub n_pairs_of_rule: u64,
    /// Pairs of these that no part of a divided block holds.
    pub n_pairs_cut: u64,
}

/// The blocks of every rule, and the block of each record in each.
///
/// 4 bytes a record and rule for the blocks, and as much for the way back.
#[derive(Debug, Clone)]
pub struct Blocks {
    rules: Vec<RuleBlocks>,
    /// Block of each record under each rule; shape `(n_records, n_rules)`.
    block_of: Vec<u32>,
}

impl RuleBlocks {
    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no two records share the key.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The records of one block, ascending.
    pub fn block(&self, block: usize) -> &[u32] {
        let start = block.checked_sub(1).map_or(0, |before| self.end(before));
        self.members.get(start..self.end(block)).unwrap_or_default()
    }

    /// Pairs within the blocks.
    pub fn n_pairs(&self) -> u64 {
        (0..self.len()).map(|block| pairs(self.block(block).len())).sum()
    }

    fn keep_rare(&mut self, n_pairs: u64) {
        let mut pairs_of_size: BTreeMap<usize, u64> = BTreeMap::new();
        for size in (0..self.len()).map(|block| self.block(block).len()) {
            *pairs_of_size.entry(size).or_default() += pairs(size);
        }
        let mut total = 0;
        let largest = pairs_of_size
            .into_iter()
            .take_while(|(_, n)| {
                let is_short = total < n_pairs;
                total += n;
                is_short
            })
            .last()
            .map_or(0, |(size, _)| size);
        let (mut members, mut ends) = (Vec::new(), Vec::new());
        for block in (0..self.len()).map(|block| self.block(block)) {
            if block.len() <= largest {
                members.extend_from_slice(block);
                ends.push(members.len());
            }
        }
        (self.members, self.ends) = (members, ends);
    }

    fn end(&self, block: usize) -> usize {
        self.ends.get(block).copied().unwrap_or(0)
    }
}

impl Blocks {
    /// Builds the blocks of all rules; a block of more than `cap` records is divided.
    ///
    /// A large block is divided by one further column after the other, until its parts are small; what
    /// is still large after the last one is cut and counted. O(n log n) a rule.
    ///
    /// # Errors
    ///
    /// [`LinkageError::UnknownField`] for a rule about a column that there is not.
    pub fn build(
        records: &Records,
        rules: &[BlockingRule],
        cap: usize,
    ) -> Result<Self, LinkageError> {
        let refinements = refinements(records)?;
        let built = rules.iter().map(|rule| build_rule(records, rule, cap, &refinements));
        Ok(Self::of(records.len(), built.collect::<Result<_, _>>()?))
    }

    /// Builds the blocks of one rule and keeps the smallest, whole sizes at a time, until they hold
    /// `n_pairs` or more.
    ///
    /// # Errors
    ///
    /// As of [`Blocks::build`].
    pub(in crate::linkage) fn build_rare(
        records: &Records,
        rule: &BlockingRule,
        cap: usize,
        n_pairs: u64,
    ) -> Result<Self, LinkageError> {
        let mut blocks = build_rule(records, rule, cap, &refinements(records)?)?;
        blocks.keep_rare(n_pairs);
        Ok(Self::of(records.len(), vec![blocks]))
    }

    fn of(n_records: usize, built: Vec<RuleBlocks>) -> Self {
        let mut block_of = vec![NO_BLOCK; n_records * built.len()];
        for (position, rule) in built.iter().enumerate() {
            for block in 0..rule.len() {
                for &member in rule.block(block) {
                    let slot = block_of.get_mut(member as usize * built.len() + position);
                    if let Some(slot) = slot {
                        *slot = block as u32 + 1;
                    }
                }
            }
        }
        Self { rules: built, block_of }
    }

    /// The rules and their blocks.
    pub fn rules(&self) -> &[RuleBlocks] {
        &self.rules
    }

    /// The block of a record under each rule; 0 for none.
    pub(in crate::linkage) fn blocks_of(&self, record: u32) -> &[u32] {
        let n = self.rules.len();
        self.block_of.get(record as usize * n..(record as usize + 1) * n).unwrap_or_default()
    }

    /// The first rule that holds two records in one block.
    pub fn first_rule(&self, a: u32, b: u32) -> Option<usize> {
        let blocks = self.blocks_of(a).iter().zip(self.blocks_of(b));
        blocks.into_iter().position(|(a, b)| a == b && *a != NO_BLOCK)
    }
}

/// Pairs among so many records.
pub(in crate::linkage) fn pairs(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

fn refinements(records: &Records) -> Result<Vec<(BlockingPart, RuleKeys)>, LinkageError> {
    // From what divides people best without being often wrong or missing.
    [
        (FieldKind::LastName, None),
        (FieldKind::FirstName, None),
        (FieldKind::BirthDate, None),
        (FieldKind::PostalCode, None),
        (FieldKind::Street, Some(6)),
        (FieldKind::City, None),
        (FieldKind::Email, None),
        (FieldKind::Phone, None),
    ]
    .into_iter()
    .filter_map(|(kind, length)| {
        let column = records.columns().get(records.position_of_kind(kind)?)?;
        Some(BlockingPart { field: column.field.name.clone(), length })
    })
    .map(|part| {
        let keys = RuleKeys::prepare(records, &BlockingRule { parts: vec![part.clone()] })?;
        Ok((part, keys))
    })
    .collect()
}

fn build_rule(
    records: &Records,
    rule: &BlockingRule,
    cap: usize,
    refinements: &[(BlockingPart, RuleKeys)],
) -> Result<RuleBlocks, LinkageError> {
    let keys = RuleKeys::prepare(records, rule)?;
    let all: Vec<u32> = (0..records.len() as u32).collect();
    let mut blocks = RuleBlocks {
        rule: rule.clone(),
        members: Vec::new(),
        ends: Vec::new(),
        n_oversized: 0,
        n_largest: 0,
        n_pairs_of_rule: 0,
        n_pairs_cut: 0,
    };
    for block in same_key(records, &keys, &all).chunk_by(|a, b| a.0 == b.0) {
        blocks.n_largest = blocks.n_largest.max(block.len());
        blocks.n_pairs_of_rule += pairs(block.len());
        if block.len() > cap {
            let members: Vec<u32> = block.iter().map(|entry| entry.1).collect();
            blocks.n_oversized += 1;
            let parts = refinements
                .iter()
                .filter(|(part, _)| !rule.parts.iter().any(|own| own == part))
                .map(|(_, keys)| keys)
                .collect::<Vec<_>>();
            divide(records, &members, &parts, cap, &mut blocks);
        } else {
            push(block.iter().map(|entry| entry.1), &mut blocks);
        }
    }
    blocks.n_pairs_cut = blocks.n_pairs_of_rule - blocks.n_pairs();
    Ok(blocks)
}

/// Records with a key, by key; those that are alone with theirs are left out.
fn same_key(records: &Records, keys: &RuleKeys, among: &[u32]) -> Vec<(u64, u32)> {
    let mut keyed: Vec<(u64, u32)> = among
        .par_iter()
        .map(|&record| (keys.key(records, record), record))
        .filter(|(key, _)| *key != NO_KEY)
        .collect();
    keyed.par_sort_unstable();
    keyed
}

fn push(members: impl ExactSizeIterator<Item = u32>, blocks: &mut RuleBlocks) {
    if members.len() > 1 {
        blocks.members.extend(members);
        blocks.ends.push(blocks.members.len());
    }
}

fn divide(
    records: &Records,
    members: &[u32],
    parts: &[&RuleKeys],
    cap: usize,
    blocks: &mut RuleBlocks,
) {
    let Some((first, rest)) = parts.split_first() else { return };
    for block in same_key(records, first, members).chunk_by(|a, b| a.0 == b.0) {
        if block.len() > cap {
            let members: Vec<u32> = block.iter().map(|entry| entry.1).collect();
            divide(records, &members, rest, cap, blocks);
        } else {
            push(block.iter().map(|entry| entry.1), blocks);
        }
    }
}

#[cfg(test)]
mod tests;
