//! Caps on contacts: sliding windows and the gap between two contacts.
//!
//! A cap holds for every window of its length, wherever it starts, contacts planned for later days
//! among them. Calendar days or weeks would let two contacts fall close together on either side of
//! a boundary.

use crate::params::Cap;

/// One contact that counts: its day, and its channel by position, if that is one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) day: i32,
    pub(crate) channel: Option<usize>,
}

/// A cap with its channel by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) max_contacts: u32,
    pub(crate) days: u32,
    pub(crate) channel: Option<usize>,
}

/// Every limit on how often a party is contacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caps {
    pub(crate) windows: Vec<Window>,
    pub(crate) min_gap_days: u32,
}

impl Caps {
    /// Returns the limits; a cap on a channel that is not there counts nothing and is left out.
    pub(crate) fn new(caps: &[Cap], min_gap_days: u32, channels: &[&str]) -> Self {
        let windows = caps.iter().filter_map(|cap| {
            let channel = match &cap.channel {
                Some(name) => Some(channels.iter().position(|channel| channel == name)?),
                None => None,
            };
            Some(Window { max_contacts: cap.max_contacts, days: cap.window_days, channel })
        });
        // Never two contacts on one day, whatever was configured.
        Self { windows: windows.collect(), min_gap_days: min_gap_days.max(1) }
    }

    /// Returns whether one more contact on `day` by `channel` keeps every limit.
    ///
    /// `past` is in any order and may hold days after `day`. `buffer` is scratch space.
    pub(crate) fn allow(
        &self,
        past: &[Contact],
        day: i32,
        channel: usize,
        buffer: &mut Vec<i32>,
    ) -> bool {
        let too_close = |contact: &Contact| contact.day.abs_diff(day) < self.min_gap_days;
        if past.iter().any(too_close) {
            return false;
        }
        self.windows.iter().all(|window| {
            if window.channel.is_some_and(|only| only != channel) {
                return true;
            }
            buffer.clear();
            buffer.push(day);
            buffer.extend(
                past.iter()
                    .filter(|contact| window.channel.is_none() || contact.channel == window.channel)
                    .map(|contact| contact.day)
                    // A window with `day` in it reaches less than its length either way.
                    .filter(|contact_day| contact_day.abs_diff(day) < window.days),
            );
            buffer.sort_unstable();
            // Too many contacts in one window means that some contact and the one
            // `max_contacts` before it are less than a window apart.
            let reach = window.max_contacts as usize;
            let earlier_and_later = buffer.iter().zip(buffer.iter().skip(reach));
            earlier_and_later.into_iter().all(|(&a, &b)| {
                let has_new = a <= day && day <= b;
                !has_new || b.abs_diff(a) >= window.days
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn caps(windows: &[(u32, u32)], min_gap_days: u32) -> Caps {
        let windows = windows
            .iter()
            .map(|&(max_contacts, days)| Window { max_contacts, days, channel: None })
            .collect();
        Caps { windows, min_gap_days }
    }

    fn on(days: &[i32]) -> Vec<Contact> {
        days.iter().map(|&day| Contact { day, channel: Some(0) }).collect()
    }

    fn allowed(caps: &Caps, past: &[Contact], day: i32) -> bool {
        caps.allow(past, day, 0, &mut Vec::new())
    }

    #[test]
    fn a_window_of_seven_days_ends_on_the_seventh() {
        // Days 10 to 16 are one window, 11 to 17 another.
        let twice_a_week = caps(&[(2, 7)], 0);
        assert!(!allowed(&twice_a_week, &on(&[10, 13]), 16));
        assert!(allowed(&twice_a_week, &on(&[10, 13]), 17));
        assert!(!allowed(&twice_a_week, &on(&[10, 13]), 13));
    }

    #[test]
    fn plans_for_later_days_count_too() {
        let twice_a_week = caps(&[(2, 7)], 0);
        assert!(!allowed(&twice_a_week, &on(&[8, 14]), 10));
        assert!(allowed(&twice_a_week, &on(&[7, 14]), 10));
    }

    #[test]
    fn a_gap_of_seven_days_lets_the_eighth_day_through() {
        let weekly = caps(&[], 7);
        assert!(!allowed(&weekly, &on(&[10]), 16));
        assert!(allowed(&weekly, &on(&[10]), 17));
        assert!(!allowed(&weekly, &on(&[10]), 4));
        assert!(allowed(&weekly, &on(&[10]), 3));
        assert!(allowed(&caps(&[], 0), &on(&[10]), 10));
    }

    #[test]
    fn a_cap_on_a_channel_counts_that_channel_alone() {
        let cap = Cap { max_contacts: 1, window_days: 30, channel: Some("sms".into()) };
        let caps = Caps::new(&[cap], 0, &["email", "sms"]);
        let by_sms = [Contact { day: 10, channel: Some(1) }];
        let elsewhere = [Contact { day: 10, channel: Some(0) }, Contact { day: 11, channel: None }];
        assert!(!caps.allow(&by_sms, 20, 1, &mut Vec::new()));
        assert!(caps.allow(&by_sms, 20, 0, &mut Vec::new()));
        assert!(caps.allow(&elsewhere, 20, 1, &mut Vec::new()));
    }

    #[test]
    fn a_history_beyond_the_cap_closes_the_days_around_it_only() {
        let once_in_three = caps(&[(1, 3)], 0);
        let crowded = on(&[10, 10, 10]);
        assert!(!allowed(&once_in_three, &crowded, 12));
        assert!(allowed(&once_in_three, &crowded, 13));
    }

    proptest! {
        /// Replays a plan made day by day against the rules, window by window.
        #[test]
        fn no_window_of_a_replayed_plan_holds_more_than_its_cap(
            max_contacts in 1_u32..4,
            window_days in 1_u32..12,
            min_gap_days in 0_u32..5,
            tries in prop::collection::vec(0_i32..60, 0..60),
        ) {
            let caps = caps(&[(max_contacts, window_days)], min_gap_days);
            let mut made = Vec::new();
            for day in tries {
                if allowed(&caps, &made, day) {
                    made.push(Contact { day, channel: Some(0) });
                }
            }
            for start in -12..60 {
                let end = start + window_days as i32;
                let n = made.iter().filter(|c| start <= c.day && c.day < end).count();
                prop_assert!(n <= max_contacts as usize);
            }
            for (i, a) in made.iter().enumerate() {
                for b in &made[i + 1..] {
                    prop_assert!(a.day.abs_diff(b.day) >= min_gap_days);
                }
            }
        }
    }
}
