//! Customers with the same history, counted once: the unique (x, `t_x`, T) with their numbers.

use std::ops::Range;

use super::History;
use super::cells_error::{CellColumn, CellsError};
use super::sorted_rows::SortedRows;

/// Unique purchase histories in whole days, each with its number of customers.
///
/// Sorted by frequency, then recency, then T, so that sums over cells do not depend on the order
/// of customers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    frequency: Vec<u32>,
    recency_days: Vec<u32>,
    t_days: Vec<u32>,
    n_customers: Vec<u32>,
}

/// Sort key of a row: frequency, recency, T, row.
pub(super) type RowKey = (u32, u32, u32, u32);

impl Cells {
    /// Compresses customers to cells, and tells each customer's cell; shape `(n_customers,)`.
    ///
    /// One row a customer, whole days. `t_x = T`, `T = 0` and any frequency are legal. The columns
    /// may be of any integer type that widens to `i64`, as the values of an Arrow column. Costs a
    /// sort and 12 bytes a customer.
    ///
    /// # Errors
    /// Columns of different lengths, more than 2^32 - 1 rows; the first row with a negative value,
    /// with `recency_days > t_days`, or with a recency but no repeat purchase.
    pub fn compress<X, D>(
        frequency: &[X],
        recency_days: &[D],
        t_days: &[D],
    ) -> Result<(Self, Vec<u32>), CellsError>
    where
        X: Copy + Into<i64>,
        D: Copy + Into<i64>,
    {
        Self::compress_by(frequency, recency_days, t_days, 1)
    }

    /// Compresses as [`Self::compress`] with times rounded to multiples of `step_days`.
    ///
    /// Steps of a week make about a quarter of the cells and move the estimates of a BG/NBD by
    /// half a per cent. A step of 0 counts as 1; halves round up.
    ///
    /// # Errors
    /// As [`Self::compress`].
    pub fn compress_by<X, D>(
        frequency: &[X],
        recency_days: &[D],
        t_days: &[D],
        step_days: u32,
    ) -> Result<(Self, Vec<u32>), CellsError>
    where
        X: Copy + Into<i64>,
        D: Copy + Into<i64>,
    {
        let (n, step_days) = (frequency.len(), step_days.max(1));
        let mut largest = [0_u32, 0, 0, n.saturating_sub(1) as u32];
        for key in row_keys(frequency, recency_days, t_days, step_days)? {
            let (frequency, recency_days, t_days, _) = key?;
            for (largest, found) in largest.iter_mut().zip([frequency, recency_days, t_days]) {
                *largest = found.max(*largest);
            }
        }
        let keys = row_keys(frequency, recency_days, t_days, step_days)?.filter_map(Result::ok);
        let mut cells = Self::default();
        let mut cell_of_row = vec![0_u32; n];
        SortedRows::new(largest, keys.map(<[u32; 4]>::from)).for_each(|key| {
            cells.count(key.into());
            let [.., row] = key;
            if let Some(cell) = cell_of_row.get_mut(row as usize) {
                *cell = cells.len() as u32 - 1;
            }
        });
        cells.shrink();
        Ok((cells, cell_of_row))
    }

    /// Adds one customer; their histories come in ascending order.
    fn count(&mut self, (frequency, recency_days, t_days, _): RowKey) {
        let last = self.frequency.last().zip(self.recency_days.last()).zip(self.t_days.last());
        let is_last = last == Some(((&frequency, &recency_days), &t_days));
        if let Some(n) = self.n_customers.last_mut().filter(|_| is_last) {
            *n += 1;
        } else {
            self.frequency.push(frequency);
            self.recency_days.push(recency_days);
            self.t_days.push(t_days);
            self.n_customers.push(1);
        }
    }

    /// Lets go of what was reserved and not needed.
    fn shrink(&mut self) {
        for column in
            [&mut self.frequency, &mut self.recency_days, &mut self.t_days, &mut self.n_customers]
        {
            column.shrink_to_fit();
        }
    }

