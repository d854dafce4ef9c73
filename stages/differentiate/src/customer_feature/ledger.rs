//! What one customer bought, put together from every reference that is theirs.

use arrow_array::LargeBinaryArray;
use idip_numerics::purchase_book::{Day, Part, Record};
use idip_stage::StageError;

/// Bytes that come from memory together.
const CACHE_LINE: usize = 64;

/// Fetches a record from memory: reads a byte of each part that comes together, and returns them as one.
///
/// Records of consecutive customers lie anywhere in memory. Reading ahead of the work, for many of them at
/// once, lets the processor wait for all of them together instead of one after the other.
pub(super) fn touch(records: &LargeBinaryArray, row: usize) -> u8 {
    let Some(record) = of_row(records, row) else { return 0 };
    record.iter().step_by(CACHE_LINE).chain(record.last()).fold(0, |sum, byte| sum ^ byte)
}

fn of_row(records: &LargeBinaryArray, row: usize) -> Option<&[u8]> {
    let (start, end) = (records.value_offsets().get(row)?, records.value_offsets().get(row + 1)?);
    records.value_data().get(*start as usize..*end as usize)
}

/// Everything one customer bought and brought back.
///
/// Money in minor units; a sum that leaves the range of `i64`, nine times what a column of money
/// holds, stays at its end.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Ascending, a day at most once.
    pub(super) days: Vec<Day>,
    pub(super) sale_lines: i64,
    pub(super) return_lines: i64,
    pub(super) sale_cents: i64,
    /// Negative.
    pub(super) return_cents: i64,
    /// Null as long as no feed tells.
    pub(super) discount_cents: Option<i64>,
    /// Money of the sales whose discount is told; null as long as none is.
    pub(super) told_sale_cents: Option<i64>,
    /// Money of sales by category, as far as the last of which there is any.
    pub(super) category_cents: Vec<i64>,
    /// Lines of sales by channel, as far as the last of which there is any.
    pub(super) channel_lines: Vec<i64>,
    /// Working memory: the reference being read.
    record: Record,
}

impl Ledger {
    /// Puts the references of one customer together, in place of what was here before.
    ///
    /// # Errors
    ///
    /// When one of them is no record of purchases.
    pub(super) fn fill<'a>(
        &mut self,
        references: impl Iterator<Item = (&'a LargeBinaryArray, usize)>,
    ) -> Result<(), StageError> {
        self.days.clear();
        self.category_cents.clear();
        self.channel_lines.clear();
        (self.sale_lines, self.return_lines) = (0, 0);
        (self.sale_cents, self.return_cents) = (0, 0);
        (self.discount_cents, self.told_sale_cents) = (None, None);
        for (records, row) in references {
            let read = self.record.read(of_row(records, row).unwrap_or_default());
            read.map_err(|error| StageError::Data {
                message: format!("column `purchases` of table `party_purchase`: {error}"),
                hint: None,
            })?;
            self.add_record();
        }
        merge_days(&mut self.days);
        Ok(())
    }

    fn add_record(&mut self) {
        let record = &self.record;
        self.days.extend_from_slice(&record.days);
        self.sale_lines += record.sale_lines;
        self.return_lines += record.return_lines;
        self.sale_cents = self.sale_cents.saturating_add(record.sale_cents);
        self.return_cents = self.return_cents.saturating_add(record.return_cents);
        if let Some(cents) = record.discount_cents {
            self.discount_cents = Some(self.discount_cents.unwrap_or(0).saturating_add(cents));
            let told = self.told_sale_cents.unwrap_or(0);
            self.told_sale_cents = Some(told.saturating_add(record.sale_cents));
        }
        add_parts(&record.category_cents, &mut self.category_cents);
        add_parts(&record.channel_lines, &mut self.channel_lines);
    }
}

/// Adds parts to sums by place.
fn add_parts(parts: &[Part], sums: &mut Vec<i64>) {
    for part in parts {
        let place = part.place as usize;
        if place >= sums.len() {
            sums.resize(place + 1, 0);
        }
        if let Some(sum) = sums.get_mut(place) {
            *sum = sum.saturating_add(part.amount);
        }
    }
}

/// Makes days of several references ascending, and each of them one.
fn merge_days(days: &mut Vec<Day>) {
    if days.is_sorted_by(|a, b| a.on < b.on) {
        return;
    }
    days.sort_unstable_by_key(|day| day.on);
    days.dedup_by(|later, day| {
        let is_same = later.on == day.on;
        if is_same {
            day.cents = day.cents.saturating_add(later.cents);
            day.baskets = day.baskets.saturating_add(later.baskets);
        }
        is_same
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(on: i32, cents: i64, baskets: i64) -> Day {
        Day { on, cents, baskets }
    }

    #[test]
    fn a_day_of_two_references_is_one_day() {
        let mut days = vec![day(3, 100, 1), day(9, -40, 0), day(3, 50, 2), day(1, 7, 1)];
        merge_days(&mut days);
        assert_eq!(days, [day(1, 7, 1), day(3, 150, 3), day(9, -40, 0)]);
    }

    #[test]
    fn bytes_that_are_no_record_are_an_error() {
        let records = LargeBinaryArray::from(vec![&b"\x02"[..]]);
        let error = Ledger::default().fill([(&records, 0)].into_iter()).expect_err("is cut off");
        assert_eq!(
            error.to_string(),
            "column `purchases` of table `party_purchase`: these bytes are no record of purchases"
        );
    }
}
