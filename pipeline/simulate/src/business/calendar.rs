//! The two years that are simulated: days are numbered from 2024-01-01, which is day 0.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, ToSpan};

use crate::SimulateError;

/// Days of the window: 2024-01-01 to 2025-12-31.
pub(super) const DAYS: i32 = 731;

/// Zone of the shops.
const ZONE: &str = "Europe/Madrid";

/// Sales by month, the mean month being 1: summer holidays are quiet, December is not.
const MONTHS: [f64; 12] = [0.96, 0.94, 0.98, 1.0, 1.02, 1.0, 0.96, 0.84, 1.0, 1.02, 1.06, 1.22];

/// Sales by day of the week, Monday first.
const WEEKDAYS: [f64; 7] = [0.9, 0.9, 0.95, 1.0, 1.2, 1.5, 0.55];

/// The day of a number.
pub(super) fn date(day: i32) -> Date {
    jiff::civil::date(2024, 1, 1).saturating_add(day.days())
}

/// A day as `2024-01-31`.
pub(super) fn iso(day: i32) -> String {
    date(day).to_string()
}

/// A day as `31/01/2024`.
pub(super) fn spanish(day: i32) -> String {
    let date = date(day);
    format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
}

/// A day as `31/01/24`.
pub(super) fn short(day: i32) -> String {
    let date = date(day);
    format!("{:02}/{:02}/{:02}", date.day(), date.month(), date.year() % 100)
}

/// Whether nothing is sold on a day: New Year and Christmas.
pub(super) fn is_closed(day: i32) -> bool {
    let date = date(day);
    matches!((date.month(), date.day()), (1, 1) | (12, 25))
}

/// The number of a day of the window.
pub(super) const fn day(year: i16, day_of_year: i32) -> i32 {
    day_of_year - 1 + if year == 2025 { 366 } else { 0 }
}

/// The clock on the wall of the shops.
#[derive(Debug)]
pub(super) struct Clock {
    zone: TimeZone,
}

impl Clock {
    /// Reads the rules of the zone from those that are built in: the same on every machine.
    pub(super) fn new() -> Result<Self, SimulateError> {
        let zone = TimeZoneDatabase::bundled()
            .get(ZONE)
            .map_err(|source| SimulateError::Zone { zone: ZONE, source })?;
        Ok(Self { zone })
    }

    fn local(day: i32, minute: u32) -> DateTime {
        date(day)
            .to_datetime(jiff::civil::time(0, 0, 0, 0))
            .saturating_add(SignedDuration::from_mins(i64::from(minute)))
    }

    /// A local minute as an instant in UTC, `2024-06-30T22:05:00Z`.
    pub(super) fn utc(&self, day: i32, minute: u32) -> String {
        let instant = self.zone.to_ambiguous_zoned(Self::local(day, minute)).compatible();
        instant.map(|zoned| zoned.timestamp().to_string()).unwrap_or_default()
    }

    /// A local minute with its offset, `2024-07-01T00:05:00+02:00`.
    pub(super) fn with_offset(&self, day: i32, minute: u32) -> String {
        let instant = self.zone.to_ambiguous_zoned(Self::local(day, minute)).compatible();
        instant.map(|zoned| zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).unwrap_or_default()
    }
}

/// How busy the shops are, added up from day 0: purchases come evenly in this measure of time.
#[derive(Debug)]
pub(super) struct Season {
    /// Sum of the days before each day, and at last of all; the mean day counts 1.
    before: Vec<f64>,
}

impl Season {
    pub(super) fn new() -> Self {
        let weight = |day: i32| {
            if is_closed(day) {
                return 0.0;
            }
            let date = date(day);
            let month = MONTHS.get(date.month() as usize - 1).copied().unwrap_or(1.0);
            let weekday = date.weekday().to_monday_zero_offset() as usize;
            month * WEEKDAYS.get(weekday).copied().unwrap_or(1.0)
        };
        let weights: Vec<f64> = (0..DAYS).map(weight).collect();
        let mean = weights.iter().sum::<f64>() / f64::from(DAYS);
        let mut before = vec![0.0];
        let mut sum = 0.0;
        for weight in weights {
            sum += weight / mean;
            before.push(sum);
        }
        Self { before }
    }

    /// Busy time up to the start of a day.
    pub(super) fn at(&self, day: i32) -> f64 {
        self.before.get(day.clamp(0, DAYS) as usize).copied().unwrap_or_default()
    }

    /// Busy time of the whole window.
    pub(super) fn end(&self) -> f64 {
        self.at(DAYS)
    }

    /// The day on which this much busy time has gone by.
    pub(super) fn day_at(&self, busy: f64) -> i32 {
        (self.before.partition_point(|&before| before <= busy) as i32 - 1).clamp(0, DAYS - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_the_years_2024_and_2025() {
        assert_eq!(iso(0), "2024-01-01");
        assert_eq!(iso(DAYS - 1), "2025-12-31");
        assert_eq!(iso(day(2025, 1)), "2025-01-01");
        assert_eq!((spanish(59), short(59)), ("29/02/2024".into(), "29/02/24".into()));
        assert_eq!(iso(-1), "2023-12-31");
    }

    #[test]
    fn the_clock_knows_summer_time() {
        let clock = Clock::new().expect("the zone is built in");
        assert_eq!(clock.utc(0, 30), "2023-12-31T23:30:00Z");
        assert_eq!(clock.utc(182, 30), "2024-06-30T22:30:00Z");
        assert_eq!(clock.with_offset(182, 30), "2024-07-01T00:30:00+02:00");
    }

    #[test]
    fn busy_time_is_as_long_as_the_window_and_every_open_day_is_found_again() {
        let season = Season::new();
        assert!((season.end() - f64::from(DAYS)).abs() < 1e-9);
        for day in (0..DAYS).filter(|day| !is_closed(*day)) {
            let middle = f64::midpoint(season.at(day), season.at(day + 1));
            assert_eq!(season.day_at(middle), day);
        }
        assert_eq!((season.day_at(0.0), season.day_at(season.end())), (1, DAYS - 1));
        assert_eq!((0..DAYS).filter(|day| is_closed(*day)).count(), 4);
    }
}
