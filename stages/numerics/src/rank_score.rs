//! Quantile scores, such as the fifths of RFM, and scores by absolute cut points.
//!
//! Ranks run from worst to best and scores from 1 (worst) to `n_scores` (best). A score under
//! [`TieRule::Low`] or [`TieRule::High`] depends on the multiset of values alone, never on row
//! order: a rank boundary is an order statistic, so it is found by selection, not by sorting.

use std::marker::PhantomData;
use std::num::NonZeroU32;

use thiserror::Error;

/// Which end of the values is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A larger value is better, as for frequency and monetary value.
    HigherIsBetter,
    /// A smaller value is better, as for days since the last purchase.
    LowerIsBetter,
}

/// What equal values that straddle a boundary get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TieRule {
    /// `1 + floor(n * #(strictly worse) / N)`: all of them the score of the worst rank they hold.
    #[default]
    Low,
    /// `ceil(n * #(worse or equal) / N)`: all of them the score of the best rank they hold.
    High,
}

/// A value that has a place in a total order, or none.
///
/// NaN has no place and gets no score; `-0.0` equals `0.0`.
pub trait Rankable: Copy + Send + sealed::Sealed {
    /// Returns a key that orders as the value does, or `None` for NaN.
    fn rank_key(self) -> Option<u64>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for i64 {}
    impl Sealed for f64 {}
}

const SIGN_BIT: u64 = 1 << 63;

impl Rankable for i64 {
    fn rank_key(self) -> Option<u64> {
        Some(self.cast_unsigned() ^ SIGN_BIT)
    }
}

impl Rankable for f64 {
    fn rank_key(self) -> Option<u64> {
        let bits = (self + 0.0).to_bits(); // turns -0.0 into 0.0
        let key = if bits & SIGN_BIT == 0 { bits ^ SIGN_BIT } else { !bits };
        (!self.is_nan()).then_some(key)
    }
}

/// Scores values by their rank among all values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantileScore {
    n_scores: NonZeroU32,
    direction: Direction,
    ties: TieRule,
}

impl QuantileScore {
    /// Returns a rule of `n_scores` levels with [`TieRule::Low`].
    pub fn new(n_scores: NonZeroU32, direction: Direction) -> Self {
        Self { n_scores, direction, ties: TieRule::Low }
    }

    /// Returns the same rule with another treatment of equal values.
    #[must_use]
    pub fn with_ties(self, ties: TieRule) -> Self {
        Self { ties, ..self }
    }

    /// Scores each value from 1 (worst) to `n_scores` (best), in the order given.
    ///
    /// `None` and NaN get no score and do not count in `N`. An Arrow array's iterator can be
    /// passed as it is. O(N log `n_scores`) time, 16 bytes a row of working memory.
    pub fn scores<T: Rankable>(
        self,
        values: impl IntoIterator<Item = Option<T>>,
    ) -> Vec<Option<i64>> {
        let keys: Vec<Option<u64>> = values
            .into_iter()
            .map(|value| self.worst_first(value.and_then(Rankable::rank_key)))
            .collect();
        let mut ranked: Vec<u64> = keys.iter().flatten().copied().collect();
        let boundary_ranks = self.boundary_ranks(ranked.len());
        let boundaries = order_statistics(&mut ranked, &boundary_ranks);
        let is_above = |boundary: u64, key: u64| match self.ties {
            TieRule::Low => boundary < key,
            TieRule::High => boundary <= key,
        };
        keys.into_iter()
            .map(|key| key.map(|key| 1 + boundaries.partition_point(|&b| is_above(b, key)) as i64))
            .collect()
    }

    /// Scores each value into levels of equal size, splitting equal values by ascending id.
    ///
    /// SQL's `NTILE(n_scores) OVER (ORDER BY value from worst to best, id)`: when `N` is no
    /// multiple of `n_scores`, the worst levels are one larger. The rule's [`TieRule`] plays no
    /// part. Rows beyond the shorter of both inputs get no score; so do `None` and NaN. Ids are
    /// meant to be unique: rows equal in both share a score.
    pub fn ntile<T: Rankable>(
        self,
        values: impl IntoIterator<Item = Option<T>>,
        ids: &[i64],
    ) -> Vec<Option<i64>> {
        let keys: Vec<Option<(u64, i64)>> = values
            .into_iter()
            .zip(ids)
            .map(|(value, &id)| {
                self.worst_first(value.and_then(Rankable::rank_key)).map(|key| (key, id))
            })
            .collect();
        let mut ranked: Vec<(u64, i64)> = keys.iter().flatten().copied().collect();

        let n_scores = self.n_scores.get() as usize;
        let (size, n_larger) = (ranked.len() / n_scores, ranked.len() % n_scores);
        let first_ranks: Vec<usize> = (1..n_scores)
            .map(|level| level * size + level.min(n_larger))
            .take_while(|&rank| rank < ranked.len())
            .collect();
        let firsts = order_statistics(&mut ranked, &first_ranks);
        keys.into_iter()
            .map(|key| key.map(|key| 1 + firsts.partition_point(|&first| first <= key) as i64))
            .collect()
    }

