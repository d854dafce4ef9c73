//! Pooled evidence between two groups of records.

use crate::linkage::pattern::Pattern;
use crate::linkage::score::{JointEvidence, Scorer};

/// Sums over the pairs of two groups, comparison by comparison.
///
/// Sums add up: the evidence between a group and the union of two others is the sum of theirs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PooledEvidence {
    sums: Vec<ComparisonSum>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct ComparisonSum {
    comparison: usize,
    person: f64,
    household: f64,
    strangers: f64,
    n_pairs: f64,
}

impl PooledEvidence {
    /// The evidence of one pair; `a` is either record.
    pub fn of_pair(scorer: &Scorer<'_>, a: u32, pattern: Pattern) -> Self {
        let sums = scorer
            .level_evidence(a, pattern)
            .map(|level| ComparisonSum {
                comparison: level.comparison,
                person: level.person,
                household: level.household,
                strangers: level.strangers,
                n_pairs: 1.0,
            })
            .collect();
        Self { sums }
    }

    /// Adds the evidence of other pairs.
    pub fn add(&mut self, other: &Self) {
        for sum in &other.sums {
            match self.sums.binary_search_by_key(&sum.comparison, |own| own.comparison) {
                Ok(place) => {
                    if let Some(own) = self.sums.get_mut(place) {
                        own.person += sum.person;
                        own.household += sum.household;
                        own.strangers += sum.strangers;
                        own.n_pairs += sum.n_pairs;
                    }
                }
                Err(place) => self.sums.insert(place, *sum),
            }
        }
    }

    /// The joint evidence of two groups: priors, and the mean of each comparison over its pairs.
    ///
    /// Missing values do not dilute it, contradictions do.
    pub fn joint(&self, scorer: &Scorer<'_>) -> JointEvidence {
        let (person, household) = scorer.priors();
        let mut joint = JointEvidence { person, household, strangers: 0.0 };
        for sum in &self.sums {
            joint.person += sum.person / sum.n_pairs;
            joint.household += sum.household / sum.n_pairs;
            joint.strangers += sum.strangers / sum.n_pairs;
        }
        joint
    }

    /// Log2 odds that two groups are one person; minus infinity where too little is comparable.
    pub fn weight(&self, scorer: &Scorer<'_>) -> f64 {
        let is_enough =
            self.sums.len() >= 2 && self.sums.iter().any(|sum| !scorer.is_name(sum.comparison));
        if is_enough { self.joint(scorer).weight() } else { f64::NEG_INFINITY }
    }
}
