//! What customers did in the holdout, counted by cell.

use rayon::slice::ParallelSliceMut;
use thiserror::Error;

use crate::btyd::{Cells, History};

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
        let mut keys = Vec::with_capacity(expected);
        for (row, (&cell, &x)) in cell_of_row.iter().zip(frequency).enumerate() {
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
            keys.push((cell, frequency, last_day));
        }
        keys.par_sort_unstable();
        let outcomes = keys
            .chunk_by(|a, b| a == b)
            .filter_map(|equal| Some((equal.first()?, equal.len() as u32)))
            .map(|(&(cell, frequency, last_day), n_customers)| Outcome {
                cell,
                frequency,
                last_day,
                n_customers,
            })
            .collect();
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

    /// Returns the history up to the end of the holdout of the customers of an outcome.
    pub(super) fn history_after(&self, outcome: &Outcome, time_unit_days: f64) -> Option<History> {
        let before = self.cells.history(outcome.cell as usize, time_unit_days)?;
        let recency = if outcome.frequency > 0 {
            before.t + f64::from(outcome.last_day) / time_unit_days
        } else {
            before.recency
        };
        Some(History {
            frequency: before.frequency.saturating_add(outcome.frequency),
            recency,
            t: before.t + f64::from(self.days) / time_unit_days,
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
        let after = one.history_after(&one.outcomes()[1], 10.0).expect("a cell");
        assert_eq!(after, History { frequency: 5, recency: 3.9, t: 4.0 });
        // Without a purchase the history goes on and the last purchase stays.
        let after = one.history_after(&one.outcomes()[0], 10.0).expect("a cell");
        assert_eq!(after, History { frequency: 0, recency: 0.0, t: 4.0 });
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
