//! What became of the lines of a feed, in rows and in money.

use std::collections::{BTreeMap, HashMap};

/// Rows and their money, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) rows: i64,
    pub(crate) money: i128,
}

impl Sum {
    pub(super) fn add(&mut self, rows: i64, money: i128) {
        self.rows += rows;
        self.money += money;
    }
}

/// Categories and channels whose sums have a place of their own.
const PLACED_CATEGORIES: usize = 64;
const PLACED_CHANNELS: usize = 32;

/// Sales by the numbers of their category and channel, while lines are counted.
#[derive(Debug)]
pub(super) struct Sales {
    placed: Vec<Sum>,
    others: HashMap<(u32, u32), Sum, foldhash::fast::FixedState>,
}

impl Default for Sales {
    fn default() -> Self {
        let placed = vec![Sum::default(); PLACED_CATEGORIES * PLACED_CHANNELS];
        Self { placed, others: HashMap::default() }
    }
}

impl Sales {
    /// Those of one category through one channel.
    pub(super) fn of(&mut self, category: u32, channel: u32) -> &mut Sum {
        let (row, column) = (category as usize, channel as usize);
        if row < PLACED_CATEGORIES
            && column < PLACED_CHANNELS
            && let Some(sum) = self.placed.get_mut(row * PLACED_CHANNELS + column)
        {
            return sum;
        }
        self.others.entry((category, channel)).or_default()
    }

    /// Those that are, in order.
    pub(super) fn into_map(self) -> BTreeMap<(u32, u32), Sum> {
        let place = |at: usize| ((at / PLACED_CHANNELS) as u32, (at % PLACED_CHANNELS) as u32);
        let placed = self.placed.into_iter().enumerate().filter(|(_, sum)| sum.rows > 0);
        placed.map(|(at, sum)| (place(at), sum)).chain(self.others).collect()
    }
}

/// The lines of a feed, or of a part of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Used, and of a known party.
    pub(crate) used: Sum,
    /// Used, and of nobody known.
    pub(crate) unattributed: Sum,
    /// Refused.
    pub(crate) rejected: Sum,
    /// Of people who were erased.
    pub(crate) erased: Sum,
    /// Dated after the logical date.
    pub(crate) after_date: Sum,
    /// Copies that were folded into another row.
    pub(crate) copies: Sum,
    /// The last day of a line that is not refused.
    pub(crate) last_day: Option<i32>,
    /// Sales, attributed or not, by the numbers of their category and channel.
    pub(super) sales: BTreeMap<(u32, u32), Sum>,
}

impl Tally {
    /// Adds what another part of the feed came to.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.used, other.used),
            (&mut self.unattributed, other.unattributed),
            (&mut self.rejected, other.rejected),
            (&mut self.erased, other.erased),
            (&mut self.after_date, other.after_date),
            (&mut self.copies, other.copies),
        ] {
            sum.add(more.rows, more.money);
        }
        self.last_day = self.last_day.max(other.last_day);
        for (names, more) in &other.sales {
            self.sales.entry(*names).or_default().add(more.rows, more.money);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sales_are_counted_whatever_their_numbers() {
        let (few, many) = (PLACED_CHANNELS as u32, PLACED_CATEGORIES as u32);
        let keys = [(0, 0), (0, few - 1), (0, few), (many - 1, 3), (many, 3), (9_000, 9_000)];
        let mut sales = Sales::default();
        for (n, (category, channel)) in keys.iter().chain(&keys).enumerate() {
            sales.of(*category, *channel).add(1, n as i128);
        }
        let expected =
            keys.iter().zip(0..).map(|(key, n)| (*key, Sum { rows: 2, money: 2 * n + 6 }));
        assert_eq!(sales.into_map(), expected.collect());
    }
}
