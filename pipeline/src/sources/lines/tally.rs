//! What became of the lines of a feed, in rows and in money.

use std::collections::BTreeMap;

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
