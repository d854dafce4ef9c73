//! Where a party stands in its life as a customer (capability A67), and why.

use super::error::above_zero;
use super::{GapLimit, GapRule, LoyaltyError, PurchaseDays};

/// The states of a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LifecycleState {
    /// Has never bought.
    Prospect,
    /// Bought for the first time not long ago.
    New,
    /// Buys, and is none of the others.
    Active,
    /// Buys, and is loyal by the rule of the caller.
    Loyal,
    /// Has been silent for longer than is usual.
    AtRisk,
    /// Has been silent for so long that it is taken as lost.
    Lapsed,
    /// Was lapsed, and bought again not long ago.
    WonBack,
}

/// What put a party into its state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LifecycleReason {
    /// There is no purchase.
    NoPurchase,
    /// The first purchase is recent.
    FirstPurchase {
        /// Days since then.
        days_since_first: i64,
    },
    /// The silence is no longer than is usual.
    WithinUsualGap {
        /// Days since the last purchase.
        days_since_last: i64,
        /// How long is usual.
        limit: GapLimit,
    },
    /// The same, and the caller's rule of loyalty holds.
    LoyalByRule {
        /// Days since the last purchase.
        days_since_last: i64,
        /// How long is usual.
        limit: GapLimit,
    },
    /// The silence is longer than is usual.
    BeyondUsualGap {
        /// Days since the last purchase.
        days_since_last: i64,
        /// How long is usual.
        limit: GapLimit,
    },
    /// The silence is longer than a multiple of what is usual.
    BeyondLapse {
        /// Days since the last purchase.
        days_since_last: i64,
        /// Days after which a party is lapsed.
        lapse_days: f64,
    },
    /// A purchase ended a silence that was a lapse by what was usual until then.
    ReturnedAfterLapse {
        /// Days since that purchase.
        days_since_return: i64,
        /// Days of the silence.
        silent_days: i64,
    },
}

/// A state and its reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifecycle {
    /// The state.
    pub state: LifecycleState,
    /// What put the party there.
    pub reason: LifecycleReason,
}

/// Checked settings of the states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LifecycleParams {
    new_days: f64,
    won_back_days: f64,
    lapse_multiple: f64,
    gap_rule: GapRule,
}

impl LifecycleParams {
    /// Returns settings.
    ///
    /// A customer is new for `new_days` after the first purchase, won back for `won_back_days` after
    /// returning; at risk beyond the limit of `gap_rule`, lapsed beyond `lapse_multiple` (above 1)
    /// times that limit.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError::Setting`] unless the numbers are finite and above 0, the multiple above 1.
    pub fn new(
        new_days: f64,
        won_back_days: f64,
        lapse_multiple: f64,
        gap_rule: GapRule,
    ) -> Result<Self, LoyaltyError> {
        if !(lapse_multiple.is_finite() && lapse_multiple > 1.0) {
            let (setting, value) = ("lapse_multiple - 1", lapse_multiple - 1.0);
            return Err(LoyaltyError::Setting { setting, value });
        }
        Ok(Self {
            new_days: above_zero("new_days", new_days)?,
            won_back_days: above_zero("won_back_days", won_back_days)?,
            lapse_multiple,
            gap_rule,
        })
    }

    /// Returns the state of a party, the first of these rules that holds:
    ///
    /// 1. prospect: no purchase;
    /// 2. lapsed: silent for more than the multiple of the usual gap;
    /// 3. at risk: silent for more than the usual gap;
    /// 4. won back: a purchase within `won_back_days` ended a silence that was a lapse by the gaps
    ///    before it;
    /// 5. loyal: `is_loyal`, such as [`super::Recurrence::is_recurrent`] or a level of
    ///    [`super::LoyaltyLevels`];
    /// 6. new: the first purchase is at most `new_days` old;
    /// 7. active: everyone else.
    ///
    /// The state depends on the purchases alone, not on the state of last night: a night that is
    /// run again, or was missed, changes nothing. `segment_gap_days` is the quantile of gaps over
    /// the party's segment, for those with few gaps of their own. The purchases are used up:
    /// looking for a lapse forgets them one by one.
    pub fn state(
        &self,
        purchases: PurchaseDays<'_>,
        segment_gap_days: Option<f64>,
        is_loyal: bool,
    ) -> Lifecycle {
        let dates = purchases.days_since_last().zip(purchases.days_since_first());
        let Some((days_since_last, days_since_first)) = dates else {
            return LifecycleState::Prospect.because(LifecycleReason::NoPurchase);
        };
        let limit = self.gap_rule.limit(&purchases, segment_gap_days);
        let lapse_days = self.lapse_multiple * limit.days;
        if days_since_last as f64 > lapse_days {
            let reason = LifecycleReason::BeyondLapse { days_since_last, lapse_days };
            return LifecycleState::Lapsed.because(reason);
        }
        if days_since_last as f64 > limit.days {
            let reason = LifecycleReason::BeyondUsualGap { days_since_last, limit };
            return LifecycleState::AtRisk.because(reason);
        }
        if let Some(reason) = self.lapse_before(purchases, segment_gap_days) {
            return LifecycleState::WonBack.because(reason);
        }
        if is_loyal {
            let reason = LifecycleReason::LoyalByRule { days_since_last, limit };
            return LifecycleState::Loyal.because(reason);
        }
        if days_since_first as f64 <= self.new_days {
            let reason = LifecycleReason::FirstPurchase { days_since_first };
            return LifecycleState::New.because(reason);
        }
        LifecycleState::Active.because(LifecycleReason::WithinUsualGap { days_since_last, limit })
    }