    /// Adds the cells of sorted rows behind those there are.
    pub(super) fn append(&mut self, sorted: &[RowKey], cell_of_row: &mut [u32]) {
        for equal in sorted.chunk_by(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2)) {
            let Some(&(frequency, recency_days, t_days, _)) = equal.first() else { continue };
            for &(.., row) in equal {
                if let Some(cell) = cell_of_row.get_mut(row as usize) {
                    *cell = self.frequency.len() as u32;
                }
            }
            self.frequency.push(frequency);
            self.recency_days.push(recency_days);
            self.t_days.push(t_days);
            self.n_customers.push(equal.len() as u32);
        }
    }

    /// Returns one cell in so many, from the first.
    pub(super) fn every(&self, step: usize) -> Self {
        let some = |column: &[u32]| column.iter().copied().step_by(step.max(1)).collect();
        Self {
            frequency: some(&self.frequency),
            recency_days: some(&self.recency_days),
            t_days: some(&self.t_days),
            n_customers: some(&self.n_customers),
        }
    }

    /// Returns the number of cells.
    pub fn len(&self) -> usize {
        self.frequency.len()
    }

    /// Returns whether there is no customer at all.
    pub fn is_empty(&self) -> bool {
        self.frequency.is_empty()
    }

    /// Returns the repeat purchases of each cell, ascending.
    pub fn frequency(&self) -> &[u32] {
        &self.frequency
    }

    /// Returns the days from first to last purchase of each cell.
    pub fn recency_days(&self) -> &[u32] {
        &self.recency_days
    }

    /// Returns the days from first purchase to the end of observation of each cell.
    pub fn t_days(&self) -> &[u32] {
        &self.t_days
    }

    /// Returns the number of customers of each cell, 1 or more.
    pub fn n_customers(&self) -> &[u32] {
        &self.n_customers
    }

    /// Returns the number of customers of all cells.
    pub fn total_customers(&self) -> u64 {
        self.n_customers.iter().map(|&n| u64::from(n)).sum()
    }

    /// Returns the number of repeat purchases of all customers.
    pub fn total_repeats(&self) -> u64 {
        let repeats = self.frequency.iter().zip(&self.n_customers);
        repeats.map(|(&x, &n)| u64::from(x) * u64::from(n)).sum()
    }

    /// Returns the number of customers with at least one repeat purchase.
    pub fn total_repeaters(&self) -> u64 {
        let customers = self.frequency.iter().zip(&self.n_customers);
        customers.filter(|&(&x, _)| x > 0).map(|(_, &n)| u64::from(n)).sum()
    }

    /// Returns the history of a cell with times in units of `time_unit_days` days.
    ///
    /// `None` when there is no such cell.
    pub fn history(&self, cell: usize, time_unit_days: f64) -> Option<History> {
        Some(History {
            frequency: *self.frequency.get(cell)?,
            recency: f64::from(*self.recency_days.get(cell)?) / time_unit_days,
            t: f64::from(*self.t_days.get(cell)?) / time_unit_days,
        })
    }

    /// Returns the cells of each frequency, in their order, of a range of cells.
    pub(super) fn equal_frequencies(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut next = range.start;
        let frequency = self.frequency.get(range).unwrap_or_default();
        frequency.chunk_by(|a, b| a == b).map(move |equal| {
            let first = next;
            next += equal.len();
            first..next
        })
    }

    /// Returns the longest T of some cells, 0 for none.
    pub(super) fn max_t_days(&self, range: Range<usize>) -> u32 {
        self.t_days.get(range).unwrap_or_default().iter().copied().max().unwrap_or(0)
    }
    /// Returns the histories of some cells; cells that do not exist are left out.
    pub(super) fn histories_of(&self, range: Range<usize>, time_unit_days: f64) -> Vec<History> {
        range.filter_map(|cell| self.history(cell, time_unit_days)).collect()
    }

    /// Returns all histories in the order of the cells, each with its number of customers.
    pub fn histories(
        &self,
        time_unit_days: f64,
    ) -> impl ExactSizeIterator<Item = (History, u32)> + '_ {
        let times = self.recency_days.iter().zip(&self.t_days);
        let cells = self.frequency.iter().zip(times).zip(&self.n_customers);
        cells.map(move |((&frequency, (&recency_days, &t_days)), &n)| {
            let recency = f64::from(recency_days) / time_unit_days;
            (History { frequency, recency, t: f64::from(t_days) / time_unit_days }, n)
        })
    }
}

/// Splits a range into ranges of a length; the last may be shorter.
pub(super) fn chunks(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(length).map(move |start| start..end.min(start + length))
}

