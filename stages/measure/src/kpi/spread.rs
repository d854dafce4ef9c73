//! Medians and concentration: what needs every customer.

use std::collections::BTreeMap;

use arrow_array::Array;
use idip_schemas::measure::customer_spread;
use idip_stage::{StageError, Tables};

/// What a group of customers spent, and how often they came; in no order that matters.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Spread {
    /// Net money of each customer, in minor units.
    pub(super) net: Vec<i128>,
    /// Median days between purchase days of each customer who has one.
    pub(super) interpurchase: Vec<f64>,
}

impl Spread {
    /// Every group as one.
    pub(super) fn of_all<'a>(groups: impl Iterator<Item = &'a Self>) -> Self {
        groups.fold(Self::default(), |mut all, group| {
            all.net.extend_from_slice(&group.net);
            all.interpurchase.extend_from_slice(&group.interpurchase);
            all
        })
    }
}

/// The spread of each value segment, by its id.
pub(super) fn read(views: &Tables) -> Result<BTreeMap<i64, Spread>, StageError> {
    let mut spreads: BTreeMap<i64, Spread> = BTreeMap::new();
    for batch in views.batches(&customer_spread::CONTRACT)? {
        let columns = customer_spread::Columns::parse(batch)?;
        for (row, id) in columns.value_segment_id.values().iter().enumerate() {
            let spread = spreads.entry(*id).or_default();
            spread.net.push(columns.net_amount.value(row));
            if columns.interpurchase_median_days.is_valid(row) {
                spread.interpurchase.push(columns.interpurchase_median_days.value(row));
            }
        }
    }
    Ok(spreads)
}

/// Returns the median; the mean of the middle two for an even number, `None` without values.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return Some(*upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(lower, *upper))
}

/// Returns the money of the tenth of `values` with the most, the tenth rounded up.
pub(super) fn top_decile(values: &[i128]) -> i128 {
    let n = values.len().div_ceil(10);
    let mut values = values.to_vec();
    values.sort_unstable_by(|a, b| b.cmp(a));
    values.iter().take(n).sum()
}

/// Returns the Gini coefficient, 0 (all alike) to 1 (one has all), negative values taken as 0.
///
/// `G = 2 Σ i·x_i / (n Σ x_i) − (n + 1) / n`, x ascending and i from 1. `None` when the sum is 0.
pub(super) fn gini(values: &[i128]) -> Option<f64> {
    let mut values: Vec<i128> = values.iter().map(|value| (*value).max(0)).collect();
    values.sort_unstable();
    let sum: i128 = values.iter().sum();
    if sum == 0 {
        return None;
    }
    let ranked: i128 = values.iter().zip(1_i128..).map(|(value, rank)| value * rank).sum();
    let n = values.len() as f64;
    Some(2.0 * (ranked as f64) / (n * sum as f64) - (n + 1.0) / n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7.0]), Some(7.0));
        assert_eq!(median(&[9.0, 1.0, 4.0]), Some(4.0));
        assert_eq!(median(&[9.0, 1.0, 4.0, 2.0]), Some(3.0));
    }

    #[test]
    fn concentration_by_hand() {
        // 11 customers: the tenth is rounded up to 2 of them.
        let values = [50, 30, 4, 4, 3, 3, 2, 2, 1, 1, 0];
        assert_eq!(top_decile(&values), 80);
        // Alike: 0. One of four has all: 1 - 1/4. Of 1 and 3: 2·(1·1 + 2·3)/(2·4) − 3/2 = 0.25.
        assert_eq!(gini(&[5, 5, 5]), Some(0.0));
        assert_eq!(gini(&[0, 8, 0, 0]), Some(0.75));
        assert_eq!(gini(&[3, 1]), Some(0.25));
        // A customer who brought back more than was bought in the history counts as 0.
        assert_eq!(gini(&[-6, 8, 0, 0]), Some(0.75));
        assert_eq!(gini(&[0, -2]), None);
        assert_eq!(gini(&[]), None);
    }

    proptest! {
        #[test]
        fn gini_is_a_share_and_knows_no_order_and_no_currency(
            values in prop::collection::vec(0_i128..1_000_000, 1..60),
        ) {
            let doubled: Vec<i128> = values.iter().rev().map(|value| value * 2).collect();
            match (gini(&values), gini(&doubled)) {
                (Some(one), Some(other)) => {
                    prop_assert!((-1e-12..1.0).contains(&one));
                    prop_assert!((one - other).abs() < 1e-12);
                }
                (one, other) => prop_assert_eq!(one, other),
            }
        }

        #[test]
        fn half_of_the_values_lie_on_each_side_of_the_median(
            values in prop::collection::vec(-1e6..1e6, 1..60),
        ) {
            let middle = median(&values).expect("has values");
            let below = values.iter().filter(|value| **value < middle).count();
            let above = values.iter().filter(|value| **value > middle).count();
            prop_assert!(2 * below <= values.len() && 2 * above <= values.len());
        }
    }
}
