//! Percent ranks: where a value stands among all of them, from 0 to 1.

use crate::rank_score::Rankable;

/// Returns the percent rank of each value, from 0 (none is smaller) to 1, in the order given.
///
/// `#(strictly smaller) / (N - 1)`, SQL's `PERCENT_RANK`: equal values share a rank, and the many
/// who have nothing stand at 0, not in the middle. A value alone has rank 0. `None` and NaN have
/// no rank and do not count in `N`. O(N log N).
pub fn percent_ranks<T: Rankable>(values: impl IntoIterator<Item = Option<T>>) -> Vec<Option<f64>> {
    let keys: Vec<Option<u64>> =
        values.into_iter().map(|value| value.and_then(Rankable::rank_key)).collect();
    let mut ascending: Vec<u64> = keys.iter().flatten().copied().collect();
    ascending.sort_unstable();
    let n_others = ascending.len().saturating_sub(1).max(1) as f64;
    keys.into_iter()
        .map(|key| key.map(|key| ascending.partition_point(|&other| other < key) as f64 / n_others))
        .collect()
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
        fn ranks_depend_on_order_alone(values in prop::collection::vec(-50_i64..50, 0..60)) {
            let ranks = percent_ranks(values.iter().map(|&v| Some(v)));
            let stretched = values.iter().map(|&v| Some((v as f64 / 10.0).exp()));
            prop_assert_eq!(&ranks, &percent_ranks(stretched));
            prop_assert!(ranks.iter().flatten().all(|rank| (0.0..=1.0).contains(rank)));
        }
    }
}
