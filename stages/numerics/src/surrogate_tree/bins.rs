//! Columns as bin numbers: 0 for a missing value, then by size.

use rayon::prelude::*;

use super::{NamedColumn, SurrogateError};
use crate::profile::FeatureColumn;

/// Most bins of values: with the one of missing values they fill a byte.
const BINS_MAX: usize = 255;

/// A column cut into bins.
#[derive(Debug)]
pub(super) struct BinnedColumn {
    /// Bin of each row.
    pub(super) bins: Vec<u8>,
    /// Largest value of each bin from 1 on, ascending; every bin has a row.
    uppers: Vec<f64>,
    /// Smallest value of each bin from 1 on.
    lowers: Vec<f64>,
}

impl BinnedColumn {
    /// Returns the number of bins, that of missing values among them.
    pub(super) fn n_bins(&self) -> usize {
        self.uppers.len() + 1
    }

    /// Returns a short number between the values up to a bin and those above it; none when the bin is
    /// that of missing values, or the last one.
    pub(super) fn threshold(&self, bin: usize) -> Option<f64> {
        let upper = *self.uppers.get(bin.checked_sub(1)?)?;
        Some(short_number_between(upper, *self.lowers.get(bin)?))
    }
}

/// Bins every column, each in parallel.
pub(super) fn bin_all(columns: &[NamedColumn<'_>]) -> Result<Vec<BinnedColumn>, SurrogateError> {
    columns
        .par_iter()
        .enumerate()
        .map(|(column, named)| {
            bin(named.values).map_err(|row| SurrogateError::Infinite { column, row })
        })
        .collect()
}

/// Bins a column; fails with the row of an infinite value.
fn bin(column: FeatureColumn<'_>) -> Result<BinnedColumn, usize> {
    let n_rows = column.n_rows();
    let mut ascending: Vec<f64> = (0..n_rows).filter_map(|row| column.value(row)).collect();
    if ascending.iter().any(|value| value.is_infinite()) {
        let is_infinite = |&row: &usize| column.value(row).is_some_and(f64::is_infinite);
        return Err((0..n_rows).find(is_infinite).unwrap_or(0));
    }
    // Minus zero and zero are one value.
    for value in &mut ascending {
        *value += 0.0;
    }
    ascending.sort_unstable_by(f64::total_cmp);
    let uppers = uppers(&ascending);
    let bins = (0..n_rows)
        .map(|row| {
            column.value(row).map_or(0, |value| 1 + uppers.partition_point(|&u| u < value) as u8)
        })
        .collect();
    let mut lowers = Vec::with_capacity(uppers.len());
    let mut first = 0;
    for &upper in &uppers {
        lowers.extend(ascending.get(first).copied());
        first += ascending.get(first..).unwrap_or_default().partition_point(|&v| v <= upper);
    }
    Ok(BinnedColumn { bins, uppers, lowers })
}

/// Returns the largest value of each bin: every value where they are few, else quantiles.
fn uppers(ascending: &[f64]) -> Vec<f64> {
    let mut distinct = Vec::new();
    for &value in ascending {
        if distinct.last() != Some(&value) {
            if distinct.len() == BINS_MAX {
                distinct.clear();
                break;
            }
            distinct.push(value);
        }
    }
    if !distinct.is_empty() || ascending.is_empty() {
        return distinct;
    }
    let n = ascending.len();
    let mut quantiles: Vec<f64> =
        (1..=BINS_MAX).filter_map(|bin| ascending.get(bin * n / BINS_MAX - 1).copied()).collect();
    quantiles.dedup();
    quantiles
}

/// Returns a number `t` with `low <= t < high`, of as few digits as rounding their middle allows.
fn short_number_between(low: f64, high: f64) -> f64 {
    let middle = f64::midpoint(low, high);
    (0..17)
        .filter_map(|digits| format!("{middle:.digits$e}").parse().ok())
        .find(|short| (low..high).contains(short))
        .unwrap_or(low)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_values_have_a_bin_each_and_missing_ones_the_first() {
        let values = [3.0, f64::NAN, -1.0, 3.0, 0.0, -0.0];
        let column = bin(FeatureColumn::Slice(&values)).expect("finite");
        assert_eq!(column.bins, [3, 0, 1, 3, 2, 2]);
        assert_eq!(column.n_bins(), 4);
        let thresholds: Vec<Option<f64>> = (0..5).map(|bin| column.threshold(bin)).collect();
        assert_eq!(thresholds, [None, Some(-0.5), Some(2.0), None, None]);
        assert_eq!(bin(FeatureColumn::Slice(&[0.0, f64::INFINITY])).expect_err("infinite"), 1);
        let nothing = bin(FeatureColumn::Slice(&[f64::NAN])).expect("finite");
        assert_eq!((nothing.n_bins(), nothing.threshold(0)), (1, None));
    }

    #[test]
    fn many_values_are_cut_at_their_quantiles() {
        let values: Vec<f64> = (0..2_550).map(f64::from).collect();
        let column = bin(FeatureColumn::Slice(&values)).expect("finite");
        assert_eq!(column.n_bins(), 256);
        // Ten rows a bin: 0 to 9, 10 to 19.
        assert_eq!((column.bins[9], column.bins[10], column.bins[2_549]), (1, 2, 255));
        assert!((9.0..10.0).contains(&column.threshold(1).expect("two bins")));
    }

    #[test]
    fn thresholds_have_few_digits() {
        // Middles 9.95 and 1234.65: one digit would be 10, not below it; three would be 1230.
        assert_eq!(short_number_between(9.9, 10.0).to_string(), "9.9");
        assert_eq!(short_number_between(1234.1, 1235.2).to_string(), "1235");
        let low = 0.1_f64;
        assert_eq!(short_number_between(low, low.next_up()).to_bits(), low.to_bits());
    }

    proptest! {
        #[test]
        fn a_threshold_tells_bins_apart(
            values in prop::collection::vec((-1000_i32..1000).prop_map(|v| f64::from(v) / 7.0), 1..900),
        ) {
            let column = bin(FeatureColumn::Slice(&values)).expect("finite");
            prop_assert!(column.n_bins() <= 256);
            for bin in 1..column.n_bins() {
                let Some(threshold) = column.threshold(bin) else {
                    prop_assert_eq!(bin, column.n_bins() - 1);
                    continue;
                };
                for (value, &of_row) in values.iter().zip(&column.bins) {
                    prop_assert_eq!(*value <= threshold, usize::from(of_row) <= bin);
                }
            }
        }
    }
}
