//! Numbers, dates and instants as text, straight into a row.

/// Adds an integer.
pub(crate) fn push_integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Adds `value` of `width` digits at least, with zeros before.
fn push_padded(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value).as_bytes();
    out.resize(out.len() + width.saturating_sub(digits.len()), b'0');
    out.extend_from_slice(digits);
}

/// Adds `unscaled` / 10^`scale`, with all `scale` digits of the fraction.
pub(crate) fn push_decimal(out: &mut Vec<u8>, unscaled: i128, scale: u8, mark: u8) {
    if scale == 0 {
        return push_integer(out, unscaled);
    }
    if unscaled < 0 {
        out.push(b'-');
    }
    let magnitude = unscaled.unsigned_abs();
    // Division of 64 bits is many times faster, and money fits.
    if let (Ok(small), Some(unit)) = (u64::try_from(magnitude), 10_u64.checked_pow(scale.into())) {
        push_integer(out, small / unit);
        out.push(mark);
        return push_padded(out, small % unit, scale.into());
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(magnitude).as_bytes();
    let scale = usize::from(scale);
    if let Some((whole, fraction)) = digits.split_at_checked(digits.len().saturating_sub(scale))
        && !whole.is_empty()
    {
        out.extend_from_slice(whole);
        out.push(mark);
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(&[b'0', mark]);
        out.resize(out.len() + scale - digits.len(), b'0');
        out.extend_from_slice(digits);
    }
}

/// Adds the shortest text that reads back as the same number; false when it is no number.
pub(crate) fn push_float(out: &mut Vec<u8>, value: f64, single: bool, mark: u8) -> bool {
    use std::io::Write;

    if !value.is_finite() {
        return false;
    }
    let start = out.len();
    // Writing to memory does not fail.
    let written =
        if single { write!(out, "{}", value as f32) } else { write!(out, "{value}") }.is_ok();
    if mark != b'.' {
        let point = out.iter_mut().skip(start).find(|byte| **byte == b'.');
        if let Some(point) = point {
            *point = mark;
        }
    }
    written
}

/// Adds `YYYY-MM-DD` of a day counted from 1970-01-01; false outside the years 0 to 9999.
pub(crate) fn push_date(out: &mut Vec<u8>, days: i64) -> bool {
    let Some((year, month, day)) = civil(days) else { return false };
    push_padded(out, year, 4);
    out.push(b'-');
    push_padded(out, month, 2);
    out.push(b'-');
    push_padded(out, day, 2);
    true
}

/// Adds `YYYY-MM-DDTHH:MM:SS`, with a fraction if there is one and `Z` if `utc`; false outside the
/// years 0 to 9999. `per_second` is the number of ticks in a second.
pub(crate) fn push_instant(out: &mut Vec<u8>, ticks: i64, per_second: i64, utc: bool) -> bool {
    let (seconds, fraction) = (ticks.div_euclid(per_second), ticks.rem_euclid(per_second));
    if !push_date(out, seconds.div_euclid(86_400)) {
        return false;
    }
    let second = seconds.rem_euclid(86_400) as u64;
    for (sign, part) in [(b'T', second / 3_600), (b':', second / 60 % 60), (b':', second % 60)] {
        out.push(sign);
        push_padded(out, part, 2);
    }
    if fraction != 0 {
        out.push(b'.');
        push_padded(out, fraction as u64, per_second.ilog10() as usize);
    }
    if utc {
        out.push(b'Z');
    }
    true
}

/// Returns year, month and day (Hinnant 2013, `civil_from_days`).
fn civil(days: i64) -> Option<(u64, u64, u64)> {
    let shifted = u64::try_from(days + 719_468).ok()?; // days since 0000-03-01
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year <= 9_999).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("is ASCII")
    }

    #[test]
    fn decimals_keep_every_digit() {
        let decimal = |unscaled, scale| text(|out| push_decimal(out, unscaled, scale, b'.'));
        assert_eq!(decimal(-1_234, 2), "-12.34");
        assert_eq!(decimal(5, 2), "0.05");
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(700, 0), "700");
        assert_eq!(decimal(i128::MAX, 2), "1701411834604692317316873037158841057.27");
        assert_eq!(decimal(-12, 30), "-0.000000000000000000000000000012");
        assert_eq!(text(|out| push_decimal(out, 150, 2, b',')), "1,50");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        // From Python's date.toordinal() - 719163.
        for (days, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (20_484, "2026-01-31"),
            (2_932_896, "9999-12-31"),
            (-719_162, "0001-01-01"),
        ] {
            assert_eq!(text(|out| assert!(push_date(out, days))), expected);
        }
        assert!(!push_date(&mut Vec::new(), 2_932_897) && !push_date(&mut Vec::new(), -719_600));
    }

    #[test]
    fn instants_are_iso_8601() {
        let instant =
            |ticks, per_second, utc| text(|out| assert!(push_instant(out, ticks, per_second, utc)));
        assert_eq!(instant(0, 1, true), "1970-01-01T00:00:00Z");
        assert_eq!(instant(-1, 1_000, false), "1969-12-31T23:59:59.999");
        assert_eq!(instant(1_769_862_896_000_000, 1_000_000, true), "2026-01-31T12:34:56Z");
        assert_eq!(instant(5_000, 1_000_000, false), "1970-01-01T00:00:00.005000");
    }

    proptest! {
        #[test]
        fn floats_read_back_as_the_same_number(value in any::<f64>(), single in any::<f32>()) {
            let mut out = Vec::new();
            prop_assert_eq!(push_float(&mut out, value, false, b'.'), value.is_finite());
            if value.is_finite() {
                let read: f64 = String::from_utf8(out).expect("is ASCII").parse().expect("a number");
                prop_assert_eq!(read.to_bits(), value.to_bits());
            }
            if single.is_finite() {
                let written = text(|out| assert!(push_float(out, single.into(), true, b'.')));
                prop_assert_eq!(written.parse::<f32>().expect("a number").to_bits(), single.to_bits());
            }
        }

        #[test]
        fn decimals_read_back_as_the_same_integer(unscaled in any::<i128>(), scale in 0_u8..38) {
            let written = text(|out| push_decimal(out, unscaled, scale, b'.'));
            let fraction = written.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            prop_assert_eq!(fraction, usize::from(scale));
            prop_assert_eq!(written.replace('.', "").parse::<i128>().expect("digits"), unscaled);
        }
    }
}
