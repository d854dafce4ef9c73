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
            kind: kind(what),
            day: self.day,
            cents: self.cents,
            discount: (self.discount != NO_DISCOUNT).then_some(self.discount),
            basket: None,
            category: (category != NO_CATEGORY).then_some(category),
            channel: (channel != NO_CHANNEL).then_some(channel),
        }
    }
}

/// Any line, but for a category or channel of the highest number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide {
    cents: i64,
    discount: i64,
    basket: u64,
    day: i32,
    /// From the lowest bit: kind, whether there is a discount, whether there is a basket, party.
    what: u32,
    category: u32,
    channel: u32,
}

const HAS_DISCOUNT: u32 = 1 << KIND_BITS;
const HAS_BASKET: u32 = 1 << (KIND_BITS + 1);

/// Stands for no category, and for no channel.
const NONE: u32 = u32::MAX;

impl Entry for Wide {
    fn of(party: usize, line: &Line) -> Option<Self> {
        if line.category == Some(NONE) || line.channel == Some(NONE) {
            return None;
        }
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        let flags =
            flag(line.discount.is_some(), HAS_DISCOUNT) | flag(line.basket.is_some(), HAS_BASKET);
        Some(Self {
            cents: line.cents,
            discount: line.discount.unwrap_or(0),
            basket: line.basket.unwrap_or(0),
            day: line.day,
            what: line.kind as u32 | flags | ((party as u32) << (KIND_BITS + 2)),
            category: line.category.unwrap_or(NONE),
            channel: line.channel.unwrap_or(NONE),
        })
    }

    fn party(&self) -> usize {
        (self.what >> (KIND_BITS + 2)) as usize
    }

    fn line(&self) -> Line {
        Line {
            kind: kind(self.what),
            day: self.day,
            cents: self.cents,
            discount: (self.what & HAS_DISCOUNT > 0).then_some(self.discount),
            basket: (self.what & HAS_BASKET > 0).then_some(self.basket),
            category: (self.category != NONE).then_some(self.category),
            channel: (self.channel != NONE).then_some(self.channel),
        }
    }
}

/// The kind in the lowest bits.
fn kind(what: u32) -> LineKind {
    match what & ((1 << KIND_BITS) - 1) {
        0 => LineKind::Sale,
        1 => LineKind::Return,
        _ => LineKind::Adjustment,
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
            Line { basket: Some(0), ..line() },
            Line { basket: Some(u64::MAX), discount: Some(3), category: Some(2), ..line() },
            Line { channel: Some(NO_CHANNEL), ..line() },
            Line { category: Some(NO_CATEGORY), ..line() },
            Line { discount: Some(i64::MIN), ..line() },
        ];
        assert_eq!(size_of::<Wide>(), 40);
        let kinds = [LineKind::Sale, LineKind::Return, LineKind::Adjustment];
        for (line, kind) in large.iter().flat_map(|line| kinds.map(|kind| (*line, kind))) {
            let line = Line { kind, ..line };
            assert!(Slim::of(0, &line).is_none());
            let wide = Wide::of(PARTIES - 1, &line).unwrap();
            assert_eq!((wide.party(), wide.line()), (PARTIES - 1, line));
        }
        assert!(Wide::of(0, &Line { channel: Some(NONE), ..line() }).is_none());
    }
}
