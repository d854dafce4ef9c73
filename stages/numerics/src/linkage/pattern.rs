//! The levels of a pair in one number, and how often each pattern occurs.

use std::collections::HashMap;

use super::comparison::NOT_COMPARABLE;

/// Most comparisons of a pair: 16 of 4 bits.
pub const MAX_COMPARISONS: usize = 16;

/// The level of each comparison, 4 bits each, the first one lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pattern(u64);

impl Pattern {
    /// Sets the level, from 0 to 15, of one comparison that has none yet.
    pub(super) fn set(&mut self, comparison: usize, level: u8) {
        self.0 |= u64::from(level & 15) << (4 * comparison);
    }

    /// The level of one comparison, from 0 to 15.
    pub fn level(self, comparison: usize) -> u8 {
        (self.0 >> (4 * comparison) & 15) as u8
    }

    /// The comparisons with a level, and it, ascending.
    pub fn comparable(self) -> impl Iterator<Item = (usize, u8)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let place = rest.trailing_zeros() as usize / 4;
            let level = self.level(place.min(MAX_COMPARISONS - 1));
            (rest != 0).then(|| {
                rest &= !(15 << (4 * place));
                (place, level)
            })
        })
    }

    /// The pattern without some comparisons; `kept` has their bit.
    pub(super) fn only(self, kept: u16) -> Self {
        let mask = (0..MAX_COMPARISONS)
            .filter(|place| kept >> place & 1 == 1)
            .fold(0, |mask, place| mask | 15 << (4 * place));
        Self(self.0 & mask)
    }

    /// Number of comparisons with a level.
    pub fn n_comparable(self) -> u32 {
        self.comparable().filter(|(_, level)| *level != NOT_COMPARABLE).count() as u32
    }
}

/// How many pairs show each pattern.
#[derive(Debug, Clone, Default)]
pub struct PatternCounts {
    counts: HashMap<Pattern, u64>,
}

impl PatternCounts {
    /// Counts one pair.
    pub fn add(&mut self, pattern: Pattern) {
        *self.counts.entry(pattern).or_default() += 1;
    }

    /// Adds the counts of another part of the pairs.
    pub fn merge(&mut self, other: &[(Pattern, u64)]) {
        for &(pattern, count) in other {
            *self.counts.entry(pattern).or_default() += count;
        }
    }

    /// The patterns and their counts, by pattern.
    pub fn sorted(self) -> Vec<(Pattern, u64)> {
        let mut counts: Vec<(Pattern, u64)> = self.counts.into_iter().collect();
        counts.sort_unstable();
        counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pattern_gives_back_its_levels(levels in prop::collection::vec(0_u8..16, 0..=16)) {
            let mut pattern = Pattern::default();
            for (place, &level) in levels.iter().enumerate() {
                pattern.set(place, level);
            }
            let expected: Vec<(usize, u8)> =
                levels.iter().copied().enumerate().filter(|(_, level)| *level > 0).collect();
            prop_assert_eq!(pattern.comparable().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(pattern.n_comparable() as usize, expected.len());
            let even = pattern.only(0x5555);
            prop_assert!(even.comparable().all(|(place, _)| place % 2 == 0));
        }
    }

    #[test]
    fn equal_patterns_are_counted_together() {
        let mut pattern = Pattern::default();
        pattern.set(2, 3);
        let mut counts = PatternCounts::default();
        counts.add(pattern);
        counts.merge(&[(pattern, 4), (Pattern::default(), 1)]);
        assert_eq!(counts.sorted(), [(Pattern::default(), 1), (pattern, 5)]);
    }
}
