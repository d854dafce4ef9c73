//! Percent ranks: where a value stands among all of them, from 0 to 1.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use crate::rank_score::Rankable;

/// Returns the percent rank of each value, from 0 (none is smaller) to 1, in the order given.
///
/// `#(strictly smaller) / (N - 1)`, SQL's `PERCENT_RANK`: equal values share a rank, and the many
/// who have nothing stand at 0, not in the middle. A value alone has rank 0. `None` and NaN have
/// no rank and do not count in `N`. O(N log N).
pub fn percent_ranks<T: Rankable>(values: impl IntoIterator<Item = Option<T>>) -> Vec<Option<f64>> {
    let keys: Vec<Option<u64>> =
        values.into_iter().map(|value| value.and_then(Rankable::rank_key)).collect();
    let ranks = RankTable::of_keys(keys.iter().flatten().copied().collect());
    let n_others = ranks.len().saturating_sub(1).max(1) as f64;
    keys.into_iter().map(|key| key.map(|key| ranks.n_lower(key) as f64 / n_others)).collect()
}

/// Values in order, to ask how many are smaller than one; 8 bytes a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RankTable {
    ascending: Vec<u64>,
    /// Where the keys of each bucket begin, and where the last ends: what is searched is then
    /// near by, and not the whole table.
    starts: Vec<usize>,
    /// Key of the first bucket; those below it are in none.
    lowest: u64,
    /// A key's bucket is its distance from the lowest, less these bits.
    shift: u32,
}

/// This share of the values at either end is in no bucket: a few that are far from all others would
/// leave these in one.
const END_SHARE: usize = 64;

/// Values that share a bucket, about, as a power of two: a look into few lines of memory.
const VALUES_A_BUCKET: u32 = 3;

impl RankTable {
    /// Sorts values; NaN is none.
    pub fn new<T: Rankable>(values: impl IntoParallelIterator<Item = T>) -> Self {
        Self::of_keys(values.into_par_iter().filter_map(Rankable::rank_key).collect())
    }

    fn of_keys(mut ascending: Vec<u64>) -> Self {
        ascending.par_sort_unstable();
        let n = ascending.len();
        let ends = ascending.get(n / END_SHARE).zip(ascending.iter().nth_back(n / END_SHARE));
        let Some((&lowest, &highest)) = ends.filter(|(lowest, highest)| lowest <= highest) else {
            return Self::default();
        };
        let bits = n.ilog2().saturating_sub(VALUES_A_BUCKET).max(1);
        let shift = (u64::BITS - (highest - lowest).leading_zeros()).saturating_sub(bits);
        let n_buckets = ((highest - lowest) >> shift) as usize + 1;
        let mut starts = Vec::with_capacity(n_buckets + 1);
        for place in ascending.partition_point(|&key| key < lowest)..n {
            let bucket = ascending.get(place).map_or(0, |key| ((key - lowest) >> shift) as usize);
            if bucket >= starts.len() {
                starts.resize(n_buckets.min(bucket) + 1, place);
            }
            if bucket >= n_buckets {
                break;
            }
        }
        starts.resize(n_buckets + 1, n);
        Self { ascending, starts, lowest, shift }
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.ascending.len()
    }

    /// Returns whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.ascending.is_empty()
    }

    /// Returns how many values are smaller than this one; `None` for NaN.
    pub fn n_smaller<T: Rankable>(&self, value: T) -> Option<usize> {
        value.rank_key().map(|key| self.n_lower(key))
    }

    /// Brings near what looking these values up will read.
    ///
    /// They lie anywhere in memory: read ahead for many at once, the processor waits for all of them
    /// together instead of one after the other.
    pub fn bring_near<T: Rankable>(&self, values: impl IntoIterator<Item = T>) {
        let read = |value: T| {
            let (start, _) = self.bounds(value.rank_key()?);
            self.ascending.get(start).copied()
        };
        // What was read is of no use, only that it was.
        std::hint::black_box(values.into_iter().filter_map(read).fold(0, u64::wrapping_add));
    }

    fn n_lower(&self, key: u64) -> usize {
        let (start, end) = self.bounds(key);
        let near = self.ascending.get(start..end).unwrap_or_default();
        start + near.partition_point(|&other| other < key)
    }

    /// Where the values of a key's bucket begin and end.
    fn bounds(&self, key: u64) -> (usize, usize) {
        let start_of = |bucket: usize| self.starts.get(bucket).copied();
        match key.checked_sub(self.lowest) {
            None => (0, start_of(0).unwrap_or(self.len())),
            Some(distance) => {
                let bucket = (distance >> self.shift) as usize;
                let bounds = start_of(bucket).zip(start_of(bucket + 1));
                bounds.unwrap_or((self.starts.last().copied().unwrap_or(0), self.len()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rank_is_the_share_of_others_that_are_smaller() {
        // Five values, so each has four others; both zeros have none below, 2 has two, 7 has three.
        let values = [Some(2.0), Some(0.0), None, Some(7.0), Some(-0.0), Some(9.0), Some(f64::NAN)];
        let expected = [Some(0.5), Some(0.0), None, Some(0.75), Some(0.0), Some(1.0), None];
        assert_eq!(percent_ranks(values), expected);
        assert_eq!(percent_ranks([Some(5_i64)]), [Some(0.0)]);
        assert_eq!(percent_ranks::<i64>([]), []);
    }

    proptest! {
        #[test]
        fn a_table_counts_the_smaller(
            values in prop::collection::vec(
                prop_oneof![-9.0..9.0_f64, Just(2.0), -1e300..1e300],
                0..400,
            ),
            asked in prop_oneof![-9.0..9.0_f64, Just(2.0), Just(f64::INFINITY), -1e300..1e300],
        ) {
            let table = RankTable::new(values.clone());
            table.bring_near(values.iter().copied().chain([asked, f64::NAN]));
            for asked in values.iter().copied().chain([asked, -f64::INFINITY]) {
                let expected = values.iter().filter(|&&value| value < asked).count();
                prop_assert_eq!(table.n_smaller(asked), Some(expected));
            }
            prop_assert_eq!(table.n_smaller(f64::NAN), None);
        }

        #[test]
        fn ranks_depend_on_order_alone(values in prop::collection::vec(-50_i64..50, 0..60)) {
            let ranks = percent_ranks(values.iter().map(|&v| Some(v)));
            let stretched = values.iter().map(|&v| Some((v as f64 / 10.0).exp()));
            prop_assert_eq!(&ranks, &percent_ranks(stretched));
            prop_assert!(ranks.iter().flatten().all(|rank| (0.0..=1.0).contains(rank)));
        }
    }
}
