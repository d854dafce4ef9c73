//! Records as numbers: every value once, every record a row of numbers.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow_array::{Array, StringArray};
use rayon::prelude::*;

use super::error::LinkageError;
use super::field::{Field, FieldKind};
use super::pool::{MISSING, Pool};

/// One column: its distinct values and how often each is held.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name and kind.
    pub field: Field,
    /// Distinct values.
    pub values: Pool,
    /// Records that hold each value; shape `(values.len(),)`, 0 for the missing one.
    pub counts: Vec<u32>,
}

impl Column {
    /// Records that hold a value.
    pub fn n_filled(&self) -> u64 {
        self.counts.iter().map(|&n| u64::from(n)).sum()
    }
}

/// Records in an order of their own, so that the order of the input decides nothing.
///
/// They are sorted by key, then by their values. A record is a row of `n_cells` numbers, one a column
/// and one each for the whole name and the whole address. 4 bytes a cell, and each distinct value once.
#[derive(Debug, Clone)]
pub struct Records {
    columns: Vec<Column>,
    /// Records that hold each whole name and each whole address; empty without one.
    pair_counts: [Vec<u32>; 2],
    cells: Vec<u32>,
    n_cells: usize,
    rows: Vec<u32>,
}

impl Records {
    /// Takes records by column; `keys` and the columns have shape `(n_records,)`.
    ///
    /// Values are compared as they are given: case, accents and placeholders are to be dealt with
    /// before. Null and empty are missing. O(n log n).
    ///
    /// # Errors
    ///
    /// [`LinkageError`] when columns differ in length, come twice, or there are more than 2³² − 2
    /// records.
    pub fn new(
        keys: &StringArray,
        columns: &[(Field, &StringArray)],
    ) -> Result<Self, LinkageError> {
        check(keys, columns)?;
        let rows = canonical_order(keys, columns);
        let text = |array: &StringArray, row: u32| -> usize {
            if array.is_null(row as usize) { 0 } else { array.value(row as usize).len() }
        };
        let numbered: Vec<(Column, Vec<u32>)> = columns
            .par_iter()
            .map(|(field, array)| {
                let values = rows.iter().map(|&row| match text(array, row) {
                    0 => "",
                    _ => array.value(row as usize),
                });
                let (values, numbers) = Pool::number(values);
                let counts = counts(&numbers, values.len());
                (Column { field: field.clone(), values, counts }, numbers)
            })
            .collect();
        let of_kind = |kind| numbered.iter().find(|(column, _)| column.field.kind == kind);
        let pairs = [
            (of_kind(FieldKind::FirstName), of_kind(FieldKind::LastName)),
            (of_kind(FieldKind::PostalCode), of_kind(FieldKind::Street)),
        ]
        .map(|pair| match pair {
            (Some((_, one)), Some((_, other))) => numbered_pairs(one, other),
            _ => Vec::new(),
        });
        let pair_counts = [0, 1].map(|which: usize| {
            let numbers = pairs.get(which).map_or(&[][..], Vec::as_slice);
            counts(numbers, numbers.iter().max().map_or(0, |&most| most as usize + 1))
        });

        let n_cells = numbered.len() + pairs.len();
        let mut cells = vec![MISSING; rows.len() * n_cells];
        let sources = numbered.iter().map(|(_, numbers)| numbers).chain(&pairs);
        for (cell, numbers) in sources.enumerate() {
            for (record, &number) in cells.chunks_exact_mut(n_cells).zip(numbers) {
                if let Some(slot) = record.get_mut(cell) {
                    *slot = number;
                }
            }
        }
        let columns = numbered.into_iter().map(|(column, _)| column).collect();
        Ok(Self { columns, pair_counts, cells, n_cells, rows })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The columns, in the order of the cells.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Position of the column of this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.field.name == name)
    }

    /// Position of the first column of this kind.
    pub fn position_of_kind(&self, kind: FieldKind) -> Option<usize> {
        self.columns.iter().position(|column| column.field.kind == kind)
    }

    /// The numbers of one record: a cell a column, the whole name, the whole address.
    ///
    /// Empty beyond the last record.
    pub fn cells(&self, record: u32) -> &[u32] {
        let start = record as usize * self.n_cells;
        self.cells.get(start..start + self.n_cells).unwrap_or_default()
    }

    /// The number that one record has in one cell.
    pub fn cell(&self, record: u32, cell: usize) -> u32 {
        self.cells.get(record as usize * self.n_cells + cell).copied().unwrap_or(MISSING)
    }

    /// The value of one record in one column; empty when missing.
    pub fn value(&self, record: u32, column: usize) -> &str {
        let number = self.cell(record, column);
        self.columns.get(column).map_or("", |column| column.values.value(number))
    }

    /// Position of the whole name among the cells.
    pub fn name_cell(&self) -> usize {
        self.columns.len()
    }

    /// Position of the whole address, street and postal code, among the cells.
    pub fn address_cell(&self) -> usize {
        self.columns.len() + 1
    }

    /// Records that hold each value of a cell; empty for a cell that there is not.
    pub fn counts(&self, cell: usize) -> &[u32] {
        match self.columns.get(cell) {
            Some(column) => &column.counts,
            None => self.pair_counts.get(cell - self.columns.len()).map_or(&[], Vec::as_slice),
        }
    }

    /// Number of cells of a record.
    pub fn n_cells(&self) -> usize {
        self.n_cells
    }

    /// Row of the input that each record was; shape `(n_records,)`.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Makes values of a column missing; `is_forgotten` is by number.
    pub(super) fn forget(&mut self, column: usize, is_forgotten: &[bool]) {
        for record in self.cells.chunks_exact_mut(self.n_cells) {
            if let Some(cell) = record.get_mut(column)
                && is_forgotten.get(*cell as usize).copied().unwrap_or(false)
            {
                *cell = MISSING;
            }
        }
        if let Some(column) = self.columns.get_mut(column) {
            for (count, _) in column.counts.iter_mut().zip(is_forgotten).filter(|(_, is)| **is) {
                *count = 0;
            }
        }
    }
}

