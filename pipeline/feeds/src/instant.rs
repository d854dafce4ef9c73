//! Dates and instants read from text.

use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::RejectReason;
use crate::clock::{DstEffect, LocalClock};
use crate::iso::{MICROS_PER_SEC, SECS_PER_DAY, WrittenTime, days_from_civil, iso_date, iso_time};

/// Returns the zone of that IANA name, from the bundled rules: the same on every machine.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// Says what is wrong with a `strptime` format, by writing a moment and reading it back.
pub(crate) fn format_problem(format: &str) -> Option<String> {
    let moment = jiff::civil::date(2009, 11, 23).at(14, 35, 46, 0);
    let zoned = moment.to_zoned(TimeZone::UTC).ok()?;
    let read_back = strtime::format(format, &zoned)
        .and_then(|text| strtime::parse(format, text))
        .map(|parts| date_of(&parts));
    match read_back {
        Err(_) => Some(format!("`{format}` is not a format that dates can be read with")),
        Ok(Some(date)) if date == moment.date() => None,
        Ok(_) => Some(format!("format `{format}` does not tell year, month and day")),
    }
}

fn date_of(parts: &BrokenDownTime) -> Option<jiff::civil::Date> {
    match parts.to_date() {
        Ok(date) => Some(date),
        Err(_) => Some(TimeZone::UTC.to_datetime(parts.to_timestamp().ok()?).date()),
    }
}

/// Reads dates as days since 1970-01-01.
#[derive(Debug)]
pub(crate) struct DateReader {
    format: Option<String>,
    // Feeds are mostly in order of time: the same text comes again and again.
    last: Option<(String, i32)>,
}

impl DateReader {
    pub(crate) fn new(format: Option<String>) -> Self {
        Self { format, last: None }
    }

    pub(crate) fn read(&mut self, text: &str) -> Result<i32, RejectReason> {
        let Some(format) = &self.format else {
            let (days, rest) = iso_date(text.as_bytes()).ok_or(RejectReason::NotADate)?;
            return if rest.is_empty() { Ok(days as i32) } else { Err(RejectReason::NotADate) };
        };
        if let Some((last, days)) = &self.last
            && last == text
        {
            return Ok(*days);
        }
        let date = strtime::parse(format, text).ok().as_ref().and_then(date_of);
        let date = date.ok_or(RejectReason::NotADate)?;
        let days =
            days_from_civil(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
        let (last, last_days) = self.last.get_or_insert_default();
        text.clone_into(last);
        *last_days = days as i32;
        Ok(days as i32)
    }
}

/// Reads instants as microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug)]
pub(crate) struct TimestampReader {
    format: Option<String>,
    clock: Option<LocalClock>,
    last: Option<(String, i64, DstEffect)>,
}

impl TimestampReader {
    pub(crate) fn new(format: Option<String>, zone: Option<TimeZone>) -> Self {
        Self { format, clock: zone.map(LocalClock::new), last: None }
    }

