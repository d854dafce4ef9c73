//! What the days of purchases tell that features do not: the split into calibration and holdout, the
//! days between purchases, repeat purchases by day.

use idip_numerics::purchase_book::Day;
use idip_stage::{StageError, Views};

use crate::order::parts;
use crate::purchases::CustomerDays;

/// Days told apart; what is a century ago or longer counts as that.
pub(super) const DAYS_TOLD: u32 = 36_525;

/// Purchases of all customers, split at the end of the calibration.
///
/// One place a customer who first bought in the calibration, by ascending customer; times in days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Split {
    /// Repeat purchase days in the calibration.
    pub(super) frequency: Vec<u32>,
    /// From first to last purchase of the calibration.
    pub(super) recency_days: Vec<u32>,
    /// From first purchase to the end of the calibration.
    pub(super) t_days: Vec<u32>,
    /// Purchase days in the holdout.
    pub(super) later_frequency: Vec<u32>,
    /// From the end of the calibration to the last of them; 0 without any.
    pub(super) later_last_day: Vec<u32>,
    /// Repeat purchases of these customers by their age, from 0, on the last day.
    pub(super) repeats_by_age: Vec<u64>,
    /// How often each number of days, from 0, lies between two purchases of any customer.
    pub(super) gaps: Vec<u64>,
    /// Net money of all purchase days, in minor units.
    pub(super) purchase_cents: i128,
    /// Purchase days of all customers.
    pub(super) purchase_days: u64,
}

impl Split {
    /// Reads the purchases of these customers, ascending, up to a day, the calibration ending on another.
    ///
    /// # Errors
    ///
    /// When the view of their days is not answered or breaks its contract.
    pub(super) fn read(
        views: &dyn Views,
        customer_ids: &[i64],
        calibration_end: i32,
        as_of: i32,
    ) -> Result<Self, StageError> {
        let mut split = Self::default();
        let mut days = Vec::new();
        for part in parts(customer_ids) {
            for mine in CustomerDays::read(views, part)?.by_customer() {
                days.clear();
                days.extend(mine.iter().map(|row| row.1));
                split.add(&days, calibration_end, as_of);
            }
        }
        Ok(split)
    }

    /// Adds one customer, of ascending days.
    fn add(&mut self, days: &[Day], calibration_end: i32, as_of: i32) {
        let mut purchases = days.iter().filter(|day| day.baskets > 0 && day.on <= as_of);
        let Some(first) = purchases.next() else { return };
        self.purchase_cents += i128::from(first.cents);
        self.purchase_days += 1;
        let is_known = first.on <= calibration_end;
        let (mut last, mut frequency, mut recency_days) = (first.on, 0, 0);
        let (mut later_frequency, mut later_last_day) = (0, 0);
        for day in purchases {
            self.purchase_cents += i128::from(day.cents);
            self.purchase_days += 1;
            count(&mut self.gaps, last.abs_diff(day.on));
            last = day.on;
            if !is_known {
                continue;
            }
            count(&mut self.repeats_by_age, as_of.abs_diff(day.on));
            if day.on <= calibration_end {
                frequency += 1;
                recency_days = first.on.abs_diff(day.on);
            } else {
                later_frequency += 1;
                later_last_day = calibration_end.abs_diff(day.on);
            }
        }
        if is_known {
            self.frequency.push(frequency);
            self.recency_days.push(recency_days);
            self.t_days.push(first.on.abs_diff(calibration_end));
            self.later_frequency.push(later_frequency);
            self.later_last_day.push(later_last_day);
        }
    }

    /// Median of all days from one purchase to the next; the lower of two middle ones.
    pub(super) fn median_gap(&self) -> Option<u32> {
        let total: u64 = self.gaps.iter().sum();
        let mut below = 0;
        (0..).zip(&self.gaps).find_map(|(gap, &n)| {
            below += n;
            (2 * below >= total).then_some(gap)
        })
    }

    /// Repeat purchases that are as old as that, in days, or older.
    pub(super) fn repeats_from_age(&self, age: u32) -> u64 {
        self.repeats_by_age.get(age.min(DAYS_TOLD) as usize..).unwrap_or_default().iter().sum()
    }

    /// Mean net money of a purchase day; null unless above 0.
    pub(super) fn mean_spend(&self) -> Option<f64> {
        let mean = self.purchase_cents as f64 / (100.0 * self.purchase_days as f64);
        (mean.is_finite() && mean > 0.0).then_some(mean)
    }
}

fn count(counts: &mut Vec<u64>, days: u32) {
    let at = days.min(DAYS_TOLD) as usize;
    if at >= counts.len() {
        counts.resize(at + 1, 0);
    }
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(on: &[(i32, i64, i64)]) -> Vec<Day> {
        on.iter().map(|&(on, cents, baskets)| Day { on, cents, baskets }).collect()
    }

    #[test]
    fn a_customer_is_split_at_the_end_of_the_calibration() {
        let mut split = Split::default();
        // Day 30 is a return, day 120 after the logical date.
        let bought = [(10, 500, 1), (30, -200, 0), (40, 300, 2), (70, 100, 1), (90, 300, 1)];
        split.add(&days(&[&bought[..], &[(120, 9, 1)]].concat()), 50, 100);
        // First bought in the holdout: no customer of the calibration, but a gap of 5 days.
        split.add(&days(&[(60, 100, 1), (65, 100, 1)]), 50, 100);
        split.add(&days(&[(50, 200, 1)]), 50, 100);
        split.add(&days(&[(20, -100, 0)]), 50, 100);
        assert_eq!(split.frequency, [1, 0]);
        assert_eq!(split.recency_days, [30, 0]);
        assert_eq!(split.t_days, [40, 0]);
        assert_eq!(split.later_frequency, [2, 0]);
        assert_eq!(split.later_last_day, [40, 0]);
        // Repeat purchases on days 40, 70 and 90, seen from day 100.
        assert_eq!([60, 61, 30, 10, 0].map(|age| split.repeats_from_age(age)), [1, 0, 2, 3, 3]);
        // Gaps 5, 20, 30, 30: the lower of the two middle ones.
        assert_eq!(split.median_gap(), Some(20));
        assert_eq!((split.purchase_cents, split.purchase_days), (1600, 7));
        assert_eq!(split.mean_spend(), Some(16.0 / 7.0));
        assert_eq!(Split::default().median_gap(), None);
        assert_eq!(Split::default().mean_spend(), None);
    }
}
