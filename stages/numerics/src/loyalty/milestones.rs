//! Milestones of a relationship: which are reached, which is next and how far it is (A29).

use std::num::NonZeroU32;

use super::LoyaltyError;
use crate::survival::Spell;

/// What can happen in a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// A contact, in either direction.
    Contact,
    /// A purchase.
    Purchase,
    /// A review or another post about the shop.
    Review,
    /// A referral of somebody else.
    Referral,
    /// A complaint that was made good.
    RecoveredComplaint,
    /// A tier of the programme, entered.
    Tier,
}

/// An event on a day, numbered as Arrow's `Date32` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatedEvent {
    /// The day.
    pub day: i32,
    /// What happened.
    pub kind: EventKind,
}

/// The days of the events of a party, those of each kind ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventDays<'a> {
    /// Of [`EventKind::Contact`].
    pub contact: &'a [i32],
    /// Of [`EventKind::Purchase`].
    pub purchase: &'a [i32],
    /// Of [`EventKind::Review`].
    pub review: &'a [i32],
    /// Of [`EventKind::Referral`].
    pub referral: &'a [i32],
    /// Of [`EventKind::RecoveredComplaint`].
    pub recovered_complaint: &'a [i32],
    /// Of [`EventKind::Tier`].
    pub tier: &'a [i32],
}

impl<'a> EventDays<'a> {
    fn of(&self, kind: EventKind) -> &'a [i32] {
        match kind {
            EventKind::Contact => self.contact,
            EventKind::Purchase => self.purchase,
            EventKind::Review => self.review,
            EventKind::Referral => self.referral,
            EventKind::RecoveredComplaint => self.recovered_complaint,
            EventKind::Tier => self.tier,
        }
    }

    /// The first day of all; none before any event.
    fn first(&self) -> Option<i32> {
        let Self { contact, purchase, review, referral, recovered_complaint, tier } = self;
        let kinds = [contact, purchase, review, referral, recovered_complaint, tier];
        kinds.into_iter().filter_map(|days| days.first().copied()).min()
    }
}

/// What has to happen for a milestone to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MilestoneRule {
    /// The nth event of a kind: the first, second, tenth purchase.
    Nth {
        /// The kind.
        kind: EventKind,
        /// How many of them.
        n: NonZeroU32,
    },
    /// So many days since the first event of any kind: an anniversary.
    Tenure {
        /// The days.
        days: u32,
    },
}

/// A milestone that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachedMilestone {
    /// Its place in the path, from 0.
    pub milestone: usize,
    /// The day.
    pub day: i32,
    /// Days since the milestone reached before it; none for the first.
    pub days_since_previous: Option<i64>,
}

/// What a milestone still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MilestoneGap {
    /// Events of its kind.
    Events(u32),
    /// Days; all of them where nothing has happened yet.
    Days(u32),
}

/// The milestone a party is on the way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextMilestone {
    /// Its place in the path, from 0.
    pub milestone: usize,
    /// What it still lacks.
    pub gap: MilestoneGap,
    /// Day on which the one before it in the path was reached; none for the first of the path.
    pub waiting_since_day: Option<i32>,
}

/// How far a party has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneProgress {
    /// Milestones reached, by day, those of one day in the order of the path.
    pub reached: Vec<ReachedMilestone>,
    /// First milestone of the path that is not reached; none at its end.
    pub next: Option<NextMilestone>,
}

/// How far a party has come, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MilestoneStanding {
    /// Milestones reached.
    pub n_reached: usize,
    /// Place in the path and day of the newest, the later in the path of several on one day.
    pub last: Option<(usize, i32)>,
    /// First milestone of the path that is not reached; none at its end.
    pub next: Option<NextMilestone>,
}

/// An ordered list of milestones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestonePath {
    rules: Vec<MilestoneRule>,
}

impl MilestonePath {
    /// Returns a path of milestones, in the order they are meant to be reached.
    ///
    /// # Errors
    ///
    /// [`LoyaltyError::RepeatedMilestone`].
    pub fn new(rules: Vec<MilestoneRule>) -> Result<Self, LoyaltyError> {
        let is_repeated =
            |&position: &usize| rules.iter().take(position).any(|r| Some(r) == rules.get(position));
        match (0..rules.len()).find(is_repeated) {
            Some(position) => Err(LoyaltyError::RepeatedMilestone { position }),
            None => Ok(Self { rules }),
        }
    }

    /// Returns the milestones.
    pub fn rules(&self) -> &[MilestoneRule] {
        &self.rules
    }

