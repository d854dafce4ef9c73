//! What customers did in the holdout, counted by cell.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::btyd::sorted_rows::SortedRows;
use crate::btyd::{Cells, EqualFrequency};

/// Calibration cells with the purchases of their customers in the days after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdout {
    cells: Cells,
    days: u32,
    /// Sorted, so that sums do not depend on the order of customers.
    outcomes: Vec<Outcome>,
    knows_last_days: bool,
}

/// Customers of one cell who did the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    /// Their cell.
    pub(super) cell: u32,
    /// Purchase days in the holdout.
    pub(super) frequency: u32,
    /// Days from the end of calibration to the last of them; 0 without any, or when not known.
    pub(super) last_day: u32,
    /// How many they are.
    pub(super) n_customers: u32,
}

/// Why outcomes are refused. Rows count from 0; the first bad row is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HoldoutError {
    /// The columns differ in length.
    #[error("{found} row(s) of outcomes, expected {expected} as customers")]
    Lengths {
        /// Customers.
        expected: usize,
        /// Rows found.
        found: usize,
    },
    /// A customer's cell does not exist.
    #[error("cell {cell} of row {row} does not exist, there are {n_cells}")]
    UnknownCell {
        /// The row.
        row: usize,
        /// The cell named.
        cell: u32,
        /// Cells there are.
        n_cells: usize,
    },
    /// A number of purchases is negative or more than the days of the holdout.
    #[error("{frequency} purchase day(s) in row {row}, expected 0 to {days}")]
    Frequency {
        /// The row.
        row: usize,
        /// Purchase days found.
        frequency: i64,
        /// Days of the holdout.
        days: u32,
    },
    /// The day of the last purchase does not fit the number of purchases.
    #[error("last purchase on day {last_day} in row {row}, expected {first} to {last}")]
    LastDay {
        /// The row.
        row: usize,
        /// The day found.
        last_day: i64,
        /// The first day possible; 0 without a purchase.
        first: u32,
        /// The last day possible; 0 without a purchase.
        last: u32,
    },
}

impl Holdout {
    /// Counts the outcomes of customers; one row a customer, in the order of `cell_of_row`.
    ///
    /// `frequency` are purchase days within `days` days after the end of calibration, `last_day`
    /// the number of days to the last of them, 0 where there is none. Without `last_day` there is
    /// no log score of purchase times.
    ///
    /// # Errors
    /// Columns of different lengths; the first row with an unknown cell, with more purchase days
    /// than days, or with a last day that contradicts them.
    pub fn new<X: Copy + Into<i64>>(
        cells: Cells,
        cell_of_row: &[u32],
        frequency: &[X],
        last_day: Option<&[X]>,
        days: u32,
    ) -> Result<Self, HoldoutError> {
        let expected = cell_of_row.len();
        for found in [frequency.len(), last_day.map_or(expected, <[X]>::len)] {
            if found != expected {
                return Err(HoldoutError::Lengths { expected, found });
            }
        }
        let outcome = |(row, (&cell, &x)): (usize, (&u32, &X))| {
            if cell as usize >= cells.len() {
                return Err(HoldoutError::UnknownCell { row, cell, n_cells: cells.len() });
            }
            let frequency = u32::try_from(x.into()).ok().filter(|&frequency| frequency <= days);
            let Some(frequency) = frequency else {
                return Err(HoldoutError::Frequency { row, frequency: x.into(), days });
            };
            let last_day = match last_day.and_then(|column| column.get(row)) {
                None => 0,
                Some(&day) => last_day_of(row, day.into(), frequency, days)?,
            };
            Ok([cell, frequency, last_day])
        };
        let rows = || cell_of_row.iter().zip(frequency).enumerate().map(outcome);
        rows().try_for_each(|row| row.map(|_| ()))?;
        let largest = [cells.len().saturating_sub(1) as u32, days, days];
        let mut outcomes: Vec<Outcome> = Vec::new();
        SortedRows::new(largest, rows().filter_map(Result::ok)).for_each(|row| {
            let [cell, frequency, last_day] = row;
            match outcomes.last_mut() {
                Some(last) if [last.cell, last.frequency, last.last_day] == row => {
                    last.n_customers += 1;
                }
                _ => outcomes.push(Outcome { cell, frequency, last_day, n_customers: 1 }),
            }
        });
        outcomes.shrink_to_fit();
        Ok(Self { cells, days, outcomes, knows_last_days: last_day.is_some() })
    }

    /// Returns the calibration cells.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Returns the length of the holdout in days.
    pub fn days(&self) -> u32 {
        self.days
    }

    /// Returns whether the days of the last purchases are known.
    pub fn knows_last_days(&self) -> bool {
        self.knows_last_days
    }

