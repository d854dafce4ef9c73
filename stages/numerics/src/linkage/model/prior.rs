//! How common pairs of one person and of one household are, from a first scoring.

use super::Model;
use crate::linkage::blocking::{Blocks, RuleBlocks, mix, pairs};
use crate::linkage::candidate::walk;
use crate::linkage::comparison::{Comparisons, MAX_LEVELS};
use crate::linkage::pattern::Pattern;
use crate::linkage::records::Records;
use crate::linkage::score::{JointEvidence, Scorer};

/// Rounds of scoring and counting; the second one moves the prior by less than a tenth of a bit.
const ROUNDS: usize = 4;

/// Sets the priors of a model, and the levels among candidate pairs.
///
/// The priors start at one partner a record, `log2 (N / (N (N - 1) / 2))`. Each round scores a sample of
/// the candidate pairs and takes the expected share of pairs of one person among all pairs as the next
/// prior, and the same for households.
pub(super) fn estimate_priors(
    model: &mut Model,
    records: &Records,
    comparisons: &Comparisons,
    blocks: &Blocks,
    n_sampled: u64,
) {
    let all_pairs = pairs(records.len()).max(1) as f64;
    let start = (records.len().max(1) as f64 / all_pairs).log2();
    model.person_prior = 0.0;
    model.household_prior = model.household_prior.map(|_| 0.0);

    let candidates: u64 = blocks.rules().iter().map(RuleBlocks::n_pairs).sum();
    let every = candidates.div_ceil(n_sampled.max(1)).max(1);
    let sample = {
        let scorer = Scorer::new(model, records, comparisons);
        let parts: Vec<Vec<(Pattern, JointEvidence)>> =
            walk(blocks, Vec::new, |sample, _, a, b| {
                if every == 1 || mix(u64::from(a) << 32 | u64::from(b)).is_multiple_of(every) {
                    let pattern = comparisons.pattern(records, a, b);
                    sample.push((pattern, scorer.evidence(a, pattern)));
                }
            });
        parts
    };
    let (mut person, mut household) = (start, model.household_prior.map(|_| start));
    for _ in 0..ROUNDS {
        let (mut n_person, mut n_household) = (0.0, 0.0);
        for (_, evidence) in sample.iter().flatten() {
            let joint = evidence.with_priors(person, household);
            n_person += joint.probability();
            n_household += joint.household_probability();
        }
        let prior = |n: f64| ((n * every as f64).max(0.5) / all_pairs).min(0.5).log2();
        person = prior(n_person);
        household = household.map(|_| prior(n_household));
    }
    model.person_prior = person;
    model.household_prior = household;
    count_levels(model, sample.iter().flatten().map(|(pattern, _)| *pattern));
}

fn count_levels(model: &mut Model, patterns: impl Iterator<Item = Pattern>) {
    let mut counts = vec![[0_u64; MAX_LEVELS]; model.comparisons.len()];
    for pattern in patterns {
        for (comparison, counts) in counts.iter_mut().enumerate() {
            if let Some(count) = counts.get_mut(usize::from(pattern.level(comparison))) {
                *count += 1;
            }
        }
    }
    for (comparison, counts) in model.comparisons.iter_mut().zip(counts) {
        comparison.n_pairs = counts.into_iter().take(comparison.levels.len() + 1).collect();
    }
}