    pub(crate) fn read(&mut self, text: &str) -> Result<(i64, DstEffect), RejectReason> {
        if let Some((last, micros, effect)) = &self.last
            && last == text
        {
            return Ok((*micros, *effect));
        }
        let time = match &self.format {
            None => iso_time(text.as_bytes()).ok_or(RejectReason::NotATimestamp)?,
            Some(format) => formatted_time(format, text)?,
        };
        let (micros, effect) = match (time.offset_secs, &mut self.clock) {
            (Some(offset), _) => {
                (time.local_micros - i64::from(offset) * MICROS_PER_SEC, DstEffect::None)
            }
            (None, Some(clock)) => clock.instant(time.local_micros)?,
            (None, None) => return Err(RejectReason::NoZone),
        };
        let last = self.last.get_or_insert_with(|| (String::new(), 0, DstEffect::None));
        text.clone_into(&mut last.0);
        (last.1, last.2) = (micros, effect);
        Ok((micros, effect))
    }
}

fn formatted_time(format: &str, text: &str) -> Result<WrittenTime, RejectReason> {
    let parts = strtime::parse(format, text).map_err(|_| RejectReason::NotATimestamp)?;
    // A format with an offset or with seconds since 1970 names an instant of itself.
    if (parts.offset().is_some() || parts.to_date().is_err())
        && let Ok(instant) = parts.to_timestamp()
    {
        return Ok(WrittenTime { local_micros: instant.as_microsecond(), offset_secs: Some(0) });
    }
    let local = parts.to_datetime().map_err(|_| RejectReason::NotATimestamp)?;
    let days =
        days_from_civil(i64::from(local.year()), i64::from(local.month()), i64::from(local.day()));
    let secs = days * SECS_PER_DAY
        + i64::from(local.hour()) * 3600
        + i64::from(local.minute()) * 60
        + i64::from(local.second());
    let micros = secs * MICROS_PER_SEC + i64::from(local.subsec_nanosecond() / 1000);
    Ok(WrittenTime { local_micros: micros, offset_secs: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use RejectReason::{NoZone, NotADate, NotATimestamp};

    fn reader(format: Option<&str>, name: Option<&str>) -> TimestampReader {
        let zone = name.map(|name| zone(name).expect("a known zone"));
        TimestampReader::new(format.map(str::to_owned), zone)
    }

    fn utc(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().expect("a timestamp").as_microsecond()
    }

    #[test]
    fn a_date_must_be_on_the_calendar() {
        let mut iso = DateReader::new(None);
        assert_eq!(iso.read("1970-01-02"), Ok(1));
        assert_eq!(iso.read("2000-02-29"), Ok(11_016));
        for text in ["1937-12-33", "1900-02-29", "2021-00-10", "2021-1-1", "2021-01-01 ", "", "x"] {
            assert_eq!(iso.read(text), Err(NotADate), "{text}");
        }
        let mut compact = DateReader::new(Some("%Y%m%d".into()));
        assert_eq!(compact.read("19700103"), Ok(2));
        assert_eq!(compact.read("19700103"), Ok(2));
        assert_eq!(compact.read("19371233"), Err(NotADate));
        assert_eq!(DateReader::new(Some("%d/%m/%Y".into())).read("1/2/1970"), Ok(31));
    }

    #[test]
    fn an_offset_in_the_text_is_honoured_whatever_the_zone() {
        let mut london = reader(None, Some("Europe/London"));
        for text in [
            "2020-07-01T02:30:00+01:00",
            "2020-07-01 02:30",
            "2020-07-01 01:30:00.000 UTC",
            "2020-07-01T01:30Z",
            "2020-06-30 18:30:00-0700",
            "2020-07-01T03:30:00.000000999+02",
        ] {
            let micros = utc("2020-07-01T01:30:00Z");
            assert_eq!(london.read(text), Ok((micros, DstEffect::None)), "{text}");
        }
    }

    #[test]
    fn a_time_without_offset_needs_a_zone() {
        assert_eq!(reader(None, None).read("2020-07-01 02:30"), Err(NoZone));
        assert!(reader(None, None).read("2020-07-01 02:30Z").is_ok());
    }

    #[test]
    fn a_timestamp_is_not_guessed() {
        let mut plain = reader(None, Some("UTC"));
        for text in [
            "2020-07-01",
            "2020-07-01 24:00",
            "2020-07-01 10:61",
            "2020-07-01 10:10:60",
            "2020-07-01 10",
            "2020-07-01 10:10:10.",
            "2020-07-01 10:10:10+1",
            "2020-07-01 10:10:10+01:",
            "2020-07-01 10:10:10 CET",
            "2020-07-01 10:10:10Z ",
            "01/07/2020 10:10",
        ] {
            assert_eq!(plain.read(text), Err(NotATimestamp), "{text}");
        }
    }

    #[test]
    fn a_skipped_time_moves_forward_and_a_doubled_one_is_the_first() {
        // Berlin 2021: 02:00 to 03:00 is skipped on 28 March and doubled on 31 October.
        let mut berlin = reader(None, Some("Europe/Berlin"));
        assert_eq!(
            berlin.read("2021-03-28 02:30"),
            Ok((utc("2021-03-28T01:30:00Z"), DstEffect::Shifted))
        );
        assert_eq!(
            berlin.read("2021-10-31 02:30"),
            Ok((utc("2021-10-31T00:30:00Z"), DstEffect::Folded))
        );
        assert_eq!(
            berlin.read("2021-10-31 03:00"),
            Ok((utc("2021-10-31T02:00:00Z"), DstEffect::None))
        );
    }

    #[test]
    fn a_format_may_name_the_instant_or_leave_the_time_out() {
        let expected = Ok((utc("2010-12-01T08:26:00Z"), DstEffect::None));
        assert_eq!(reader(Some("%d.%m.%Y %H:%M"), Some("UTC")).read("01.12.2010 8:26"), expected);
        assert_eq!(reader(Some("%s"), None).read("1291191960"), expected);
        assert_eq!(reader(Some("%Y%m%d%H%M%z"), None).read("201012010926+0100"), expected);
        assert_eq!(
            reader(Some("%Y%m%d"), Some("Europe/Paris")).read("20101201"),
            Ok((utc("2010-11-30T23:00:00Z"), DstEffect::None))
        );
    }

    #[test]
    fn a_format_that_cannot_be_read_back_is_told() {
        for format in ["%Y-%m-%d", "%d/%m/%y %H:%M", "%s", "%b %d %Y", "%Y%m%d%H%M%S%z"] {
            assert_eq!(format_problem(format), None, "{format}");
        }
        for format in ["%H:%M", "%d/%m", "yyyy-mm-dd", "%!", ""] {
            assert!(format_problem(format).is_some(), "{format}");
        }
    }
}
