//! Candidate pairs, walked block by block and never stored.

use rayon::prelude::*;

use super::blocking::{Blocks, NO_BLOCK, pairs};

/// Pairs that one piece of work holds at least; small blocks are put together up to it.
const PIECE: u64 = 100_000;

/// Walks the pairs of each rule that no earlier rule holds, in parallel.
///
/// `start` makes the state of a piece of work, `visit` takes a pair, the smaller record first, with the
/// rule. The states come back in the order of the rules and their blocks, so that reducing them in order
/// depends on no thread.
pub(super) fn walk<S: Send>(
    blocks: &Blocks,
    start: impl Fn() -> S + Sync,
    visit: impl Fn(&mut S, usize, u32, u32) + Sync,
) -> Vec<S> {
    pieces(blocks, 0..blocks.rules().len())
        .into_par_iter()
        .map(|(rule, range)| {
            let mut state = start();
            let Some(rule_blocks) = blocks.rules().get(rule) else { return state };
            for block in range {
                each_pair(rule_blocks.block(block), |a, b| {
                    if !held_before(blocks, rule, a, b) {
                        visit(&mut state, rule, a, b);
                    }
                });
            }
            state
        })
        .collect()
}

/// Walks every pair of one rule, whatever other rules hold.
pub(super) fn walk_rule<S: Send>(
    blocks: &Blocks,
    rule: usize,
    start: impl Fn() -> S + Sync,
    visit: impl Fn(&mut S, u32, u32) + Sync,
) -> Vec<S> {
    pieces(blocks, rule..rule + 1)
        .into_par_iter()
        .map(|(rule, range)| {
            let mut state = start();
            if let Some(rule_blocks) = blocks.rules().get(rule) {
                for block in range {
                    each_pair(rule_blocks.block(block), |a, b| visit(&mut state, a, b));
                }
            }
            state
        })
        .collect()
}

fn each_pair(members: &[u32], mut visit: impl FnMut(u32, u32)) {
    for (position, &a) in members.iter().enumerate() {
        for &b in members.iter().skip(position + 1) {
            visit(a, b);
        }
    }
}

fn held_before(blocks: &Blocks, rule: usize, a: u32, b: u32) -> bool {
    let earlier = blocks.blocks_of(a).iter().zip(blocks.blocks_of(b)).take(rule);
    earlier.into_iter().any(|(a, b)| a == b && *a != NO_BLOCK)
}

fn pieces(blocks: &Blocks, rules: std::ops::Range<usize>) -> Vec<(usize, std::ops::Range<usize>)> {
    let mut pieces = Vec::new();
    for rule in rules {
        let Some(rule_blocks) = blocks.rules().get(rule) else { continue };
        let (mut from, mut load) = (0, 0);
        for block in 0..rule_blocks.len() {
            load += pairs(rule_blocks.block(block).len());
            if load >= PIECE {
                pieces.push((rule, from..block + 1));
                (from, load) = (block + 1, 0);
            }
        }
        if from < rule_blocks.len() {
            pieces.push((rule, from..rule_blocks.len()));
        }
    }
    pieces
}
