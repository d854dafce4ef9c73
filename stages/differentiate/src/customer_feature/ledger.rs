//! What one customer bought, put together from every reference that is theirs.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Decimal128Array, ListArray};
use idip_schemas::source::party_purchase;
use idip_stage::StageError;

use crate::purchases::{Day, DayLists, merge_days, null_items, of_row};

/// One batch of [`party_purchase`], its lists laid flat.
pub(crate) struct PurchaseBatch<'a> {
    columns: &'a party_purchase::Columns,
    days: DayLists<'a>,
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
        Ok(Self {
            columns,
            days: DayLists::new(&columns.days)?,
            category_cents: items(&columns.category_cents, "category_cents")?,
            channel_lines: items(&columns.channel_lines, "channel_lines")?,
        })
    }

    /// Reads a little of everything a row holds, and returns it summed; why: [`DayLists::touch`].
    pub(super) fn touch(&self, row: usize) -> i64 {
        let columns = self.columns;
        let first = |list: &ListArray, items: &[i64]| {
            let offset = list.value_offsets().get(row).map_or(0, |&offset| offset as usize);
            items.get(offset).copied().unwrap_or(0)
        };
        [
            self.days.touch(row),
            first(&columns.category_cents, self.category_cents),
            first(&columns.channel_lines, self.channel_lines),
            columns.sale_amount.value(row) as i64,
            columns.return_amount.value(row) as i64,
            columns.discount_amount.value(row) as i64,
            columns.sale_lines.value(row),
        ]
        .into_iter()
        .fold(0, i64::wrapping_add)
    }
}

fn items<'a>(list: &'a ListArray, name: &str) -> Result<&'a [i64], StageError> {
    let values = list.values().as_primitive::<Int64Type>();
    if values.null_count() > 0 { Err(null_items(name)) } else { Ok(values.values()) }
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
        merge_days(&mut self.days);
    }

    fn add(&mut self, batch: &PurchaseBatch<'_>, row: usize) {
        let columns = batch.columns;
        self.days.extend(batch.days.of_row(row));
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

    #[test]
    fn lists_of_different_length_are_added_by_position() {
        let mut sums = vec![1, 2];
        add_items(&mut sums, &[10, 20, 30]);
        assert_eq!(sums, [11, 22, 30]);
    }
}