    fn worst_first(self, key: Option<u64>) -> Option<u64> {
        match self.direction {
            Direction::HigherIsBetter => key,
            Direction::LowerIsBetter => key.map(|key| !key),
        }
    }

    /// Returns, for each score `s` from 2 on, the rank (from 0) whose value decides on it.
    ///
    /// Low: the score is at least `s` when `n * #worse >= (s - 1) * N`, that is when the value of
    /// rank `ceil((s - 1) * N / n) - 1` is worse. High: when `n * #worse_or_equal > (s - 1) * N`,
    /// that is when the value of rank `floor((s - 1) * N / n)` is worse or equal.
    fn boundary_ranks(self, n_values: usize) -> Vec<usize> {
        let n_scores = u128::from(self.n_scores.get());
        let n_values = n_values as u128;
        if n_values == 0 {
            return Vec::new();
        }
        (1..n_scores)
            .map(|level| match self.ties {
                TieRule::Low => (level * n_values).div_ceil(n_scores) - 1,
                TieRule::High => level * n_values / n_scores,
            } as usize)
            .collect()
    }
}

/// Returns the values of the given ascending ranks (from 0) by repeated selection.
fn order_statistics<K: Ord + Copy>(values: &mut [K], ranks: &[usize]) -> Vec<K> {
    fn select<K: Ord + Copy>(values: &mut [K], offset: usize, ranks: &[usize], found: &mut Vec<K>) {
        // Halving the ranks keeps the depth at log2 of their number.
        let (left, right) = ranks.split_at(ranks.len() / 2);
        let Some((&rank, right)) = right.split_first() else { return };
        let (below, &mut value, above) = values.select_nth_unstable(rank - offset);
        // A rank can occur twice when there are more scores than values.
        let n_left = left.partition_point(|&other| other < rank);
        let n_same = right.partition_point(|&other| other == rank) + left.len() - n_left;
        select(below, offset, left.get(..n_left).unwrap_or_default(), found);
        found.extend(std::iter::repeat_n(value, n_same + 1));
        let right = right.get(n_same + n_left - left.len()..).unwrap_or_default();
        select(above, rank + 1, right, found);
    }
    let mut found = Vec::with_capacity(ranks.len());
    select(values, 0, ranks, &mut found);
    found
}

/// Scores values by fixed cut points instead of ranks, so that a score means the same every night.
#[derive(Debug, Clone)]
pub struct CutPointScore<T> {
    /// From worst to best.
    boundaries: Vec<u64>,
    direction: Direction,
    /// Keys of an `i64` and of an `f64` are not comparable, so the rule remembers its type.
    value_type: PhantomData<fn(T)>,
}

impl<T: Rankable> CutPointScore<T> {
    /// Returns the rule of `cut_points.len() + 1` levels; the cut points must ascend strictly.
    ///
    /// A value equal to a cut point gets the better score of the two, in both directions.
    ///
    /// # Errors
    /// Cut points that are NaN, repeated or out of order.
    pub fn new(cut_points: &[T], direction: Direction) -> Result<Self, CutPointError> {
        let mut boundaries = Vec::with_capacity(cut_points.len());
        for (position, cut_point) in cut_points.iter().enumerate() {
            let key = cut_point.rank_key().ok_or(CutPointError::NotANumber { position })?;
            if boundaries.last().is_some_and(|&previous| key <= previous) {
                return Err(CutPointError::NotAscending { position });
            }
            boundaries.push(key);
        }
        if direction == Direction::LowerIsBetter {
            boundaries.reverse();
            for key in &mut boundaries {
                *key = !*key;
            }
        }
        Ok(Self { boundaries, direction, value_type: PhantomData })
    }

    /// Scores each value from 1 (worst) up, in the order given; `None` and NaN get no score.
    pub fn scores(&self, values: impl IntoIterator<Item = Option<T>>) -> Vec<Option<i64>> {
        values.into_iter().map(|value| self.score(value?)).collect()
    }

    /// Scores one value from 1 (worst) up; NaN gets no score.
    pub fn score(&self, value: T) -> Option<i64> {
        let key = value.rank_key()?;
        let key = if self.direction == Direction::LowerIsBetter { !key } else { key };
        Some(1 + self.boundaries.partition_point(|&boundary| boundary <= key) as i64)
    }
}