fn check(keys: &StringArray, columns: &[(Field, &StringArray)]) -> Result<(), LinkageError> {
    let most = u32::MAX as usize - 1;
    if keys.len() > most {
        return Err(LinkageError::TooManyRecords { found: keys.len(), most });
    }
    for (position, (field, array)) in columns.iter().enumerate() {
        if array.len() != keys.len() {
            return Err(LinkageError::UnequalLengths {
                field: field.name.clone(),
                found: array.len(),
                expected: keys.len(),
            });
        }
        let clashes = |other: &Field| {
            other.name == field.name || (field.kind.is_single() && other.kind == field.kind)
        };
        if columns.iter().take(position).any(|(other, _)| clashes(other)) {
            return Err(LinkageError::RepeatedField { field: field.name.clone() });
        }
    }
    Ok(())
}

fn canonical_order(keys: &StringArray, columns: &[(Field, &StringArray)]) -> Vec<u32> {
    let key = |row: u32| keys.value(row as usize).as_bytes();
    // Most keys differ in their first bytes, which compare as one number.
    let head = |row: u32| {
        key(row).iter().chain(&[0; 16]).take(16).fold(0_u128, |head, &b| head << 8 | u128::from(b))
    };
    let mut rows: Vec<(u128, u32)> =
        (0..keys.len() as u32).into_par_iter().map(|row| (head(row), row)).collect();
    let by_values = |a: u32, b: u32| {
        columns
            .iter()
            .map(|(_, array)| {
                let value = |row: u32| {
                    let row = row as usize;
                    if array.is_null(row) { "" } else { array.value(row) }
                };
                value(a).cmp(value(b))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    };
    rows.par_sort_unstable_by(|&(head_a, a), &(head_b, b)| {
        head_a
            .cmp(&head_b)
            .then_with(|| key(a).cmp(key(b)))
            .then_with(|| by_values(a, b))
            .then_with(|| a.cmp(&b))
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

fn counts(numbers: &[u32], n_values: usize) -> Vec<u32> {
    let mut counts = vec![0_u32; n_values];
    for &number in numbers.iter().filter(|&&number| number != MISSING) {
        if let Some(count) = counts.get_mut(number as usize) {
            *count += 1;
        }
    }
    counts
}

/// Numbers the pairs of two columns; missing where one of them is.
fn numbered_pairs(first: &[u32], last: &[u32]) -> Vec<u32> {
    let mut known: HashMap<(u32, u32), u32> = HashMap::new();
    first
        .iter()
        .zip(last)
        .map(|(&first, &last)| {
            if first == MISSING || last == MISSING {
                return MISSING;
            }
            let next = known.len() as u32 + 1;
            *known.entry((first, last)).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> StringArray {
        values.iter().map(|value| (!value.is_empty()).then_some(*value)).collect()
    }

    #[test]
    fn records_are_sorted_by_key_then_by_value() {
        let keys = texts(&["b", "a", "b"]);
        let (first, last) = (texts(&["zoe", "ana", "eva"]), texts(&["gil", "", "gil"]));
        let fields = [
            (Field::new("first_name", FieldKind::FirstName), &first),
            (Field::new("last_name", FieldKind::LastName), &last),
        ];
        let records = Records::new(&keys, &fields).expect("is well formed");
        assert_eq!(records.rows(), [1, 2, 0]);
        assert_eq!(records.value(1, 0), "eva");
        assert_eq!((records.cell(0, 2), records.cell(1, 2), records.cell(2, 2)), (MISSING, 1, 2));
        assert_eq!(records.columns()[1].counts, [0, 2]);
    }

    #[test]
    fn columns_that_do_not_fit_are_named() {
        let keys = texts(&["a"]);
        let (one, two) = (texts(&["x"]), texts(&["x", "y"]));
        let field = |name| Field::new(name, FieldKind::Email);
        let error = |columns: &[(Field, &StringArray)]| {
            Records::new(&keys, columns).expect_err("is refused").to_string()
        };
        assert!(error(&[(field("email"), &two)]).contains("`email` has 2 row(s)"));
        assert!(error(&[(field("a"), &one), (field("b"), &one)]).contains("`b` comes twice"));
    }
}
