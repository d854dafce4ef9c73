//! How a line is held until its block is settled.

use super::block::PARTIES;
use super::{Line, LineKind};

/// A line of one party of a block.
pub(super) trait Entry: Copy + std::fmt::Debug {
    /// None when the line does not fit.
    fn of(party: usize, line: &Line) -> Option<Self>;
    /// Number of the party within its block.
    fn party(&self) -> usize;
    fn line(&self) -> Line;
}

/// A line of unnamed baskets, few categories and few channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slim {
    cents: i64,
    discount: i64,
    day: i32,
    /// From the lowest bit: party, kind, channel, category.
    what: u32,
}

/// Stands for a discount that is not told.
const NO_DISCOUNT: i64 = i64::MIN;

const PARTY_BITS: u32 = PARTIES.trailing_zeros();
const KIND_BITS: u32 = 2;
const CHANNEL_BITS: u32 = 8;
const CATEGORY_BITS: u32 = u32::BITS - PARTY_BITS - KIND_BITS - CHANNEL_BITS;

/// The number that stands for none, and the first that does not fit.
const NO_CHANNEL: u32 = (1 << CHANNEL_BITS) - 1;
const NO_CATEGORY: u32 = (1 << CATEGORY_BITS) - 1;

impl Entry for Slim {
    fn of(party: usize, line: &Line) -> Option<Self> {
        let fits = line.basket.is_none()
            && line.discount != Some(NO_DISCOUNT)
            && line.channel.is_none_or(|channel| channel < NO_CHANNEL)
            && line.category.is_none_or(|category| category < NO_CATEGORY);
        if !fits {
            return None;
        }
        let (category, channel) =
            (line.category.unwrap_or(NO_CATEGORY), line.channel.unwrap_or(NO_CHANNEL));
        let what = (category << CHANNEL_BITS) | channel;
        let what = (what << KIND_BITS) | line.kind as u32;
        Some(Self {
            cents: line.cents,
            discount: line.discount.unwrap_or(NO_DISCOUNT),
            day: line.day,
            what: (what << PARTY_BITS) | party as u32,
        })
    }

    fn party(&self) -> usize {
        self.what as usize % PARTIES
    }

    fn line(&self) -> Line {
        let what = self.what >> PARTY_BITS;
        let channel = (what >> KIND_BITS) & NO_CHANNEL;
        let category = what >> (KIND_BITS + CHANNEL_BITS);
        Line {
            kind: match what & ((1 << KIND_BITS) - 1) {
                0 => LineKind::Sale,
                1 => LineKind::Return,
                _ => LineKind::Adjustment,
            },
            day: self.day,
            cents: self.cents,
            discount: (self.discount != NO_DISCOUNT).then_some(self.discount),
            basket: None,
            category: (category != NO_CATEGORY).then_some(category),
            channel: (channel != NO_CHANNEL).then_some(channel),
        }
    }
}

/// Any line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide {
    party: u32,
    line: Line,
}

impl Entry for Wide {
    fn of(party: usize, line: &Line) -> Option<Self> {
        Some(Self { party: u32::try_from(party).ok()?, line: *line })
    }

    fn party(&self) -> usize {
        self.party as usize
    }

    fn line(&self) -> Line {
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            kind: LineKind::Sale,
            day: -3,
            cents: -7,
            discount: None,
            basket: None,
            category: None,
            channel: None,
        }
    }

    #[test]
    fn a_slim_line_takes_24_bytes_and_loses_nothing() {
        assert_eq!(size_of::<Slim>(), 24);
        let kinds = [LineKind::Sale, LineKind::Return, LineKind::Adjustment];
        let numbers = [None, Some(0), Some(11), Some(NO_CHANNEL - 1)];
        for kind in kinds {
            for (category, channel) in numbers.iter().flat_map(|a| numbers.map(|b| (*a, b))) {
                for discount in [None, Some(0), Some(-5), Some(i64::MAX)] {
                    let line = Line { kind, discount, category, channel, ..line() };
                    let slim = Slim::of(PARTIES - 1, &line).unwrap();
                    assert_eq!((slim.party(), slim.line()), (PARTIES - 1, line));
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_a_slim_line_fits_a_wide_one() {
        let large = [
            Line { basket: Some(1), ..line() },
            Line { channel: Some(NO_CHANNEL), ..line() },
            Line { category: Some(NO_CATEGORY), ..line() },
            Line { discount: Some(i64::MIN), ..line() },
        ];
        for line in large {
            assert!(Slim::of(0, &line).is_none());
            assert_eq!(Wide::of(5, &line).map(|wide| (wide.party(), wide.line())), Some((5, line)));
        }
    }
}