/// Returns the sort keys of rows, in the order of rows, each refused for itself.
pub(super) fn row_keys<'a, X, D>(
    frequency: &'a [X],
    recency_days: &'a [D],
    t_days: &'a [D],
    step_days: u32,
) -> Result<impl Iterator<Item = Result<RowKey, CellsError>> + 'a, CellsError>
where
    X: Copy + Into<i64>,
    D: Copy + Into<i64>,
{
    let expected = frequency.len();
    for (column, found) in
        [(CellColumn::RecencyDays, recency_days.len()), (CellColumn::TDays, t_days.len())]
    {
        if found != expected {
            return Err(CellsError::Lengths { column, expected, found });
        }
    }
    if u32::try_from(expected).is_err() {
        return Err(CellsError::TooManyRows(expected));
    }
    let rows = frequency.iter().zip(recency_days.iter().zip(t_days)).enumerate();
    Ok(rows.map(move |(row, (&x, (&t_x, &t)))| {
        let narrow = |value: i64, column| {
            u32::try_from(value).map_err(|_| CellsError::OutOfRange { row, column, value })
        };
        let frequency = narrow(x.into(), CellColumn::Frequency)?;
        let recency_days = narrow(t_x.into(), CellColumn::RecencyDays)?;
        let t_days = narrow(t.into(), CellColumn::TDays)?;
        if recency_days > t_days {
            return Err(CellsError::RecencyBeyondT { row, recency_days, t_days });
        }
        if frequency == 0 && recency_days > 0 {
            return Err(CellsError::RecencyWithoutRepeat { row, recency_days });
        }
        let rounded =
            |days: u32| (days.saturating_add(step_days / 2) / step_days).saturating_mul(step_days);
        Ok((frequency, rounded(recency_days), rounded(t_days), row as u32))
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_histories_are_one_cell() {
        let (cells, cell_of_row) =
            Cells::compress(&[1, 0, 1, 0, 2], &[5, 0, 5, 0, 9], &[9, 9, 9, 0, 9]).expect("valid");
        assert_eq!(cells.frequency(), [0, 0, 1, 2]);
        assert_eq!(cells.recency_days(), [0, 0, 5, 9]);
        assert_eq!(cells.t_days(), [0, 9, 9, 9]);
        assert_eq!(cells.n_customers(), [1, 1, 2, 1]);
        assert_eq!(cell_of_row, [2, 1, 2, 0, 3]);
        assert_eq!((cells.total_customers(), cells.total_repeats()), (5, 4));
        assert_eq!(cells.total_repeaters(), 3);
        let history = cells.history(2, 7.0).expect("a cell");
        assert!((history.recency - 5.0 / 7.0).abs() < 1e-15 && history.frequency == 1);
        assert_eq!(cells.history(4, 7.0), None);
    }

    #[test]
    fn steps_round_to_their_multiples() {
        let (cells, _) =
            Cells::compress_by(&[1, 1], &[3, 4], &[10, 11], 7).expect("valid histories");
        // 3 and 10 go down to 0 and 7, 4 and 11 up to 7 and 14.
        assert_eq!((cells.recency_days(), cells.t_days()), (&[0, 7][..], &[7, 14][..]));
    }

    #[test]
    fn the_first_bad_row_is_named() {
        let error = |x: &[i64], t_x: &[i64], t: &[i64]| {
            Cells::compress(x, t_x, t).expect_err("a bad row").to_string()
        };
        assert_eq!(
            error(&[1, -1], &[1, 1], &[1, 1]),
            "`frequency` is -1 in row 1, expected 0 to 4294967295"
        );
        assert_eq!(
            error(&[1, 1], &[1, 1], &[1, 5_000_000_000]),
            "`t_days` is 5000000000 in row 1, expected 0 to 4294967295"
        );
        assert_eq!(error(&[1], &[3], &[2]), "`recency_days` 3 exceeds `t_days` 2 in row 0");
        assert_eq!(
            error(&[0], &[3], &[4]),
            "`recency_days` is 3 in row 0, expected 0 where `frequency` is 0"
        );
        assert_eq!(
            error(&[0, 0], &[0], &[4, 4]),
            "`recency_days` has 1 row(s), expected 2 as in `frequency`"
        );
    }

    fn rows() -> impl Strategy<Value = Vec<(i64, i64, i64)>> {
        let row = (0..4_i64, 0..6_i64, 0..3_i64);
        prop::collection::vec(
            row.prop_map(|(x, t_x, more)| {
                let t_x = if x > 0 { t_x } else { 0 };
                (x, t_x, t_x + more)
            }),
            0..60,
        )
    }

    proptest! {
        #[test]
        fn every_customer_is_in_the_cell_of_its_history(
            (rows, shuffled) in rows().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))
        ) {
            let compress = |rows: &[(i64, i64, i64)]| {
                let column = |of: fn(&(i64, i64, i64)) -> i64| rows.iter().map(of).collect::<Vec<_>>();
                Cells::compress(&column(|r| r.0), &column(|r| r.1), &column(|r| r.2)).expect("valid")
            };
            let (cells, cell_of_row) = compress(&rows);
            for (&(x, t_x, t), &cell) in rows.iter().zip(&cell_of_row) {
                let cell = cell as usize;
                let found = (cells.frequency()[cell], cells.recency_days()[cell], cells.t_days()[cell]);
                prop_assert_eq!(found, (x as u32, t_x as u32, t as u32));
            }
            prop_assert_eq!(cells.total_customers(), rows.len() as u64);
            prop_assert_eq!(cells, compress(&shuffled).0);
        }
    }
}
