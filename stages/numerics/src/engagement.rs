//! Engagement: events weighted by kind and decayed by age, and who answers in time.

use thiserror::Error;

use crate::inference::{Confidence, Estimate, NotEstimable, Proportion, wilson};

/// Why an engagement cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum EngagementError {
    /// The half-life is not above 0.
    #[error("half-life is {0} days, expected a finite number above 0")]
    HalfLife(f64),
    /// An event has a weight that is not finite, or lies in the future.
    #[error(
        "event {event} has weight {weight} and age {age_days} days, expected finite, age from 0"
    )]
    Event {
        /// Place of the event.
        event: usize,
        /// Its weight.
        weight: f64,
        /// Its age.
        age_days: f64,
    },
}

/// An event that shows interest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EngagementEvent {
    /// What an event of its kind is worth, such as 1 for an opened mail, 8 for a review.
    pub weight: f64,
    /// Days from the event to the date of scoring, 0 or more.
    pub age_days: f64,
}

/// The days in which an event loses half its worth.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct HalfLife {
    days: f64,
}

impl HalfLife {
    /// Returns a half-life in days.
    ///
    /// # Errors
    ///
    /// [`EngagementError::HalfLife`] unless it is a finite number above 0.
    pub fn new(days: f64) -> Result<Self, EngagementError> {
        if days.is_finite() && days > 0.0 {
            Ok(Self { days })
        } else {
            Err(EngagementError::HalfLife(days))
        }
    }

    /// Returns the half-life in days.
    pub fn days(self) -> f64 {
        self.days
    }

    /// Returns what is left of 1 after some days: `2^(-age / half-life)`.
    pub fn decay(self, age_days: f64) -> f64 {
        (-age_days / self.days).exp2()
    }

    /// Returns `Σ weight · 2^(-age / half-life)`; 0 without events.
    ///
    /// Events are added oldest first, whatever their order, so that equal events give equal bytes.
    /// O(n log n).
    ///
    /// # Errors
    ///
    /// [`EngagementError::Event`] for the first event that is not finite or lies in the future.
    pub fn score(self, events: &[EngagementEvent]) -> Result<f64, EngagementError> {
        let mut ordered = events.to_vec();
        for (event, &EngagementEvent { weight, age_days }) in events.iter().enumerate() {
            if !(weight.is_finite() && age_days.is_finite() && age_days >= 0.0) {
                return Err(EngagementError::Event { event, weight, age_days });
            }
        }
        ordered.sort_unstable_by(|a, b| {
            b.age_days.total_cmp(&a.age_days).then(a.weight.total_cmp(&b.weight))
        });
        Ok(ordered.iter().map(|event| event.weight * self.decay(event.age_days)).sum())
    }

    /// Returns the score of events of one weight by the days they happened on.
    ///
    /// The days are expected to ascend: then it is the very number that [`HalfLife::score`] gives,
    /// and no list of events has to be made for it. O(n).
    ///
    /// # Errors
    ///
    /// [`EngagementError::Event`] for the first day after `as_of_day`, or a weight that is not
    /// finite where there is any day.
    pub fn score_days(
        self,
        weight: f64,
        days: &[i32],
        as_of_day: i32,
    ) -> Result<f64, EngagementError> {
        let mut score = 0.0;
        for (event, &day) in days.iter().enumerate() {
            let age_days = f64::from(as_of_day) - f64::from(day);
            if !(weight.is_finite() && age_days >= 0.0) {
                return Err(EngagementError::Event { event, weight, age_days });
            }
            score += weight * self.decay(age_days);
        }
        Ok(score)
    }

    /// Returns the days until a score without new events has fallen to a level.
    ///
    /// `half-life · log2(score / level)`; 0 when it is there already, none when it never will be:
    /// for a level of 0 or less, or a score that is not finite.
    pub fn days_until(self, score: f64, level: f64) -> Option<f64> {
        if score <= level {
            return Some(0.0);
        }
        let days = self.days * (score / level).log2();
        (level > 0.0 && days.is_finite()).then_some(days)
    }
}

/// A party that was contacted, and how long it took to respond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstContact {
    /// Days from the contact to the date of scoring, 0 or more.
    pub age_days: f64,
    /// Days from the contact to the first response; none when there was none so far.
    pub response_after_days: Option<f64>,
}

/// The share of contacted parties that respond in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EngagementCapacity {
    /// The share with Wilson's interval.
    pub share: Estimate,
    /// Parties whose time is over, which the share is of.
    pub n_decided: u64,
    /// Parties that still have time to respond, which are left out.
    pub n_undecided: u64,
}

