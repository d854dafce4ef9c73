//! Why a pair has its weight: parts, in bits, whose sum it is.

use super::score::{Scorer, log2_sum};

/// One part of a weight.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightPart {
    /// What it comes from.
    pub source: PartSource,
    /// What it adds, in bits.
    pub bits: f64,
}

/// Where a part of a weight comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartSource {
    /// How common pairs of one person are, whatever they show.
    Prior,
    /// The level of one comparison against strangers, `log2 m - log2 u`.
    Level {
        /// Name of the comparison.
        comparison: String,
        /// Its level, for people.
        level: &'static str,
    },
    /// How much rarer or commoner the shared value is than values on the mean.
    Frequency {
        /// Name of the comparison.
        comparison: String,
    },
    /// What is taken off because two people of one household would show it too.
    Household,
}

/// Parts the weight of a pair; their sum is the weight.
///
/// The household part is `log2(2^C) - log2(2^B + 2^C)`, at most 0: what the second class takes off.
pub fn explain(scorer: &Scorer<'_>, a: u32, b: u32) -> Vec<WeightPart> {
    let comparisons = scorer.comparisons();
    let pattern = comparisons.pattern(scorer.records(), a, b);
    let joint = scorer.evidence(a, pattern);
    let mut parts = vec![WeightPart { source: PartSource::Prior, bits: scorer.priors().0 }];
    for evidence in scorer.level_evidence(a, pattern) {
        let Some(comparison) = comparisons.list().get(evidence.comparison) else { continue };
        let level = comparison.kind.level(evidence.level).map_or("", |level| level.label);
        parts.push(WeightPart {
            source: PartSource::Level { comparison: comparison.name.clone(), level },
            bits: evidence.person - evidence.any_strangers,
        });
        let rarity = evidence.any_strangers - evidence.strangers;
        if rarity != 0.0 {
            let source = PartSource::Frequency { comparison: comparison.name.clone() };
            parts.push(WeightPart { source, bits: rarity });
        }
    }
    if joint.household.is_finite() {
        let bits = joint.strangers - log2_sum(joint.household, joint.strangers);
        parts.push(WeightPart { source: PartSource::Household, bits });
    }
    parts
}
