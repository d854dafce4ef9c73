//! A sample of pairs around the threshold, for people to judge.

use std::collections::BTreeSet;

use super::agglomeration::BoundRecords;

/// Strips of weight from which pairs are drawn alike, so that the sample is spread evenly.
const STRIPS: usize = 20;

/// Which pairs are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleParams {
    /// A draw for each record, in the order of the records; a pair's follows from those of its records.
    ///
    /// Draws that belong to records rather than to places keep a pair in the sample from night to night.
    pub draws: Vec<u64>,
    /// Most pairs, rounded up to a multiple of the strips.
    pub n_pairs: usize,
    /// Bits on either side of the threshold; above 0.
    pub half_width: f64,
}

/// The pairs of each strip with the smallest draws.
#[derive(Debug, Clone)]
pub(super) struct Sample<'a> {
    params: &'a SampleParams,
    threshold: f64,
    bounds: &'a BoundRecords,
    strips: Vec<BTreeSet<(u64, u32, u32)>>,
}

impl<'a> Sample<'a> {
    /// `bounds` are those of the records: pairs that they decide are not drawn, so that the sample moves on
    /// when people have judged.
    pub(super) fn new(params: &'a SampleParams, threshold: f64, bounds: &'a BoundRecords) -> Self {
        Self { params, threshold, bounds, strips: vec![BTreeSet::new(); STRIPS] }
    }

    /// Takes a pair into account, the smaller record first.
    pub(super) fn visit(&mut self, a: u32, b: u32, weight: f64) {
        let share =
            (weight - self.threshold + self.params.half_width) / (2.0 * self.params.half_width);
        if !(0.0..1.0).contains(&share) || self.bounds.decide(a, b) {
            return;
        }
        let draws = &self.params.draws;
        let (Some(&of_a), Some(&of_b)) = (draws.get(a as usize), draws.get(b as usize)) else {
            return;
        };
        let strip = (share * STRIPS as f64) as usize;
        self.keep(strip, (mix(of_a.wrapping_add(mix(of_b))), a, b));
    }

    /// Adds what another part of the pairs gave.
    pub(super) fn merge(&mut self, other: Self) {
        for (strip, entries) in other.strips.into_iter().enumerate() {
            for entry in entries {
                self.keep(strip, entry);
            }
        }
    }

    /// The pairs, ascending.
    pub(super) fn into_pairs(self) -> Vec<(u32, u32)> {
        let entries = self.strips.into_iter().flatten();
        let mut pairs: Vec<(u32, u32)> = entries.map(|(_, a, b)| (a, b)).collect();
        pairs.sort_unstable();
        pairs
    }

    fn keep(&mut self, strip: usize, entry: (u64, u32, u32)) {
        let most = self.params.n_pairs.div_ceil(STRIPS);
        if let Some(kept) = self.strips.get_mut(strip) {
            kept.insert(entry);
            if kept.len() > most {
                kept.pop_last();
            }
        }
    }
}

/// Spreads a number over all of them: the finaliser of `SplitMix64` (Steele, Lea, Flood 2014).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linkage::agglomeration::Bounds;

    /// Pairs of record 0 with each other one, a thousandth of a bit apart from −4 to 4.
    fn pairs() -> impl DoubleEndedIterator<Item = (u32, f64)> {
        (1..8_000).map(|b| (b, f64::from(b) / 1_000.0 - 4.0))
    }

    #[test]
    fn pairs_are_spread_evenly_and_the_order_of_the_visits_decides_nothing() {
        let params =
            SampleParams { draws: (0..8_000).map(mix).collect(), n_pairs: 40, half_width: 3.0 };
        let bounds = Bounds::default().by_record(8_000);
        let mut sample = Sample::new(&params, 0.5, &bounds);
        pairs().for_each(|(b, weight)| sample.visit(0, b, weight));
        let mut halves = [(); 2].map(|()| Sample::new(&params, 0.5, &bounds));
        for (b, weight) in pairs().rev() {
            halves[b as usize % 2].visit(0, b, weight);
        }
        let [mut again, other] = halves;
        again.merge(other);
        let found = sample.into_pairs();
        assert_eq!(found, again.into_pairs());
        // Twenty strips of 0.3 bits from −2.5 to 3.5, two pairs each.
        assert_eq!(found.len(), 40);
        for (strip, two) in found.chunks(2).enumerate() {
            for pair in two {
                let weight = f64::from(pair.1) / 1_000.0 - 4.0;
                let from = -2.5 + 0.3 * strip as f64;
                assert!((from - 1e-9..from + 0.3 + 1e-9).contains(&weight), "{strip}: {weight}");
            }
        }
    }

    #[test]
    fn what_is_decided_makes_room_for_other_pairs() {
        let params =
            SampleParams { draws: (0..8_000).map(mix).collect(), n_pairs: 40, half_width: 3.0 };
        let drawn = |bounds: &Bounds| {
            let bounds = bounds.by_record(8_000);
            let mut sample = Sample::new(&params, 0.5, &bounds);
            pairs().for_each(|(b, weight)| sample.visit(0, b, weight));
            sample.into_pairs()
        };
        let before = drawn(&Bounds::default());
        let [(_, first), (_, second), ..] = before[..] else { panic!("forty pairs") };
        let decided =
            Bounds { tied: vec![vec![0, first]], apart: vec![(0, second)], ..Bounds::default() };
        let after = drawn(&decided);
        assert_eq!(after.len(), before.len());
        assert!(after.iter().all(|&(_, b)| b != first && b != second));
    }
}
