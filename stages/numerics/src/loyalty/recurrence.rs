//! Whether a customer keeps coming back (capability A34).

use super::error::above_zero;
use super::{GapLimit, GapRule, LoyaltyError, PurchaseDays};
use crate::inference::Sample;

/// Checked settings of what a recurrent customer is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecurrenceParams {
    orders_min: u32,
    tenure_days_min: f64,
    gap_cv_max: f64,
    wallet_share_min: Option<f64>,
    gap_rule: GapRule,
}

/// Why a customer is not recurrent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecurrenceFailure {
    /// Too few orders.
    FewOrders,
    /// The first and the last purchase lie too near together.
    ShortTenure,
    /// Gaps vary too much, or there are fewer than two.
    Irregular,
    /// The silence is longer than is usual.
    Silent,
    /// Too large a share of what they buy of the kind is bought elsewhere.
    BuysElsewhere,
}

/// A set of [`RecurrenceFailure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecurrenceFailures {
    /// One bit a failure, in their order.
    bits: u8,
}

/// Whether a customer is recurrent, and the figures that decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recurrence {
    /// Days with a purchase.
    pub n_orders: u64,
    /// Days from the first purchase to the last.
    pub tenure_days: i64,
    /// Standard deviation of the gaps over their mean; none for fewer than two gaps.
    pub gap_cv: Option<f64>,
    /// Days since the last purchase; none for a prospect.
    pub days_since_last: Option<i64>,
    /// How long a silence is still usual for the customer.
    pub gap_limit: GapLimit,
    /// Everything that speaks against it.
    pub failures: RecurrenceFailures,
}

impl RecurrenceParams {
    /// Returns settings: at least so many orders over so many days, gaps at most so irregular.
    ///
    /// `gap_cv_max` bounds the coefficient of variation of the gaps: 1 is a customer who buys at
    /// random, 0 one who buys like clockwork.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError::Setting`] unless the numbers are finite and above 0.
    pub fn new(
        orders_min: u32,
        tenure_days_min: f64,
        gap_cv_max: f64,
        gap_rule: GapRule,
    ) -> Result<Self, LoyaltyError> {
        Ok(Self {
            orders_min,
            tenure_days_min: above_zero("tenure_days_min", tenure_days_min)?,
            gap_cv_max: above_zero("gap_cv_max", gap_cv_max)?,
            wallet_share_min: None,
            gap_rule,
        })
    }

    /// Also asks for a share of wallet, from 0 to 1, of those customers whose share is known.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError::Setting`] unless it is finite and above 0.
    pub fn wallet_share_min(self, share: f64) -> Result<Self, LoyaltyError> {
        Ok(Self { wallet_share_min: Some(above_zero("wallet_share_min", share)?), ..self })
    }

    /// Judges a customer by their purchases.
    ///
    /// `segment_gap_days` is the same quantile of gaps over the customer's segment, for customers
    /// with few gaps of their own; `wallet_share` is none where it is not known.
    pub fn judge(
        &self,
        purchases: &PurchaseDays<'_>,
        segment_gap_days: Option<f64>,
        wallet_share: Option<f64>,
    ) -> Recurrence {
        let gaps = purchases.gaps();
        let gap_limit = self.gap_rule.limit(purchases, segment_gap_days);
        let gap_cv = (gaps.len() >= 2).then(|| {
            let sample = Sample::of_each(gaps);
            sample.variance.sqrt() / sample.mean
        });
        let n_orders = purchases.days().len() as u64;
        let tenure_days = purchases.tenure_days();
        let days_since_last = purchases.days_since_last();
        let is_silent = days_since_last.is_none_or(|days| days as f64 > gap_limit.days);
        let is_shared = wallet_share.zip(self.wallet_share_min).is_some_and(|(own, min)| own < min);
        let failures = [
            (RecurrenceFailure::FewOrders, n_orders < u64::from(self.orders_min)),
            (RecurrenceFailure::ShortTenure, (tenure_days as f64) < self.tenure_days_min),
            (RecurrenceFailure::Irregular, gap_cv.is_none_or(|cv| cv > self.gap_cv_max)),
            (RecurrenceFailure::Silent, is_silent),
            (RecurrenceFailure::BuysElsewhere, is_shared),
        ];
        let failures =
            failures.into_iter().filter_map(|(failure, applies)| applies.then_some(failure));
        Recurrence {
            n_orders,
            tenure_days,
            gap_cv,
            days_since_last,
            gap_limit,
            failures: failures.collect(),
        }
    }
}

impl FromIterator<RecurrenceFailure> for RecurrenceFailures {
    fn from_iter<I: IntoIterator<Item = RecurrenceFailure>>(failures: I) -> Self {
        let bits = failures.into_iter().fold(0, |bits, failure| bits | failure.bit());
        Self { bits }
    }
}

