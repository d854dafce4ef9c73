//! Gaps between purchases, and how long a silence is still usual.

use super::LoyaltyError;
use super::error::above_zero;
use crate::transform::quantile;

/// Room for the gaps of a party, meant to be used again for the next.
#[derive(Debug, Clone, Default)]
pub struct GapRoom {
    ascending: Vec<u32>,
}

/// The distinct days on which a party bought, ascending, and the date of scoring.
///
/// Days are numbered as Arrow's `Date32` does; a prospect has none.
#[derive(Debug)]
pub struct PurchaseDays<'a> {
    days: &'a [i32],
    as_of_day: i32,
    /// Whatever asks how long is usual needs the gaps in this order.
    gaps_ascending: &'a mut Vec<u32>,
}

impl<'a> PurchaseDays<'a> {
    /// Takes distinct days in ascending order, none after `as_of_day`.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError`] for days that do not ascend, or lie in the future.
    pub fn new(
        days: &'a [i32],
        as_of_day: i32,
        room: &'a mut GapRoom,
    ) -> Result<Self, LoyaltyError> {
        let gaps_ascending = &mut room.ascending;
        gaps_ascending.clear();
        for (before, (earlier, later)) in days.iter().zip(days.iter().skip(1)).enumerate() {
            if earlier >= later {
                return Err(LoyaltyError::PurchaseOrder { position: before + 1 });
            }
            gaps_ascending.push(later.abs_diff(*earlier));
        }
        gaps_ascending.sort_unstable();
        match days.last() {
            Some(&last_day) if last_day > as_of_day => {
                Err(LoyaltyError::Future { last_day, as_of_day })
            }
            _ => Ok(Self { days, as_of_day, gaps_ascending }),
        }
    }

    /// Returns the days, ascending.
    pub fn days(&self) -> &'a [i32] {
        self.days
    }

    /// Forgets the last purchase, and returns the days between it and the one before; none, and
    /// nothing is forgotten, for fewer than two.
    pub(super) fn forget_last(&mut self) -> Option<u32> {
        let (&last, before) = self.days.split_last()?;
        let gap = last.abs_diff(*before.last()?);
        self.days = before;
        if let Ok(place) = self.gaps_ascending.binary_search(&gap) {
            self.gaps_ascending.remove(place);
        }
        Some(gap)
    }

    /// Returns the days since the last purchase; none for a prospect.
    pub fn days_since_last(&self) -> Option<i64> {
        self.days.last().map(|&last| i64::from(self.as_of_day) - i64::from(last))
    }

    /// Returns the days since the first purchase; none for a prospect.
    pub fn days_since_first(&self) -> Option<i64> {
        self.days.first().map(|&first| i64::from(self.as_of_day) - i64::from(first))
    }

    /// Returns the days from the first purchase to the last; 0 for fewer than two.
    pub fn tenure_days(&self) -> i64 {
        let ends = self.days.first().zip(self.days.last());
        ends.map_or(0, |(&first, &last)| i64::from(last) - i64::from(first))
    }

    /// Returns the days between purchases, in their order; one fewer than there are purchases.
    pub fn gaps(&self) -> impl ExactSizeIterator<Item = f64> + Clone {
        let later = self.days.iter().skip(1);
        self.days.iter().zip(later).map(|(&a, &b)| f64::from(b) - f64::from(a))
    }
}

/// Where the limit of a silence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapBasis {
    /// The party's own gaps.
    Own,
    /// The gaps of the party's segment.
    Segment,
    /// The setting: there are neither.
    Default,
}

/// How long a silence is still usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GapLimit {
    /// Days without a purchase; a longer silence is unusual.
    pub days: f64,
    /// Where it comes from.
    pub basis: GapBasis,
}

/// Checked settings of the limit of a silence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GapRule {
    own_gaps_min: usize,
    gap_quantile: f64,
    default_gap_days: f64,
}

