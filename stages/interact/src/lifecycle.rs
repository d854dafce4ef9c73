//! What a contact is for, by where the party stands in its life with the shop.
//!
//! The first row that fits:
//!
//! | purchase days | and | reason |
//! |---|---|---|
//! | 0 | first seen at most `welcome_days` ago | `welcome` |
//! | 0 | | `first_purchase` |
//! | 1 or more | last purchase more than `win_back_after_days` ago | `win_back` |
//! | 1 | | `second_purchase` |
//! | 2 or more | last purchase more than `late_after_medians` own median intervals ago | `prevent_loss` |
//! | 2 or more | no interaction for more than `reconnect_after_days` | `reconnect` |
//! | 2 or more | | `nurture` |
//!
//! What is not known fits no condition. Prevention comes before reconquest: a late customer is
//! spoken to before it counts as lost.

use crate::params::Lifecycle;

/// What a contact is for, in the order of the rule table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Reason {
    Welcome,
    FirstPurchase,
    WinBack,
    SecondPurchase,
    PreventLoss,
    Reconnect,
    #[default]
    Nurture,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::FirstPurchase => "first_purchase",
            Self::WinBack => "win_back",
            Self::SecondPurchase => "second_purchase",
            Self::PreventLoss => "prevent_loss",
            Self::Reconnect => "reconnect",
            Self::Nurture => "nurture",
        }
    }
}

/// What the rule table looks at; days count back from the logical date.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct History {
    pub(crate) purchase_days: i64,
    pub(crate) days_since_first_seen: Option<i64>,
    pub(crate) days_since_last: Option<i64>,
    pub(crate) interpurchase_median_days: Option<f64>,
    pub(crate) days_since_interaction: Option<i64>,
}

impl Lifecycle {
    /// Returns the reason of the first row that fits.
    pub(crate) fn reason(&self, history: &History) -> Reason {
        let beyond = |days: Option<i64>, limit: u32| days.is_some_and(|d| d > i64::from(limit));
        let is_new =
            history.days_since_first_seen.is_some_and(|d| d <= i64::from(self.welcome_days));
        let is_late = || {
            let known = history.days_since_last.zip(history.interpurchase_median_days);
            known.is_some_and(|(since, median)| since as f64 > self.late_after_medians * median)
        };
        match history.purchase_days {
            ..=0 if is_new => Reason::Welcome,
            ..=0 => Reason::FirstPurchase,
            _ if beyond(history.days_since_last, self.win_back_after_days) => Reason::WinBack,
            1 => Reason::SecondPurchase,
            _ if is_late() => Reason::PreventLoss,
            _ if beyond(history.days_since_interaction, self.reconnect_after_days) => {
                Reason::Reconnect
            }
            _ => Reason::Nurture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(history: History) -> &'static str {
        Lifecycle::default().reason(&history).as_str()
    }

    #[test]
    fn parties_without_purchases_are_welcomed_then_asked_for_the_first() {
        let prospect = |days| History { days_since_first_seen: days, ..History::default() };
        assert_eq!(reason(prospect(Some(30))), "welcome");
        assert_eq!(reason(prospect(Some(31))), "first_purchase");
        assert_eq!(reason(prospect(None)), "first_purchase");
    }

    #[test]
    fn customers_are_kept_before_they_are_won_back() {
        let customer = |purchase_days, since, median, interaction| History {
            purchase_days,
            days_since_first_seen: Some(400),
            days_since_last: Some(since),
            interpurchase_median_days: median,
            days_since_interaction: interaction,
        };
        assert_eq!(reason(customer(1, 5, None, None)), "second_purchase");
        assert_eq!(reason(customer(1, 181, None, None)), "win_back");
        assert_eq!(reason(customer(5, 181, Some(10.0), None)), "win_back");
        assert_eq!(reason(customer(5, 180, Some(10.0), None)), "prevent_loss");
        assert_eq!(reason(customer(5, 20, Some(10.0), None)), "nurture");
        assert_eq!(reason(customer(5, 20, Some(10.0), Some(91))), "reconnect");
        assert_eq!(reason(customer(2, 100, None, Some(90))), "nurture");
    }
}