impl RecurrenceFailures {
    /// Returns every set there is, each at its [`RecurrenceFailures::place`].
    pub fn all() -> impl Iterator<Item = Self> {
        (0..1 << RecurrenceFailure::ALL.len()).map(|bits| Self { bits })
    }

    /// Returns the place of the set among all sets, from 0, the empty one.
    pub fn place(self) -> usize {
        usize::from(self.bits)
    }

    /// Returns whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Returns what is in it, in the order of [`RecurrenceFailure`].
    pub fn iter(self) -> impl Iterator<Item = RecurrenceFailure> {
        RecurrenceFailure::ALL.into_iter().filter(move |failure| self.bits & failure.bit() != 0)
    }
}

impl Recurrence {
    /// Returns whether nothing speaks against it.
    pub fn is_recurrent(&self) -> bool {
        self.failures.is_empty()
    }
}

impl RecurrenceFailure {
    const ALL: [Self; 5] =
        [Self::FewOrders, Self::ShortTenure, Self::Irregular, Self::Silent, Self::BuysElsewhere];

    fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Returns the name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FewOrders => "few_orders",
            Self::ShortTenure => "short_tenure",
            Self::Irregular => "irregular",
            Self::Silent => "silent",
            Self::BuysElsewhere => "buys_elsewhere",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::loyalty::{GapBasis, GapRoom};

    fn params() -> RecurrenceParams {
        let rule = GapRule::new(3, 0.9, 90.0).expect("valid");
        RecurrenceParams::new(4, 180.0, 0.5, rule).expect("valid")
    }

    fn failures(days: &[i32], as_of_day: i32) -> Vec<&'static str> {
        let mut room = GapRoom::default();
        let purchases = PurchaseDays::new(days, as_of_day, &mut room).expect("ascend");
        let found = params().judge(&purchases, Some(60.0), None);
        found.failures.iter().map(RecurrenceFailure::as_str).collect()
    }

    #[test]
    fn only_the_regular_and_present_customer_is_recurrent() {
        assert_eq!(failures(&[0, 60, 120, 180], 230), [""; 0]);
        assert_eq!(failures(&[0, 60, 120, 180], 241), ["silent"]);
        assert_eq!(failures(&[0, 20, 40, 60], 70), ["short_tenure"]);
        // Gaps 10, 10, 160: mean 60, sd 86.6.
        assert_eq!(failures(&[0, 10, 20, 180], 200), ["irregular"]);
        assert_eq!(failures(&[0, 180], 200), ["few_orders", "irregular"]);
        assert_eq!(failures(&[], 0), ["few_orders", "short_tenure", "irregular", "silent"]);
    }

    #[test]
    fn the_figures_that_decide_are_told() {
        let mut room = GapRoom::default();
        let purchases = PurchaseDays::new(&[0, 50, 110, 180], 200, &mut room).expect("ascend");
        let with_wallet = params().wallet_share_min(0.5).expect("above 0");
        let found = with_wallet.judge(&purchases, None, Some(0.4));
        // Gaps 50 60 70: mean 60, sd 10; the quantile .9 is 68.
        assert!((found.gap_cv.expect("three gaps") - 1.0 / 6.0).abs() < 1e-12);
        assert!((found.gap_limit.days - 68.0).abs() < 1e-12);
        assert_eq!(found.gap_limit.basis, GapBasis::Own);
        assert_eq!((found.n_orders, found.tenure_days, found.days_since_last), (4, 180, Some(20)));
        assert_eq!(found.failures.iter().collect::<Vec<_>>(), [RecurrenceFailure::BuysElsewhere]);
        assert!(with_wallet.judge(&purchases, None, None).is_recurrent());
        assert!(with_wallet.judge(&purchases, None, Some(0.5)).is_recurrent());
    }

    #[test]
    fn every_set_of_failures_is_told_by_its_place() {
        for (place, failures) in RecurrenceFailures::all().enumerate() {
            assert_eq!(failures.place(), place);
            assert_eq!(failures.iter().collect::<RecurrenceFailures>(), failures);
            assert!(failures.iter().is_sorted());
        }
        assert_eq!(RecurrenceFailures::all().count(), 32);
    }

    proptest! {
        #[test]
        fn silence_never_makes_anyone_recurrent(
            gaps in prop::collection::vec(1_i32..90, 0..12), waited in 0_i32..200, more in 0_i32..200,
        ) {
            let mut days = vec![0];
            days.extend(gaps.iter().scan(0, |day, gap| { *day += gap; Some(*day) }));
            let last = days.last().copied().expect("a day");
            let judge = |as_of_day| {
                let mut room = GapRoom::default();
                let purchases = PurchaseDays::new(&days, as_of_day, &mut room).expect("ascend");
                params().judge(&purchases, None, None)
            };
            prop_assert!(
                judge(last + waited).is_recurrent() || !judge(last + waited + more).is_recurrent()
            );
        }
    }
}