    /// Returns how far a party has come by `as_of_day`, from its events in any order.
    ///
    /// Later events do not count. A party without any has reached nothing and is on the way to the
    /// first. O(events · log events + milestones · log milestones).
    pub fn progress(&self, events: &[DatedEvent], as_of_day: i32) -> MilestoneProgress {
        let mut events: Vec<(EventKind, i32)> =
            events.iter().map(|event| (event.kind, event.day)).collect();
        events.sort_unstable();
        let days: Vec<i32> = events.iter().map(|event| event.1).collect();
        let of = |kind| {
            let before = events.partition_point(|event| event.0 < kind);
            let up_to = events.partition_point(|event| event.0 <= kind);
            days.get(before..up_to).unwrap_or_default()
        };
        let events = EventDays {
            contact: of(EventKind::Contact),
            purchase: of(EventKind::Purchase),
            review: of(EventKind::Review),
            referral: of(EventKind::Referral),
            recovered_complaint: of(EventKind::RecoveredComplaint),
            tier: of(EventKind::Tier),
        };

        let mut reached: Vec<(i32, usize)> = self
            .rules
            .iter()
            .enumerate()
            .filter_map(|(milestone, &rule)| {
                Some((day_reached(rule, &events, as_of_day)?, milestone))
            })
            .collect();
        reached.sort_unstable();
        let previous = std::iter::once(None).chain(reached.iter().map(|&(day, _)| Some(day)));
        let reached = reached
            .iter()
            .zip(previous)
            .map(|(&(day, milestone), previous)| ReachedMilestone {
                milestone,
                day,
                days_since_previous: previous.map(|previous| i64::from(day) - i64::from(previous)),
            })
            .collect();

        MilestoneProgress { reached, next: self.standing(&events, as_of_day).next }
    }

    /// Returns the same in short, without taking any room.
    ///
    /// Events after `as_of_day` do not count. O(milestones), and for the next of them the logarithm
    /// of its events.
    pub fn standing(&self, events: &EventDays<'_>, as_of_day: i32) -> MilestoneStanding {
        let mut standing = MilestoneStanding::default();
        let mut waiting_since_day = None;
        for (milestone, &rule) in self.rules.iter().enumerate() {
            let reached = day_reached(rule, events, as_of_day);
            if let Some(day) = reached {
                standing.n_reached += 1;
                if standing.last.is_none_or(|(_, last)| last <= day) {
                    standing.last = Some((milestone, day));
                }
            } else if standing.next.is_none() {
                let gap = gap(rule, events, as_of_day);
                standing.next = Some(NextMilestone { milestone, gap, waiting_since_day });
            }
            waiting_since_day = reached;
        }
        standing
    }

    /// Returns how long parties waited for a milestone after the one before it in the path.
    ///
    /// Spells for [`crate::survival::KaplanMeier`], whose `ending_probability` is then the chance
    /// that a party reaches it within a horizon. Parties that did not wait, having reached both on
    /// the same day or the later one first, are left out; so is everyone for the first milestone.
    pub fn waits<'a>(
        parties: impl IntoIterator<Item = &'a MilestoneProgress>,
        milestone: usize,
        as_of_day: i32,
    ) -> Vec<Spell> {
        let wait = |progress: &MilestoneProgress| {
            let day_of = |place| {
                progress.reached.iter().find(|reached| reached.milestone == place).map(|r| r.day)
            };
            let since = day_of(milestone.checked_sub(1)?)?;
            let reached = day_of(milestone);
            let days = i64::from(reached.unwrap_or(as_of_day)) - i64::from(since);
            let exit_days = u32::try_from(days).ok().filter(|&days| days > 0)?;
            Some(Spell { entry_days: 0, exit_days, has_ended: reached.is_some() })
        };
        parties.into_iter().filter_map(wait).collect()
    }
}

/// The day a milestone was reached, if by `as_of_day`.
fn day_reached(rule: MilestoneRule, events: &EventDays<'_>, as_of_day: i32) -> Option<i32> {
    let day = match rule {
        MilestoneRule::Nth { kind, n } => *events.of(kind).get(n.get() as usize - 1)?,
        MilestoneRule::Tenure { days } => events.first()?.checked_add_unsigned(days)?,
    };
    (day <= as_of_day).then_some(day)
}

