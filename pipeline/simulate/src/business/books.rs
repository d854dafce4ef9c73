//! The rows of a feed, and where the engine is to put them.

use std::collections::BTreeSet;

pub(super) use crate::delimited::line;

/// One row of a feed as it stands in the file, without line end.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) text: String,
    /// Cents; 0 in feeds without money and where the money cannot be read.
    pub(super) amount: i64,
    /// Whether the row is a sale that names nobody.
    pub(super) is_unattributed: bool,
    /// Whether the row is to be refused.
    pub(super) is_bad: bool,
}

impl Row {
    /// A row without money.
    pub(super) fn plain(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

/// Rows and cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: usize,
    pub(super) amount: i64,
}

/// What the engine is to find in a feed: `read` is the sum of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Books {
    pub(super) feed: &'static str,
    pub(super) has_money: bool,
    pub(super) read: Sum,
    pub(super) used: Sum,
    pub(super) rejected: Sum,
    pub(super) duplicate: Sum,
    pub(super) unattributed: Sum,
}

impl Books {
    /// Adds up the rows of all files of a feed; a row that was there before is a duplicate.
    pub(super) fn of<'r>(
        feed: &'static str,
        has_money: bool,
        rows: impl IntoIterator<Item = &'r Row>,
    ) -> Self {
        let mut books = Self {
            feed,
            has_money,
            read: Sum::default(),
            used: Sum::default(),
            rejected: Sum::default(),
            duplicate: Sum::default(),
            unattributed: Sum::default(),
        };
        let mut seen = BTreeSet::new();
        for row in rows {
            let sum = if row.is_bad {
                &mut books.rejected
            } else if !seen.insert(row.text.as_str()) {
                &mut books.duplicate
            } else if row.is_unattributed {
                &mut books.unattributed
            } else {
                &mut books.used
            };
            for sum in [sum, &mut books.read] {
                sum.rows += 1;
                sum.amount += row.amount;
            }
        }
        books
    }

    /// Outcomes by name.
    pub(super) fn outcomes(&self) -> [(&'static str, Sum); 6] {
        [
            ("after_date", Sum::default()),
            ("duplicate", self.duplicate),
            ("read", self.read),
            ("rejected", self.rejected),
            ("unattributed", self.unattributed),
            ("used", self.used),
        ]
    }
}

/// Positions of `n` of these rows, evenly spread over those that may be taken.
pub(super) fn spread(rows: &[Row], n: usize, may: impl Fn(usize, &Row) -> bool) -> Vec<usize> {
    let free: Vec<usize> =
        rows.iter().enumerate().filter(|(at, row)| may(*at, row)).map(|(at, _)| at).collect();
    (0..n).filter_map(|nth| free.get((2 * nth + 1) * free.len() / (2 * n)).copied()).collect()
}

/// Cents as `-1234.50`.
pub(super) fn point(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// Cents as `-1.234,50`.
pub(super) fn comma(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    let (euros, rest) = (cents / 100, cents % 100);
    if euros < 1000 {
        format!("{sign}{euros},{rest:02}")
    } else {
        format!("{sign}{}.{:03},{rest:02}", euros / 1000, euros % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_to_the_cent_in_both_ways() {
        assert_eq!([0, 5, -205, 123_456].map(point), ["0.00", "0.05", "-2.05", "1234.56"]);
        assert_eq!([0, 5, -205, 123_456].map(comma), ["0,00", "0,05", "-2,05", "1.234,56"]);
    }

    #[test]
    fn every_row_goes_to_one_place() {
        let row = |text: &str, amount, is_unattributed, is_bad| Row {
            text: text.into(),
            amount,
            is_unattributed,
            is_bad,
        };
        let rows = [
            row("a", 100, false, false),
            row("a", 100, false, false),
            row("b", 7, true, false),
            row("b", 7, true, false),
            row("c", 50, false, true),
            row("d", 0, false, true),
        ];
        let books = Books::of("till", true, &rows);
        assert_eq!(books.read, Sum { rows: 6, amount: 264 });
        assert_eq!(books.used, Sum { rows: 1, amount: 100 });
        assert_eq!(books.duplicate, Sum { rows: 2, amount: 107 });
        assert_eq!(books.unattributed, Sum { rows: 1, amount: 7 });
        assert_eq!(books.rejected, Sum { rows: 2, amount: 50 });
    }

    #[test]
    fn chosen_rows_are_spread_and_allowed() {
        let rows = vec![Row::default(); 10];
        assert_eq!(spread(&rows, 2, |_, _| true), [2, 7]);
        assert_eq!(spread(&rows, 2, |at, _| at >= 6), [7, 9]);
        assert!(spread(&rows, 0, |_, _| true).is_empty());
        assert!(spread(&rows, 3, |_, _| false).is_empty());
    }
}