/// Returns the share of contacted parties that respond within some days.
///
/// Whoever was contacted less than `within_days` ago is left out, answered or not: to count only
/// those of them that have answered would flatter every young cohort. One cohort of first contact
/// a call.
///
/// # Errors
///
/// No party whose time is over.
pub fn engagement_capacity(
    contacts: &[FirstContact],
    within_days: f64,
    confidence: Confidence,
) -> Result<EngagementCapacity, NotEstimable> {
    let decided = || contacts.iter().filter(|contact| contact.age_days >= within_days);
    let n = decided().count() as u64;
    let in_time = |after: f64| after <= within_days;
    let successes =
        decided().filter(|contact| contact.response_after_days.is_some_and(in_time)).count() as u64;
    Ok(EngagementCapacity {
        share: wilson(Proportion { successes, n }, confidence)?,
        n_decided: n,
        n_undecided: contacts.len() as u64 - n,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(weight: f64, age_days: f64) -> EngagementEvent {
        EngagementEvent { weight, age_days }
    }

    #[test]
    fn an_event_loses_half_its_worth_in_a_half_life() {
        let half_life = HalfLife::new(30.0).expect("above 0");
        let score = half_life.score(&[event(8.0, 0.0), event(8.0, 30.0), event(8.0, 60.0)]);
        assert!((score.expect("past") - 14.0).abs() < 1e-14);
        assert_eq!(half_life.score(&[]), Ok(0.0));
        assert_eq!(half_life.days_until(14.0, 3.5), Some(60.0));
        assert_eq!(half_life.days_until(1.0, 2.0), Some(0.0));
        assert_eq!(half_life.days_until(1.0, 0.0), None);
        assert_eq!(half_life.days_until(0.0, 0.0), Some(0.0));
        assert_eq!(half_life.days_until(f64::NAN, 1.0), None);
    }

    #[test]
    fn the_future_and_no_half_life_are_refused() {
        let half_life = HalfLife::new(30.0).expect("above 0");
        let error = half_life.score(&[event(1.0, 0.0), event(1.0, -1.0)]).expect_err("is refused");
        assert_eq!(error, EngagementError::Event { event: 1, weight: 1.0, age_days: -1.0 });
        assert!(half_life.score(&[event(f64::NAN, 1.0)]).is_err());
        assert!(HalfLife::new(0.0).is_err() && HalfLife::new(f64::INFINITY).is_err());
    }

    #[test]
    fn whoever_still_has_time_is_not_counted() {
        let contact =
            |age_days, response_after_days| FirstContact { age_days, response_after_days };
        let contacts = [
            contact(30.0, Some(7.0)),
            contact(30.0, Some(8.0)),
            contact(7.0, None),
            contact(30.0, Some(1.0)),
            contact(3.0, Some(1.0)),
            contact(3.0, None),
        ];
        let found = engagement_capacity(&contacts, 7.0, Confidence::P95).expect("four decided");
        assert!((found.share.value - 0.5).abs() < 1e-15);
        assert_eq!((found.n_decided, found.n_undecided), (4, 2));
        let none = engagement_capacity(&contacts, 60.0, Confidence::P95);
        assert_eq!(none, Err(NotEstimable::NoObservations));
    }

    #[test]
    fn days_of_the_future_are_refused() {
        let half_life = HalfLife::new(30.0).expect("above 0");
        let error = half_life.score_days(1.0, &[7, 11], 10).expect_err("is refused");
        assert_eq!(error, EngagementError::Event { event: 1, weight: 1.0, age_days: -1.0 });
        assert!(half_life.score_days(f64::NAN, &[7], 10).is_err());
        assert_eq!(half_life.score_days(1.0, &[], 10), Ok(0.0));
    }

    proptest! {
        #[test]
        fn days_have_the_score_of_their_events(
            days in prop::collection::btree_set(0_i32..900, 1..20), weight in 0.0..10.0_f64,
        ) {
            let half_life = HalfLife::new(45.0).expect("above 0");
            let days: Vec<i32> = days.into_iter().collect();
            let events: Vec<_> = days.iter().map(|&d| event(weight, f64::from(900 - d))).collect();
            let found = half_life.score_days(weight, &days, 900).expect("past");
            prop_assert_eq!(found.to_bits(), half_life.score(&events).expect("past").to_bits());
        }

        #[test]
        fn order_does_not_matter_and_waiting_only_scales(
            (events, shuffled) in prop::collection::vec((0.0..10.0_f64, 0.0..400.0_f64), 0..20)
                .prop_map(|events| events.into_iter().map(|(w, a)| event(w, a)).collect::<Vec<_>>())
                .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
            days in 0.0..200.0_f64,
        ) {
            let half_life = HalfLife::new(45.0).expect("above 0");
            let score = half_life.score(&events).expect("past");
            prop_assert_eq!(score.to_bits(), half_life.score(&shuffled).expect("past").to_bits());
            let older: Vec<_> = events.iter().map(|e| event(e.weight, e.age_days + days)).collect();
            let later = half_life.score(&older).expect("past");
            prop_assert!((later - score * half_life.decay(days)).abs() <= 1e-12 * score);
            if score > 0.0 {
                let until = half_life.days_until(score, later).expect("it falls");
                prop_assert!((until - days).abs() < 1e-6, "{} {}", until, days);
            }
        }
    }
}