fn gap(rule: MilestoneRule, events: &EventDays<'_>, as_of_day: i32) -> MilestoneGap {
    match rule {
        MilestoneRule::Nth { kind, n } => {
            let so_far = events.of(kind).partition_point(|&day| day <= as_of_day);
            MilestoneGap::Events(n.get().saturating_sub(u32::try_from(so_far).unwrap_or(u32::MAX)))
        }
        MilestoneRule::Tenure { days } => {
            let first = events.first().filter(|&first| first <= as_of_day);
            let so_far = first.map_or(0, |first| as_of_day.abs_diff(first));
            MilestoneGap::Days(days.saturating_sub(so_far))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::survival::KaplanMeier;

    fn nth(kind: EventKind, n: u32) -> MilestoneRule {
        MilestoneRule::Nth { kind, n: NonZeroU32::new(n).expect("not zero") }
    }

    fn path() -> MilestonePath {
        MilestonePath::new(vec![
            nth(EventKind::Contact, 1),
            nth(EventKind::Purchase, 1),
            nth(EventKind::Purchase, 2),
            MilestoneRule::Tenure { days: 365 },
        ])
        .expect("distinct")
    }

    fn event(kind: EventKind, day: i32) -> DatedEvent {
        DatedEvent { day, kind }
    }

    #[test]
    fn milestones_are_dated_and_the_next_one_is_told() {
        let events = [
            event(EventKind::Purchase, 40),
            event(EventKind::Contact, 10),
            event(EventKind::Purchase, 500), // not yet
        ];
        let found = path().progress(&events, 400);
        let reached: Vec<_> =
            found.reached.iter().map(|r| (r.milestone, r.day, r.days_since_previous)).collect();
        assert_eq!(reached, [(0, 10, None), (1, 40, Some(30)), (3, 375, Some(335))]);
        let next = NextMilestone {
            milestone: 2,
            gap: MilestoneGap::Events(1),
            waiting_since_day: Some(40),
        };
        assert_eq!(found.next, Some(next));
        assert_eq!(path().progress(&events, 500).next, None);
    }

    #[test]
    fn a_prospect_is_on_the_way_as_well() {
        let stranger = path().progress(&[], 0);
        assert!(stranger.reached.is_empty());
        let next = stranger.next.expect("the first");
        assert_eq!((next.milestone, next.gap), (0, MilestoneGap::Events(1)));
        assert_eq!(next.waiting_since_day, None);
        let prospect = path().progress(&[event(EventKind::Contact, 5)], 100);
        assert_eq!(prospect.next.map(|next| next.milestone), Some(1));
        let anniversary = MilestonePath::new(vec![MilestoneRule::Tenure { days: 365 }]);
        let anniversary =
            anniversary.expect("distinct").progress(&[event(EventKind::Contact, 5)], 100);
        assert_eq!(anniversary.next.map(|next| next.gap), Some(MilestoneGap::Days(270)));
    }

    #[test]
    fn a_repeated_milestone_is_named() {
        let rules = vec![nth(EventKind::Review, 1), nth(EventKind::Review, 1)];
        let error = MilestonePath::new(rules).expect_err("is refused");
        assert_eq!(error, LoyaltyError::RepeatedMilestone { position: 1 });
    }

    #[test]
    fn waits_give_the_chance_of_the_next_milestone() {
        // First contact on day 0; purchases after 10 and 20 days, on the same day, and not yet.
        let parties: Vec<MilestoneProgress> = [Some(10), Some(20), Some(0), None]
            .map(|day| {
                let bought = day.map(|day| event(EventKind::Purchase, day));
                let events: Vec<DatedEvent> =
                    [Some(event(EventKind::Contact, 0)), bought].into_iter().flatten().collect();
                path().progress(&events, 100)
            })
            .to_vec();
        let waits = MilestonePath::waits(&parties, 1, 100);
        assert_eq!(waits.len(), 3);
        let curve = KaplanMeier::fit(&waits).expect("three waits");
        // Of the two still waiting on day 10 one buys by day 20.
        assert!((curve.ending_probability(10, 10).expect("two left") - 0.5).abs() < 1e-15);
        assert!(MilestonePath::waits(&parties, 0, 100).is_empty());
    }

    proptest! {
        #[test]
        fn what_is_reached_stays_reached(
            days in prop::collection::vec((0_i32..900, any::<bool>()), 0..12),
            as_of_day in 0_i32..900, later in 0_i32..400,
        ) {
            let events: Vec<DatedEvent> = days
                .iter()
                .map(|&(day, bought)| {
                    event(if bought { EventKind::Purchase } else { EventKind::Contact }, day)
                })
                .collect();
            let before = path().progress(&events, as_of_day);
            let after = path().progress(&events, as_of_day + later);
            prop_assert!(after.reached.starts_with(&before.reached));
            let n_unreached = path().rules().len() - after.reached.len();
            prop_assert_eq!(after.next.is_some(), n_unreached > 0);
            let of = |kind| {
                let of_kind = events.iter().filter(|event| event.kind == kind);
                let mut days: Vec<i32> = of_kind.map(|event| event.day).collect();
                days.sort_unstable();
                days
            };
            let (contact, purchase) = (of(EventKind::Contact), of(EventKind::Purchase));
            let days =
                EventDays { contact: &contact, purchase: &purchase, ..EventDays::default() };
            let standing = path().standing(&days, as_of_day);
            prop_assert_eq!(standing.n_reached, before.reached.len());
            let last = before.reached.last().map(|last| (last.milestone, last.day));
            prop_assert_eq!((standing.last, standing.next), (last, before.next));
        }
    }
}