    /// Finds the latest recent purchase that ended a lapse, judged by the gaps before it.
    fn lapse_before(
        &self,
        mut purchases: PurchaseDays<'_>,
        segment_gap_days: Option<f64>,
    ) -> Option<LifecycleReason> {
        loop {
            let days_since_return = purchases.days_since_last()?;
            if days_since_return as f64 > self.won_back_days {
                return None;
            }
            let silent_days = purchases.forget_last()?;
            let limit = self.gap_rule.limit(&purchases, segment_gap_days);
            if f64::from(silent_days) > self.lapse_multiple * limit.days {
                let silent_days = i64::from(silent_days);
                return Some(LifecycleReason::ReturnedAfterLapse {
                    days_since_return,
                    silent_days,
                });
            }
        }
    }
}

impl LifecycleState {
    /// Returns the name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prospect => "prospect",
            Self::New => "new",
            Self::Active => "active",
            Self::Loyal => "loyal",
            Self::AtRisk => "at_risk",
            Self::Lapsed => "lapsed",
            Self::WonBack => "won_back",
        }
    }

    fn because(self, reason: LifecycleReason) -> Lifecycle {
        Lifecycle { state: self, reason }
    }
}

impl LifecycleReason {
    /// Returns the code used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoPurchase => "no_purchase",
            Self::FirstPurchase { .. } => "first_purchase",
            Self::WithinUsualGap { .. } => "within_usual_gap",
            Self::LoyalByRule { .. } => "loyal_by_rule",
            Self::BeyondUsualGap { .. } => "beyond_usual_gap",
            Self::BeyondLapse { .. } => "beyond_lapse",
            Self::ReturnedAfterLapse { .. } => "returned_after_lapse",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::loyalty::GapRoom;

    fn params() -> LifecycleParams {
        // Own gaps from three on; 60 days by default; lapsed after twice the usual gap.
        let rule = GapRule::new(3, 0.9, 60.0).expect("valid");
        LifecycleParams::new(30.0, 90.0, 2.0, rule).expect("valid")
    }

    fn state(days: &[i32], as_of_day: i32, is_loyal: bool) -> (&'static str, &'static str) {
        let mut room = GapRoom::default();
        let purchases = PurchaseDays::new(days, as_of_day, &mut room).expect("ascend");
        let found = params().state(purchases, None, is_loyal);
        (found.state.as_str(), found.reason.as_str())
    }

    #[test]
    fn a_life_passes_through_its_states() {
        assert_eq!(state(&[], 0, false), ("prospect", "no_purchase"));
        assert_eq!(state(&[0], 0, false), ("new", "first_purchase"));
        assert_eq!(state(&[0], 30, false), ("new", "first_purchase"));
        assert_eq!(state(&[0], 31, false), ("active", "within_usual_gap"));
        assert_eq!(state(&[0], 61, false), ("at_risk", "beyond_usual_gap"));
        assert_eq!(state(&[0], 120, false), ("at_risk", "beyond_usual_gap"));
        assert_eq!(state(&[0], 121, false), ("lapsed", "beyond_lapse"));
        // A silence of 130 days is over; before it 60 days were usual.
        assert_eq!(state(&[0, 130], 140, true), ("won_back", "returned_after_lapse"));
        assert_eq!(state(&[0, 130, 160, 200], 221, true), ("loyal", "loyal_by_rule"));
        assert_eq!(state(&[0, 130, 160, 200], 220, true), ("won_back", "returned_after_lapse"));
    }

    #[test]
    fn a_lapse_is_judged_by_what_was_usual_before_it() {
        // Weekly purchases, then 20 days of silence: more than twice 7, though the silence itself
        // makes the usual gap longer afterwards.
        let mut room = GapRoom::default();
        let purchases = PurchaseDays::new(&[0, 7, 14, 21, 41], 42, &mut room).expect("ascend");
        let found = params().state(purchases, None, false);
        let reason = LifecycleReason::ReturnedAfterLapse { days_since_return: 1, silent_days: 20 };
        assert_eq!(found, Lifecycle { state: LifecycleState::WonBack, reason });
        // The same silence among customers of few purchases is nothing.
        assert_eq!(state(&[0, 20], 42, false).0, "active");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let rule = GapRule::new(3, 0.9, 60.0).expect("valid");
        assert!(LifecycleParams::new(30.0, 90.0, 1.0, rule).is_err());
        let error = LifecycleParams::new(-1.0, 90.0, 2.0, rule).expect_err("is refused");
        assert_eq!(error, LoyaltyError::Setting { setting: "new_days", value: -1.0 });
    }

    proptest! {
        #[test]
        fn silence_leads_from_present_to_at_risk_to_lapsed(
            gaps in prop::collection::vec(1_i32..200, 0..10), is_loyal: bool, waited in 0_i32..900,
        ) {
            let mut days = vec![0];
            days.extend(gaps.iter().scan(0, |day, gap| { *day += gap; Some(*day) }));
            let last = days.last().copied().expect("a day");
            let stage = |waited: i32| {
                let mut room = GapRoom::default();
                let purchases = PurchaseDays::new(&days, last + waited, &mut room).expect("ascend");
                match params().state(purchases, Some(80.0), is_loyal).state {
                    LifecycleState::Lapsed => 2,
                    LifecycleState::AtRisk => 1,
                    LifecycleState::Prospect => -1,
                    _ => 0,
                }
            };
            prop_assert!(stage(waited) >= 0 && stage(waited) <= stage(waited + 1));
        }
    }
}
