//! What one customer bought, put together from every reference that is theirs.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type};
use arrow_array::{Array, Decimal128Array, ListArray, StructArray};
use idip_schemas::source::party_purchase;
use idip_stage::StageError;

/// Net money and sale baskets of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub(crate) on: i32,
    /// Sales and returns, in minor units.
    pub(crate) cents: i64,
    /// Baskets with a sale; a day without any is no purchase day.
    pub(crate) baskets: i64,
}

/// One batch of [`party_purchase`], its lists laid flat.
pub(crate) struct PurchaseBatch<'a> {
    columns: &'a party_purchase::Columns,
    days: &'a [i32],
    cents: &'a [i64],
    baskets: &'a [i64],
    category_cents: &'a [i64],
    channel_lines: &'a [i64],
}

impl<'a> PurchaseBatch<'a> {
    /// Borrows the lists of a batch.
    ///
    /// # Errors
    ///
    /// When an item of a list is null.
    pub(crate) fn new(columns: &'a party_purchase::Columns) -> Result<Self, StageError> {
        let days = columns.days.values().as_struct();
        Ok(Self {
            columns,
            days: field(days, "day")?.as_primitive::<Date32Type>().values(),
            cents: field(days, "cents")?.as_primitive::<Int64Type>().values(),
            baskets: field(days, "baskets")?.as_primitive::<Int64Type>().values(),
            category_cents: items(&columns.category_cents, "category_cents")?,
            channel_lines: items(&columns.channel_lines, "channel_lines")?,
        })
    }

    /// Reads a little of everything a row holds, and returns it summed.
    ///
    /// Rows of consecutive customers lie anywhere in memory. Reading ahead of the work, for many rows
    /// at once, lets the processor wait for all of them together instead of one after the other.
    pub(crate) fn touch(&self, row: usize) -> i64 {
        let columns = self.columns;
        let first = |list: &ListArray, items: &[i64]| {
            let offset = list.value_offsets().get(row).map_or(0, |&offset| offset as usize);
            items.get(offset).copied().unwrap_or(0)
        };
        let day = columns.days.value_offsets().get(row).map_or(0, |&offset| offset as usize);
        [
            first(&columns.days, self.cents),
            first(&columns.days, self.baskets),
            first(&columns.category_cents, self.category_cents),
            first(&columns.channel_lines, self.channel_lines),
            i64::from(self.days.get(day).copied().unwrap_or(0)),
            columns.sale_amount.value(row) as i64,
            columns.return_amount.value(row) as i64,
            columns.discount_amount.value(row) as i64,
            columns.sale_lines.value(row),
        ]
        .into_iter()
        .fold(0, i64::wrapping_add)
    }
}

fn field<'a>(days: &'a StructArray, name: &str) -> Result<&'a dyn Array, StageError> {
    match days.column_by_name(name) {
        Some(values) if values.null_count() == 0 && days.null_count() == 0 => Ok(values),
        _ => Err(null_items(&format!("days.{name}"))),
    }
}

fn items<'a>(list: &'a ListArray, name: &str) -> Result<&'a [i64], StageError> {
    let values = list.values().as_primitive::<Int64Type>();
    if values.null_count() > 0 { Err(null_items(name)) } else { Ok(values.values()) }
}

fn null_items(column: &str) -> StageError {
    StageError::Data {
        message: format!("table `party_purchase` has nulls inside the lists of `{column}`"),
        hint: None,
    }
}

/// The part of flat list items that belongs to a row.
fn of_row<'a, T>(list: &ListArray, items: &'a [T], row: usize) -> &'a [T] {
    let offsets = list.value_offsets();
    let bound = |at: usize| offsets.get(at).map_or(0, |&offset| offset as usize);
    items.get(bound(row)..bound(row + 1)).unwrap_or_default()
}