/// Why a list of cut points cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CutPointError {
    /// A cut point is NaN.
    #[error("cut point {position} (counted from 0) is not a number")]
    NotANumber {
        /// Place in the list, from 0.
        position: usize,
    },
    /// A cut point does not exceed the one before it.
    #[error("cut point {position} (counted from 0) is not above the one before it")]
    NotAscending {
        /// Place in the list, from 0.
        position: usize,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fifths(direction: Direction) -> QuantileScore {
        QuantileScore::new(NonZeroU32::new(5).expect("not zero"), direction)
    }

    fn scored(rule: QuantileScore, values: &[i64]) -> Vec<i64> {
        rule.scores(values.iter().map(|&v| Some(v))).into_iter().flatten().collect()
    }

    #[test]
    fn ties_share_the_score_of_their_worst_or_best_rank() {
        // Ten customers, six of whom bought once. Low: 0 worse -> 1; the 2s have 6 worse,
        // 1 + floor(5 * 6 / 10) = 4; 3 has 8 worse -> 5; 9 has 9 worse -> 5.
        // High: the 1s have 6 worse or equal, ceil(3) = 3; the 2s 8 -> 4; 3 has 9 -> 5.
        let frequency = [1, 1, 1, 1, 1, 1, 2, 2, 3, 9];
        let rule = fifths(Direction::HigherIsBetter);
        assert_eq!(scored(rule, &frequency), [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]);
        assert_eq!(
            scored(rule.with_ties(TieRule::High), &frequency),
            [3, 3, 3, 3, 3, 3, 4, 4, 5, 5]
        );
    }

    #[test]
    fn ntile_splits_ties_by_ascending_id() {
        // Seven rows in five tiles: sizes 2, 2, 1, 1, 1. Ordered by (value, id): ids 4 5 6 7 1 2 3.
        let ids = [7, 6, 5, 4, 3, 2, 1];
        let values = [0, 0, 0, 0, 1, 1, 1].map(Some::<i64>);
        let tiles = fifths(Direction::HigherIsBetter).ntile(values, &ids);
        assert_eq!(tiles, [2, 2, 1, 1, 5, 4, 3].map(Some));
        // Lower is better turns the values round, not the ids: 1 2 3 4 5 6 7.
        let tiles = fifths(Direction::LowerIsBetter).ntile(values, &ids);
        assert_eq!(tiles, [5, 4, 3, 2, 2, 1, 1].map(Some));
    }

    #[test]
    fn what_has_no_value_gets_no_score_and_does_not_count() {
        let rule = fifths(Direction::HigherIsBetter);
        let scores =
            rule.scores([Some(f64::NAN), Some(-0.0), None, Some(0.0), Some(f64::INFINITY)]);
        // Three values: both zeros have none worse; infinity has two, 1 + floor(10 / 3) = 4.
        assert_eq!(scores, [None, Some(1), None, Some(1), Some(4)]);
        assert_eq!(rule.scores::<i64>([]), []);
        assert_eq!(rule.scores([None::<i64>]), [None]);
    }

    #[test]
    fn a_cut_point_itself_gets_the_better_score() {
        let spend = CutPointScore::new(&[10.0, 50.0], Direction::HigherIsBetter).expect("ascends");
        let values = [9.99, 10.0, 50.0, 51.0, f64::NAN].map(Some);
        assert_eq!(spend.scores(values), [Some(1), Some(2), Some(3), Some(3), None]);
        let days = CutPointScore::new(&[30, 90], Direction::LowerIsBetter).expect("ascends");
        assert_eq!(days.scores([30, 31, 90, 91].map(Some)), [3, 2, 2, 1].map(Some));
    }

    #[test]
    fn cut_points_that_do_not_ascend_are_refused() {
        let refused = |cuts: &[f64]| {
            CutPointScore::new(cuts, Direction::LowerIsBetter).expect_err("is refused")
        };
        assert_eq!(refused(&[1.0, 1.0]), CutPointError::NotAscending { position: 1 });
        assert_eq!(refused(&[1.0, f64::NAN]), CutPointError::NotANumber { position: 1 });
    }

    proptest! {
        #[test]
        fn scores_are_what_counting_says(
            values in prop::collection::vec(-20_i64..20, 0..80),
            n_scores in 1_u32..12,
        ) {
            let rule = |direction| {
                QuantileScore::new(NonZeroU32::new(n_scores).expect("not zero"), direction)
            };
            let n = values.len() as i64;
            let count = |test: &dyn Fn(i64) -> bool| {
                i64::from(n_scores) * values.iter().filter(|&&v| test(v)).count() as i64
            };
            let low = scored(rule(Direction::HigherIsBetter), &values);
            let high =
                scored(rule(Direction::LowerIsBetter).with_ties(TieRule::High), &values);
            for (i, &value) in values.iter().enumerate() {
                prop_assert_eq!(low[i], 1 + count(&|other| other < value) / n);
                prop_assert_eq!(high[i], (count(&|other| value <= other) + n - 1) / n);
            }
        }

        #[test]
        fn keys_order_as_values_do(a in prop::num::f64::ANY, b in prop::num::f64::ANY) {
            prop_assert_eq!(
                a.partial_cmp(&b),
                a.rank_key().zip(b.rank_key()).map(|(a, b)| a.cmp(&b))
            );
        }
    }
}
