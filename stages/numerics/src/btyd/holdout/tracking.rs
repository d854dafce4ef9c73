//! Cumulative repeat purchases of all customers over time.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::btyd::{Cells, PurchaseModel};

/// Returns the repeat purchases that a model expects of all customers up to each day.
///
/// Unconditional: it knows when customers first bought, not what they did since. Days count from
/// the end of calibration, negative ones before it; a customer counts from the day of the first
/// purchase. The curve of Fader, Hardie and Lee (2005), figure 4.
pub fn expected_cumulative(
    model: &dyn PurchaseModel,
    cells: &Cells,
    time_unit_days: f64,
    days: &[i32],
) -> Vec<f64> {
    let mut customers: BTreeMap<u32, f64> = BTreeMap::new();
    for (&t_days, &n) in cells.t_days().iter().zip(cells.n_customers()) {
        *customers.entry(t_days).or_insert(0.0) += f64::from(n);
    }
    // Many pairs of first purchase and day are the same time apart.
    let mut ages: Vec<i64> = days
        .iter()
        .flat_map(|&day| customers.keys().map(move |&t| i64::from(t) + i64::from(day)))
        .filter(|&age| age > 0)
        .collect();
    ages.sort_unstable();
    ages.dedup();
    let expected: Vec<f64> = ages
        .par_iter()
        .map(|&age| model.expected_unconditional(age as f64 / time_unit_days))
        .collect();
    let at = |age: i64| {
        ages.binary_search(&age).ok().and_then(|place| expected.get(place)).copied().unwrap_or(0.0)
    };
    days.iter()
        .map(|&day| customers.iter().map(|(&t, n)| n * at(i64::from(t) + i64::from(day))).sum())
        .collect()
}

/// Returns how many repeat purchases fell on each day or before; the actual beside the expected.
///
/// `purchase_days` are the days of all repeat purchases, in any order, counted as `days` are.
pub fn repeats_until(purchase_days: &[i32], days: &[i32]) -> Vec<u64> {
    let mut sorted = purchase_days.to_vec();
    sorted.sort_unstable();
    days.iter().map(|&day| sorted.partition_point(|&purchase| purchase <= day) as u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purchases_count_from_their_day_on() {
        assert_eq!(repeats_until(&[3, -5, 3, 10], &[-6, -5, 2, 3, 11]), [0, 1, 1, 3, 4]);
    }
}
