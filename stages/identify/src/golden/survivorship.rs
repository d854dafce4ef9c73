//! Which of several values on the records of one customer stays.

use std::cmp::Ordering;
use std::ops::Range;

/// Day of the last change, then of the registration; a missing day comes before every day.
pub(super) type Recency = (Option<i32>, Option<i32>);

/// The observations of each customer, the most recent first.
#[derive(Debug)]
pub(super) struct History {
    /// Where each customer's observations start in `order`, and the end; shape `(n_customers + 1,)`.
    starts: Vec<usize>,
    order: Vec<u32>,
    recency: Vec<Recency>,
}

impl History {
    /// Sorts observations by customer. O(n log n).
    ///
    /// `observed` gives the customer and the recency of each; customers that `customer_ids`, ascending,
    /// does not list are left out.
    pub(super) fn new(customer_ids: &[i64], observed: &[(i64, Recency)]) -> Self {
        let mut order: Vec<u32> = (0..observed.len() as u32).collect();
        let key =
            |observation: &u32| observed.get(*observation as usize).copied().unwrap_or_default();
        order.sort_unstable_by(|a, b| {
            let ((customer_a, recency_a), (customer_b, recency_b)) = (key(a), key(b));
            customer_a.cmp(&customer_b).then(recency_b.cmp(&recency_a)).then(a.cmp(b))
        });
        let mut starts = Vec::with_capacity(customer_ids.len() + 1);
        let mut kept = Vec::with_capacity(order.len());
        let mut observations = order.into_iter().peekable();
        for &customer_id in customer_ids {
            starts.push(kept.len());
            while let Some(observation) = observations.next_if(|o| key(o).0 <= customer_id) {
                if key(&observation).0 == customer_id {
                    kept.push(observation);
                }
            }
        }
        starts.push(kept.len());
        Self {
            starts,
            order: kept,
            recency: observed.iter().map(|(_, recency)| *recency).collect(),
        }
    }

    /// The observations of each customer.
    pub(super) fn customers(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.starts.windows(2).map(|bounds| match bounds {
            [start, end] => self.order.get(Range { start: *start, end: *end }).unwrap_or_default(),
            _ => &[],
        })
    }

    /// The observation whose value each customer keeps: the most recent; of several the one with the most
    /// frequent value, then the one with the smallest.
    pub(super) fn survivors(
        &self,
        has_value: impl Fn(u32) -> bool,
        compare: impl Fn(u32, u32) -> Ordering,
    ) -> Vec<Option<u32>> {
        let recency = |o: u32| self.recency.get(o as usize).copied().unwrap_or_default();
        let survivor = |observations: &[u32]| {
            let valued = || observations.iter().copied().filter(|&o| has_value(o));
            let first = valued().next()?;
            let frequency = |value: u32| valued().filter(|&o| compare(o, value).is_eq()).count();
            let mut best = (first, None);
            for rival in valued().skip(1).take_while(|&o| recency(o) == recency(first)) {
                match compare(rival, best.0) {
                    Ordering::Equal => {}
                    order => {
                        let of_best = *best.1.get_or_insert_with(|| frequency(best.0));
                        let of_rival = frequency(rival);
                        if of_rival > of_best || of_rival == of_best && order.is_lt() {
                            best = (rival, Some(of_rival));
                        }
                    }
                }
            }
            Some(best.0)
        };
        self.customers().map(survivor).collect()
    }

    /// Whether the values of each customer disagree; `same` tells equal spellings.
    pub(super) fn conflicts(
        &self,
        has_value: impl Fn(u32) -> bool,
        same: impl Fn(u32, u32) -> bool,
    ) -> Vec<bool> {
        let disagree = |observations: &[u32]| {
            let mut valued = observations.iter().copied().filter(|&o| has_value(o));
            let first = valued.next();
            first.is_some_and(|first| valued.any(|o| !same(first, o)))
        };
        self.customers().map(disagree).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Recency = (Some(10), None);
    const NEW: Recency = (Some(20), Some(1));

    fn survivor(values: &[(Option<&str>, Recency)]) -> Option<String> {
        let observed: Vec<_> = values.iter().map(|(_, recency)| (7, *recency)).collect();
        let history = History::new(&[7], &observed);
        let value = |o: u32| values[o as usize].0;
        let winners = history.survivors(|o| value(o).is_some(), |a, b| value(a).cmp(&value(b)));
        winners[0].and_then(value).map(str::to_owned)
    }

    #[test]
    fn the_most_recent_record_with_a_value_wins() {
        let kept = survivor(&[(Some("old"), OLD), (None, NEW), (Some("older"), (None, Some(99)))]);
        assert_eq!(kept.as_deref(), Some("old"));
        let kept = survivor(&[(Some("a"), (Some(20), None)), (Some("b"), NEW)]);
        assert_eq!(kept.as_deref(), Some("b"), "the later registration of two changed on one day");
        assert_eq!(survivor(&[(None, NEW)]), None);
    }

    #[test]
    fn a_tie_goes_to_the_most_frequent_value_then_to_the_smallest() {
        let kept = survivor(&[(Some("a"), NEW), (Some("b"), NEW), (Some("b"), OLD)]);
        assert_eq!(kept.as_deref(), Some("b"), "`b` twice, though once long ago");
        let kept = survivor(&[(Some("c"), NEW), (Some("b"), NEW), (Some("d"), NEW)]);
        assert_eq!(kept.as_deref(), Some("b"));
    }

    #[test]
    fn customers_without_observations_and_observations_without_customer_are_told_apart() {
        let observed = [(9, OLD), (1, NEW), (5, OLD), (9, NEW)];
        let history = History::new(&[1, 4, 9], &observed);
        let of_each: Vec<_> = history.customers().map(<[u32]>::to_vec).collect();
        assert_eq!(of_each, [vec![1], vec![], vec![3, 0]]);
    }

    #[test]
    fn records_conflict_when_any_two_values_differ() {
        let history = History::new(&[1, 2], &[(1, OLD), (1, NEW), (2, OLD), (2, OLD)]);
        let values = [Some("A"), Some("a"), Some("x"), None];
        let same = |a: u32, b: u32| {
            values[a as usize].map(str::to_lowercase) == values[b as usize].map(str::to_lowercase)
        };
        assert_eq!(history.conflicts(|o| values[o as usize].is_some(), same), [false, false]);
        let strict = |a: u32, b: u32| values[a as usize] == values[b as usize];
        assert_eq!(history.conflicts(|o| values[o as usize].is_some(), strict), [true, false]);
    }
}
