//! Dates and times as ISO 8601 writes them, read byte by byte.

pub(crate) const SECS_PER_DAY: i64 = 86_400;
pub(crate) const MICROS_PER_SEC: i64 = 1_000_000;

/// A date and time as written, and the offset from UTC if one is written.
pub(crate) struct WrittenTime {
    pub(crate) local_micros: i64,
    pub(crate) offset_secs: Option<i32>,
}

/// Reads `YYYY-MM-DD`, then `T` or a blank, then `HH:MM[:SS[.fraction]]`, then an optional `Z`,
/// `UTC` or `±HH[:]MM`. Digits beyond the microsecond are cut.
pub(crate) fn iso_time(text: &[u8]) -> Option<WrittenTime> {
    let (days, rest) = iso_date(text)?;
    let [b'T' | b't' | b' ', rest @ ..] = rest else { return None };
    let (hour, rest) = two_digits(rest, 23)?;
    let (minute, mut rest) = two_digits(rest.strip_prefix(b":")?, 59)?;
    let (mut second, mut micros) = (0, 0);
    if let Some(after) = rest.strip_prefix(b":") {
        (second, rest) = two_digits(after, 59)?;
        if let [b'.' | b',', after @ ..] = rest {
            let n_digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
            let (fraction, after) = after.split_at_checked(n_digits)?;
            if !(1..=9).contains(&n_digits) {
                return None;
            }
            let padded = fraction.iter().copied().chain(std::iter::repeat(b'0'));
            micros = padded.take(6).fold(0, |n, b| n * 10 + i64::from(b - b'0'));
            rest = after;
        }
    }
    let offset_secs = match rest {
        [] => None,
        _ => Some(iso_offset(rest.strip_prefix(b" ").unwrap_or(rest))?),
    };
    let secs = days * SECS_PER_DAY + hour * 3600 + minute * 60 + second;
    Some(WrittenTime { local_micros: secs * MICROS_PER_SEC + micros, offset_secs })
}

fn iso_offset(text: &[u8]) -> Option<i32> {
    let (sign, rest) = match text {
        [b'Z' | b'z'] | b"UTC" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = two_digits(rest, 23)?;
    let minutes = match rest.strip_prefix(b":").unwrap_or(rest) {
        [] if rest.is_empty() => 0,
        rest => match two_digits(rest, 59)? {
            (minutes, []) => minutes,
            _ => return None,
        },
    };
    Some(sign * (hours * 3600 + minutes * 60) as i32)
}

fn two_digits(text: &[u8], max: i64) -> Option<(i64, &[u8])> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = text else {
        return None;
    };
    let n = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    (n <= max).then_some((n, rest))
}

/// Reads `YYYY-MM-DD` at the start of the text as days since 1970-01-01.
pub(crate) fn iso_date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (century, rest) = two_digits(text, 99)?;
    let (year, rest) = two_digits(rest, 99)?;
    let (month, rest) = two_digits(rest.strip_prefix(b"-")?, 12)?;
    let (day, rest) = two_digits(rest.strip_prefix(b"-")?, 31)?;
    let year = century * 100 + year;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let n_days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=n_days).contains(&day).then(|| (days_from_civil(year, month, day), rest))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level
/// date algorithms", `days_from_civil`).
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn days_agree_with_the_calendar_of_jiff(year in 0_i16..=9999, day in 1_i16..=365) {
            let date = jiff::civil::Date::new(year, 1, 1)
                .and_then(|first| first.with().day_of_year(day).build())
                .expect("a date");
            let expected = jiff::civil::date(1970, 1, 1)
                .until((jiff::Unit::Day, date)).expect("in range").get_days();
            let text = date.to_string();
            prop_assert_eq!(iso_date(text.as_bytes()), Some((i64::from(expected), &b""[..])));
        }
    }
}
