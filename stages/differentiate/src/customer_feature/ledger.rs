//! What one customer bought, put together from every reference that is theirs.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ListArray};
use idip_schemas::source::party_purchase;
use idip_stage::StageError;

use crate::purchases::{Day, DayLists, merge_days, null_items, of_row};

/// One batch of [`party_purchase`], its lists laid flat.
pub(crate) struct PurchaseBatch<'a> {
    columns: &'a party_purchase::Columns,
    days: DayLists<'a>,
    categories: PartLists<'a>,
    channels: PartLists<'a>,
}

/// Parts by category or channel, their lists laid flat.
#[derive(Debug, Clone, Copy)]
struct PartLists<'a> {
    list: &'a ListArray,
    places: &'a [i32],
    amounts: &'a [i64],
}

impl<'a> PartLists<'a> {
    fn new(list: &'a ListArray, name: &str) -> Result<Self, StageError> {
        let parts = list.values().as_struct();
        let known = |field: &str| match parts.column_by_name(field) {
            Some(values) if values.null_count() == 0 && parts.null_count() == 0 => Ok(values),
            _ => Err(null_items(&format!("{name}.{field}"))),
        };
        let (places, amounts) = (known("place")?, known("amount")?);
        Ok(Self {
            list,
            places: places.as_primitive::<Int32Type>().values(),
            amounts: amounts.as_primitive::<Int64Type>().values(),
        })
    }

    /// Adds the parts of a row to sums by place.
    fn add_to(&self, sums: &mut Vec<i64>, row: usize) {
        let places = of_row(self.list, self.places, row);
        for (&place, &amount) in places.iter().zip(of_row(self.list, self.amounts, row)) {
            let place = place.unsigned_abs() as usize;
            if place >= sums.len() {
                sums.resize(place + 1, 0);
            }
            if let Some(sum) = sums.get_mut(place) {
                *sum = sum.saturating_add(amount);
            }
        }
    }

    fn touch(&self, row: usize) -> i64 {
        let first = self.list.value_offsets().get(row).map_or(0, |&offset| offset as usize);
        let place = self.places.get(first).copied().unwrap_or(0);
        i64::from(place).wrapping_add(self.amounts.get(first).copied().unwrap_or(0))
    }
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
            categories: PartLists::new(&columns.category_cents, "category_cents")?,
            channels: PartLists::new(&columns.channel_lines, "channel_lines")?,
        })
    }

    /// Reads a little of everything a row holds, and returns it summed; why: [`DayLists::touch`].
    pub(super) fn touch(&self, row: usize) -> i64 {
        let columns = self.columns;
        [
            self.days.touch(row),
            self.categories.touch(row),
            self.channels.touch(row),
            columns.sale_cents.value(row),
            columns.return_cents.value(row),
            columns.discount_cents.value(row),
            columns.sale_lines.value(row),
        ]
        .into_iter()
        .fold(0, i64::wrapping_add)
    }
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
    /// Money of the sales whose discount is told; null as long as none is.
    pub(crate) told_sale_cents: Option<i64>,
    /// Money of sales by category, as far as the last of which there is any.
    pub(crate) category_cents: Vec<i64>,
    /// Lines of sales by channel, as far as the last of which there is any.
    pub(crate) channel_lines: Vec<i64>,
}

impl Ledger {
    /// Puts the references of one customer together, in place of what was here before.
    pub(crate) fn fill<'a>(&mut self, rows: impl Iterator<Item = (&'a PurchaseBatch<'a>, usize)>) {
        self.days.clear();
        self.category_cents.clear();
        self.channel_lines.clear();
        (self.sale_lines, self.return_lines) = (0, 0);
        (self.sale_cents, self.return_cents) = (0, 0);
        (self.discount_cents, self.told_sale_cents) = (None, None);
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
        let sale_cents = columns.sale_cents.value(row);
        self.sale_cents = self.sale_cents.saturating_add(sale_cents);
        self.return_cents = self.return_cents.saturating_add(columns.return_cents.value(row));
        if columns.discount_cents.is_valid(row) {
            let cents = columns.discount_cents.value(row);
            self.discount_cents = Some(self.discount_cents.unwrap_or(0).saturating_add(cents));
            let told = self.told_sale_cents.unwrap_or(0);
            self.told_sale_cents = Some(told.saturating_add(sale_cents));
        }
        batch.categories.add_to(&mut self.category_cents, row);
        batch.channels.add_to(&mut self.channel_lines, row);
    }
}