impl GapRule {
    /// Returns settings.
    ///
    /// With `own_gaps_min` gaps or more (taken as at least 1) a party's own decide, otherwise those
    /// of the segment; `gap_quantile` (0.9 usually) of the gaps are no longer than the limit;
    /// `default_gap_days` is the limit where there are no gaps at all.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError`] unless the quantile is above 0 and at most 1, the days finite and above 0.
    pub fn new(
        own_gaps_min: usize,
        gap_quantile: f64,
        default_gap_days: f64,
    ) -> Result<Self, LoyaltyError> {
        if !(gap_quantile > 0.0 && gap_quantile <= 1.0) {
            return Err(LoyaltyError::Quantile(gap_quantile));
        }
        let default_gap_days = above_zero("default_gap_days", default_gap_days)?;
        Ok(Self { own_gaps_min: own_gaps_min.max(1), gap_quantile, default_gap_days })
    }

    /// Returns the limit from a party's gaps, or from the same quantile over its segment.
    pub fn limit(&self, own: &PurchaseDays<'_>, segment_gap_days: Option<f64>) -> GapLimit {
        if own.gaps_ascending.len() >= self.own_gaps_min
            && let Some(days) = quantile(own.gaps_ascending, self.gap_quantile)
        {
            return GapLimit { days, basis: GapBasis::Own };
        }
        match segment_gap_days.filter(|days| days.is_finite() && *days > 0.0) {
            Some(days) => GapLimit { days, basis: GapBasis::Segment },
            None => GapLimit { days: self.default_gap_days, basis: GapBasis::Default },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_comes_from_the_nearest_who_have_gaps() {
        let rule = GapRule::new(3, 0.9, 90.0).expect("valid");
        let mut room = GapRoom::default();
        let mut days = PurchaseDays::new(&[0, 20, 50, 60], 100, &mut room).expect("ascend");
        assert_eq!(days.gaps().collect::<Vec<_>>(), [20.0, 30.0, 10.0]);
        // Rank .9 · 2 = 1.8 of 10 20 30.
        let own = rule.limit(&days, Some(50.0));
        assert!((own.days - 28.0).abs() < 1e-12 && own.basis == GapBasis::Own);
        assert_eq!(days.forget_last(), Some(10));
        let segment = rule.limit(&days, Some(50.0));
        assert_eq!(segment, GapLimit { days: 50.0, basis: GapBasis::Segment });
        let prospect = PurchaseDays::new(&[], 100, &mut room).expect("no day");
        let default = rule.limit(&prospect, Some(f64::NAN));
        assert_eq!(default, GapLimit { days: 90.0, basis: GapBasis::Default });
    }

    #[test]
    fn forgetting_purchases_is_never_having_had_them() {
        let days = [0, 9, 12, 30, 31, 40];
        let (mut room, mut other_room) = (GapRoom::default(), GapRoom::default());
        let mut found = PurchaseDays::new(&days, 50, &mut room).expect("ascend");
        for (n, gap) in [(5, 9), (4, 1), (3, 18), (2, 3), (1, 9)] {
            assert_eq!(found.forget_last(), Some(gap));
            let expected = PurchaseDays::new(&days[..n], 50, &mut other_room).expect("ascend");
            assert_eq!(found.days(), expected.days());
            assert_eq!(found.gaps_ascending, expected.gaps_ascending);
        }
        assert_eq!((found.forget_last(), found.days()), (None, &[0][..]));
    }

    #[test]
    fn days_ascend_up_to_the_date_of_scoring() {
        let mut room = GapRoom::default();
        let error = PurchaseDays::new(&[1, 3, 3], 9, &mut room).expect_err("is refused");
        assert_eq!(error, LoyaltyError::PurchaseOrder { position: 2 });
        let error = PurchaseDays::new(&[1, 10], 9, &mut room).expect_err("is refused");
        assert_eq!(error, LoyaltyError::Future { last_day: 10, as_of_day: 9 });
        let prospect = PurchaseDays::new(&[], 9, &mut room).expect("no day");
        assert_eq!((prospect.days_since_last(), prospect.tenure_days()), (None, 0));
        assert!(GapRule::new(1, 0.0, 1.0).is_err() && GapRule::new(1, 0.5, -1.0).is_err());
    }
}
