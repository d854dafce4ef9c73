//! Whether a party may be reached: consent and suppression.
//!
//! Statements that count for a party and a channel: those of any of the party's references, for the
//! channel or for `all`, with the configured purpose or `all`, dated on or before the logical date.
//! They are one history:
//!
//! 1. A suppression among them closes the channel, whatever else was stated and in whatever order.
//! 2. Else the statements of the newest day hold, whether they name the channel or `all`, and
//!    whichever reference they came by.
//! 3. When that day has a refusal or a withdrawal beside a consent, the party is not reached.
//! 4. Without any statement `unknown_consent` decides; the default is not to contact.

use crate::params::UnknownConsent;

/// What a party may be told by a channel, or why nothing; the larger, the nearer to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    Suppressed,
    ConsentWithdrawn,
    ConsentDenied,
    NoConsent,
    NoAddress,
    Cap,
    Permitted,
}

impl Permission {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Suppressed => "suppressed",
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::ConsentDenied => "consent_denied",
            Self::NoConsent => "no_consent",
            Self::NoAddress => "no_address",
            Self::Cap => "cap",
            Self::Permitted => "permitted",
        }
    }
}

/// The newest day of each kind of statement about one party and channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_field_names, reason = "the names of the columns they come from")]
pub(crate) struct Statements {
    pub(crate) granted_on: Option<i32>,
    pub(crate) denied_on: Option<i32>,
    pub(crate) withdrawn_on: Option<i32>,
    pub(crate) suppressed_on: Option<i32>,
}

impl Statements {
    /// Adds what was stated elsewhere, as for `all` channels or by another reference.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            granted_on: self.granted_on.max(other.granted_on),
            denied_on: self.denied_on.max(other.denied_on),
            withdrawn_on: self.withdrawn_on.max(other.withdrawn_on),
            suppressed_on: self.suppressed_on.max(other.suppressed_on),
        }
    }

    /// Returns what the statements allow; never `NoAddress` or `Cap`.
    pub(crate) fn permission(self, unknown: UnknownConsent) -> Permission {
        if self.suppressed_on.is_some() {
            return Permission::Suppressed;
        }
        let refused_on = self.denied_on.max(self.withdrawn_on);
        match (self.granted_on, refused_on) {
            (None, None) if unknown == UnknownConsent::Allow => Permission::Permitted,
            (None, None) => Permission::NoConsent,
            // `None` sorts before every day.
            (granted, refused) if granted > refused => Permission::Permitted,
            _ if self.withdrawn_on >= self.denied_on => Permission::ConsentWithdrawn,
            _ => Permission::ConsentDenied,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn granted(day: i32) -> Statements {
        Statements { granted_on: Some(day), ..Statements::default() }
    }

    fn denied(day: i32) -> Statements {
        Statements { denied_on: Some(day), ..Statements::default() }
    }

    fn withdrawn(day: i32) -> Statements {
        Statements { withdrawn_on: Some(day), ..Statements::default() }
    }

    fn suppressed(day: i32) -> Statements {
        Statements { suppressed_on: Some(day), ..Statements::default() }
    }

    #[test]
    fn histories_by_hand() {
        use Permission::{ConsentDenied, ConsentWithdrawn, NoConsent, Permitted, Suppressed};
        let histories: [(&[Statements], Permission); 10] = [
            (&[], NoConsent),
            (&[granted(10)], Permitted),
            (&[denied(10)], ConsentDenied),
            (&[granted(10), withdrawn(20)], ConsentWithdrawn),
            (&[withdrawn(10), granted(20)], Permitted),
            (&[granted(10), denied(10)], ConsentDenied),
            (&[granted(10), denied(5), withdrawn(10)], ConsentWithdrawn),
            (&[denied(10), withdrawn(10)], ConsentWithdrawn),
            (&[withdrawn(9), denied(10)], ConsentDenied),
            (&[suppressed(1), granted(20)], Suppressed),
        ];
        for (history, expected) in histories {
            let all = history.iter().fold(Statements::default(), |a, &b| a.and(b));
            assert_eq!(all.permission(UnknownConsent::Deny), expected, "{history:?}");
        }
    }

    #[test]
    fn allowing_the_unknown_allows_nothing_that_was_refused() {
        let allow = |statements: Statements| statements.permission(UnknownConsent::Allow);
        assert_eq!(allow(Statements::default()), Permission::Permitted);
        assert_eq!(allow(denied(1)), Permission::ConsentDenied);
        assert_eq!(allow(suppressed(1)), Permission::Suppressed);
    }

    /// The rule word by word, over the statements themselves.
    fn oracle(history: &[(i32, u8)]) -> bool {
        if history.iter().any(|&(_, kind)| kind == 3) {
            return false;
        }
        let Some(newest) = history.iter().map(|&(day, _)| day).max() else { return false };
        history.iter().filter(|&&(day, _)| day == newest).all(|&(_, kind)| kind == 0)
    }

    proptest! {
        #[test]
        fn a_party_is_reached_only_when_its_newest_day_says_nothing_but_yes(
            history in prop::collection::vec((0..6_i32, 0..4_u8), 0..6),
        ) {
            let statements = history.iter().fold(Statements::default(), |all, &(day, kind)| {
                all.and([granted, denied, withdrawn, suppressed][usize::from(kind)](day))
            });
            let permitted = statements.permission(UnknownConsent::Deny) == Permission::Permitted;
            prop_assert_eq!(permitted, oracle(&history));
        }
    }
}
