//! The side of the kernel.

use std::collections::BTreeMap;

use idip_numerics::linkage::{LinkageRun, PartSource, Records, Scorer, explain};

use super::{Pair, Seen};

/// What the kernel sees of each candidate.
pub(super) fn seen(records: &Records, run: &LinkageRun, keys: &[String]) -> BTreeMap<Pair, Seen> {
    let mut seen = BTreeMap::new();
    for (place, rule) in run.blocks.rules().iter().enumerate() {
        let members = (0..rule.len()).map(|block| rule.block(block));
        let of_blocks = members.flat_map(|members| {
            let places = members.iter().enumerate();
            places.flat_map(|(n, &a)| members[n + 1..].iter().map(move |&b| (a, b)))
        });
        for (a, b) in of_blocks.filter(|&(a, b)| run.blocks.first_rule(a, b) == Some(place)) {
            let pattern = run.comparisons.pattern(records, a, b);
            let levels = pattern.comparable().map(|(comparison, level)| {
                (run.comparisons.list()[comparison].name.clone(), i64::from(level))
            });
            let seen_here = Seen { rule: place as i64, levels: levels.collect() };
            let pair = (keys[a as usize].clone(), keys[b as usize].clone());
            assert_eq!(seen.insert(pair, seen_here), None, "each pair once");
        }
    }
    seen
}

/// The parts of a weight as the kernel explains it, by comparison.
pub(super) fn explained(scorer: &Scorer<'_>, a: u32, b: u32) -> BTreeMap<String, f64> {
    let mut parts: BTreeMap<String, f64> = BTreeMap::new();
    for part in explain(scorer, a, b) {
        let name = match part.source {
            PartSource::Prior => "prior".to_owned(),
            PartSource::Household => "household".to_owned(),
            PartSource::Level { comparison, .. } | PartSource::Frequency { comparison } => {
                comparison
            }
        };
        *parts.entry(name).or_default() += part.bits;
    }
    parts
}
