//! Gaps between purchases, and how long a silence is still usual.

use super::LoyaltyError;
use super::error::above_zero;
use crate::transform::quantile;

/// The distinct days on which a party bought, ascending, and the date of scoring.
///
/// Days are numbered as Arrow's `Date32` does; a prospect has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurchaseDays<'a> {
    days: &'a [i32],
    as_of_day: i32,
}

impl<'a> PurchaseDays<'a> {
    /// Takes distinct days in ascending order, none after `as_of_day`.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError`] for days that do not ascend, or lie in the future.
    pub fn new(days: &'a [i32], as_of_day: i32) -> Result<Self, LoyaltyError> {
        if let Some(before) = days.windows(2).position(|pair| pair.first() >= pair.last()) {
            return Err(LoyaltyError::PurchaseOrder { position: before + 1 });
        }
        match days.last() {
            Some(&last_day) if last_day > as_of_day => {
                Err(LoyaltyError::Future { last_day, as_of_day })
            }
            _ => Ok(Self { days, as_of_day }),
        }
    }

    /// Returns the days, ascending.
    pub fn days(&self) -> &'a [i32] {
        self.days
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
    pub fn gaps(&self) -> Vec<f64> {
        let later = self.days.iter().skip(1);
        self.days.iter().zip(later).map(|(&a, &b)| f64::from(b) - f64::from(a)).collect()
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
    pub fn limit(&self, own_gaps: &[f64], segment_gap_days: Option<f64>) -> GapLimit {
        if own_gaps.len() >= self.own_gaps_min {
            let mut ascending = own_gaps.to_vec();
            ascending.sort_unstable_by(f64::total_cmp);
            if let Some(days) = quantile(&ascending, self.gap_quantile) {
                return GapLimit { days, basis: GapBasis::Own };
            }
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
        let days = PurchaseDays::new(&[0, 10, 30, 60], 100).expect("ascend");
        assert_eq!(days.gaps(), [10.0, 20.0, 30.0]);
        // Rank .9 · 2 = 1.8 of 10 20 30.
        let own = rule.limit(&days.gaps(), Some(50.0));
        assert!((own.days - 28.0).abs() < 1e-12 && own.basis == GapBasis::Own);
        let segment = rule.limit(&[10.0, 20.0], Some(50.0));
        assert_eq!(segment, GapLimit { days: 50.0, basis: GapBasis::Segment });
        let default = rule.limit(&[], Some(f64::NAN));
        assert_eq!(default, GapLimit { days: 90.0, basis: GapBasis::Default });
    }

    #[test]
    fn days_ascend_up_to_the_date_of_scoring() {
        let error = PurchaseDays::new(&[1, 3, 3], 9).expect_err("is refused");
        assert_eq!(error, LoyaltyError::PurchaseOrder { position: 2 });
        let error = PurchaseDays::new(&[1, 10], 9).expect_err("is refused");
        assert_eq!(error, LoyaltyError::Future { last_day: 10, as_of_day: 9 });
        let prospect = PurchaseDays::new(&[], 9).expect("no day");
        assert_eq!((prospect.days_since_last(), prospect.tenure_days()), (None, 0));
        assert!(GapRule::new(1, 0.0, 1.0).is_err() && GapRule::new(1, 0.5, -1.0).is_err());
    }
}
