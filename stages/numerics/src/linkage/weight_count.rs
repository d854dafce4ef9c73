//! How many pairs have which weight.

use super::agglomeration::Edge;

/// Least and largest bin: those below and above are counted there.
const BINS: (i32, i32) = (-30, 40);
const N_BINS: usize = (BINS.1 - BINS.0 + 1) as usize;

/// Compared pairs of one bit of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightBin {
    /// Where the bin begins, in bits; it is one bit wide. The least one, −30, has all below, the last
    /// one, 40, all above.
    pub from_bits: i32,
    /// Pairs.
    pub n_pairs: u64,
    /// Pairs that became one person; none below the weight from which pairs are kept.
    pub n_linked: Option<u64>,
}

/// Pairs by weight.
#[derive(Debug, Clone)]
pub(super) struct WeightCounts([u64; N_BINS]);

impl WeightCounts {
    pub(super) fn new() -> Self {
        Self([0; N_BINS])
    }

    pub(super) fn add(&mut self, weight: f64) {
        if let Some(count) = self.0.get_mut(place(weight)) {
            *count += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, part)| *sum += part);
    }

    /// The bins from the first to the last with a pair.
    ///
    /// `edges` are the pairs of `kept_from` bits and above, maybe with lighter ones; `person_of` gives the
    /// person of each record.
    pub(super) fn bins(&self, edges: &[Edge], person_of: &[u32], kept_from: f64) -> Vec<WeightBin> {
        let mut linked = Self::new();
        let person = |record: u32| person_of.get(record as usize);
        for edge in edges.iter().filter(|edge| person(edge.a) == person(edge.b)) {
            linked.add(f64::from(edge.weight));
        }
        let mut bins: Vec<WeightBin> = (BINS.0..=BINS.1)
            .zip(self.0.iter().zip(&linked.0))
            .skip_while(|(_, (n_pairs, _))| **n_pairs == 0)
            .map(|(from_bits, (&n_pairs, &linked))| WeightBin {
                from_bits,
                n_pairs,
                n_linked: (f64::from(from_bits) >= kept_from).then_some(linked),
            })
            .collect();
        let n_empty = bins.iter().rev().take_while(|bin| bin.n_pairs == 0).count();
        bins.truncate(bins.len() - n_empty);
        bins
    }
}

fn place(weight: f64) -> usize {
    let floor = weight.floor().clamp(f64::from(BINS.0), f64::from(BINS.1));
    (floor as i32 - BINS.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_by_whole_bits_and_the_ends_take_the_rest() {
        let mut counts = WeightCounts::new();
        for weight in [-99.0, -1.5, -1.0, 0.25, 0.75, 77.0] {
            counts.add(weight);
        }
        let edge = |a, b, weight| Edge { a, b, weight, household_weight: 0.0 };
        let edges = [edge(0, 1, 0.25), edge(0, 2, 0.75), edge(1, 2, -1.5), edge(3, 4, 77.0)];
        let bins = counts.bins(&edges, &[0, 0, 1, 2, 2], -1.0);
        assert_eq!((bins.len(), bins[0].from_bits), (71, -30), "{bins:?}");
        let told: Vec<_> = bins
            .iter()
            .filter(|bin| bin.n_pairs > 0)
            .map(|bin| (bin.from_bits, bin.n_pairs, bin.n_linked))
            .collect();
        let expected =
            [(-30, 1, None), (-2, 1, None), (-1, 1, Some(0)), (0, 2, Some(1)), (40, 1, Some(1))];
        assert_eq!(told, expected);
        assert_eq!(WeightCounts::new().bins(&[], &[], 0.0), []);
    }
}
