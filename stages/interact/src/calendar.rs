//! Days on which a channel sends.

use crate::params::{Channel, Weekday};

/// Returns the day of the week of a day since 1970-01-01, a Thursday: 0 Monday to 6 Sunday.
fn weekday(day: i32) -> i32 {
    (i64::from(day) + 3).rem_euclid(7) as i32
}

fn number(day: Weekday) -> i32 {
    match day {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

/// Returns the first day on which the channel sends, `lead_days` after the logical date or later.
///
/// Days since 1970-01-01. The channel's own lead goes before `lead_days`; no weekdays mean all.
pub(crate) fn send_day(logical_date: i32, lead_days: u32, channel: &Channel) -> i32 {
    let lead = i32::try_from(channel.lead_days.unwrap_or(lead_days)).unwrap_or(i32::MAX);
    let earliest = logical_date.saturating_add(lead);
    let wait = channel
        .weekdays
        .iter()
        .map(|&allowed| (number(allowed) - weekday(earliest)).rem_euclid(7))
        .min()
        .unwrap_or(0);
    earliest.saturating_add(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Address;

    fn channel(weekdays: &[Weekday], lead_days: Option<u32>) -> Channel {
        Channel {
            name: "email".into(),
            address: Address::Email,
            daily_capacity: None,
            weekdays: weekdays.to_vec(),
            lead_days,
        }
    }

    #[test]
    fn a_contact_waits_for_the_next_day_on_which_the_channel_sends() {
        // 2024-03-08, a Friday, is day 19790.
        let friday = 19_790;
        let working = [Weekday::Monday, Weekday::Tuesday, Weekday::Friday];
        assert_eq!(send_day(friday, 1, &channel(&[], None)), friday + 1);
        assert_eq!(send_day(friday, 0, &channel(&working, None)), friday);
        assert_eq!(send_day(friday, 1, &channel(&working, None)), friday + 3);
        assert_eq!(send_day(friday, 1, &channel(&working, Some(4))), friday + 4);
        assert_eq!(send_day(friday, 0, &channel(&[Weekday::Thursday], None)), friday + 6);
    }

    #[test]
    fn the_week_goes_on_before_1970() {
        // 1969-12-31 was a Wednesday.
        assert_eq!(send_day(-1, 0, &channel(&[Weekday::Wednesday], None)), -1);
        assert_eq!(send_day(-1, 0, &channel(&[Weekday::Thursday], None)), 0);
    }
}
