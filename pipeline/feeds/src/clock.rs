//! Local times of a zone as instants.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::RejectReason;
use crate::iso::{MICROS_PER_SEC, SECS_PER_DAY};

/// Wider than any jump of a zone, so that what is this far from a jump is not touched by it.
const JUMP_MARGIN_SECS: i64 = 2 * SECS_PER_DAY;

/// What the clock change did to a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DstEffect {
    /// Nothing.
    None,
    /// The time was skipped and lies now after the gap.
    Shifted,
    /// The time happened twice and is read as the first.
    Folded,
}

/// Turns local times of one zone into instants.
#[derive(Debug)]
pub(crate) struct LocalClock {
    zone: TimeZone,
    /// Spans met so far, in the order of time. A zone has few of them, and asking it costs more.
    steady: Vec<Steady>,
    last: Steady,
}

/// Local seconds, half open, between two jumps of the zone: one offset holds in all of it.
#[derive(Debug, Clone, Copy, Default)]
struct Steady {
    from: i64,
    until: i64,
    offset_secs: i64,
}

impl LocalClock {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone, steady: Vec::new(), last: Steady::default() }
    }

    /// Fold: the earlier of the two instants. Gap: moved forward by the length of the gap.
    pub(crate) fn instant(&mut self, local_micros: i64) -> Result<(i64, DstEffect), RejectReason> {
        let local_secs = local_micros.div_euclid(MICROS_PER_SEC);
        if self.is_steady(local_secs) {
            return Ok((local_micros - self.last.offset_secs * MICROS_PER_SEC, DstEffect::None));
        }
        let local = civil(local_secs).ok_or(RejectReason::OutOfRange)?;
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        // The offset before a jump gives both: the first of two instants, and the far side of a gap.
        let (offset, effect) = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => (offset, DstEffect::None),
            AmbiguousOffset::Gap { before, .. } => (before, DstEffect::Shifted),
            AmbiguousOffset::Fold { before, .. } => (before, DstEffect::Folded),
        };
        let offset_secs = i64::from(offset.seconds());
        if effect == DstEffect::None {
            self.remember(local_secs, offset_secs);
        }
        Ok((local_micros - offset_secs * MICROS_PER_SEC, effect))
    }

    /// Whether the time is in a span that was met; if so it is the last one now.
    fn is_steady(&mut self, local_secs: i64) -> bool {
        let holds = |it: &Steady| it.from <= local_secs && local_secs < it.until;
        if holds(&self.last) {
            return true;
        }
        let after = self.steady.partition_point(|it| it.from <= local_secs);
        match after.checked_sub(1).and_then(|i| self.steady.get(i)) {
            Some(found) if holds(found) => {
                self.last = *found;
                true
            }
            _ => false,
        }
    }

    fn remember(&mut self, local_secs: i64, offset_secs: i64) {
        let Ok(instant) = jiff::Timestamp::from_second(local_secs - offset_secs) else {
            return;
        };
        let before = self.zone.preceding(instant).next().map(|jump| jump.timestamp().as_second());
        let after = self.zone.following(instant).next().map(|jump| jump.timestamp().as_second());
        let from = before.map_or(i64::MIN, |at| at + offset_secs + JUMP_MARGIN_SECS);
        let until = after.map_or(i64::MAX, |at| at + offset_secs - JUMP_MARGIN_SECS);
        if from <= local_secs && local_secs < until {
            self.last = Steady { from, until, offset_secs };
            let at = self.steady.partition_point(|it| it.from < from);
            self.steady.insert(at, self.last);
        }
    }
}

fn civil(local_secs: i64) -> Option<DateTime> {
    Some(TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(local_secs).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::instant::zone;

    proptest! {
        #[test]
        fn local_times_agree_with_the_zone_rules_in_any_order(
            secs in prop::collection::vec(-3_000_000_000_i64..4_000_000_000, 1..40),
            name in prop::sample::select(vec![
                "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC",
                "Africa/Casablanca",
            ]),
        ) {
            let rules = zone(name).expect("a known zone");
            let mut clock = LocalClock::new(rules.clone());
            for at in secs {
                let local = civil(at).expect("in range");
                let expected = rules.to_ambiguous_timestamp(local).compatible().expect("in range");
                let (micros, _) = clock.instant(at * MICROS_PER_SEC).expect("in range");
                prop_assert_eq!(micros, expected.as_microsecond());
            }
        }
    }
}
