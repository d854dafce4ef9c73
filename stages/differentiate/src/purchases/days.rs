//! Days on which a customer bought or brought back.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type};
use arrow_array::{Array, ListArray, StructArray};
use idip_stage::StageError;

use super::{null_items, of_row};

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

/// The lists of days of one batch, laid flat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DayLists<'a> {
    list: &'a ListArray,
    days: &'a [i32],
    cents: &'a [i64],
    baskets: &'a [i32],
}

impl<'a> DayLists<'a> {
    /// Borrows the lists of a batch.
    ///
    /// # Errors
    ///
    /// When an item of a list is null.
    pub(crate) fn new(list: &'a ListArray) -> Result<Self, StageError> {
        let days = list.values().as_struct();
        Ok(Self {
            list,
            days: field(days, "day")?.as_primitive::<Date32Type>().values(),
            cents: field(days, "cents")?.as_primitive::<Int64Type>().values(),
            baskets: field(days, "baskets")?.as_primitive::<Int32Type>().values(),
        })
    }

    /// Returns the days of a row, ascending.
    pub(crate) fn of_row(&self, row: usize) -> impl Iterator<Item = Day> + use<'a> {
        let days = of_row(self.list, self.days, row);
        let cents = of_row(self.list, self.cents, row);
        let baskets = of_row(self.list, self.baskets, row);
        days.iter().zip(cents).zip(baskets).map(|((&on, &cents), &baskets)| Day {
            on,
            cents,
            baskets: i64::from(baskets),
        })
    }

    /// Reads a little of what a row holds, and returns it summed.
    ///
    /// Rows of consecutive customers lie anywhere in memory. Reading ahead of the work, for many rows
    /// at once, lets the processor wait for all of them together instead of one after the other.
    pub(crate) fn touch(&self, row: usize) -> i64 {
        let first = self.list.value_offsets().get(row).map_or(0, |&offset| offset as usize);
        let cents = self.cents.get(first).copied().unwrap_or(0);
        let baskets = i64::from(self.baskets.get(first).copied().unwrap_or(0));
        let day = i64::from(self.days.get(first).copied().unwrap_or(0));
        cents.wrapping_add(baskets).wrapping_add(day)
    }
}

fn field<'a>(days: &'a StructArray, name: &str) -> Result<&'a dyn Array, StageError> {
    match days.column_by_name(name) {
        Some(values) if values.null_count() == 0 && days.null_count() == 0 => Ok(values),
        _ => Err(null_items(&format!("days.{name}"))),
    }
}

/// Makes days of several references ascending, and each of them one.
pub(crate) fn merge_days(days: &mut Vec<Day>) {
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
}