/// Everything one customer bought and brought back.
///
/// Money in minor units; a sum that leaves the range of `i64`, nine times what a column of money
/// holds, stays at its end.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Ascending, a day at most once.
    pub(crate) days: Vec<Day>,
    pub(crate) sale_lines: i64,
    pub(crate) return_lines: i64,
    pub(crate) sale_cents: i64,
    /// Negative.
    pub(crate) return_cents: i64,
    /// Null as long as no feed tells.
    pub(crate) discount_cents: Option<i64>,
    /// Money of sales by category.
    pub(crate) category_cents: Vec<i64>,
    /// Lines of sales by channel.
    pub(crate) channel_lines: Vec<i64>,
}

impl Ledger {
    /// Puts the references of one customer together, in place of what was here before.
    pub(crate) fn fill<'a>(&mut self, rows: impl Iterator<Item = (&'a PurchaseBatch<'a>, usize)>) {
        self.days.clear();
        self.category_cents.clear();
        self.channel_lines.clear();
        (self.sale_lines, self.return_lines) = (0, 0);
        (self.sale_cents, self.return_cents, self.discount_cents) = (0, 0, None);
        for (batch, row) in rows {
            self.add(batch, row);
        }
        if !self.days.is_sorted_by(|a, b| a.on < b.on) {
            self.merge_days();
        }
    }

    fn add(&mut self, batch: &PurchaseBatch<'_>, row: usize) {
        let columns = batch.columns;
        let days = of_row(&columns.days, batch.days, row);
        let cents = of_row(&columns.days, batch.cents, row);
        let baskets = of_row(&columns.days, batch.baskets, row);
        self.days.extend(
            days.iter().zip(cents).zip(baskets).map(|((&on, &cents), &baskets)| Day {
                on,
                cents,
                baskets,
            }),
        );
        self.sale_lines += columns.sale_lines.value(row);
        self.return_lines += columns.return_lines.value(row);
        self.sale_cents = self.sale_cents.saturating_add(cents_at(&columns.sale_amount, row));
        self.return_cents = self.return_cents.saturating_add(cents_at(&columns.return_amount, row));
        if columns.discount_amount.is_valid(row) {
            let cents = cents_at(&columns.discount_amount, row);
            self.discount_cents = Some(self.discount_cents.unwrap_or(0).saturating_add(cents));
        }
        add_items(
            &mut self.category_cents,
            of_row(&columns.category_cents, batch.category_cents, row),
        );
        add_items(
            &mut self.channel_lines,
            of_row(&columns.channel_lines, batch.channel_lines, row),
        );
    }

    fn merge_days(&mut self) {
        self.days.sort_unstable_by_key(|day| day.on);
        self.days.dedup_by(|later, day| {
            let is_same = later.on == day.on;
            if is_same {
                day.cents = day.cents.saturating_add(later.cents);
                day.baskets = day.baskets.saturating_add(later.baskets);
            }
            is_same
        });
    }
}

fn cents_at(values: &Decimal128Array, row: usize) -> i64 {
    values.value(row).clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

fn add_items(sums: &mut Vec<i64>, items: &[i64]) {
    if sums.is_empty() {
        sums.extend_from_slice(items);
        return;
    }
    sums.resize(sums.len().max(items.len()), 0);
    for (sum, &item) in sums.iter_mut().zip(items) {
        *sum = sum.saturating_add(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(on: i32, cents: i64, baskets: i64) -> Day {
        Day { on, cents, baskets }
    }

    #[test]
    fn a_day_of_two_references_is_one_day() {
        let days = vec![day(3, 100, 1), day(9, -40, 0), day(3, 50, 2), day(1, 7, 1)];
        let mut ledger = Ledger { days, ..Ledger::default() };
        ledger.merge_days();
        assert_eq!(ledger.days, [day(1, 7, 1), day(3, 150, 3), day(9, -40, 0)]);
    }

    #[test]
    fn lists_of_different_length_are_added_by_position() {
        let mut sums = vec![1, 2];
        add_items(&mut sums, &[10, 20, 30]);
        assert_eq!(sums, [11, 22, 30]);
    }
}