    pub(super) fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Returns frequency, `t_x` and T of an outcome's customers at the end of the calibration.
    pub(super) fn before(&self, outcome: &Outcome) -> Option<(u32, u32, u32)> {
        let cell = outcome.cell as usize;
        let frequency = *self.cells.frequency().get(cell)?;
        Some((frequency, *self.cells.recency_days().get(cell)?, *self.cells.t_days().get(cell)?))
    }

    /// Returns the same at the end of the holdout.
    pub(super) fn after(&self, outcome: &Outcome) -> Option<(u32, u32, u32)> {
        let (frequency, recency_days, t_days) = self.before(outcome)?;
        let last_day = t_days.saturating_add(outcome.last_day);
        Some((
            frequency.saturating_add(outcome.frequency),
            if outcome.frequency > 0 { last_day } else { recency_days },
            t_days.saturating_add(self.days),
        ))
    }

    /// Returns the frequencies of all histories, those before and those after the holdout.
    pub(super) fn equal_frequencies(
        &self,
        time_unit_days: f64,
    ) -> impl Iterator<Item = EqualFrequency> {
        let mut n_histories: BTreeMap<u32, usize> = BTreeMap::new();
        let mut count = |frequency, n| *n_histories.entry(frequency).or_insert(0) += n;
        for equal in self.outcomes.chunk_by(|a, b| (a.cell, a.frequency) == (b.cell, b.frequency)) {
            let Some((before, after)) =
                equal.first().and_then(|first| Some((self.before(first)?, self.after(first)?)))
            else {
                continue;
            };
            count(before.0, 1);
            count(after.0, equal.len());
        }
        let max_t_days = self.cells.max_t_days(0..self.cells.len()).saturating_add(self.days);
        n_histories.into_iter().map(move |(frequency, n_histories)| EqualFrequency {
            frequency,
            time_unit_days,
            max_t_days,
            n_histories,
        })
    }
}

fn last_day_of(row: usize, day: i64, frequency: u32, days: u32) -> Result<u32, HoldoutError> {
    let (first, last) = if frequency > 0 { (1, days) } else { (0, 0) };
    if day < i64::from(first) || day > i64::from(last) {
        return Err(HoldoutError::LastDay { row, last_day: day, first, last });
    }
    Ok(day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holdout(
        cell_of_row: &[u32],
        frequency: &[i64],
        last_day: Option<&[i64]>,
    ) -> Result<Holdout, HoldoutError> {
        let (cells, _) = Cells::compress(&[0_i64, 2], &[0_i64, 20], &[30_i64, 30]).expect("valid");
        Holdout::new(cells, cell_of_row, frequency, last_day, 10)
    }

    #[test]
    fn customers_who_did_the_same_are_one_outcome() {
        let one = holdout(&[1, 0, 1], &[3, 0, 3], Some(&[9, 0, 9])).expect("valid");
        let other = holdout(&[1, 1, 0], &[3, 3, 0], Some(&[9, 9, 0])).expect("valid");
        assert_eq!(one, other);
        assert_eq!(one.outcomes().iter().map(|o| o.n_customers).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(one.before(&one.outcomes()[1]), Some((2, 20, 30)));
        assert_eq!(one.after(&one.outcomes()[1]), Some((5, 39, 40)));
        // Without a purchase the history goes on and the last purchase stays.
        assert_eq!(one.after(&one.outcomes()[0]), Some((0, 0, 40)));
        let groups: Vec<(u32, usize)> =
            one.equal_frequencies(7.0).map(|group| (group.frequency, group.n_histories)).collect();
        assert_eq!(groups, [(0, 2), (2, 1), (5, 1)]);
    }

    #[test]
    fn outcomes_that_contradict_themselves_are_named() {
        let error = |cells: &[u32], frequency: &[i64], last_day: Option<&[i64]>| {
            holdout(cells, frequency, last_day).expect_err("a bad row").to_string()
        };
        assert_eq!(error(&[0], &[1, 2], None), "2 row(s) of outcomes, expected 1 as customers");
        assert_eq!(error(&[2], &[0], None), "cell 2 of row 0 does not exist, there are 2");
        assert_eq!(error(&[0], &[11], None), "11 purchase day(s) in row 0, expected 0 to 10");
        assert_eq!(error(&[0], &[-1], None), "-1 purchase day(s) in row 0, expected 0 to 10");
        assert_eq!(
            error(&[0], &[1], Some(&[0])),
            "last purchase on day 0 in row 0, expected 1 to 10"
        );
        assert_eq!(
            error(&[0], &[0], Some(&[4])),
            "last purchase on day 4 in row 0, expected 0 to 0"
        );
    }
}
